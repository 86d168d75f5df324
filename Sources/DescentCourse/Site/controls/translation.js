// An image that moves, its map, and the difference to the first map, moved.
Descent.panel("translation", (() => {
  const shift = (pixels, width, right, down) => pixels.map((_, i) => {
    const [row, column] = [Math.floor(i / width) - down, (i % width) - right];
    return row >= 0 && column >= 0 && row < width && column < width ? pixels[row * width + column] : 0;
  });
  const moved = (pixels, kernel, right, down) => Descent.correlate(shift(pixels, 28, right, down), 28, kernel, 5);
  // Where both maps have a place; elsewhere nothing.
  const differences = (pixels, kernel, right, down) => {
    const before = Descent.correlate(pixels, 28, kernel, 5);
    return moved(pixels, kernel, right, down).map((value, i) => {
      const [row, column] = [Math.floor(i / 24) - down, (i % 24) - right];
      return row >= 0 && column >= 0 && row < 24 && column < 24 ? Math.abs(value - before[row * 24 + column]) : null;
    });
  };
  const difference = (...all) => Math.max(...differences(...all).filter((v) => v !== null));
  const mount = (kit, { digits, names, kernel }) => {
    const digit = kit.choice("Digit", names, names[0], () => draw());
    kit.row(digit.node);
    const image = Descent.tiles(28, 6, "The digit, moved");
    const map = Descent.tiles(24, 6, "Its map");
    const rest = Descent.tiles(24, 6, "The difference to the first map, moved; the frame holds the places that both maps have");
    const titled = (words, tiles) => Descent.element("div", {}, Descent.element("div", { class: "title" }, words), tiles.svg);
    kit.row(titled("image, moved", image), titled("its map", map), titled("difference", rest));
    const readout = kit.readout();
    const options = { min: -10, max: 10, step: 1, value: 4, digits: 0 };
    const right = kit.slider("Right", options, () => draw());
    const down = kit.slider("Down", { ...options, value: 3 }, () => draw());
    const draw = () => {
      const all = [digits[names.indexOf(digit.value)], kernel, right.value, down.value];
      image.show(shift(all[0], 28, right.value, down.value));
      map.show(moved(...all));
      const rests = differences(...all);
      rest.show(rests.map((v) => v ?? 0));
      rest.mark(Math.max(0, right.value), Math.max(0, down.value), 0);
      const [w, h] = [24 - Math.abs(right.value), 24 - Math.abs(down.value)];
      const frame = rest.svg.querySelector(".mark");
      frame.setAttribute("width", w * 6);
      frame.setAttribute("height", h * 6);
      readout.say(`compared at ${w * h} of 576 places: the largest difference is ${difference(...all)}`);
    };
    draw();
  };
  return { functions: { moved, difference }, mount };
})());
