// A secant that becomes the tangent.
Descent.panel("derivative", (() => {
  const curves = {
    "e^v": [(v) => Math.exp(v), (v) => Math.exp(v), [-2, 2], [-1, 7]],
    "v²": [(v) => v * v, (v) => 2 * v, [-2, 2], [-1, 4]],
    "sin v": [(v) => Math.sin(v), (v) => Math.cos(v), [-4, 4], [-1.6, 1.6]],
  };
  const secant = (name, v, h) => {
    const f = curves[name][0];
    return (f(v + h) - f(v - h)) / (2 * h);
  };
  const slope = (name, v) => curves[name][1](v);

  const mount = (kit) => {
    let v = 1;
    let plot;
    let handle;
    const choice = kit.choice("Curve", Object.keys(curves), "e^v", () => rebuild());
    kit.row(choice.node);
    const place = kit.row();
    const readout = kit.readout();
    const step = kit.slider("h", { min: 0.001, max: 1, value: 0.8, logarithmic: true, digits: 3 }, () => draw());
    const draw = () => {
      const [f] = curves[choice.value];
      const [h, m] = [step.value, secant(choice.value, v, step.value)];
      plot.clear();
      plot.curve(f);
      const middle = (f(v + h) + f(v - h)) / 2;
      plot.line(plot.x.map((x) => [x, f(v) + slope(choice.value, v) * (x - v)]), "l c2 thin");
      plot.line(plot.x.map((x) => [x, middle + m * (x - v)]), "l c1");
      plot.dot(v - h, f(v - h), "f1");
      plot.dot(v + h, f(v + h), "f1");
      handle.place(v, f(v));
      readout.say(`secant ${Descent.format(m, 5)}, tangent ${Descent.format(slope(choice.value, v), 5)}, `
        + `difference ${Descent.format(m - slope(choice.value, v), 5)}`);
    };
    const rebuild = () => {
      const [f, , x, y] = curves[choice.value];
      place.replaceChildren();
      plot = kit.plot({ x, y, xLabel: "v", label: "A curve with a secant and its tangent" }, place);
      handle = plot.handle(v, f(v), "v", (to) => { v = to; draw(); });
      draw();
    };
    rebuild();
  };
  return { functions: { secant, slope }, mount };
})());
