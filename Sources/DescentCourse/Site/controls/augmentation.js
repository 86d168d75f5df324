// A digit, moved, turned, zoomed and slanted, by one bilinear interpolation.
Descent.panel("augmentation", (() => {
  const size = 28;
  // Each map says where a pixel of the result comes from, measured from the centre.
  const followed = (first, next) => ({
    xx: first.xx * next.xx + first.xy * next.yx, xy: first.xx * next.xy + first.xy * next.yy,
    x: first.xx * next.x + first.xy * next.y + first.x,
    yx: first.yx * next.xx + first.yy * next.yx, yy: first.yx * next.xy + first.yy * next.yy,
    y: first.yx * next.x + first.yy * next.y + first.y,
  });
  const affine = (changes) => ({ xx: 1, xy: 0, x: 0, yx: 0, yy: 1, y: 0, ...changes });
  const radians = (degrees) => (degrees * Math.PI) / 180;
  const rotation = (degrees) => {
    const [c, s] = [Math.cos(radians(degrees)), Math.sin(radians(degrees))];
    return affine({ xx: c, xy: s, yx: -s, yy: c });
  };
  // The values from 0 to 1.
  const warp = (pixels, x, y, turn, zoom, slant) => {
    const map = [
      affine({ x: -x, y: -y }), rotation(turn), affine({ xx: 1 / zoom, yy: 1 / zoom }),
      affine({ xy: Math.tan(radians(slant)) }),
    ].reduce(followed);
    const centre = (size - 1) / 2;
    const at = (row, column) => (row >= 0 && column >= 0 && row < size && column < size ? pixels[row * size + column] / 255 : 0);
    return Array.from({ length: size * size }, (_, i) => {
      const [dx, dy] = [(i % size) - centre, Math.floor(i / size) - centre];
      const inside = (v) => Math.min(Math.max(v, -1), size);
      const sx = inside(map.xx * dx + map.xy * dy + map.x + centre);
      const sy = inside(map.yx * dx + map.yy * dy + map.y + centre);
      const [left, top] = [Math.floor(sx), Math.floor(sy)];
      const [shareX, shareY] = [sx - left, sy - top];
      const row = (r) => at(r, left) + shareX * (at(r, left + 1) - at(r, left));
      return row(top) + shareY * (row(top + 1) - row(top));
    });
  };
  const mount = (kit, { pixels }) => {
    const canvas = (label) => Descent.element("canvas", {
      width: size, height: size, role: "img", "aria-label": label,
      style: "width:min(196px,45%);image-rendering:pixelated;background:#000",
    });
    const [before, after] = [canvas("The five before"), canvas("The five after")];
    kit.row(before, after);
    const show = (target, values) => {
      const context = target.getContext("2d");
      const image = context.createImageData(size, size);
      values.forEach((v, i) => image.data.set([255 * v, 255 * v, 255 * v, 255], 4 * i));
      context.putImageData(image, 0, 0);
    };
    const pixelsOf = (v) => `${Descent.format(v, 1)} px`;
    const degrees = (v) => `${Descent.format(v, 0)}°`;
    const x = kit.slider("To the right", { min: -8, max: 8, step: 0.5, value: 0, shown: pixelsOf }, () => draw());
    const y = kit.slider("Down", { min: -8, max: 8, step: 0.5, value: 0, shown: pixelsOf }, () => draw());
    const turn = kit.slider("Turn", { min: -180, max: 180, step: 1, value: 15, shown: degrees }, () => draw());
    const zoom = kit.slider("Zoom", { min: 0.5, max: 2, step: 0.05, value: 1 }, () => draw());
    const slant = kit.slider("Slant", { min: -45, max: 45, step: 1, value: 0, shown: degrees }, () => draw());
    const readout = kit.readout();
    const draw = () => {
      const values = warp(pixels, x.value, y.value, turn.value, zoom.value, slant.value);
      show(before, pixels.map((v) => v / 255));
      show(after, values);
      const changed = values.filter((v, i) => Math.round(255 * v) !== pixels[i]).length;
      const sum = (list) => list.reduce((a, b) => a + b, 0);
      const ink = (255 * sum(values)) / sum(pixels);
      readout.say(`${changed} of 784 pixels differ from before; the ink is ${Math.round(100 * ink)} % of what it was.`);
    };
    draw();
  };
  return { functions: { warp }, mount };
})());
