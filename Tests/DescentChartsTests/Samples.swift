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

  static let bowl = Grid(x: -2...2, y: -1...1, columns: 41, rows: 21) { x, y in x * x + 4 * y * y }
  static let path = Series(
    "path", points: [.init(x: -1.5, y: 0.8), .init(x: -1, y: -0.3), .init(x: 0, y: 0)])
  static let plane = [
    Figure(
      title: "Points",
      content: .scatter(
        ScatterChart(
          [path, Series("others", points: [.init(x: 1, y: 1), .init(x: .nan, y: 0)])],
          lines: [Series("fit", points: [.init(x: -2, y: 1), .init(x: 2, y: -1)])],
          x: Axis("x"), y: Axis("y")))),
    Figure(
      title: "Counts",
      content: .histogram(
        Histogram([.init("a", [1, 1, 2, 5]), .init("b", [2, 2, 2])], x: Axis("value"), bins: 4))),
    Figure(title: "Heat", content: .heatMap(HeatMap(bowl, x: Axis("x"), y: Axis("y"), label: "C"))),
    Figure(
      title: "Field",
      content: .field(
        FieldChart(
          bowl,
          arrows: [-1.0, 0, 1].flatMap { x in
            [-0.5, 0.5].map { y in .init(at: .init(x: x, y: y), .init(x: 2 * x, y: 8 * y)) }
          }))),
    Figure(title: "Levels", content: .contours(ContourChart(bowl, paths: [path, path]))),
    Figure(title: "Surface", content: .surface(SurfaceChart(bowl, paths: [path], label: "C"))),
    Figure(
      title: "Network",
      content: .network(
        NetworkDiagram(
          layers: [
            [.init("1", label: "x1"), .init("0", label: "x2")], [.init("0.5", isActive: true)],
          ],
          weights: [[[0.15], [-2]]], places: 2))),
  ]

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
    for values in numbers {
      let grid = Grid(x: 0...1, y: 0...1, columns: 3, rows: 3, values: values)
      let points = Series("p", points: zip(values, values).map { .init(x: $0, y: $1) })
      let arrows = points.points.map { FieldChart.Arrow(at: $0, $0) }
      figures += [
        Figure(title: "heat", content: .heatMap(HeatMap(grid))),
        Figure(title: "field", content: .field(FieldChart(grid, arrows: arrows))),
        Figure(title: "levels", content: .contours(ContourChart(grid, paths: [points]))),
        Figure(
          title: "levels", content: .contours(ContourChart(bowl, levels: values, paths: [points]))),
        Figure(title: "surface", content: .surface(SurfaceChart(grid, paths: [points]))),
        Figure(title: "surface", content: .surface(SurfaceChart(bowl, paths: [points]))),
        Figure(title: "scatter", content: .scatter(ScatterChart([points], lines: [points]))),
        Figure(title: "counts", content: .histogram(Histogram([.init("g", values)], bins: -1))),
        Figure(
          title: "network",
          content: .network(
            NetworkDiagram(
              layers: [[.init("")], [.init("u")], []], weights: [values.map { [$0] }], places: 1))),
      ]
    }
    for range in [0.0...0, -Double.infinity ... .infinity, -1e308...1e308] {
      let grid = Grid(x: range, y: 0...1, columns: -1, rows: Int.max, values: [1, 2])
      let square = Grid(x: range, y: range, columns: 2, rows: 2, values: [1, 2, 3, 4])
      for grid in [grid, square] {
        figures.append(Figure(title: "heat", content: .heatMap(HeatMap(grid))))
        figures.append(
          Figure(title: "surface", content: .surface(SurfaceChart(grid, paths: [path]))))
      }
    }
    figures.append(
      Figure(title: "none", content: .network(NetworkDiagram(layers: [], weights: []))))
    figures.append(Figure(title: "none", content: .lines(LineChart([]))))
    return figures
  }()

  static var all: [Figure] { [loss, bars, images, confusion] + plane + degenerate }
}
