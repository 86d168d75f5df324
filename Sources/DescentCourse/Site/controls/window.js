// A window of 5 by 5 on a digit: patch, kernel, products and their sum.
Descent.panel("window", (() => {
  const turned = (kernel, isTurned) => (isTurned ? [...kernel].reverse() : kernel);
  const map = (pixels, kernel, isTurned) => Descent.correlate(pixels, 28, turned(kernel, isTurned), 5);
  const mount = (kit, { digits, names, kernels, kernelNames }) => {
    const digit = kit.choice("Digit", names, names[0], () => draw());
    const choice = kit.choice("Kernel", kernelNames, kernelNames[0], () => draw());
    const turn = kit.toggle("Kernel turned round", 0, () => draw());
    kit.row(digit.node, choice.node, turn.button);
    const image = Descent.tiles(28, 8, "The digit, and the window on it");
    const result = Descent.tiles(24, 8, "The feature map: the sums at all places");
    kit.row(image.svg, result.svg);
    const parts = ["pixels", "kernel", "products"].map((name) => {
      const svg = Descent.element("svg", { viewBox: "0 0 150 172", role: "img", "aria-label": `The ${name} under the window`, style: "width:150px" });
      return { name, svg };
    });
    kit.row(...parts.map((part) => part.svg));
    const readout = kit.readout();
    const row = kit.slider("Row", { min: 0, max: 23, step: 1, value: 10, digits: 0 }, () => draw());
    const column = kit.slider("Column", { min: 0, max: 23, step: 1, value: 8, digits: 0 }, () => draw());
    const follow = (tiles, offset) => tiles.svg.addEventListener("pointerdown", (event) => {
      const [x, y] = tiles.at(event);
      const inside = (v) => Math.min(Math.max(v - offset, 0), 23);
      row.set(inside(y));
      column.set(inside(x));
      draw();
    });
    follow(image, 2);
    follow(result, 0);
    const draw = () => {
      const pixels = digits[names.indexOf(digit.value)];
      const kernel = turned(kernels[kernelNames.indexOf(choice.value)], turn.value === 1);
      const sums = Descent.correlate(pixels, 28, kernel, 5);
      const [y, x] = [row.value, column.value];
      const patch = kernel.map((_, i) => pixels[(y + Math.floor(i / 5)) * 28 + x + (i % 5)]);
      const products = kernel.map((w, i) => w * patch[i]);
      image.show(pixels);
      image.mark(x, y, 5);
      result.show(sums);
      result.mark(x, y, 1);
      for (const [part, values] of [[parts[0], patch], [parts[1], kernel], [parts[2], products]]) {
        part.svg.replaceChildren(Descent.element("text", { x: 0, y: 14, class: "strong", style: "font-size:13px" }, part.name));
        values.forEach((value, i) => {
          const [cx, cy] = [(i % 5) * 30, 22 + Math.floor(i / 5) * 30];
          part.svg.append(
            Descent.element("rect", { x: cx, y: cy, width: 29, height: 29, class: value > 0 ? "cell plus" : value < 0 ? "cell minus" : "cell" }),
            Descent.element("text", { x: cx + 14.5, y: cy + 19, "text-anchor": "middle", class: "strong", style: "font-size:9.5px" }, String(value).replace("-", "−")));
        });
      }
      readout.say(`row ${y}, column ${x}: the 25 products add up to ${Descent.format(sums[y * 24 + x], 0)}`);
    };
    draw();
  };
  return { functions: { map }, mount };
})());
