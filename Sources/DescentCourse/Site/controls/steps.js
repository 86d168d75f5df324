// Where a kernel stands along a row of pixels.
Descent.panel("steps", (() => {
  const outputs = (n, k, p, s) => (k > n + 2 * p ? 0 : Math.floor((n + 2 * p - k) / s) + 1);
  // What is left over at the end: padding, and before it pixels.
  const unseen = (rest, p) => {
    const [pixels, zeros] = [Math.max(0, rest - p), Math.min(rest, p)];
    const parts = [];
    if (pixels > 0) parts.push(`the last ${pixels === 1 ? "pixel" : `${pixels} pixels`}`);
    if (zeros > 0) parts.push(`the last ${zeros === 1 ? "zero" : `${zeros} zeros`}`);
    return `${parts.join(" and ")} ${rest === 1 ? "is" : "are"}`;
  };
  const mount = (kit) => {
    const svg = kit.picture(190, "A row of pixels, the places of the kernel, and the outputs");
    const readout = kit.readout();
    const options = (min, max, value) => ({ min, max, step: 1, value, digits: 0 });
    const size = kit.slider("Pixels", options(5, 32, 28), () => draw());
    const kernel = kit.slider("Kernel", options(1, 7, 5), () => draw());
    const padding = kit.slider("Padding", options(0, 3, 0), () => draw());
    const stride = kit.slider("Stride", options(1, 4, 1), () => draw());
    const draw = () => {
      const [n, k, p, s] = [size.value, kernel.value, padding.value, stride.value];
      const count = outputs(n, k, p, s);
      const cell = Math.min(24, 612 / (n + 2 * p));
      const left = (620 - cell * (n + 2 * p)) / 2;
      svg.replaceChildren();
      const label = (y, words) => svg.append(Descent.element("text", { x: 4, y }, words));
      label(14, p > 0 ? "pixels, and padding of zeros (dashed)" : "pixels");
      for (let i = 0; i < n + 2 * p; i += 1) {
        const isBorder = i < p || i >= n + p;
        svg.append(Descent.element("rect", { x: left + i * cell + 1, y: 22, width: cell - 2, height: 18, class: isBorder ? "cell border" : "cell plus" }));
      }
      label(60, "places of the kernel");
      for (let i = 0; i < count; i += 1) {
        const [x, y] = [left + i * s * cell, 70 + (i % 7) * 9];
        svg.append(Descent.element("path", { d: `M${x + 2} ${y}H${x + k * cell - 2}`, class: "l c0", style: "stroke-width:4" }));
      }
      label(152, "outputs");
      for (let i = 0; i < count; i += 1) {
        const x = left + (i * s + (k - 1) / 2) * cell;
        svg.append(Descent.element("rect", { x: x + 1, y: 160, width: cell - 2, height: 18, class: "f1" }));
      }
      const rest = count > 0 ? n + 2 * p - k - (count - 1) * s : 0;
      readout.say(count === 0
        ? `A kernel of ${k} does not fit ${n + 2 * p} pixels.`
        : `⌊(${n} + 2 · ${p} − ${k}) / ${s}⌋ + 1 = ${count}${rest > 0 ? `; ${unseen(rest, p)} not looked at` : ""}`);
    };
    draw();
  };
  return { functions: { outputs }, mount };
})());
