// Masks over eight inputs of one linear unit, and the mean of its outputs.
Descent.panel("dropout", (() => {
  const output = (inputs, weights, mask, rate) =>
    inputs.reduce((sum, x, j) => sum + (mask[j] * x * weights[j]) / (1 - rate), 0);
  // Whose numbers are the same on every visit (mulberry32).
  const generator = (seed) => () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const mount = (kit, { inputs, weights }) => {
    const whole = output(inputs, weights, inputs.map(() => 1), 0);
    let random;
    let mask;
    let means;
    let sum;
    const picture = kit.picture(266, "Eight inputs, some struck out, and the unit that adds them, each times its weight");
    const rate = kit.slider("Rate", { min: 0, max: 0.9, step: 0.05, value: 0.5 }, () => restart());
    const next = (count) => {
      for (let i = 0; i < count; i += 1) {
        mask = inputs.map(() => (random() < rate.value ? 0 : 1));
        sum += output(inputs, weights, mask, rate.value);
        means.push(sum / (means.length + 1));
      }
      draw();
    };
    kit.row(kit.button("One more mask", () => next(1)), kit.button("100 more", () => next(100)), kit.button("Begin again", () => restart()));
    const plot = kit.plot({ x: [0, 3], y: [whole - 1.2, whole + 1.2], xLabel: "masks (powers of ten)", yLabel: "mean output", height: 220, label: "The mean of the outputs by the number of masks" });
    const readout = kit.readout();
    const draw = () => {
      picture.replaceChildren();
      const now = output(inputs, weights, mask, rate.value);
      const [ux, uy] = [450, 139];
      picture.append(Descent.element("text", { x: 12, y: 14 }, "input · weight"));
      inputs.forEach((x, j) => {
        const [cx, cy] = [125, 38 + j * 29];
        const isKept = mask[j] === 1;
        const value = isKept ? Descent.format(x / (1 - rate.value), 2) : "0";
        if (isKept) picture.append(Descent.element("path", { d: `M${cx + 13} ${cy}L${ux - 30} ${uy}`, class: "edge" + (weights[j] > 0 ? " lit" : "") }));
        picture.append(
          Descent.element("circle", { cx, cy, r: 13, class: "unit" }),
          Descent.element("text", { x: 12, y: cy + 4 }, `${value} · ${Descent.format(weights[j], 1)}`));
        if (!isKept) picture.append(Descent.element("path", { d: `M${cx - 11} ${cy - 11}L${cx + 11} ${cy + 11}M${cx - 11} ${cy + 11}L${cx + 11} ${cy - 11}`, class: "l c1", style: "stroke-dasharray:none" }));
      });
      picture.append(
        Descent.element("circle", { cx: ux, cy: uy, r: 30, class: "unit" }),
        Descent.element("text", { x: ux, y: uy + 4, "text-anchor": "middle", class: "strong" }, Descent.format(now, 2)),
        Descent.element("text", { x: ux, y: uy + 50, "text-anchor": "middle" }, `evaluation: ${Descent.format(whole, 2)}`));
      const last = Math.max(1, Math.ceil(Math.log10(means.length + 1)));
      if (plot.x[1] !== last) {
        plot.x[1] = last;
        plot.drawAxes();
      }
      plot.clear();
      plot.line([[0, whole], [last, whole]], "l c2");
      plot.line(means.map((mean, i) => [Math.log10(i + 1), mean]), "l c0");
      plot.dot(Math.log10(means.length), means.at(-1), "f0");
      const kept = mask.filter((bit) => bit === 1).length;
      readout.say(`${kept} of 8 inputs are there, each ${Descent.format(1 / (1 - rate.value), 2)} times as large: ${Descent.format(now)}. `
        + `Mean of ${means.length.toLocaleString("en")}: ${Descent.format(means.at(-1))}; evaluation (green): ${Descent.format(whole)}.`);
    };
    const restart = () => {
      random = generator(1);
      [means, sum] = [[], 0];
      next(1);
    };
    restart();
  };
  return { functions: { output }, mount };
})());
