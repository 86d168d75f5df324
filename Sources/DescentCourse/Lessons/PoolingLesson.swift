import Descent
import DescentCharts
import DescentData

extension Lesson {
  static let pooling = Lesson(
    id: "pooling",
    title: "Pooling: keep what matters, roughly where it was",
    summary: "The largest or the mean of each small window; and where the gradient goes.",
    assumes: ["sharing", "backpropagation"],
    keywords: ["max pooling", "average pooling", "subsampling", "downsampling", "argmax"],
    question: Question(
      text: """
        Four rows of a map are 1 3 2 0, then 5 4 1 1, then 0 0 2 2, and 7 1 2 2. What are the maxima of its \
        four windows of 2 × 2, row by row?
        """,
      answer: .numbers([5, 2, 7, 2], tolerance: 0),
      explanation: """
        Above, the windows hold 1, 3, 5, 4 and 2, 0, 1, 1; below, 0, 0, 7, 1 and 2, 2, 2, 2.
        """)
  ) {
    let map = try Pooling.map(of: Handwriting.test(3))
    let chosen = Pooling.gradient(of: map, side: 24, window: 2, isMaximum: true)
    let changes = try Pooling.changes
    return [
      .paragraph(
        """
        A feature map says to the pixel where something was seen. Mostly that is more than one wants to \
        know: that there is a level stroke at the top, and a slanting one below it, is enough to tell a seven. \
        *Pooling* cuts a map into small windows, usually of 2 by 2, and keeps one number of each: the \
        largest, or the mean.
        """),
      .formula("y_{i,j} = \\max(x_{2i,2j}, x_{2i,2j+1}, x_{2i+1,2j}, x_{2i+1,2j+1})"),
      .table(
        NumberTable(
          ["map", "maxima", "means", "gradient of the maxima", "of the means"],
          Pooling.exampleRows,
          caption: "Windows of 2 × 2, and what each pixel is worth to their sum")),
      .paragraph(
        """
        There is nothing to learn in it: a pooling layer has no parameters. It leaves a quarter of the \
        numbers, so a map of 24 by 24 becomes one of 12 by 12, and each neuron behind it sees twice as far \
        with as many weights.
        """),
      .figure(Pooling.figure(map, chosen)),
      .control(try Pooling.control()),
      .heading("Where does the gradient go?"),
      .paragraph(
        """
        A small change of a pixel that is not the largest of its window changes nothing behind the pool, so \
        its derivative is 0. All of the gradient goes to the winner. In the map above \
        \(chosen.count { $0 != 0 }) of \(chosen.count) pixels get any. Where several are equally large, as in \
        the empty corners, the maximum has no derivative there, and one must agree on something: Descent hands \
        the gradient to the first of them, row by row. A mean hands a quarter to each.
        """),
      .listing(Listing("Pooling", poolingListing)),
      .heading("Nearly invariant"),
      .paragraph(
        """
        If a stroke moves by a pixel, it often stays in its window, and then the pool says the same. How much \
        do maps of 100 test digits change if the digits move by one pixel to the right?
        """),
      .table(
        NumberTable(
          ["map", "change"],
          changes.map { [$0.name, decimal(100 * $0.change, 0) + " %"] },
          caption: "Distance between the maps before and after, over the length of the map before")),
      .slip(
        claim: "The gradient of a max pool is shared by the pixels of the window.",
        correction: """
          The largest pixel gets all of it, and the others nothing; of equally large ones the first. It is \
          the average pool that shares, a quarter for each pixel of a window of 2 × 2.
          """),
    ]
  }
}

// MARK: The lesson's code

/// The largest, or the mean, of each window.
enum Pooling {
  private static func pool(_ x: Tensor, _ window: Int, _ isMaximum: Bool) -> Tensor {
    let extent = Extent(height: window, width: window)
    return isMaximum ? maxPool(x, kernel: extent) : averagePool(x, kernel: extent)
  }

  /// A square map, pooled, by the engine in double precision.
  static func pooled(_ map: [Double], side: Int, window: Int, isMaximum: Bool) -> [Double] {
    pool(Tensor(map, shape: [1, 1, side, side]), window, isMaximum).doubles()
  }

