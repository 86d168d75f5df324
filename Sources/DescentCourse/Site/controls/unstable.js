// A chain of layers with one unit each, and the gradient on its way back.
Descent.panel("unstable", (() => {
  const sigmoid = (z) => 1 / (1 + Math.exp(-z));
  const kinds = {
    sigmoid: [sigmoid, (z) => sigmoid(z) * (1 - sigmoid(z))],
    tanh: [Math.tanh, (z) => 1 - Math.tanh(z) ** 2],
    relu: [(z) => Math.max(0, z), (z) => (z > 0 ? 1 : 0)],
  };
  // The derivative of the last output by each layer's input.
  const chain = (name, weight, depth) => {
    const [f, slope] = kinds[name];
    const inputs = [0.5];
    for (let l = 1; l < depth; l += 1) inputs.push(f(weight * inputs[l - 1]));
    let buffer = 1;
    return inputs.reverse().map((u) => (buffer *= weight * slope(weight * u))).reverse();
  };
  const mount = (kit) => {
    const choice = kit.choice("Activation", Object.keys(kinds), "sigmoid", () => draw());
    kit.row(choice.node);
    const plot = kit.plot({ x: [1, 30], y: [1e-18, 1e12], xLabel: "layer", yLabel: "size of the gradient", logarithmic: true, height: 300, label: "The gradient by layer" });
    const depth = kit.slider("Layers", { min: 2, max: 30, step: 1, value: 10, digits: 0 }, () => draw());
    const weight = kit.slider("Weight", { min: 0.1, max: 8, step: 0.05, value: 1 }, () => draw());
    const readout = kit.readout();
    const draw = () => {
      const sizes = chain(choice.value, weight.value, depth.value).map(Math.abs);
      plot.clear();
      plot.line([[1, 1], [30, 1]], "l c2 thin");
      plot.line(sizes.map((v, l) => [l + 1, Math.max(v, 1e-18)]), "l c0");
      sizes.forEach((v, l) => plot.dot(l + 1, Math.max(v, 1e-18), "f0"));
      const ratio = sizes[0] / sizes.at(-1);
      readout.say(`first layer ${Descent.format(sizes[0], 4)}, last ${Descent.format(sizes.at(-1), 4)}: `
        + (ratio < 1e-3 ? "the gradient vanishes." : ratio > 1e3 ? "the gradient explodes." : "about the same size."));
    };
    draw();
  };
  return { functions: { chain }, mount };
})());
