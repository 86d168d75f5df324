// A neuron that is to say 0 to the input 1.
Descent.panel("crossentropy", (() => {
  const sigmoid = (z) => 1 / (1 + Math.exp(-z));
  const signals = {
    square: (a) => a * a * (1 - a),
    crossEntropy: (a) => a,
  };
  const outputs = (cost, w, b, rate, steps) => {
    const result = [];
    for (let i = 0; i <= steps; i += 1) {
      const a = sigmoid(w + b);
      result.push(a);
      const delta = signals[cost](a);
      [w, b] = [w - rate * delta, b - rate * delta];
    }
    return result;
  };
  const train = (cost, w, b, steps) => outputs(cost, w, b, 0.15, steps).at(-1);
  const mount = (kit) => {
    const plot = kit.plot({ x: [0, 300], y: [0, 1], xLabel: "step", yLabel: "output (0 is right)", label: "The output while it learns" });
    const weight = kit.slider("Weight", { min: -3, max: 3, step: 0.1, value: 2, digits: 1 }, () => draw());
    const bias = kit.slider("Bias", { min: -3, max: 3, step: 0.1, value: 2, digits: 1 }, () => draw());
    const rate = kit.slider("Learning rate", { min: 0.01, max: 2, value: 0.15, logarithmic: true }, () => draw());
    const readout = kit.readout();
    const draw = () => {
      const runs = ["square", "crossEntropy"].map((cost) => outputs(cost, weight.value, bias.value, rate.value, 300));
      plot.clear();
      runs.forEach((run, i) => plot.line(run.map((a, step) => [step, a]), `l c${i}`));
      readout.say(`starts at ${Descent.format(runs[0][0], 4)}; after 300 steps: squares (blue) ${Descent.format(runs[0].at(-1), 4)}, cross-entropy (orange) ${Descent.format(runs[1].at(-1), 4)}`);
    };
    draw();
  };
  return { functions: { train }, mount };
})());
