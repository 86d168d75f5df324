// A race down the valley with minibatches of any size.
Descent.panel("sgd", (() => {
  const gradient = (points, w, b) => points.reduce(([gw, gb], [x, y]) => {
    const error = (w * x + b - y) / points.length;
    return [gw + error * x, gb + error];
  }, [0, 0]);
  // The steps of an epoch, and the samples of its last minibatch.
  const steps = (count, size) => [Math.ceil(count / size), count % size === 0 ? size : count % size];
  const cost = (points, w, b) => points.reduce((sum, [x, y]) => sum + 0.5 * (w * x + b - y) ** 2, 0) / points.length;
  const shuffled = (items) => {
    const result = [...items];
    for (let i = result.length - 1; i > 0; i -= 1) {
      const j = Math.floor(Math.random() * (i + 1));
      [result[i], result[j]] = [result[j], result[i]];
    }
    return result;
  };
  const mount = (kit, { points }) => {
    let path = [[0, 0]];
    let seen = 0;
    const plot = kit.plot({ x: [-0.5, 3], y: [-0.5, 2], height: 340, xLabel: "w", label: "The cost over w and b, and the path" });
    plot.colors((w, b) => cost(points, w, b));
    const size = kit.slider("Minibatch", { min: 1, max: 100, step: 1, value: 10, digits: 0 }, () => restart());
    const rate = kit.slider("Learning rate", { min: 0.01, max: 1, step: 0.01, value: 0.2 }, () => restart());
    const epoch = () => {
      const order = shuffled(points);
      for (let start = 0; start < order.length; start += size.value) {
        const part = order.slice(start, start + size.value);
        const [w, b] = path.at(-1);
        const [gw, gb] = gradient(part, w, b);
        path.push([w - rate.value * gw, b - rate.value * gb]);
        seen += part.length;
      }
      draw();
    };
    const restart = () => { [path, seen] = [[[0, 0]], 0]; draw(); };
    kit.row(kit.button("One epoch", epoch), kit.button("Start again", restart));
    const readout = kit.readout();
    const draw = () => {
      plot.clear();
      plot.line(path, "halo");
      plot.line(path, "l c1");
      plot.dot(...path[0], "f1", 3);
      plot.dot(...path.at(-1), "f1", 7);
      const [count, last] = steps(points.length, size.value);
      readout.say(`${count} steps an epoch (the last with ${last} samples); ${seen} samples seen, cost ${Descent.format(cost(points, ...path.at(-1)), 4)}`);
    };
    draw();
  };
  return { functions: { gradient, steps }, mount };
})());
