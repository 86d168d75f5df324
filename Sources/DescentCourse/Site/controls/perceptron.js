// Three switches, three weights and a threshold.
Descent.panel("perceptron", (() => {
  const decide = (weights, threshold, inputs) =>
    weights.reduce((sum, w, i) => sum + w * inputs[i], 0) > threshold ? 1 : 0;
  const rows = (count) => Array.from({ length: 2 ** count }, (_, n) =>
    Array.from({ length: count }, (_, i) => (n >> (count - 1 - i)) & 1));
  const decisions = (weights, threshold) => rows(weights.length).map((row) => decide(weights, threshold, row));
  const mount = (kit, parameters) => {
    const names = ["weather", "friend", "bus"];
    const inputs = [1, 0, 0];
    const toggles = names.map((name, i) => kit.toggle(name, inputs[i], (v) => { inputs[i] = v; draw(); }));
    kit.row(...toggles.map((t) => t.button));
    const weights = names.map((name, i) => kit.slider(`Weight of ${name}`,
      { min: -8, max: 8, step: 0.5, value: parameters.weights[i], digits: 1 }, () => draw()));
    const threshold = kit.slider("Threshold", { min: -10, max: 12, step: 0.5, value: parameters.threshold, digits: 1 }, () => draw());
    const readout = kit.readout();
    const table = Descent.element("table");
    kit.row(table);
    const draw = () => {
      const w = weights.map((s) => s.value);
      const sum = w.reduce((total, v, i) => total + v * inputs[i], 0);
      const out = decide(w, threshold.value, inputs);
      readout.say(`sum ${Descent.format(sum, 1)} ${out ? ">" : "≤"} ${Descent.format(threshold.value, 1)}: `
        + `${out ? "1, you go" : "0, you stay"}. As a bias: ${Descent.format(-threshold.value, 1)}.`);
      const all = decisions(w, threshold.value);
      const header = Descent.element("tr", {}, ...[...names, "go"].map((n) => Descent.element("th", {}, n)));
      table.replaceChildren(header, ...rows(3).map((row, i) => Descent.element("tr", {},
        ...row.map((v) => Descent.element("td", {}, String(v))),
        Descent.element("td", all[i] ? { class: "lit" } : {}, String(all[i])))));
    };
    draw();
  };
  return { functions: { decisions }, mount };
})());
