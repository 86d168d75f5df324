// Points to drag, and a line that learns.
Descent.panel("regression", (() => {
  const cost = (points, w, b) => points.reduce((sum, [x, y]) => sum + 0.5 * (w * x + b - y) ** 2, 0) / points.length;
  const gradient = (points, w, b) => points.reduce(([gw, gb], [x, y]) => {
    const error = (w * x + b - y) / points.length;
    return [gw + error * x, gb + error];
  }, [0, 0]);
  const leastSquares = (points) => {
    const mean = (f) => points.reduce((sum, p) => sum + f(p), 0) / points.length;
    const [mx, my] = [mean((p) => p[0]), mean((p) => p[1])];
    const w = mean((p) => (p[0] - mx) * (p[1] - my)) / mean((p) => (p[0] - mx) ** 2);
    return [w, my - w * mx];
  };
  const mount = (kit, parameters) => {
    const points = parameters.points.map((p) => [...p]).concat([[3, 4]]);
    let [w, b, count] = [0, 0, 0];
    const plot = kit.plot({ x: [-0.5, 4], y: [-1, 7], height: 300, xLabel: "x", label: "Points and a line" });
    const handles = points.map((p, i) => plot.handle(...p, `point ${i + 1}`, (x, y) => { points[i] = [x, y]; draw(); }));
    const rate = kit.slider("Learning rate", { min: 0.01, max: 0.6, step: 0.01, value: 0.1 }, () => {});
    const step = (times) => {
      for (let i = 0; i < times; i += 1) {
        const [gw, gb] = gradient(points, w, b);
        [w, b, count] = [w - rate.value * gw, b - rate.value * gb, count + 1];
      }
      draw();
    };
    kit.row(kit.button("One step", () => step(1)), kit.button("50 steps", () => step(50)),
      kit.button("Start again", () => { [w, b, count] = [0, 0, 0]; draw(); }));
    const readout = kit.readout();
    const draw = () => {
      const [bw, bb] = leastSquares(points);
      plot.clear();
      plot.line(plot.x.map((x) => [x, bw * x + bb]), "l c2 thin");
      plot.line(plot.x.map((x) => [x, w * x + b]), "l c1");
      for (const [x, y] of points) plot.line([[x, y], [x, w * x + b]], "l c3 thin");
      handles.forEach((handle, i) => handle.place(...points[i]));
      const [gw, gb] = gradient(points, w, b);
      readout.say(`step ${count}: w ${Descent.format(w)}, b ${Descent.format(b)}, cost ${Descent.format(cost(points, w, b), 4)}, `
        + `gradient (${Descent.format(gw)}, ${Descent.format(gb)}). Best: w ${Descent.format(bw)}, b ${Descent.format(bb)}.`);
    };
    draw();
  };
  return { functions: { cost, gradient, leastSquares }, mount };
})());
