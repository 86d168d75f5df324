// A pad to draw on, and the network of the lesson.
Descent.panel("digits", (() => {
  let network;
  const load = () => {
    if (network) return network;
    const script = document.querySelector('.control[data-control="digits"] script');
    network = JSON.parse(script.textContent);
    return network;
  };
  const hidden = (pixels) => {
    const { w1, scale1, b1 } = load();
    return b1.map((bias, unit) => {
      let sum = 0;
      for (let i = 0; i < 784; i += 1) sum += w1[unit * 784 + i] * pixels[i];
      return 1 / (1 + Math.exp(-((sum * scale1) / 255 + bias)));
    });
  };
  const read = (pixels) => {
    const { w2, scale2, b2 } = load();
    const h = hidden(pixels);
    const logits = b2.map((bias, k) => h.reduce((sum, v, j) => sum + v * w2[k * h.length + j] * scale2, bias));
    const largest = Math.max(...logits);
    const powers = logits.map((z) => Math.exp(z - largest));
    const total = powers.reduce((a, b) => a + b, 0);
    return powers.map((p) => p / total);
  };
  // As MNIST was made: the ink in a box of 20, its centre of mass in the middle of 28 × 28.
  const centred = (ink, size) => {
    let [left, right, top, bottom] = [size, -1, size, -1];
    for (let y = 0; y < size; y += 1) for (let x = 0; x < size; x += 1) {
      if (ink[y * size + x] > 40) [left, right, top, bottom] = [Math.min(left, x), Math.max(right, x), Math.min(top, y), Math.max(bottom, y)];
    }
    if (right < 0) return Array(784).fill(0);
    const scale = 20 / Math.max(right - left + 1, bottom - top + 1);
    const sample = (cx, cy) => Array.from({ length: 784 }, (_, i) => {
      // The mean over the square that the pixel covers.
      let [sum, count] = [0, 0];
      const [px, py] = [((i % 28) - 14) / scale + cx, (Math.floor(i / 28) - 14) / scale + cy];
      for (let y = Math.floor(py); y < py + 1 / scale; y += 1) for (let x = Math.floor(px); x < px + 1 / scale; x += 1) {
        if (x >= 0 && y >= 0 && x < size && y < size) sum += ink[y * size + x];
        count += 1;
      }
      return Math.round(sum / count);
    });
    let [mass, mx, my] = [0, 0, 0];
    for (let y = 0; y < size; y += 1) for (let x = 0; x < size; x += 1) {
      const v = ink[y * size + x];
      [mass, mx, my] = [mass + v, mx + v * x, my + v * y];
    }
    return sample(mx / mass, my / mass);
  };
  const mount = (kit, { examples }) => {
    load();
    const pad = Descent.element("canvas", { class: "pad", width: 280, height: 280, role: "img", "aria-label": "A pad: draw a digit with the pointer" });
    const context = pad.getContext("2d", { willReadFrequently: true });
    const small = Descent.element("canvas", { width: 28, height: 28, style: "width:84px;height:84px;image-rendering:pixelated;background:#000", role: "img", "aria-label": "What the network sees" });
    const units = Descent.element("svg", { viewBox: "0 0 620 44", role: "img", "aria-label": "The outputs of the 30 hidden neurons" });
    const bars = Descent.element("svg", { viewBox: "0 0 620 130", role: "img", "aria-label": "The network's shares" });
    kit.row(pad, small);
    const readout = kit.readout();
    kit.row(units);
    kit.row(bars);
    const show = (pixels) => {
      const image = small.getContext("2d").createImageData(28, 28);
      pixels.forEach((v, i) => image.data.set([v, v, v, 255], 4 * i));
      small.getContext("2d").putImageData(image, 0, 0);
      const isEmpty = pixels.every((v) => v === 0);
      const shares = read(pixels);
      bars.replaceChildren();
      units.replaceChildren(Descent.element("text", { x: 4, y: 12 }, "hidden neurons, from 0 (dark) to 1 (bright)"));
      hidden(pixels).forEach((value, j) => units.append(Descent.element("rect", {
        x: 4 + j * 20.4, y: 20, width: 19, height: 20, fill: `rgb(${Descent.palette(value).join()})`,
      })));
      if (!isEmpty) shares.forEach((share, k) => bars.append(
        Descent.element("rect", { x: 20 + k * 59, y: 100 - 80 * share, width: 44, height: Math.max(80 * share, 0.5), class: share === Math.max(...shares) ? "f1" : "f0" }),
        Descent.element("text", { x: 42 + k * 59, y: 118, "text-anchor": "middle", class: "strong" }, String(k)),
        Descent.element("text", { x: 42 + k * 59, y: 94 - 80 * share, "text-anchor": "middle" }, Math.round(100 * share) + "%")));
      const best = shares.indexOf(Math.max(...shares));
      readout.say(isEmpty ? "Draw a digit, or take one that the network has not been trained on." : `It reads ${best}, with ${Math.round(100 * shares[best])} %.`);
    };
    const look = () => {
      const data = context.getImageData(0, 0, 280, 280).data;
      show(centred(Array.from({ length: 280 * 280 }, (_, i) => data[4 * i]), 280));
    };
    const clear = () => {
      context.fillStyle = "#000";
      context.fillRect(0, 0, 280, 280);
      show(Array(784).fill(0));
    };
    let last = null;
    const at = (event) => {
      const box = pad.getBoundingClientRect();
      return [((event.clientX - box.left) / box.width) * 280, ((event.clientY - box.top) / box.height) * 280];
    };
    pad.addEventListener("pointerdown", (event) => { pad.setPointerCapture(event.pointerId); last = at(event); });
    pad.addEventListener("pointermove", (event) => {
      if (!last) return;
      const next = at(event);
      Object.assign(context, { strokeStyle: "#fff", lineWidth: 22, lineCap: "round" });
      context.beginPath();
      context.moveTo(...last);
      context.lineTo(...next);
      context.stroke();
      last = next;
      look();
    });
    for (const end of ["pointerup", "pointercancel"]) pad.addEventListener(end, () => { last = null; });
    let example = 0;
    kit.row(kit.button("Clear", clear), kit.button("A test digit", () => {
      clear();
      show(examples[example]);
      example = (example + 1) % examples.length;
    }));
    clear();
  };
  return { functions: { read }, mount };
})());
