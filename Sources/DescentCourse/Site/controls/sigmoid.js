// From sigmoid to step.
Descent.panel("sigmoid", (() => {
  const sigmoid = (z) => (z >= 0 ? 1 / (1 + Math.exp(-z)) : Math.exp(z) / (1 + Math.exp(z)));
  const slope = (z) => sigmoid(z) * sigmoid(-z);
  const mount = (kit) => {
    let z = 0;
    const plot = kit.plot({ x: [-6, 6], y: [-0.15, 1.15], xLabel: "z", label: "The sigmoid and the step" });
    const handle = plot.handle(0, 0.5, "z", (x) => { z = x; draw(); });
    const steepness = kit.slider("Steepness c", { min: 0.2, max: 30, value: 1, logarithmic: true, digits: 1 }, () => draw());
    const shift = kit.slider("Shift b", { min: -5, max: 5, step: 0.1, value: 0, digits: 1 }, () => draw());
    const readout = kit.readout();
    const draw = () => {
      const [c, b] = [steepness.value, shift.value];
      const s = c * slope(c * (z + b));
      const y = sigmoid(c * (z + b));
      plot.clear();
      plot.line([[-6, 0], [-b, 0], [-b, 1], [6, 1]], "l c3 thin");
      plot.curve((x) => sigmoid(c * (x + b)), "l c0", 400);
      plot.line([[z - 1.5, y - 1.5 * s], [z + 1.5, y + 1.5 * s]], "l c1");
      handle.place(z, y);
      readout.say(`σ(${Descent.format(c, 1)} · (z + ${Descent.format(b, 1)})) at z = ${Descent.format(z, 2)} is ${Descent.format(y, 4)}, with a slope of ${Descent.format(s, 4)}`);
    };
    draw();
  };
  return { functions: { sigmoid, slope }, mount };
})());
