// One cursor over all activations and their derivatives.
Descent.panel("activations", (() => {
  const sigmoid = (z) => 1 / (1 + Math.exp(-z));
  // The error function as a series and a continued fraction (Abramowitz and Stegun, 7.1.5, 7.1.14).
  const erf = (x) => {
    const size = Math.abs(x);
    if (size > 6) return Math.sign(x);
    if (size < 3) {
      let [term, sum] = [x, x];
      for (let n = 1; n < 90; n += 1) {
        term *= (-x * x) / n;
        sum += term / (2 * n + 1);
      }
      return (2 / Math.sqrt(Math.PI)) * sum;
    }
    let fraction = 0;
    for (let n = 60; n > 0; n -= 1) fraction = n / 2 / (size + fraction);
    return Math.sign(x) * (1 - Math.exp(-x * x) / Math.sqrt(Math.PI) / (size + fraction));
  };
  const share = (z) => 0.5 * (1 + erf(z / Math.SQRT2));
  const density = (z) => Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  const all = {
    sigmoid: [sigmoid, (z) => sigmoid(z) * sigmoid(-z)],
    tanh: [Math.tanh, (z) => 1 - Math.tanh(z) ** 2],
    relu: [(z) => Math.max(0, z), (z) => (z > 0 ? 1 : 0)],
    "leaky-relu": [(z) => (z > 0 ? z : 0.01 * z), (z) => (z > 0 ? 1 : 0.01)],
    softplus: [(z) => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))), sigmoid],
    gelu: [(z) => z * share(z), (z) => share(z) + z * density(z)],
  };
  const value = (name, z) => all[name][0](z);
  const slope = (name, z) => all[name][1](z);
  const mount = (kit, { names }) => {
    const chosen = new Set(["relu", "sigmoid"]);
    const toggles = names.map((name) => {
      const button = kit.button(name, () => {
        if (chosen.has(name)) chosen.delete(name); else chosen.add(name);
        draw();
      });
      return [name, button];
    });
    kit.row(...toggles.map(([, button]) => button));
    const curves = kit.plot({ x: [-4, 4], y: [-1.2, 4], xLabel: "z", yLabel: "activation", label: "Activations" });
    const slopes = kit.plot({ x: [-4, 4], y: [-0.3, 1.3], height: 220, xLabel: "z", yLabel: "derivative", label: "Their derivatives" });
    const cursor = kit.slider("z", { min: -4, max: 4, step: 0.05, value: 0.5 }, () => draw());
    const readout = kit.readout();
    const draw = () => {
      const z = cursor.value;
      for (const plot of [curves, slopes]) {
        plot.clear();
        plot.line([[z, plot.y[0]], [z, plot.y[1]]], "axis");
      }
      const words = [];
      for (const [name, button] of toggles) {
        button.setAttribute("aria-pressed", String(chosen.has(name)));
        if (!chosen.has(name)) continue;
        const color = names.indexOf(name) % 4;
        curves.curve((x) => value(name, x), `l c${color}`, 320);
        slopes.curve((x) => slope(name, x), `l c${color}`, 320);
        curves.dot(z, value(name, z), `f${color}`);
        slopes.dot(z, slope(name, z), `f${color}`);
        words.push(`${name} ${Descent.format(value(name, z), 4)}, slope ${Descent.format(slope(name, z), 4)}`);
      }
      readout.say(words.join("; "));
    };
    draw();
  };
  return { functions: { value, slope }, mount };
})());
