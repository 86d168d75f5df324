// Twenty layers of random weights, and how large their numbers are.
Descent.panel("initialization", (() => {
  const [n, depth] = [32, 20];
  let made;
  // As the engine makes them: the generator of "Numerical Recipes".
  const numbers = () => {
    if (made) return made;
    let state = 1;
    made = Float64Array.from({ length: (depth + 1) * n * n }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return (2 * ((state + 0.5) / 4294967296) - 1) * Math.sqrt(3);
    });
    return made;
  };
  const functions = { identity: (z) => z, relu: (z) => Math.max(0, z), tanh: Math.tanh };
  // The root mean square of each layer's sums.
  const sizes = (gain, name, isNormalized) => {
    const all = numbers();
    const factor = gain * Math.sqrt((name === "relu" ? 2 : 1) / n);
    let x = all.subarray(0, n * n);
    return Array.from({ length: depth }, (_, layer) => {
      const w = all.subarray((layer + 1) * n * n, (layer + 2) * n * n);
      const z = new Float64Array(n * n);
      for (let i = 0; i < n; i += 1) for (let k = 0; k < n; k += 1) {
        const v = factor * x[i * n + k];
        for (let j = 0; j < n; j += 1) z[i * n + j] += v * w[k * n + j];
      }
      if (isNormalized) for (let j = 0; j < n; j += 1) {
        let [mean, square] = [0, 0];
        for (let i = 0; i < n; i += 1) mean += z[i * n + j] / n;
        for (let i = 0; i < n; i += 1) square += (z[i * n + j] - mean) ** 2 / n;
        for (let i = 0; i < n; i += 1) z[i * n + j] = (z[i * n + j] - mean) / Math.sqrt(square + 1e-5);
      }
      x = z.map(functions[name]);
      return Math.sqrt(z.reduce((sum, v) => sum + v * v, 0) / z.length);
    });
  };
  const mount = (kit) => {
    const choice = kit.choice("Activation", Object.keys(functions), "relu", () => draw());
    const norm = kit.toggle("Batch norm", 0, () => draw());
    kit.row(choice.node, norm.button);
    const plot = kit.plot({ x: [0, 20], y: [1e-8, 1e8], xLabel: "layer", yLabel: "size of the sums", logarithmic: true, height: 300, label: "The size of the sums by layer" });
    const gain = kit.slider("Factor k", { min: 0.4, max: 2.5, step: 0.05, value: 1 }, () => draw());
    const readout = kit.readout();
    const draw = () => {
      const k = gain.value;
      const values = sizes(k, choice.value, norm.value);
      plot.clear();
      // The first layer's inputs are not halved by a ReLU before it.
      const base = choice.value === "relu" ? Math.SQRT2 : 1;
      plot.line(Array.from({ length: 20 }, (_, l) => [l + 1, base * k ** (l + 1)]), "l c2");
      plot.line(values.map((v, l) => [l + 1, v]), "l c0");
      values.forEach((v, l) => plot.dot(l + 1, v, "f0", 3.5));
      const spread = choice.value === "relu" ? `√(2/n) · ${Descent.format(k, 2)}` : `√(1/n) · ${Descent.format(k, 2)}`;
      readout.say(`Weights of spread ${spread}: ${choice.value === "relu" ? "√2 · " : ""}k²⁰ = ${Descent.format(base * k ** 20)} (green), measured in layer 20: ${Descent.format(values.at(-1))} (blue).`
        + (norm.value ? " With batch norm the weights' size does not matter." : ""));
    };
    draw();
  };
  return { functions: { sizes }, mount };
})());
