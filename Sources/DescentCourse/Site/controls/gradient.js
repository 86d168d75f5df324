// A hill and a hollow, the gradient under a point, and the slope of any direction.
Descent.panel("gradient", (() => {
  const height = (x, y) => x * Math.exp(-(x * x + y * y));
  const gradient = (x, y) => {
    const e = Math.exp(-(x * x + y * y));
    return [(1 - 2 * x * x) * e, -2 * x * y * e];
  };
  const mount = (kit) => {
    let [x, y] = [0.5, 0.4];
    const plot = kit.plot({ x: [-2, 2], y: [-2, 2], height: 400, xLabel: "x", label: "The heights of f, a point and its gradient" });
    plot.colors(height);
    plot.arrows(gradient);
    const handle = plot.handle(x, y, "the point", (a, b) => { [x, y] = [a, b]; draw(); });
    const turn = kit.slider("Direction", { min: 0, max: 360, step: 1, value: 90, digits: 0 }, () => draw());
    const readout = kit.readout();
    const draw = () => {
      const [gx, gy] = gradient(x, y);
      const angle = (turn.value * Math.PI) / 180;
      const along = gx * Math.cos(angle) + gy * Math.sin(angle);
      plot.clear();
      for (const name of ["halo", "l c1"]) plot.line([[x, y], [x + gx, y + gy]], name);
      plot.dot(x + gx, y + gy, "f1", 5);
      plot.line([[x, y], [x + Math.cos(angle) / 2, y + Math.sin(angle) / 2]], "l c0");
      handle.place(x, y);
      readout.say(`gradient (${Descent.format(gx, 4)}, ${Descent.format(gy, 4)}), length `
        + `${Descent.format(Math.hypot(gx, gy), 4)}; slope in the direction of the blue line `
        + Descent.format(along, 4));
    };
    draw();
  };
  return { functions: { height, gradient }, mount };
})());
