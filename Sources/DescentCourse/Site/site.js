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
  element.drawing = new Set(["svg", "g", "path", "circle", "line", "rect", "text", "image"]);

  const format = (value, digits = 3) => {
    if (!Number.isFinite(value)) return Number.isNaN(value) ? "not a number" : value < 0 ? "−∞" : "∞";
    const size = Math.abs(value);
    const text = size !== 0 && (size < 1e-3 || size >= 1e6)
      ? value.toExponential(2)
      : value.toFixed(size >= 1000 ? 0 : digits);
    return text.replace("-", "−");
  };

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

  // Axes in a rectangle, and what can be drawn between them.
  class Plot {
    constructor(parent, { x, y, xLabel = "", yLabel = "", height = 260, label = "", logarithmic = false }) {
      Object.assign(this, { x, y, height, logarithmic });
      this.width = 620;
      this.left = 52;
      this.right = this.width - 16;
      this.top = 14;
      this.bottom = height - (xLabel ? 42 : 26);
      this.svg = element("svg", {
        viewBox: `0 0 ${this.width} ${height}`, role: "img", "aria-label": label || yLabel,
      });
      this.ground = element("g");
      this.axes = element("g");
      this.layer = element("g");
      this.handles = element("g");
      this.svg.append(this.ground, this.axes, this.layer, this.handles);
      this.labels = { xLabel, yLabel };
      this.drawAxes();
      parent.append(this.svg);
    }
    drawAxes() {
      this.axes.replaceChildren();
      const { left, right, top, bottom } = this;
      for (const tick of ticks(this.x[0], this.x[1], 6)) {
        const at = this.X(tick.value);
        this.axes.append(
          element("path", { d: `M${at} ${top}V${bottom}`, class: "grid" }),
          element("text", { x: at, y: bottom + 16, "text-anchor": "middle" }, tick.label));
      }
      const rows = this.logarithmic
        ? ticks(Math.log10(this.y[0]), Math.log10(this.y[1]), 4)
          .filter((tick) => Number.isInteger(tick.value))
          .map((tick) => ({ value: 10 ** tick.value, label: "10^" + tick.value }))
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
      const node = element("circle", { r: 9, class: "handle", tabindex: 0, role: "slider", "aria-label": label });
      const place = (px, py) => {
        node.setAttribute("cx", this.X(px));
        node.setAttribute("cy", this.clamp(this.Y(py)));
        node.setAttribute("aria-valuetext", `${format(px, 2)}, ${format(py, 2)}`);
        [x, y] = [px, py];
      };
      const inside = (v, range) => Math.min(Math.max(v, range[0]), range[1]);
      const go = (px, py) => move(inside(px, this.x), inside(py, this.y));
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
      this.ground.replaceChildren(element("image", {
        href: canvas.toDataURL(), x: this.left, y: this.top, width: this.right - this.left,
        height: this.bottom - this.top, preserveAspectRatio: "none",
      }));
    }
  }

  // What a panel is built of.
  class Kit {
    constructor(panel) { this.panel = panel; }
    plot(options, parent = this.panel) { return new Plot(parent, options); }
    row(...nodes) {
      const row = element("div", { class: "row" }, ...nodes);
      this.panel.append(row);
      return row;
    }
    // A number to choose; the page's address may preset it: ?learning-rate=0.2
    slider(label, { min, max, step = 0.01, value, logarithmic = false, digits = 2 }, change) {
      const key = label.toLowerCase().replace(/[^a-z0-9]+/g, "-");
      const preset = Number.parseFloat(query.get(key));
      const input = element("input", { type: "range", "aria-label": label });
      const output = element("output");
      const [from, to] = logarithmic ? [(v) => Math.log10(v), (v) => 10 ** v] : [(v) => v, (v) => v];
      Object.assign(input, { min: from(min), max: from(max), step: logarithmic ? 0.01 : step });
      const read = () => to(Number(input.value));
      const show = () => { output.textContent = format(read(), digits); };
      const set = (v) => { input.value = from(v); show(); };
      set(Number.isFinite(preset) ? Math.min(Math.max(preset, min), max) : value);
      input.addEventListener("input", () => { show(); change(read()); });
      this.panel.append(element("label", { class: "slider" }, element("span", {}, label), input, output));
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
      let state = value;
      const set = (v) => {
        state = v;
        button.setAttribute("aria-pressed", String(v === 1));
        button.textContent = `${label}: ${v}`;
      };
      set(value);
      return { button, set, get value() { return state; } };
    }
    choice(label, names, value, change) {
      const preset = query.get(label.toLowerCase());
      const select = element("select", { "aria-label": label });
      for (const name of names) select.append(element("option", { value: name }, name));
      select.value = names.includes(preset) ? preset : value;
      select.addEventListener("change", () => change(select.value));
      return { node: element("label", {}, label + " ", select), get value() { return select.value; } };
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
      made.mount(new Kit(panel), parameters, made.functions);
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

  const numbers = (text) => text.split(/[\s,;]+/).filter(Boolean).map((word) => Number(word.replace("−", "-")));

  const judge = (form, text) => {
    const { kind, answer } = form.dataset;
    if (kind === "choice") return text.trim().toLowerCase() === answer.toLowerCase();
    if (kind === "bits") {
      const bits = text.replace(/[\s,;]+/g, "");
      if (!/^[01]+$/.test(bits) || bits.length !== numbers(answer).length) return null;
      return bits === numbers(answer).join("");
    }
    const [given, expected] = [numbers(text), numbers(answer)];
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

  const search = (form) => {
    const index = JSON.parse(document.getElementById("search-index").textContent);
    const list = form.querySelector(".results");
    const find = (words) => index.filter(
      (page) => words.every((word) => (page.title + " " + page.text).toLowerCase().includes(word)));
    form.elements.q.addEventListener("input", () => {
      const words = form.elements.q.value.toLowerCase().split(/\s+/).filter(Boolean);
      list.replaceChildren();
      if (words.length === 0) return;
      const pages = find(words);
      for (const page of pages.slice(0, 8)) {
        const place = Math.max(0, page.text.toLowerCase().indexOf(words[0]) - 30);
        list.append(element("li", {}, element("a", { href: page.page }, page.title,
          element("span", {}, "… " + page.text.slice(place, place + 90) + " …"))));
      }
      if (pages.length === 0) list.append(element("li", {}, element("a", {}, "Nothing found.")));
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      list.querySelector("a[href]")?.click();
    });
    form.addEventListener("keydown", (event) => {
      if (event.key === "Escape") { form.elements.q.value = ""; list.replaceChildren(); }
    });
  };

  const keys = (event) => {
    if (event.target.closest("input, select, textarea, .control") || event.ctrlKey || event.metaKey || event.altKey) return;
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
      if (query.has("check")) check();
    } catch (error) {
      report(error.stack ?? error);
      throw error;
    }
    root.dataset.ready = "yes";
  };
  document.addEventListener("DOMContentLoaded", start);

  return { element, format, palette, panel: (name, made) => { panels[name] = made; } };
})();
