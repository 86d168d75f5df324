// Switches, weights and a threshold, and the neuron that they make.
Descent.panel("perceptron", (() => {
  const decide = (weights, threshold, inputs) =>
    weights.reduce((sum, w, i) => sum + w * inputs[i], 0) > threshold ? 1 : 0;
  const rows = (count) => Array.from({ length: 2 ** count }, (_, n) =>
    Array.from({ length: count }, (_, i) => (n >> (count - 1 - i)) & 1));
  const decisions = (weights, threshold) => rows(weights.length).map((row) => decide(weights, threshold, row));

  // The inputs at the left, the neuron with its sum in the middle, its output at the right.
  const draw = (svg, names, inputs, weights, threshold, output) => {
    const { element, format } = Descent;
    const sum = weights.reduce((total, w, i) => total + w * inputs[i], 0);
    const y = (i) => 110 + (i - (names.length - 1) / 2) * 78;
    const unit = (x, y, radius, words, under, isLit) => svg.append(
      element("circle", { cx: x, cy: y, r: radius, class: isLit ? "unit lit" : "unit" }),
      element("text", { x, y: y + 5, "text-anchor": "middle", class: isLit ? "on-lit" : "strong" }, words),
      element("text", { x, y: y + radius + 17, "text-anchor": "middle" }, under));
    svg.replaceChildren();
    const isOn = decide(weights, threshold, inputs) === 1;
    names.forEach((_, i) => svg.append(
      element("path", { d: `M80 ${y(i)}L310 110`, class: inputs[i] ? "edge lit" : "edge" }),
      element("text", { x: 180, y: y(i) + (110 - y(i)) * 0.43 - 7, "text-anchor": "middle", class: "strong" }, format(weights[i], 1))));
    svg.append(element("path", { d: "M310 110L540 110", class: isOn ? "edge lit" : "edge" }));
    names.forEach((name, i) => unit(80, y(i), 18, String(inputs[i]), name, inputs[i] === 1));
    unit(310, 110, 34, format(sum, 1), `${isOn ? ">" : "≤"} ${format(threshold, 1)}`, isOn);
    unit(540, 110, 18, isOn ? "1" : "0", output, isOn);
  };

  const mount = (kit, parameters) => {
    const { names, output } = parameters;
    const inputs = names.map(() => 0);
    const toggles = names.map((name, i) => kit.toggle(name, i === 0 ? 1 : 0, (v) => { inputs[i] = v; show(); }));
    toggles.forEach((toggle, i) => { inputs[i] = toggle.value; });
    kit.row(...toggles.map((t) => t.button));
    const svg = kit.picture(235, "The neuron with its inputs, weights, sum and output");
    const weights = names.map((name, i) => kit.slider(`Weight of ${name}`,
      { min: -8, max: 8, step: 0.5, value: parameters.weights[i], digits: 1 }, () => show()));
    const threshold = kit.slider("Threshold", { min: -10, max: 12, step: 0.5, value: parameters.threshold, digits: 1 }, () => show());
    const readout = kit.readout();
    const table = Descent.element("table");
    kit.row(table);
    const show = () => {
      const w = weights.map((s) => s.value);
      const sum = w.reduce((total, v, i) => total + v * inputs[i], 0);
      const out = decide(w, threshold.value, inputs);
      draw(svg, names, inputs, w, threshold.value, output);
      readout.say(`sum ${Descent.format(sum, 1)} ${out ? ">" : "≤"} ${Descent.format(threshold.value, 1)}: `
        + `the output is ${out}. As a bias: ${Descent.format(-threshold.value, 1)}.`);
      const all = decisions(w, threshold.value);
      const header = Descent.element("tr", {}, ...[...names, output].map((n) => Descent.element("th", { scope: "col" }, n)));
      table.replaceChildren(header, ...rows(names.length).map((row, i) => Descent.element("tr", {},
        ...row.map((v) => Descent.element("td", {}, String(v))),
        Descent.element("td", all[i] ? { class: "lit" } : {}, String(all[i])))));
    };
    show();
  };
  return { functions: { decisions }, mount };
})());
