// How well a network does on the images that it learned from, and on others, by how many there are.
Descent.panel("sizes", (() => {
  const gap = (training, validation, index) => training[index] - validation[index];
  const mount = (kit, { sizes, training, validation }) => {
    const at = sizes.map((size) => Math.log10(size));
    const plot = kit.plot({
      x: [1.9, 4.8], y: [65, 101], xLabel: "training images (powers of ten)", yLabel: "accuracy in %",
      label: "Accuracy on the training images and on others, by the number of training images",
    });
    const slider = kit.slider("Training images, from few to many",
      { min: 0, max: sizes.length - 1, step: 1, value: 3, digits: 0, shown: (i) => sizes[i].toLocaleString("en") }, () => draw());
    const readout = kit.readout();
    const draw = () => {
      const i = slider.value;
      plot.clear();
      plot.line([[at[i], 65], [at[i], 101]], "axis");
      plot.line(at.map((x, j) => [x, training[j]]), "l c0");
      plot.line(at.map((x, j) => [x, validation[j]]), "l c1");
      plot.dot(at[i], training[i], "f0", 6);
      plot.dot(at[i], validation[i], "f1", 6);
      readout.say(`With ${sizes[i].toLocaleString("en")} images: ${training[i].toFixed(1)} % of those that it learned from (blue), `
        + `${validation[i].toFixed(1)} % of others (orange): a gap of ${gap(training, validation, i).toFixed(1)} points.`);
    };
    draw();
  };
  return { functions: { gap }, mount };
})());
