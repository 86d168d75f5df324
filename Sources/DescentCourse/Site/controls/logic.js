// A circuit of NANDs that multiplies, and one of the reader's own.
Descent.panel("logic", (() => {
  const nand = (a, b) => (-2 * a - 2 * b + 3 > 0 ? 1 : 0);
  // The values of all wires: the inputs first, then each gate's output.
  const wires = (gates, inputs) => gates.reduce((values, [a, b]) => [...values, nand(values[a], values[b])], [...inputs]);

  // Columns by how many gates lie before a wire.
  const draw = (svg, gates, inputs, values, names) => {
    const depths = [];
    for (let wire = 0; wire < values.length; wire += 1) {
      depths[wire] = wire < inputs ? 0 : 1 + Math.max(...gates[wire - inputs].map((w) => depths[w]));
    }
    const columns = Math.max(...depths) + 1;
    const used = Array(columns).fill(0);
    const total = Array(columns).fill(0);
    for (const d of depths) total[d] += 1;
    const places = depths.map((d) => {
      const place = [40 + (d * 540) / Math.max(1, columns - 1), 150 + (used[d] - (total[d] - 1) / 2) * (250 / Math.max(...total))];
      used[d] += 1;
      return place;
    });
    svg.replaceChildren();
    gates.forEach((gate, i) => {
      for (const from of gate) {
        const [x1, y1] = places[from];
        const [x2, y2] = places[inputs + i];
        svg.append(Descent.element("path", { d: `M${x1} ${y1}L${x2} ${y2}`, class: values[from] ? "edge lit" : "edge" }));
      }
    });
    places.forEach(([x, y], wire) => {
      svg.append(
        Descent.element("circle", { cx: x, cy: y, r: 13, class: values[wire] ? "unit lit" : "unit" }),
        Descent.element("text", { x, y: y + 4, "text-anchor": "middle", class: values[wire] ? "on-lit" : "strong" }, String(values[wire])),
        Descent.element("text", { x, y: y + 27, "text-anchor": "middle" }, names(wire)));
    });
  };

  const mount = (kit, { gates, outputs }) => {
    const inputs = [1, 1, 1, 0];
    const names = ["a high", "a low", "b high", "b low"];
    const toggles = names.map((name, i) => kit.toggle(name, inputs[i], (v) => { inputs[i] = v; update(); }));
    toggles.forEach((toggle, i) => { inputs[i] = toggle.value; });
    kit.row(...toggles.map((t) => t.button));
    const svg = kit.picture(310, "The multiplying circuit");
    const readout = kit.readout();
    const update = () => {
      const values = wires(gates, inputs);
      draw(svg, gates, 4, values, (wire) => names[wire] ?? (outputs.includes(wire) ? `bit ${3 - outputs.indexOf(wire)}` : ""));
      const bits = outputs.map((w) => values[w]);
      readout.say(`${2 * inputs[0] + inputs[1]} × ${2 * inputs[2] + inputs[3]} = ${parseInt(bits.join(""), 2)} (${bits.join("")} in binary)`);
    };
    update();

    // A circuit of one's own: pick two wires, add a NAND.
    const own = [];
    const first = Descent.element("select", { "aria-label": "first wire" });
    const second = Descent.element("select", { "aria-label": "second wire" });
    const title = (wire) => (wire < 2 ? ["a", "b"][wire] : `gate ${wire - 1}`);
    const refresh = () => {
      for (const select of [first, second]) {
        const chosen = select.value;
        select.replaceChildren(...Array.from({ length: 2 + own.length }, (_, w) => Descent.element("option", { value: w }, title(w))));
        select.value = chosen && Number(chosen) < 2 + own.length ? chosen : "0";
      }
      const table = [[0, 0], [0, 1], [1, 0], [1, 1]].map((row) => wires(own, row).at(-1));
      draw(drawing, own, 2, wires(own, [1, 0]), title);
      const known = { "0001": "AND", "0111": "OR", "0110": "XOR", "1110": "NAND", "1001": "XNOR", "1000": "NOR" }[table.join("")];
      truth.textContent = own.length === 0
        ? "Build XOR out of four NANDs: choose two wires and add a gate."
        : `Last gate, for 00, 01, 10, 11: ${table.join(", ")}${known ? " – that is " + known : ""}. (Shown: a = 1, b = 0.)`;
    };
    const truth = Descent.element("output", { class: "readout", "aria-live": "polite" });
    kit.row(first, second, kit.button("Add NAND", () => {
      if (own.length < 10) own.push([Number(first.value), Number(second.value)]);
      refresh();
    }), kit.button("Take back", () => { own.pop(); refresh(); }));
    const drawing = kit.picture(310, "Your own circuit");
    kit.panel.append(truth);
    refresh();
  };
  return { functions: { wires }, mount };
})());
