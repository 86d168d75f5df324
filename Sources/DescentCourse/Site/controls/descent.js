// A ball in several landscapes.
Descent.panel("descent", (() => {
  const landscapes = {
    ravine: {
      cost: (x, y) => 0.5 * (x * x + 10 * y * y), gradient: (x, y) => [x, 10 * y], x: [-2.5, 2.5], y: [-1.5, 1.5],
    },
    bowl: { cost: (x, y) => x * x + y * y, gradient: (x, y) => [2 * x, 2 * y], x: [-2.5, 2.5], y: [-1.5, 1.5] },
    saddle: {
      cost: (x, y) => x * x - y * y + 0.5 * y ** 4, gradient: (x, y) => [2 * x, -2 * y + 2 * y ** 3],
      x: [-1.6, 1.6], y: [-1.6, 1.6],
    },
    "two bottoms": {
      cost: (x, y) => x ** 4 - x * x + 0.2 * x + y * y,
      gradient: (x, y) => [4 * x ** 3 - 2 * x + 0.2, 2 * y], x: [-1.4, 1.4], y: [-1.1, 1.1],
    },
  };
  const walk = (name, start, rate, steps) => {
    const path = [start];
    for (let i = 0; i < steps; i += 1) {
      const [x, y] = path[i];
      const [gx, gy] = landscapes[name].gradient(x, y);
      path.push([x - rate * gx, y - rate * gy]);
      if (!(Math.abs(x) < 1e6 && Math.abs(y) < 1e6)) break;
    }
    return path;
  };
  const functions = {
    ravine: (start, rate, steps) => walk("ravine", start, rate, steps).at(-1),
    saddle: (place) => landscapes.saddle.gradient(...place),
    wells: (place) => landscapes["two bottoms"].gradient(...place),
  };
  const mount = (kit) => {
    let start;
    let plot;
    let handle;
    const choice = kit.choice("Landscape", Object.keys(landscapes), "ravine", () => rebuild());
    kit.row(choice.node);
    const place = kit.row();
    const rate = kit.slider("Learning rate", { min: 0.01, max: 0.6, step: 0.01, value: 0.09 }, () => draw());
    const steps = kit.slider("Steps", { min: 0, max: 100, step: 1, value: 30, digits: 0 }, () => draw());
    const readout = kit.readout();
    const draw = () => {
      const path = walk(choice.value, start, rate.value, steps.value);
      plot.clear();
      plot.line(path, "halo");
      plot.line(path, "l c1");
      for (const point of path) plot.dot(...point, "f1", 3);
      plot.dot(...path.at(-1), "f1", 7);
      handle.place(...start);
      const cost = landscapes[choice.value].cost(...path.at(-1));
      const before = landscapes[choice.value].cost(...start);
      readout.say(`after ${path.length - 1} steps: cost ${Descent.format(cost, 4)}, at the start ${Descent.format(before, 4)}`
        + (cost > before * 1.01 ? ". It climbs: the rate is too large." : "."));
    };
    const rebuild = () => {
      const landscape = landscapes[choice.value];
      place.replaceChildren();
      start = [landscape.x[0] * 0.8, landscape.y[1] * 0.5];
      plot = kit.plot(
        { x: landscape.x, y: landscape.y, height: 380, label: "A landscape with the path of a ball" }, place);
      plot.colors(landscape.cost);
      handle = plot.handle(...start, "the ball's start", (x, y) => { start = [x, y]; draw(); });
      draw();
    };
    rebuild();
  };
  return { functions, mount };
})());