  /// What each place of a square map is worth to the sum of the pooled one.
  static func gradient(of map: [Double], side: Int, window: Int, isMaximum: Bool) -> [Double] {
    Descent.gradient(at: Tensor(map, shape: [1, 1, side, side])) {
      pool($0, window, isMaximum).sum()
    }.doubles()
  }

  /// What a rectifier lets through of a digit's map for upright edges.
  static func map(of digit: [Double]) -> [Double] {
    SlidingWindow.map(digit, SlidingWindow.kernels[0].weights).map { max(0, $0) }
  }

  private static let example: [Double] = [4, 1, 0, 2, 3, 8, 2, 1, 5, 5, 0, 0, 2, 5, 0, 0]

  static var exampleRows: [[String]] {
    func line(_ values: [Double], _ row: Int, _ width: Int, _ height: Int) -> String {
      guard row < height else { return "" }
      return values[row * width..<(row + 1) * width].map { value in
        value == value.rounded() ? decimal(value, 0) : decimal(value, 2)
      }.joined(separator: "\u{A0}\u{A0}")
    }
    let pools = [true, false].map { pooled(example, side: 4, window: 2, isMaximum: $0) }
    let slopes = [true, false].map { gradient(of: example, side: 4, window: 2, isMaximum: $0) }
    return (0..<4).map { row in
      [
        line(example, row, 4, 4), line(pools[0], row, 2, 2), line(pools[1], row, 2, 2),
        line(slopes[0], row, 4, 4), line(slopes[1], row, 4, 4),
      ]
    }
  }

  static func figure(_ map: [Double], _ chosen: [Double]) -> Figure {
    func small(_ isMaximum: Bool) -> [UInt8] {
      let values = pooled(map, side: 24, window: 2, isMaximum: isMaximum)
      return Handwriting.enlarged(Handwriting.shades(values), width: 12, by: 2)
    }
    return Figure(
      title: "A map, pooled",
      description: "A feature map of 24 by 24, its maxima and its means of 12 by 12, and the "
        + "pixels that won their windows and get the gradient.",
      content: .images(
        ImageGrid(
          height: 24, width: 24,
          images: [
            .init(pixels: Handwriting.shades(map), caption: "the map"),
            .init(pixels: small(true), caption: "maxima"),
            .init(pixels: small(false), caption: "means"),
            .init(pixels: Handwriting.shades(chosen), caption: "the winners"),
          ], columns: 4)))
  }

  /// How much maps of 100 digits change when the digits move by one pixel.
  static var changes: [(name: String, change: Double)] {
    get throws {
      let pairs = try (0..<100).map { index in
        let digit = try Handwriting.test(index)
        return (map(of: digit), map(of: Handwriting.shifted(digit, right: 1, down: 0)))
      }
      func change(_ view: ([Double]) -> [Double]) -> Double {
        var (moved, whole) = (0.0, 0.0)
        for (before, after) in pairs.map({ (view($0), view($1)) }) {
          moved += zip(before, after).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
          whole += before.reduce(0) { $0 + $1 * $1 }
        }
        return (moved / whole).squareRoot()
      }
      return [
        ("as it is, 24\u{A0}×\u{A0}24", change { $0 }),
        ("maxima of 2\u{A0}×\u{A0}2", change { pooled($0, side: 24, window: 2, isMaximum: true) }),
        ("maxima of 4\u{A0}×\u{A0}4", change { pooled($0, side: 24, window: 4, isMaximum: true) }),
        ("means of 4\u{A0}×\u{A0}4", change { pooled($0, side: 24, window: 4, isMaximum: false) }),
      ]
    }
  }

  static func control() throws -> Control {
    let maps = try [3, 7, 4, 5].map { map(of: try Handwriting.test($0)) }
    let cases = [(2, true), (3, false), (4, true)]
    return Control(
      "pooling", label: "Choose windows, and see what is kept and which places get the gradient",
      parameters: ["maps": maps.map { $0.map { Int($0) } }, "names": ["3", "7", "4", "5"]],
      vectors: zip(maps, cases).flatMap { map, choice in
        let kind = choice.1 ? "max" : "average"
        return [
          Control.Vector(
            "pool", map, 24, choice.0, kind,
            gives: pooled(map, side: 24, window: choice.0, isMaximum: choice.1)),
          Control.Vector(
            "gradient", map, 24, choice.0, kind,
            gives: gradient(of: map, side: 24, window: choice.0, isMaximum: choice.1)),
        ]
      })
  }
}
