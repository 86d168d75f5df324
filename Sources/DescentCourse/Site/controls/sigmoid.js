// From sigmoid to step: one neuron, and a small network while one of its weights changes.
Descent.panel("sigmoid", (() => {
  const sigmoid = (z) => (z >= 0 ? 1 / (1 + Math.exp(-z)) : Math.exp(z) / (1 + Math.exp(z)));
  const slope = (z) => sigmoid(z) * sigmoid(-z);
  const step = (z) => (z > 0 ? 1 : 0);
  // An input of 1, a hidden neuron, an output; all weights and biases times c.
  const network = (w, c) => sigmoid(c * (4 * sigmoid(c * (2 * w - 4)) - 2));
  const networkSlope = (w, c) => {
    const z = c * (2 * w - 4);
    return slope(c * (4 * sigmoid(z) - 2)) * 4 * c * slope(z) * 2 * c;
  };
  const perceptrons = (w) => step(4 * step(2 * w - 4) - 2);
  const mount = (kit) => {
    let z = 0;
    const steepness = kit.slider("Steepness c", { min: 0.2, max: 30, value: 1, logarithmic: true, digits: 1 }, () => draw());
    const plot = kit.plot({ x: [-6, 6], y: [-0.15, 1.15], xLabel: "z", yLabel: "σ(c(z + b))", label: "The sigmoid and the step" });
    const handle = plot.handle(0, 0.5, "z", (x) => { z = x; draw(); });
    const shift = kit.slider("Shift b", { min: -5, max: 5, step: 0.1, value: 0, digits: 1 }, () => draw());
    const readout = kit.readout();
    const net = kit.plot({ x: [-2, 6], y: [-0.15, 1.15], xLabel: "one weight of a network", yLabel: "its output", height: 220, label: "The output of a network of two sigmoid neurons, and of two perceptrons, against one weight" });
    const weight = kit.slider("Weight", { min: -2, max: 6, step: 0.05, value: 1.5 }, () => draw());
    const said = kit.readout();
    const draw = () => {
      const [c, b, w] = [steepness.value, shift.value, weight.value];
      const s = c * slope(c * (z + b));
      const y = sigmoid(c * (z + b));
      plot.clear();
      plot.line([[-6, 0], [-b, 0], [-b, 1], [6, 1]], "l c3 thin");
      plot.curve((x) => sigmoid(c * (x + b)), "l c0", 400);
      plot.line([[z - 1.5, y - 1.5 * s], [z + 1.5, y + 1.5 * s]], "l c1");
      handle.place(z, y);
      readout.say(`σ(${Descent.format(c, 1)} · (z + ${Descent.format(b, 1)})) at z = ${Descent.format(z, 2)} is ${Descent.format(y, 4)}, with a slope of ${Descent.format(s, 4)}`);
      const [out, steep] = [network(w, c), networkSlope(w, c)];
      net.clear();
      net.line([[-2, 0], [2, 0], [2, 1], [6, 1]], "l c3 thin");
      net.curve((x) => network(x, c), "l c0", 400);
      net.line([[w - 1, out - steep], [w + 1, out + steep]], "l c1");
      net.dot(w, out, "f0", 6);
      net.dot(w, perceptrons(w), "f3", 5);
      said.say(`Weight ${Descent.format(w, 2)}: the sigmoids say ${Descent.format(out, 4)}, the perceptrons ${perceptrons(w)}. `
        + `0.01 more changes them by ${Descent.format(network(w + 0.01, c) - out, 4)} and ${perceptrons(w + 0.01) - perceptrons(w)}; `
        + `the gradient foretells ${Descent.format(0.01 * steep, 4)} and 0.`);
    };
    draw();
  };
  return { functions: { sigmoid, slope, network, networkSlope, perceptrons }, mount };
})());
