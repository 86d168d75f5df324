// A pad to draw on, and LeNet: the results of all its layers.
Descent.panel("lenet", (() => {
  let network;
  const load = () => {
    if (network) return network;
    network = JSON.parse(document.querySelector('.control[data-control="lenet"] script').textContent);
    for (const layer of Object.values(network)) {
      if (layer.weights) layer.weights = Int8Array.from(atob(layer.weights), (letter) => letter.charCodeAt(0));
    }
    return network;
  };
  const rectified = (values) => values.map((v) => Math.max(0, v));
  // Maps of side × side under filters of 5 × 5; outside of them there are zeros.
  const convolution = (maps, side, { weights, scale, bias }, padding) => {
    const [count, out] = [maps.length / (side * side), side + 2 * padding - 4];
    const result = [];
    for (let filter = 0; filter < bias.length; filter += 1) {
      for (let y = -padding; y < out - padding; y += 1) for (let x = -padding; x < out - padding; x += 1) {
        let sum = 0;
        for (let map = 0; map < count; map += 1) for (let r = 0; r < 5; r += 1) for (let c = 0; c < 5; c += 1) {
          const [row, column] = [y + r, x + c];
          if (row < 0 || column < 0 || row >= side || column >= side) continue;
          sum += weights[((filter * count + map) * 5 + r) * 5 + c] * maps[(map * side + row) * side + column];
        }
        result.push(sum * scale + bias[filter]);
      }
    }
    return result;
  };
  const pool = (maps, side) => {
    const half = side / 2;
    return Array.from({ length: maps.length / 4 }, (_, i) => {
      const start = Math.floor(i / half) * 2 * side + (i % half) * 2;
      return Math.max(maps[start], maps[start + 1], maps[start + side], maps[start + side + 1]);
    });
  };
  const dense = (x, { weights, scale, bias }) => bias.map((b, unit) => {
    let sum = 0;
    for (let i = 0; i < x.length; i += 1) sum += weights[unit * x.length + i] * x[i];
    return sum * scale + b;
  });
  const stages = (pixels) => {
    const { conv1, conv2, fc1, fc2, fc3 } = load();
    const x = pixels.map((v) => v / 255);
    const c1 = rectified(convolution(x, 28, conv1, 2));
    const p1 = pool(c1, 28);
    const c2 = rectified(convolution(p1, 14, conv2, 0));
    const p2 = pool(c2, 10);
    const f1 = rectified(dense(p2, fc1));
    const f2 = rectified(dense(f1, fc2));
    return { x, c1, p1, c2, p2, f1, f2, shares: Descent.softmax(dense(f2, fc3)) };
  };
  const read = (pixels) => stages(pixels).shares;
  const pooled = (pixels) => stages(pixels).p2;
  const mount = (kit, { examples }) => {
    load();
    const pad = kit.pad((pixels) => show(pixels));
    const box = Descent.element("div", { class: "strips" });
    // Maps side by side on one canvas, each from black for 0 to white for its largest value.
    const strip = (name, words, count, width, height = width) => {
      const canvas = Descent.element("canvas", { width: count * (width + 1) - 1, height, role: "img", "aria-label": words });
      canvas.style.width = `${(height === 1 ? 4 : 3) * canvas.width}px`;
      if (height === 1) canvas.style.height = "12px";
      box.append(Descent.element("div", { class: "title" }, words), canvas);
      return (results) => {
        const context = canvas.getContext("2d");
        for (let map = 0; map < count; map += 1) {
          const own = results[name].slice(map * width * height, (map + 1) * width * height);
          const largest = Math.max(...own, 1e-12);
          const image = context.createImageData(width, height);
          own.forEach((v, i) => image.data.set([...Array(3).fill((255 * v) / largest), 255], 4 * i));
          context.putImageData(image, map * (width + 1), 0);
        }
      };
    };
    const strips = [
      strip("x", "the image: 28 × 28", 1, 28),
      strip("c1", "conv1: six maps of 28 × 28", 6, 28),
      strip("p1", "pool1: six of 14 × 14", 6, 14),
      strip("c2", "conv2: sixteen of 10 × 10", 16, 10),
      strip("p2", "pool2: sixteen of 5 × 5", 16, 5),
      strip("f1", "fc1: 120 units", 1, 120, 1),
      strip("f2", "fc2: 84 units", 1, 84, 1),
    ];
    let example = 0;
    const clear = () => {
      pad.clear();
      show(Array(784).fill(0));
    };
    kit.row(pad.node);
    kit.row(kit.button("Clear", clear), kit.button("A test digit", () => {
      pad.clear();
      show(examples[example]);
      example = (example + 1) % examples.length;
    }));
    const readout = kit.readout();
    kit.panel.append(box);
    const shares = kit.shares();
    const show = (pixels) => {
      const isEmpty = pixels.every((v) => v === 0);
      const results = stages(pixels);
      for (const draw of strips) draw(results);
      shares.show(isEmpty ? [] : results.shares);
      const best = results.shares.indexOf(Math.max(...results.shares));
      readout.say(isEmpty ? "Draw a digit, or take one that the network has not been trained on." : `It reads ${best}, with ${Math.round(100 * results.shares[best])} %.`);
    };
    clear();
  };
  return { functions: { read, pooled }, mount };
})());
