// The 2-2-2 network, step by step forward and back.
Descent.panel("backpropagation", (() => {
  const [biases, x, target] = [[0.35, 0.6], [0.05, 0.1], [0.01, 0.99]];
  const sigmoid = (z) => 1 / (1 + Math.exp(-z));
  const times = (matrix, u, b) => matrix.map((row) => row.reduce((sum, w, i) => sum + w * u[i], 0) + b);
  // The stored inputs of: weights 1, sigmoid 1, weights 2, sigmoid 2, loss.
  const inputs = (weights) => {
    const z1 = times(weights[0], x, biases[0]);
    const h = z1.map(sigmoid);
    const z2 = times(weights[1], h, biases[1]);
    return [x, z1, h, z2, z2.map(sigmoid)];
  };
  const cost = (weights) => inputs(weights)[4].reduce((sum, o, j) => sum + 0.5 * (o - target[j]) ** 2, 0);
  const back = (matrix, buffer) => matrix[0].map((_, i) => matrix.reduce((sum, row, j) => sum + row[i] * buffer[j], 0));
  const through = (z, buffer) => z.map((v, j) => buffer[j] * sigmoid(v) * (1 - sigmoid(v)));
  const buffers = (weights) => {
    const u = inputs(weights);
    const loss = u[4].map((o, j) => o - target[j]);
    const second = through(u[3], loss);
    const hidden = back(weights[1], second);
    const first = through(u[1], hidden);
    return [back(weights[0], first), first, hidden, second, loss];
  };
  const gradients = (weights) => {
    const [u, b] = [inputs(weights), buffers(weights)];
    const outer = (row, column) => row.map((r) => column.map((c) => r * c));
    return [outer(b[1], u[0]), outer(b[3], u[2])];
  };

  const mount = (kit, parameters) => {
    let weights = structuredClone(parameters.weights);
    let [step, updates] = [0, 0];
    const asked = Number.parseInt(kit.preset("Step", () => step), 10);
    const stages = [
      "Forward: u₁ = x is stored.", "u₂: the weighted sums of the first layer, stored.",
      "u₃: their sigmoids, stored.", "u₄: the sums of the second layer, stored.",
      "u₅: the outputs, stored.", "The cost. Now back: buffer = 1.",
      "Loss: buffer ← buffer · ∂C/∂o = o − t.", "Sigmoid: buffer ← buffer · σ′(u₄).",
      "Second weights: gradient = buffer × u₃ is stored; buffer ← buffer · W₂.",
      "Sigmoid: buffer ← buffer · σ′(u₂).", "First weights: gradient = buffer × u₁ is stored. Done.",
    ];
    if (asked >= 0) step = Math.min(asked, stages.length - 1);
    const svg = kit.picture(300, "The network with its values and gradients", "group");
    const readout = kit.readout();
    kit.row(
      kit.button("◀ Back", () => { step = Math.max(0, step - 1); draw(); }),
      kit.button("Forward ▶", () => { step = Math.min(stages.length - 1, step + 1); draw(); }),
      kit.button("Update the weights", () => { update(1); }), kit.button("1,000 updates", () => update(1000)),
      kit.button("Start again", () => { weights = structuredClone(parameters.weights); [step, updates] = [0, 0]; draw(); }));
    const update = (count) => {
      for (let i = 0; i < count; i += 1) {
        const g = gradients(weights);
        weights = weights.map((m, l) => m.map((row, j) => row.map((w, i) => w - 0.5 * g[l][j][i])));
      }
      updates += count;
      draw();
    };
    let chosen = null;
    const draw = () => {
      const [u, b, g] = [inputs(weights), buffers(weights), gradients(weights)];
      const columns = [60, 250, 440];
      const rows = [85, 215];
      svg.replaceChildren();
      const edge = (l, j, i) => {
        const [x1, y1, x2, y2] = [columns[l], rows[i], columns[l + 1], rows[j]];
        const hasGradient = l === 1 ? step >= 8 : step >= 10;
        const isChosen = chosen && chosen.join() === [l, j, i].join();
        const path = Descent.element("path", { d: `M${x1} ${y1}L${x2} ${y2}`, class: isChosen ? "edge lit" : "edge", tabindex: 0, role: "button", "aria-label": `weight from unit ${i + 1} to unit ${j + 1} of layer ${l + 1}` });
        path.setAttribute("aria-pressed", String(isChosen));
        const pick = () => {
          chosen = [l, j, i];
          draw();
          // The picture is new; whoever came by keyboard stays where they were.
          svg.querySelector(".edge.lit").focus();
        };
        path.addEventListener("click", pick);
        path.addEventListener("keydown", (event) => {
          if (event.key !== "Enter" && event.key !== " ") return;
          event.preventDefault();
          pick();
        });
        const part = i === j ? 0.5 : 0.27;
        const [cx, cy] = [x1 + part * (x2 - x1), y1 + part * (y2 - y1)];
        const label = [Descent.element("text", { x: cx, y: cy - 8, "text-anchor": "middle", class: "strong" }, weights[l][j][i].toFixed(4))];
        if (hasGradient) label.push(Descent.element("text", { x: cx, y: cy + 16, "text-anchor": "middle" }, Descent.format(g[l][j][i], 5)));
        return [path, label];
      };
      const labels = [];
      for (const l of [0, 1]) for (const j of [0, 1]) for (const i of [0, 1]) {
        const [path, label] = edge(l, j, i);
        svg.append(path);
        labels.push(...label);
      }
      const unit = (cx, cy, value, under, isLit) => svg.append(
        Descent.element("circle", { cx, cy, r: 27, class: isLit ? "unit lit" : "unit" }),
        Descent.element("text", { x: cx, y: cy + 4, "text-anchor": "middle", class: isLit ? "on-lit" : "strong" }, value),
        Descent.element("text", { x: cx, y: cy + 44, "text-anchor": "middle" }, under));
      const known = (at, value) => (step >= at ? value.toFixed(4) : "?");
      for (const i of [0, 1]) {
        unit(columns[0], rows[i], x[i].toFixed(2), `x${i + 1}`, step === 0);
        unit(columns[1], rows[i], known(2, u[2][i]), step >= 9 ? "buffer " + Descent.format(b[1][i], 4) : step >= 8 ? "buffer " + Descent.format(b[2][i], 4) : step >= 1 ? "sum " + u[1][i].toFixed(4) : `h${i + 1}`, [1, 2, 8, 9].includes(step));
        unit(columns[2], rows[i], known(4, u[4][i]), step >= 7 ? "buffer " + Descent.format(b[3][i], 4) : step === 6 ? "buffer " + Descent.format(b[4][i], 4) : step >= 3 ? "sum " + u[3][i].toFixed(4) : `o${i + 1}`, [3, 4, 6, 7].includes(step));
      }
      svg.append(...labels);
      svg.append(Descent.element("text", { x: 500, y: 155, class: "strong" }, step >= 5 ? "C = " + cost(weights).toFixed(6) : "C = ?"));
      const detail = chosen
        ? `\nThe chosen edge: buffer ${Descent.format(b[chosen[0] === 0 ? 1 : 3][chosen[1]], 6)} × input ${Descent.format(u[chosen[0] === 0 ? 0 : 2][chosen[2]], 6)} = ${Descent.format(g[chosen[0]][chosen[1]][chosen[2]], 8)}`
        : "\nChoose an edge to see the product that made its gradient.";
      readout.say(`${stages[step]} Updates: ${updates}; cost ${Descent.format(cost(weights), 9)}.${detail}`);
    };
    draw();
  };
  return { functions: { cost, gradients, buffers, inputs }, mount };
})());
