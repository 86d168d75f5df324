"use strict";

// What every page does: search, questions, keys, and the live panels of its lesson.
const Descent = (() => {
  const root = document.documentElement;
  const panels = {};
  const query = new URLSearchParams(location.search);
  const errors = [];
  const report = (message) => {
    errors.push(String(message));
    root.dataset.errors = errors.join("; ");
  };
  addEventListener("error", (event) => report(event.message));

  const element = (name, attributes = {}, ...children) => {
    const isDrawing = element.drawing.has(name);
    const node = isDrawing
      ? document.createElementNS("http://www.w3.org/2000/svg", name)
      : document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    node.append(...children);
    return node;
  };
  element.drawing = new Set(["svg", "g", "path", "circle", "line", "rect", "text", "image", "clipPath"]);

  // A label as it stands in an address: "Learning rate" is learning-rate.
  const slug = (label) => label.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "");

  // An exponent as it is written: 10⁻³.
  const power = (exponent) => exponent === 0 ? "1" : exponent === 1 ? "10" : "10" + [...String(exponent)]
    .map((digit) => (digit === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit])).join("");

  const format = (value, digits = 3) => {
    if (!Number.isFinite(value)) return Number.isNaN(value) ? "not a number" : value < 0 ? "−∞" : "∞";
    const size = Math.abs(value);
    if (size !== 0 && (size < 1e-3 || size >= 1e6)) {
      const [digits, exponent] = value.toExponential(2).split("e");
      return `${digits} · ${power(Number(exponent))}`.replace("-", "−");
    }
    return value.toFixed(size >= 1000 ? 0 : digits).replace("-", "−");
  };

  // On a telephone pictures are drawn narrower, not smaller.
  const isNarrow = matchMedia("(max-width: 34rem)").matches;

  // The colours of the figures: dark blue, grey, yellow.
  const palette = (part) => {
    const anchors = [[0, 34, 78], [65, 77, 107], [124, 123, 120], [187, 173, 108], [254, 232, 56]];
    const place = Math.min(Math.max(part, 0), 1) * 4;
    const index = Math.min(Math.floor(place), 3);
    return anchors[index].map((low, i) => Math.round(low + (place - index) * (anchors[index + 1][i] - low)));
  };

  // Round numbers between two ends.
  const ticks = (low, high, count) => {
    const raw = (high - low) / count;
    const power = 10 ** Math.floor(Math.log10(raw));
    const step = [1, 2, 5, 10].find((m) => m * power >= raw * 0.999) * power;
    const first = Math.ceil(low / step - 1e-9);
    const last = Math.floor(high / step + 1e-9);
    const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
    return Array.from({ length: last - first + 1 }, (_, i) => {
      const value = (first + i) * step;
      return { value, label: value.toFixed(decimals).replace("-", "−") };
    });
  };

  // The largest logit is taken away first, so that no power overflows.
  const softmax = (logits) => {
    const largest = Math.max(...logits);
    const powers = logits.map((z) => Math.exp(z - largest));
    const sum = powers.reduce((a, b) => a + b, 0);
    return powers.map((p) => p / sum);
  };

  // The sums of a kernel over every place of an image: no border, a pixel a step.
  const correlate = (pixels, width, kernel, size) => {
    const [columns, rows] = [width - size + 1, pixels.length / width - size + 1];
    return Array.from({ length: columns * rows }, (_, place) => {
      const start = Math.floor(place / columns) * width + (place % columns);
      return kernel.reduce((sum, w, i) => sum + w * pixels[start + Math.floor(i / size) * width + (i % size)], 0);
    });
  };

  // A square image of numbers, a tile each: black to white, or dark, grey and bright around 0.
  const tiles = (side, zoom, label) => {
    const picture = element("image", { width: side * zoom, height: side * zoom, style: "image-rendering:pixelated" });
    const marks = element("g");
    const svg = element("svg", {
      viewBox: `0 0 ${side * zoom} ${side * zoom}`, role: "img", "aria-label": label, class: "tiles", style: `width:${side * zoom}px`,
    }, picture, marks);
    const canvas = element("canvas", { width: side, height: side });
    const show = (values) => {
      const largest = Math.max(...values.map(Math.abs), 1e-12);
      const isSigned = values.some((v) => v < 0);
      const image = canvas.getContext("2d").createImageData(side, side);
      values.forEach((value, i) => {
        const shade = isSigned ? 127.5 + (127.5 * value) / largest : (255 * value) / largest;
        image.data.set([shade, shade, shade, 255], 4 * i);
      });
      canvas.getContext("2d").putImageData(image, 0, 0);
      picture.setAttribute("href", canvas.toDataURL());
      marks.replaceChildren();
    };
    const mark = (x, y, size, name = "mark") => marks.append(element("rect", {
      x: x * zoom, y: y * zoom, width: size * zoom, height: size * zoom, class: name,
    }));
    const at = (event) => {
      const box = svg.getBoundingClientRect();
      return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height].map((v) => Math.floor(v * side));
    };
    return { svg, show, mark, at };
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

  // Axes in a rectangle, and what can be drawn between them.
  class Plot {
    constructor(kit, parent, { x, y, xLabel = "", yLabel = "", height = 260, label = "", logarithmic = false }) {
      Object.assign(this, { kit, x, y, height, logarithmic });
      this.width = isNarrow ? 380 : 620;
      this.left = 52;
      this.right = this.width - 16;
      this.top = 14;
      this.bottom = height - (xLabel ? 42 : 26);
      this.svg = element("svg", {
        viewBox: `0 0 ${this.width} ${height}`, role: "img", "aria-label": label || yLabel,
      });
      // What is drawn has a label as a whole, and is told in words below; only handles are heard.
      this.ground = element("g", { "aria-hidden": "true" });
      this.axes = element("g", { "aria-hidden": "true" });
      // Curves that leave the axes end there; dots on the edge stay whole.
      const clip = `clip-${document.querySelectorAll("clipPath").length}`;
      this.ground.append(element("clipPath", { id: clip }, element("rect", {
        x: this.left - 7, y: this.top - 7, width: this.right - this.left + 14, height: this.bottom - this.top + 14,
      })));
      this.layer = element("g", { "aria-hidden": "true", "clip-path": `url(#${clip})` });
      this.handles = element("g");
      this.svg.append(this.ground, this.axes, this.layer, this.handles);
      this.labels = { xLabel, yLabel };
      this.drawAxes();
      parent.append(this.svg);
    }
    drawAxes() {
      this.axes.replaceChildren();
      const { left, right, top, bottom } = this;
      for (const tick of ticks(this.x[0], this.x[1], isNarrow ? 4 : 6)) {
        const at = this.X(tick.value);
        this.axes.append(
          element("path", { d: `M${at} ${top}V${bottom}`, class: "grid" }),
          element("text", { x: at, y: bottom + 16, "text-anchor": "middle" }, tick.label));
      }
      const rows = this.logarithmic
        ? ticks(Math.log10(this.y[0]), Math.log10(this.y[1]), 4)
          .filter((tick) => Number.isInteger(tick.value))
          .map((tick) => ({ value: 10 ** tick.value, label: power(tick.value) }))
        : ticks(this.y[0], this.y[1], 4);
      for (const tick of rows) {
        const at = this.Y(tick.value);
        this.axes.append(
          element("path", { d: `M${left} ${at}H${right}`, class: "grid" }),
          element("text", { x: left - 6, y: at + 4, "text-anchor": "end" }, tick.label));
      }
      this.axes.append(
        element("path", { d: `M${left} ${top}V${bottom}H${right}`, class: "axis" }),
        element("text", { x: (left + right) / 2, y: this.height - 8, "text-anchor": "middle" }, this.labels.xLabel),
        element("text", { x: left, y: top - 3 }, this.labels.yLabel));
    }
    X(value) { return this.left + ((value - this.x[0]) / (this.x[1] - this.x[0])) * (this.right - this.left); }
    Y(value) {
      const map = this.logarithmic ? (v) => Math.log10(Math.max(v, 1e-300)) : (v) => v;
      const part = (map(value) - map(this.y[0])) / (map(this.y[1]) - map(this.y[0]));
      return this.bottom - part * (this.bottom - this.top);
    }
    // The place under a pointer, in the units of the axes.
    at(event) {
      const box = this.svg.getBoundingClientRect();
      const px = ((event.clientX - box.left) / box.width) * this.width;
      const py = ((event.clientY - box.top) / box.height) * this.height;
      return [
        this.x[0] + ((px - this.left) / (this.right - this.left)) * (this.x[1] - this.x[0]),
        this.y[0] + ((this.bottom - py) / (this.bottom - this.top)) * (this.y[1] - this.y[0]),
      ];
    }
    clear() { this.layer.replaceChildren(); }
    clamp(y) { return Math.min(Math.max(y, this.top - 400), this.bottom + 400); }
    line(points, name = "l c0") {
      const places = points.filter((p) => Number.isFinite(p[0]) && Number.isFinite(p[1]))
        .map((p) => `${this.X(p[0]).toFixed(1)} ${this.clamp(this.Y(p[1])).toFixed(1)}`);
      if (places.length > 1) this.layer.append(element("path", { d: "M" + places.join("L"), class: name }));
    }
    curve(f, name = "l c0", count = 160) {
      this.line(Array.from({ length: count + 1 }, (_, i) => {
        const x = this.x[0] + (i / count) * (this.x[1] - this.x[0]);
        return [x, f(x)];
      }), name);
    }
    dot(x, y, name = "f0", radius = 4) {
      if (!Number.isFinite(x) || !Number.isFinite(y)) return;
      this.layer.append(element("circle", { cx: this.X(x), cy: this.clamp(this.Y(y)), r: radius, class: name }));
    }
    text(x, y, words, name = "strong") {
      this.layer.append(element("text", { x: this.X(x) + 7, y: this.Y(y) - 7, class: name }, words));
    }
    // A thing to drag, or to move with the arrow keys.
    handle(x, y, label, move) {
      const node = element("circle", {
        r: 9, class: "handle", tabindex: 0, role: "slider", "aria-label": label,
        "aria-valuemin": this.x[0], "aria-valuemax": this.x[1],
      });
      // What is inside an image is hidden from screen readers; a thing to move must not be.
      this.svg.setAttribute("role", "group");
      const place = (px, py) => {
        node.setAttribute("cx", this.X(px));
        node.setAttribute("cy", this.clamp(this.Y(py)));
        node.setAttribute("aria-valuenow", Number(px.toPrecision(6)));
        node.setAttribute("aria-valuetext", `${format(px, 2)}, ${format(py, 2)}`);
        [x, y] = [px, py];
      };
      const inside = (v, range) => Math.min(Math.max(v, range[0]), range[1]);
      const go = (px, py) => move(inside(px, this.x), inside(py, this.y));
      const preset = this.kit.preset(label, () => [x, y].map((v) => Number(v.toPrecision(4))).join())
        ?.split(",").map(Number);
      // Once the panel is whole.
      if (preset?.length === 2 && preset.every(Number.isFinite)) queueMicrotask(() => go(...preset));
      node.addEventListener("pointerdown", (event) => {
        node.setPointerCapture(event.pointerId);
        event.preventDefault();
        node.focus();
      });
      node.addEventListener("pointermove", (event) => {
        if (node.hasPointerCapture(event.pointerId)) go(...this.at(event));
      });
      node.addEventListener("keydown", (event) => {
        const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
        if (!steps) return;
        event.preventDefault();
        event.stopPropagation();
        const size = event.shiftKey ? 10 : 1;
        go(x + (steps[0] * size * (this.x[1] - this.x[0])) / 100, y + (steps[1] * size * (this.y[1] - this.y[0])) / 100);
      });
      this.handles.append(node);
      place(x, y);
      return { place };
    }
    // The gradient as a field of arrows, the longest as long as their distance.
    arrows(gradient, count = 15) {
      const places = (range) => Array.from({ length: count }, (_, i) => range[0] + ((i + 0.5) / count) * (range[1] - range[0]));
      const all = places(this.x).flatMap((x) => places(this.y).map((y) => [x, y, ...gradient(x, y)]));
      const longest = Math.max(...all.map(([, , gx, gy]) => Math.hypot(gx, gy)));
      const size = (0.9 * (this.x[1] - this.x[0])) / count / longest;
      for (const [x, y, gx, gy] of all) {
        const [x1, y1, x2, y2] = [this.X(x), this.Y(y), this.X(x + size * gx), this.Y(y + size * gy)];
        const [dx, dy] = [x2 - x1, y2 - y1];
        if (Math.hypot(dx, dy) < 2) continue;
        this.axes.append(element("path", {
          d: `M${x1} ${y1}L${x2} ${y2}M${x2 - 0.35 * dx + 0.2 * dy} ${y2 - 0.35 * dy - 0.2 * dx}L${x2} ${y2}L${x2 - 0.35 * dx - 0.2 * dy} ${y2 - 0.35 * dy + 0.2 * dx}`,
          class: "arrow",
        }));
      }
    }
    // The heights of a function as colours under everything.
    colors(f) {
      const [columns, rows] = [80, 60];
      const canvas = element("canvas", { width: columns, height: rows });
      const values = Array.from({ length: columns * rows }, (_, i) => f(
        this.x[0] + (((i % columns) + 0.5) / columns) * (this.x[1] - this.x[0]),
        this.y[1] - ((Math.floor(i / columns) + 0.5) / rows) * (this.y[1] - this.y[0])));
      // Ranks, not heights: a steep wall does not take all the colours.
      const sorted = Float64Array.from(values).sort();
      const context = canvas.getContext("2d");
      const image = context.createImageData(columns, rows);
      values.forEach((value, i) => {
        let [low, high] = [0, sorted.length];
        while (low < high) {
          const middle = (low + high) >> 1;
          if (sorted[middle] < value) low = middle + 1; else high = middle;
        }
        const band = Math.floor((low / sorted.length) * 12) / 11;
        image.data.set([...palette(band), 150], 4 * i);
      });
      context.putImageData(image, 0, 0);
      this.ground.append(element("image", {
        href: canvas.toDataURL(), x: this.left, y: this.top, width: this.right - this.left,
        height: this.bottom - this.top, preserveAspectRatio: "none",
      }));
    }
  }

  // What a panel is built of.
  class Kit {
    constructor(panel) { Object.assign(this, { panel, state: new Map(), used: new Set() }); }
    plot(options, parent = this.panel) { return new Plot(this, parent, options); }
    // Something that a link to the page may hold: ?learning-rate=0.2. What the address says of it, the
    // first time that it is asked for.
    preset(label, read) {
      const key = slug(label);
      this.state.set(key, read);
      if (this.used.has(key)) return null;
      this.used.add(key);
      return query.get(key);
    }
    link() {
      const link = element("a", { href: "#", class: "state" }, "A link to this panel as it is now");
      const update = () => {
        const words = [...this.state].map(([key, read]) => `${encodeURIComponent(key)}=${encodeURIComponent(read())}`);
        link.href = `?${words.join("&")}#${this.panel.id}`;
      };
      for (const event of ["pointerenter", "focus", "click"]) link.addEventListener(event, update);
      this.panel.append(link);
    }
    row(...nodes) {
      const row = element("div", { class: "row" }, ...nodes);
      this.panel.append(row);
      return row;
    }
    // A picture that is not a plot; where the window is narrow, one can scroll it.
    picture(height, label, role = "img") {
      const svg = element("svg", { viewBox: `0 0 620 ${height}`, role, "aria-label": label });
      this.panel.append(element("div", { class: "picture" }, svg));
      return svg;
    }
    // A number to choose.
    slider(label, { min, max, step = 0.01, value, logarithmic = false, digits = 2, shown: say = (v) => format(v, digits) }, change) {
      const preset = Number.parseFloat(this.preset(label, () => Number(read().toPrecision(6))));
      const input = element("input", { type: "range", "aria-label": label });
      const shown = element("span", { class: "value", "aria-hidden": "true" });
      const [from, to] = logarithmic ? [(v) => Math.log10(v), (v) => 10 ** v] : [(v) => v, (v) => v];
      Object.assign(input, { min: from(min), max: from(max), step: logarithmic ? "any" : step });
      const read = () => to(Number(input.value));
      const show = () => {
        shown.textContent = say(read());
        input.setAttribute("aria-valuetext", shown.textContent);
      };
      const set = (v) => { input.value = from(v); show(); };
      set(Number.isFinite(preset) ? Math.min(Math.max(preset, min), max) : value);
      input.addEventListener("input", () => { show(); change(read()); });
      this.panel.append(element("label", { class: "slider" }, element("span", {}, label), input, shown));
      return { get value() { return read(); }, set };
    }
    button(label, press) {
      const button = element("button", { type: "button" }, label);
      button.addEventListener("click", press);
      return button;
    }
    // A switch that is 0 or 1.
    toggle(label, value, change) {
      const button = this.button("", () => { set(1 - state); change(state); });
      let state = { 0: 0, 1: 1 }[this.preset(label, () => state)] ?? value;
      const set = (v) => {
        state = v;
        button.setAttribute("aria-pressed", String(v === 1));
        button.textContent = `${label}: ${v}`;
      };
      set(state);
      return { button, set, get value() { return state; } };
    }
    choice(label, names, value, change) {
      const preset = this.preset(label, () => select.value);
      const select = element("select", { "aria-label": label });
      for (const name of names) select.append(element("option", { value: name }, name));
      select.value = names.includes(preset) ? preset : value;
      select.addEventListener("change", () => change(select.value));
      return { node: element("label", {}, label + " ", select), get value() { return select.value; } };
    }
    // A pad to draw a digit on, with the pointer; `change` gets its 784 pixels, centred.
    pad(change) {
      const pad = element("canvas", { class: "pad", width: 280, height: 280, role: "img", "aria-label": "A pad: draw a digit with the pointer" });
      const context = pad.getContext("2d", { willReadFrequently: true });
      const clear = () => {
        context.fillStyle = "#000";
        context.fillRect(0, 0, 280, 280);
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
        const data = context.getImageData(0, 0, 280, 280).data;
        change(centred(Array.from({ length: 280 * 280 }, (_, i) => data[4 * i]), 280));
      });
      for (const end of ["pointerup", "pointercancel"]) pad.addEventListener(end, () => { last = null; });
      clear();
      return { node: pad, clear };
    }
    // Bars for the shares of ten classes; none for none.
    shares() {
      const bars = element("svg", { viewBox: "0 0 620 130", role: "img", "aria-label": "The network's shares" });
      this.row(bars);
      return {
        show(shares) {
          bars.replaceChildren(...shares.flatMap((share, k) => [
            element("rect", { x: 20 + k * 59, y: 100 - 80 * share, width: 44, height: Math.max(80 * share, 0.5), class: share === Math.max(...shares) ? "f1" : "f0" }),
            element("text", { x: 42 + k * 59, y: 118, "text-anchor": "middle", class: "strong" }, String(k)),
            element("text", { x: 42 + k * 59, y: 94 - 80 * share, "text-anchor": "middle" }, Math.round(100 * share) + "%"),
          ]));
        },
      };
    }
    readout() {
      const output = element("output", { class: "readout", "aria-live": "polite" });
      this.panel.append(output);
      return { say(words) { output.textContent = words; } };
    }
  }

  // MARK: Parts of the page

  const mount = () => {
    let count = 0;
    for (const panel of document.querySelectorAll(".control")) {
      const made = panels[panel.dataset.control];
      if (!made) continue;
      const parameters = JSON.parse(panel.querySelector("script").textContent);
      panel.append(element("h3", {}, panel.getAttribute("aria-label")));
      const kit = new Kit(panel);
      made.mount(kit, parameters, made.functions);
      kit.link();
      count += 1;
    }
    root.dataset.panels = String(count);
    if (query.get("controls") === "off") root.classList.add("controls-off");
  };

  const agree = (a, b, tolerance) => {
    if (Array.isArray(b)) return Array.isArray(a) && a.length === b.length && b.every((v, i) => agree(a[i], v, tolerance));
    if (b === null) return !Number.isFinite(a);
    return Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(b));
  };

  // ?check compares every panel's functions with the engine's values, and notes what came of it.
  const check = () => {
    const vectors = JSON.parse(document.getElementById("vectors").textContent);
    const failed = vectors.filter((vector) => {
      const result = panels[vector.control]?.functions[vector.function]?.(...vector.arguments);
      return !agree(result, vector.result, vector.tolerance);
    });
    root.dataset.vectors = `${vectors.length - failed.length} of ${vectors.length}`;
    if (failed.length > 0) {
      root.dataset.failed = failed.slice(0, 3).map((v) => `${v.control}.${v.function}`).join(", ");
    }
  };

  // As people write them: −0.5, 1/4 or, where one number is wanted, 50,177,000.
  const numbers = (text, count) => {
    const whole = text.replace(/\s/g, "");
    const words = count === 1 && /^\d{1,3}(,\d{3})+$/.test(whole) ? [whole.replaceAll(",", "")] : text.split(/[\s,;]+/);
    return words.filter(Boolean).map((word) => {
      const [above, below, ...more] = word.replace("−", "-").split("/").map((part) => (part === "" ? NaN : Number(part)));
      const value = below === undefined ? above : above / below;
      return more.length === 0 && Number.isFinite(value) ? value : NaN;
    });
  };

  const judge = (form, text) => {
    const { kind, answer } = form.dataset;
    if (kind === "choice") return text.trim().toLowerCase() === answer.toLowerCase();
    if (kind === "bits") {
      const bits = text.replace(/[\s,;]+/g, "");
      if (!/^[01]+$/.test(bits) || bits.length !== numbers(answer).length) return null;
      return bits === numbers(answer).join("");
    }
    const expected = numbers(answer);
    const given = numbers(text, expected.length);
    if (given.length !== expected.length || given.some(Number.isNaN)) return null;
    return expected.every((value, i) => Math.abs(given[i] - value) <= Number(form.dataset.tolerance));
  };

  const ask = (form) => {
    const output = form.querySelector("output");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const verdict = judge(form, form.elements.answer.value);
      const count = numbers(form.dataset.answer).length;
      output.className = verdict ? "right" : "wrong";
      output.replaceChildren(
        verdict === null
          ? `${count === 1 ? "One number is" : count + " numbers are"} wanted${count > 1 ? ", with commas between them" : ""}.`
          : verdict ? "Right." : "Not yet. Try again.");
      form.querySelector(".explained")?.remove();
      if (verdict) {
        const explanation = form.querySelector("template").content.cloneNode(true);
        explanation.firstElementChild.className = "explained";
        form.append(explanation);
      }
    });
  };

  // How many letters to change, add, drop or swap with a neighbour (optimal string alignment).
  const distance = (a, b) => {
    let [before, row] = [[], Array.from({ length: b.length + 1 }, (_, j) => j)];
    for (let i = 1; i <= a.length; i += 1) {
      const next = [i];
      for (let j = 1; j <= b.length; j += 1) {
        next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
        if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) next[j] = Math.min(next[j], before[j - 2] + 1);
      }
      [before, row] = [row, next];
    }
    return row[b.length];
  };

  const search = (form) => {
    const index = JSON.parse(document.getElementById("search-index").textContent).map((page) => {
      const all = `${page.title} ${page.keywords} ${page.summary} ${page.words}`.toLowerCase();
      return { ...page, all, words: [...new Set(all.match(/\p{L}+/gu))] };
    });
    const list = form.querySelector(".results");
    const found = form.querySelector(".found");
    // 0 in the title or among the keywords, 1 in the text, 2 if only misspelled; nothing if nowhere.
    const rank = (page, word) => {
      if (`${page.title} ${page.keywords}`.toLowerCase().includes(word)) return 0;
      if (page.all.includes(word)) return 1;
      const limit = word.length >= 8 ? 2 : word.length >= 4 ? 1 : 0;
      return page.words.some((w) => Math.abs(w.length - word.length) <= limit && distance(w, word) <= limit) ? 2 : NaN;
    };
    const find = (words) => index
      .map((page) => ({ page, rank: words.reduce((sum, word) => sum + rank(page, word), 0) }))
      .filter((hit) => !Number.isNaN(hit.rank))
      .sort((a, b) => a.rank - b.rank)
      .map((hit) => hit.page);
    const show = () => {
      const words = form.elements.q.value.toLowerCase().split(/\s+/).filter(Boolean);
      const pages = words.length === 0 ? [] : find(words);
      list.replaceChildren(...pages.slice(0, 8).map((page) => element("li", {},
        element("a", { href: page.page }, page.title, element("span", {}, page.summary)))));
      if (words.length > 0 && pages.length === 0) list.append(element("li", { class: "none" }, "Nothing found."));
      found.textContent = words.length === 0 ? "" : pages.length === 1 ? "1 lesson found" : `${pages.length} lessons found`;
    };
    form.elements.q.addEventListener("input", show);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      list.querySelector("a")?.click();
    });
    form.addEventListener("keydown", (event) => {
      if (event.key === "Escape") {
        form.elements.q.value = "";
        form.elements.q.focus();
        show();
      }
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (!step) return;
      const places = [form.elements.q, ...list.querySelectorAll("a")];
      const next = places[places.indexOf(document.activeElement) + step];
      if (next) { event.preventDefault(); next.focus(); }
    });
  };

  // What is wider than the page must be reachable for those who scroll with keys.
  const scrollers = () => {
    for (const node of document.querySelectorAll(".scroll, .formula, .listing pre, .picture")) {
      if (node.scrollWidth > node.clientWidth) node.tabIndex = 0; else node.removeAttribute("tabindex");
    }
  };

  const keys = (event) => {
    if (event.target.closest("input, select, textarea, .control, .search, [tabindex]") || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/") {
      event.preventDefault();
      document.querySelector(".search input").focus();
    }
    const relation = { ArrowLeft: "prev", ArrowRight: "next" }[event.key];
    if (relation) document.querySelector(`.pager a[rel=${relation}]`)?.click();
  };

  const start = () => {
    try {
      document.querySelectorAll(".question").forEach(ask);
      document.querySelectorAll(".search").forEach(search);
      document.addEventListener("keydown", keys);
      mount();
      scrollers();
      addEventListener("resize", scrollers);
      if (query.has("check")) check();
    } catch (error) {
      report(error.stack ?? error);
      throw error;
    }
    root.dataset.ready = "yes";
  };
  document.addEventListener("DOMContentLoaded", start);

  return { element, format, palette, softmax, correlate, tiles, panel: (name, made) => { panels[name] = made; } };
})();
