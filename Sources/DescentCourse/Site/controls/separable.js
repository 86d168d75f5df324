// What a convolution costs, whole and in two parts.
Descent.panel("separable", (() => {
  // Parameters and multiply-adds, for images of side × side that keep their size.
  const whole = (channels, filters, kernel, side) => {
    const weights = kernel * kernel * channels * filters;
    return [weights, weights * side * side];
  };
  const parts = (channels, filters, kernel, side) => {
    const weights = kernel * kernel * channels + channels * filters;
    return [weights, weights * side * side];
  };
  const mount = (kit) => {
    const bars = kit.picture(112, "Bars: multiply-adds of the whole convolution and of the two parts");
    const readout = kit.readout();
    const options = (min, max, value, step = 1) => ({ min, max, value, step, digits: 0 });
    const channels = kit.slider("Channels", options(8, 512, 128, 8), () => draw());
    const filters = kit.slider("Filters", options(8, 512, 128, 8), () => draw());
    const kernel = kit.slider("Kernel", options(1, 11, 3, 2), () => draw());
    const side = kit.slider("Side of the image", options(7, 112, 28, 7), () => draw());
    const words = (count) => Math.round(count).toLocaleString("en-US");
    const draw = () => {
      const sizes = [channels.value, filters.value, kernel.value, side.value];
      const both = [whole(...sizes), parts(...sizes)];
      const longest = Math.max(both[0][1], both[1][1]);
      bars.replaceChildren(...both.flatMap(([weights, work], i) => [
        Descent.element("text", { x: 4, y: 16 + 56 * i, class: "strong" }, `${["whole", "in two parts"][i]}: ${words(weights)} weights, ${words(work)} multiply-adds`),
        Descent.element("rect", { x: 4, y: 24 + 56 * i, width: Math.max(1, (612 * work) / longest), height: 20, class: `f${i}` }),
      ]));
      readout.say(`In two parts it costs ${Descent.format((100 * both[1][1]) / both[0][1], 1)} % of the whole.`);
    };
    draw();
  };
  return { functions: { whole, parts }, mount };
})());
