import DescentCharts

/// One figure of each kind, and what is wrong or missing in data.
enum Samples {
  static let loss = Figure(
    title: "Loss by epoch",
    content: .lines(
      LineChart(
        [
          Series("training", values: [2.3, 0.9, 0.4, 0.2]),
          Series("validation", values: [2.3, 1.1, 0.8, 0.9]),
        ], x: Axis("epoch"), y: Axis("loss", scale: .logarithmic))))
  static let bars = Figure(
    title: "Time",
    content: .bars(
      BarChart(
        [.init("matmul", 8), .init("relu", 1), .init("loss", -0.5), .init("bad", .nan, text: "?")],
        label: "ms")))
  static let images = Figure(
    title: "Digits",
    content: .images(
      ImageGrid(
        height: 3, width: 4,
        images: [
          .init(pixels: [0, 85, 170, 255] + [0, 85, 170, 255] + [255, 0], caption: "four"),
          .init(pixels: [], caption: "nine", isWrong: true),
        ])))
  static let confusion = Figure(
    title: "Confusion",
    content: .confusion(
      ConfusionMatrix(classes: ["cat", "dog", "horse"], counts: [[50, 2, 0], [1, 47, 4], [3]])))

  /// Descriptions that hold nothing to draw, or hardly anything.
  static let degenerate: [Figure] = {
    let numbers: [[Double]] = [
      [], [.nan], [.infinity, -.infinity], [0], [5], [5, 5, 5], [-1, -2],
      [.leastNonzeroMagnitude, .leastNormalMagnitude],
      [1e308, -1e308], [.greatestFiniteMagnitude], [1e299, -1e299], [1e17, 1e17 + 16],
      [1, 1 + 1e-15], [-0.0, 0], [1e-300, 1], [0.1, 0.3],
    ]
    var figures: [Figure] = []
    for values in numbers {
      for scale in [Axis.Scale.linear, .logarithmic] {
        let mirrored = zip(values, values).map { Series.Point(x: $0, y: $1) }
        for series in [Series("s", values: values), Series("s", points: mirrored)] {
          let chart = LineChart([series], x: Axis(scale: scale), y: Axis(scale: scale))
          figures.append(Figure(title: "lines", content: .lines(chart)))
        }
      }
      let bars = values.map { BarChart.Bar("b", $0, text: "t") }
      figures.append(Figure(title: "bars", content: .bars(BarChart(bars))))
    }
    for (height, width) in [(0, 0), (-1, 4), (1, 1), (Int.max, 2), (3, 300)] {
      for images in [[], [ImageGrid.Image(pixels: [1, 2], caption: "c")]] {
        let grid = ImageGrid(height: height, width: width, images: images, columns: 0)
        figures.append(Figure(title: "images", content: .images(grid)))
      }
    }
    for counts in [[], [[]], [[1, 2, 3], [4]], [[Int.max, Int.max], [-1, Int.min]]] {
      for classes in [[], ["a"], ["a", "b"]] {
        let matrix = ConfusionMatrix(classes: classes, counts: counts)
        figures.append(Figure(title: "confusion", content: .confusion(matrix)))
      }
    }
    figures.append(Figure(title: "none", content: .lines(LineChart([]))))
    return figures
  }()

  static var all: [Figure] { [loss, bars, images, confusion] + degenerate }
}
