// One sigmoid neuron that is to learn eight points by heart.
Descent.panel("converging", (() => {
  const labels = (places, wrongFirst, wrong) =>
    places.map((x, i) => ((x > 0) !== wrongFirst.slice(0, wrong).includes(i) ? 1 : 0));
  const sigmoid = (z) => 1 / (1 + Math.exp(-z));
  const softplus = (z) => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));
  const run = (places, wrongFirst, rate, weight, wrong, steps) => {
    const targets = labels(places, wrongFirst, wrong);
    let [w, b] = [weight, 0];
    const losses = Array.from({ length: steps }, () => {
      let [loss, dw, db] = [0, 0, 0];
      places.forEach((x, i) => {
        const z = w * x + b;
        loss += (softplus(z) - targets[i] * z) / places.length;
        const signal = (sigmoid(z) - targets[i]) / places.length;
        dw += signal * x;
        db += signal;
      });
      w -= rate * dw;
      b -= rate * db;
      return loss;
    });
    const right = places.filter((x, i) => (w * x + b > 0 ? 1 : 0) === targets[i]).length;
    return { losses, right };
  };
  const losses = (...settings) => run(...settings).losses;
  const mount = (kit, { places, wrongFirst }) => {
    const steps = 200;
    const plot = kit.plot({ x: [0, steps], y: [1e-4, 1e3], xLabel: "step", yLabel: "loss", logarithmic: true, height: 280, label: "The loss by step" });
    const rate = kit.slider("Learning rate", { min: 1e-4, max: 1e3, value: 1, logarithmic: true }, () => draw());
    const weight = kit.slider("First weight", { min: -1000, max: 1000, step: 1, value: 0, digits: 0 }, () => draw());
    const wrong = kit.slider("Wrong labels", { min: 0, max: 4, step: 1, value: 0, digits: 0 }, () => draw());
    const readout = kit.readout();
    const draw = () => {
      const { losses: all, right } = run(places, wrongFirst, rate.value, weight.value, wrong.value, steps);
      plot.clear();
      plot.line([[0, Math.LN2], [steps, Math.LN2]], "l c2");
      plot.line(all.map((loss, i) => [i, loss]), "l c0");
      const [first, last] = [all[0], all.at(-1)];
      const verdict = right === places.length && last < 0.1 ? "Learned by heart."
        : first > 4 * Math.LN2 ? "Sure of nonsense before the first step: begin with a smaller weight."
          : right === places.length ? "All are right, but it has hardly moved: a larger rate, or more steps."
            // The first wrong label only moves the border between the two classes.
            : wrong.value < 2 ? "Still falling, but too slowly: a larger rate, or more steps."
              : "No single neuron can say this: give it more units, or look at the labels."
                + (last > first ? " And it shakes and does not settle: a smaller rate." : "");
      readout.say(`Loss before: ${Descent.format(first)} (guessing, green: ${Descent.format(Math.LN2)}); after ${steps} steps: ${Descent.format(last)}; ${right} of 8 right. ${verdict}`);
    };
    draw();
  };
  return { functions: { losses }, mount };
})());
