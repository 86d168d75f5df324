// What known digits are worth for others, by the number of samples.
Descent.panel("transfer", (() => {
  // Over a beginning from scratch, which is the first.
  const gain = (values, method, size) => values[method][size] - values[0][size];
  const mount = (kit, { sizes, methods, sets, values }) => {
    const choice = kit.choice("Known from", sets, sets[0], () => draw());
    kit.row(choice.node);
    const lowest = Math.floor(Math.min(...values.flat(2)) / 5) * 5;
    const plot = kit.plot({
      x: [5, 55], y: [lowest, 100], xLabel: "samples of each new class", yLabel: "test accuracy in %", height: 300,
      label: "Test accuracy by the number of samples, for five ways of learning",
    });
    const method = kit.choice("Compare with scratch", methods.slice(1), methods[2], () => draw());
    kit.row(method.node);
    const slider = kit.slider("Samples of each class", { min: 0, max: sizes.length - 1, step: 1, value: 0, digits: 0, shown: (i) => String(sizes[i]) }, () => draw());
    const readout = kit.readout();
    const draw = () => {
      const table = values[sets.indexOf(choice.value)];
      const [m, i] = [methods.indexOf(method.value), slider.value];
      plot.clear();
      plot.line([[sizes[i], lowest], [sizes[i], 100]], "axis");
      table.forEach((row, j) => {
        if (j !== 0 && j !== m) plot.line(sizes.map((size, k) => [size, row[k]]), "grid");
      });
      plot.line(sizes.map((size, k) => [size, table[0][k]]), "l c1");
      plot.line(sizes.map((size, k) => [size, table[m][k]]), "l c0");
      plot.dot(sizes[i], table[0][i], "f1", 6);
      plot.dot(sizes[i], table[m][i], "f0", 6);
      const points = gain(table, m, i);
      readout.say(`With ${sizes[i]} samples of each: ${method.value} (blue) ${table[m][i].toFixed(1)} %, from scratch (orange) ${table[0][i].toFixed(1)} %: `
        + `${Math.abs(points).toFixed(1)} points ${points < 0 ? "worse" : "better"}.`);
    };
    draw();
  };
  return { functions: { gain }, mount };
})());
