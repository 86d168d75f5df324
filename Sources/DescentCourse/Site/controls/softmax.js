// Ten logits, a temperature, and the shares.
Descent.panel("softmax", (() => {
  const { softmax } = Descent;
  const loss = (logits, target) => {
    const largest = Math.max(...logits);
    return largest + Math.log(logits.reduce((sum, z) => sum + Math.exp(z - largest), 0)) - logits[target];
  };
  const signal = (logits, target) => softmax(logits).map((a, j) => a - (j === target ? 1 : 0));
  const mount = (kit) => {
    const svg = Descent.element("svg", { viewBox: "0 0 620 220", role: "img", "aria-label": "The shares as bars" });
    kit.row(svg);
    const readout = kit.readout();
    const start = [1, 2, 3, 0, 0, 0, 0, 0, 0, 0];
    const sliders = start.map((z, j) => kit.slider(`Logit ${j}`, { min: -5, max: 10, step: 0.1, value: z, digits: 1 }, () => draw()));
    const target = kit.choice("Right class", start.map((_, j) => String(j)), "2", () => draw());
    const heat = kit.slider("Temperature", { min: 0.05, max: 20, value: 1, logarithmic: true }, () => draw());
    kit.row(target.node, kit.button("All equal", () => { sliders.forEach((s) => s.set(0)); draw(); }));
    const draw = () => {
      const logits = sliders.map((s) => s.value / heat.value);
      const shares = softmax(logits);
      svg.replaceChildren();
      shares.forEach((share, j) => {
        const x = 20 + j * 59;
        svg.append(
          Descent.element("rect", { x, y: 180 - 160 * share, width: 44, height: Math.max(160 * share, 0.5), class: j === Number(target.value) ? "f1" : "f0" }),
          Descent.element("text", { x: x + 22, y: 174 - 160 * share, "text-anchor": "middle" }, share.toFixed(3)),
          Descent.element("text", { x: x + 22, y: 200, "text-anchor": "middle", class: "strong" }, String(j)));
      });
      const y = Number(target.value);
      readout.say(`sum ${Descent.format(shares.reduce((a, b) => a + b, 0), 6)}; loss of class ${y}: ${Descent.format(loss(logits, y), 4)}; `
        + `gradient there ${Descent.format(signal(logits, y)[y], 4)}, elsewhere the shares`);
    };
    draw();
  };
  return { functions: { softmax, loss, signal }, mount };
})());
