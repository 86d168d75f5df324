// Arithmetic or memory: which of the two limits a product of matrices.
Descent.panel("roofline", (() => {
  // Rows × size times size × size in float32: operations, and bytes if each number moves once.
  const cost = (rows, size) => [2 * rows * size * size, 4 * (2 * rows * size + size * size)];
  // Millionths of a second at so many GFLOP/s and GB/s: arithmetic, memory, and the larger of them.
  const bound = (rows, size, peak, bandwidth) => {
    const [operations, bytes] = cost(rows, size);
    const times = [operations / peak / 1000, bytes / bandwidth / 1000];
    return [...times, Math.max(...times)];
  };
  const short = (value) => Descent.format(value, value < 10 ? 2 : value < 100 ? 1 : 0);
  const time = (us) => (us < 1e3 ? `${short(us)} µs` : us < 1e6 ? `${short(us / 1e3)} ms` : `${short(us / 1e6)} s`);
  const words = (count) => Math.round(count).toLocaleString("en-US");
  const mount = (kit, machine) => {
    const plot = kit.plot({
      x: [-1, 3], y: [0.1, 1e5], xLabel: "operations for each byte (powers of ten)", yLabel: "GFLOP/s", logarithmic: true, height: 280,
      label: "The most GFLOP/s by operations for each byte: a slope where memory limits, then the peak; a dot for the product",
    });
    const powers = (label, min, max, value) => kit.slider(label,
      { min, max, step: 1, value, digits: 0, shown: (i) => (2 ** i).toLocaleString("en-US") }, () => draw());
    const speeds = (label, max, value) => kit.slider(label,
      { min: 1, max, value, logarithmic: true, shown: (v) => Descent.format(v, v < 100 ? 1 : 0) }, () => draw());
    const rows = powers("Rows: the minibatch", 0, 12, 7);
    const size = powers("Weights: n × n", 4, 12, 9);
    const peak = speeds("Peak, GFLOP/s", 1e5, machine.peak);
    const bandwidth = speeds("Bandwidth, GB/s", 1e4, machine.bandwidth);
    const readout = kit.readout();
    const draw = () => {
      const [m, n] = [2 ** rows.value, 2 ** size.value];
      const [operations, bytes] = cost(m, n);
      const [arithmetic, memory, least] = bound(m, n, peak.value, bandwidth.value);
      const [place, height] = [Math.log10(operations / bytes), operations / least / 1000];
      plot.clear();
      plot.line([[place, plot.y[0]], [place, height]], "l c2 thin");
      plot.curve((x) => Math.min(peak.value, bandwidth.value * 10 ** x));
      plot.dot(place, height, "f1", 6);
      readout.say(`${words(operations)} operations on ${words(bytes)} bytes: ${Descent.format(operations / bytes, 2)} for each byte.\n`
        + `Arithmetic takes ${time(arithmetic)}, memory ${time(memory)}: ${arithmetic >= memory ? "arithmetic" : "memory"} limits.\n`
        + `At least ${time(least)}, so at most ${words((m / least) * 1e6)} rows a second.`);
    };
    draw();
  };
  return { functions: { cost, bound }, mount };
})());
