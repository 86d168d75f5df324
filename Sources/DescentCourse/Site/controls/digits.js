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
    return Descent.softmax(b2.map((bias, k) => h.reduce((sum, v, j) => sum + v * w2[k * h.length + j] * scale2, bias)));
  };
  const mount = (kit, { examples }) => {
    load();
    const pad = kit.pad((pixels) => show(pixels));
    const small = Descent.element("canvas", { width: 28, height: 28, style: "width:84px;height:84px;image-rendering:pixelated;background:#000", role: "img", "aria-label": "What the network sees" });
    const units = Descent.element("svg", { viewBox: "0 0 620 44", role: "img", "aria-label": "The outputs of the 30 hidden neurons" });
    kit.row(pad.node, small);
    const readout = kit.readout();
    kit.row(units);
    const bars = kit.shares();
    const show = (pixels) => {
      const image = small.getContext("2d").createImageData(28, 28);
      pixels.forEach((v, i) => image.data.set([v, v, v, 255], 4 * i));
      small.getContext("2d").putImageData(image, 0, 0);
      const isEmpty = pixels.every((v) => v === 0);
      const shares = read(pixels);
      bars.show(isEmpty ? [] : shares);
      units.replaceChildren(Descent.element("text", { x: 4, y: 12 }, "hidden neurons, from 0 (dark) to 1 (bright)"));
      hidden(pixels).forEach((value, j) => units.append(Descent.element("rect", {
        x: 4 + j * 20.4, y: 20, width: 19, height: 20, fill: `rgb(${Descent.palette(value).join()})`,
      })));
      const best = shares.indexOf(Math.max(...shares));
      readout.say(isEmpty ? "Draw a digit, or take one that the network has not been trained on." : `It reads ${best}, with ${Math.round(100 * shares[best])} %.`);
    };
    const clear = () => {
      pad.clear();
      show(Array(784).fill(0));
    };
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
