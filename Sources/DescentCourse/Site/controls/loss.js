// A constant for some data, with squares and with magnitudes.
Descent.panel("loss", (() => {
  const mean = (data, f) => data.reduce((sum, y) => sum + f(y), 0) / data.length;
  const squares = (data, c) => mean(data, (y) => 0.5 * (c - y) ** 2);
  const magnitudes = (data, c) => mean(data, (y) => Math.abs(c - y));
  const mount = (kit, parameters) => {
    const data = [...parameters.data];
    const plot = kit.plot({ x: [0, 110], y: [0, 1.6], xLabel: "the constant", yLabel: "cost, relative to that of 0", label: "Both costs" });
    const constant = kit.slider("Constant", { min: 0, max: 110, step: 0.5, value: 10, digits: 1 }, () => draw());
    const wild = kit.slider("Wild value", { min: 4, max: 100, step: 1, value: data.at(-1), digits: 0 }, (v) => { data[data.length - 1] = v; draw(); });
    const readout = kit.readout();
    const draw = () => {
      data[data.length - 1] = wild.value;
      const sorted = [...data].sort((a, b) => a - b);
      const c = constant.value;
      plot.clear();
      plot.curve((x) => squares(data, x) / squares(data, 0), "l c0", 400);
      plot.curve((x) => magnitudes(data, x) / magnitudes(data, 0), "l c1", 400);
      for (const y of data) plot.dot(y, 0, "f2", 5);
      plot.line([[c, 0], [c, 1.6]], "axis");
      readout.say(`blue, squares: ${Descent.format(squares(data, c), 1)}, lowest at the mean ${Descent.format(mean(data, (y) => y), 2)}; `
        + `orange, magnitudes: ${Descent.format(magnitudes(data, c), 1)}, lowest from ${sorted[1]} to ${sorted[2]}, around the median`);
    };
    draw();
  };
  return { functions: { squares, magnitudes }, mount };
})());
