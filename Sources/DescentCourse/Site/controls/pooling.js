// Windows over a map: what is kept, and where the gradient goes.
Descent.panel("pooling", (() => {
  // The places of each window, row by row.
  const windows = (side, size) => {
    const count = Math.floor(side / size);
    return Array.from({ length: count * count }, (_, window) => {
      const start = Math.floor(window / count) * size * side + (window % count) * size;
      return Array.from({ length: size * size }, (_, i) => start + Math.floor(i / size) * side + (i % size));
    });
  };
  // Of equally large values the first.
  const winner = (map, places) => places.reduce((best, place) => (map[place] > map[best] ? place : best));
  const pool = (map, side, size, kind) => windows(side, size).map((places) => (kind === "max"
    ? map[winner(map, places)]
    : places.reduce((sum, place) => sum + map[place], 0) / places.length));
  const gradient = (map, side, size, kind) => {
    const slopes = Array(map.length).fill(0);
    for (const places of windows(side, size)) {
      if (kind === "max") slopes[winner(map, places)] += 1;
      else for (const place of places) slopes[place] += 1 / places.length;
    }
    return slopes;
  };
  const mount = (kit, { maps, names }) => {
    const digit = kit.choice("Digit", names, names[0], () => draw());
    const kind = kit.choice("Keep the", ["max", "average"], "max", () => draw());
    kit.row(digit.node, kind.node);
    const box = Descent.element("div", { class: "row" });
    kit.panel.append(box);
    const readout = kit.readout();
    const window = kit.slider("Window", { min: 2, max: 6, step: 1, value: 2, digits: 0 }, () => draw());
    const titled = (words, tiles) => Descent.element("div", {}, Descent.element("div", { class: "title" }, words), tiles.svg);
    const draw = () => {
      const map = maps[names.indexOf(digit.value)];
      const size = window.value;
      const count = Math.floor(24 / size);
      const isMaximum = kind.value === "max";
      const before = Descent.tiles(24, 11, isMaximum ? "The map, with the winners framed" : "The map");
      const after = Descent.tiles(count, Math.floor(264 / count), "The pooled map");
      before.show(map);
      after.show(pool(map, 24, size, kind.value));
      const slopes = gradient(map, 24, size, kind.value);
      for (let i = 0; i < count; i += 1) for (let j = 0; j < count; j += 1) before.mark(j * size, i * size, size, "window");
      if (isMaximum) slopes.forEach((slope, i) => { if (slope) before.mark(i % 24, Math.floor(i / 24), 1); });
      box.replaceChildren(titled(isMaximum ? "24 × 24, winners framed" : "24 × 24", before), titled(`${count} × ${count}`, after));
      const reached = slopes.filter((slope) => slope !== 0).length;
      readout.say(`${count * count} of 576 numbers are kept; the gradient reaches ${reached} places, ${Descent.format(Math.max(...slopes), 3)} each`);
    };
    draw();
  };
  return { functions: { pool, gradient }, mount };
})());
