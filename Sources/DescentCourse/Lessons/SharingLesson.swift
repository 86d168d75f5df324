import Descent
import DescentCharts
import DescentData

extension Lesson {
  static let sharing = Lesson(
    id: "sharing",
    title: "Shared weights",
    summary: "One filter for all places: few parameters, and a map that moves with the image.",
    assumes: ["receptive"],
    keywords: [
      "weight sharing", "feature map", "translation", "equivariance", "equivariant", "invariance",
      "shift",
    ],
    question: Question(
      text: """
        32 filters of 3 × 3 go over a colour image, which has 3 channels; each filter has a bias. How many \
        parameters is that?
        """,
      answer: .numbers([896], tolerance: 0),
      explanation: """
        A filter has a weight for every pixel under it in every channel: 3 · 3 · 3 = 27, and a bias. 32 · 28 \
        = 896, whatever the size of the image is.
        """)
  ) {
    let counts = try WeightSharing.counts
    let accuracies = try WeightSharing.accuracies(of: DigitReader.trained.get().model)
    let three = try Handwriting.test(3)
    return [
      .paragraph(
        """
        The window of the last lesson takes the same 25 weights and the same bias to all 576 places. One \
        could have given each place a neuron with weights of its own; but a stroke is a stroke wherever it \
        is, and who has learned to see it here need not learn it again there. The weights are *shared*. A \
        single filter sees a single kind of thing, so a layer has several, each with a map of its own.
        """),
      .table(
        NumberTable(
          ["layer over a 28 × 28 image", "parameters"],
          counts.map { [$0.name, grouped($0.count)] }, caption: "What layers cost")),
      .figure(WeightSharing.figure(counts)),
      .paragraph(
        """
        Twenty maps of 24 by 24 sums cost \(counts[0].count) numbers. The 30 hidden neurons of the digit \
        reader had \(counts[1].count), \(Double(counts[1].count) / Double(counts[0].count), digits: 2) times as \
        many, and the same local fields without sharing would have \(counts[2].count). Each shared weight is \
        adjusted by what every place of every image has to say about it: its gradient is a sum over all of \
        them. Fewer numbers, each with more evidence.
        """),
      .heading("What moves in the image moves in the map"),
      .paragraph(
        """
        If the image moves by a few pixels, the window meets the same patches in other places, and the map \
        moves by as many. With $T$ for the movement:
        """),
      .formula("\\text{conv}(T(x)) = T(\\text{conv}(x))"),
      .figure(WeightSharing.moved(three, right: 4, down: 3)),
      .paragraph(
        """
        This is exact. Move the image by 4 pixels to the right and 3 down, and compare the map with the one \
        before, moved: at all places that both have, the largest difference is \
        \(WeightSharing.difference(three, SlidingWindow.kernels[0].weights, right: 4, down: 3), places: 0). \
        At the border new pixels come in, and others are lost.
        """),
      .control(try WeightSharing.control()),
      .paragraph(
        """
        A layer that is fully connected has nothing of the kind. Here is what the digit reader of part one, \
        which learned from centred digits, makes of the test digits when they are moved to the right:
        """),
      .figure(
        WeightSharing.figure([("784-30-10", accuracies)], "a network without shared weights")),
      .paragraph(
        """
        Two pixels cost it \(accuracies[0] - accuracies[2], places: 0) of \(accuracies[0], places: 0) points, \
        and at six it is at \(accuracies[6], places: 0) %. What it knows about a three is bound to where \
        threes were.
        """),
      .listing(try Listing("Sharing", sharingListing)),
      .slip(
        claim: "A convolution is invariant under translation.",
        correction: """
          It is *equivariant*: its map moves along with the image, and so it changes. Compared place by \
          place, without moving it back, the map above differs by up to \
          \(WeightSharing.change(three, right: 4, down: 3), places: 0). Invariance, that the output stays as it \
          is, must come from something else, such as the pooling of the next lesson.
          """),
    ]
  }
}

// MARK: The lesson's code

/// What sharing weights saves, and what it gives.
enum WeightSharing {
  /// Layers over an image of 28 by 28 and their parameters, counted by the engine.
  static var counts: [(name: String, count: Int)] {
    get throws {
      let shared = try Model(Conv2D(20, kernel: 5), input: [1, 28, 28])
      let dense = try Model(
        Sequential {
          Flatten()
          Dense(30)
        }, input: [1, 28, 28])
      let places = shared.output.elementCount
      return [
        ("20 filters of 5 × 5, shared", shared.parameterCount),
        ("30 neurons that see all pixels", dense.parameterCount),
        ("20 maps of local fields, not shared", places * (5 * 5 + 1)),
      ]
    }
  }

  static func figure(_ counts: [(name: String, count: Int)]) -> Figure {
    Figure(
      title: "Parameters of three layers",
      description: "Bars: 20 shared filters have \(grouped(counts[0].count)) parameters, 30 "
        + "neurons that see everything \(grouped(counts[1].count)), local fields without "
        + "sharing \(grouped(counts[2].count)).",
      content: .bars(
        BarChart(
          zip(["shared", "dense", "not shared"], counts).map { name, layer in
            .init(name, Double(layer.count), text: grouped(layer.count))
          },
          label: "parameters")))
  }

  static func moved(_ digit: [Double], right: Int, down: Int) -> Figure {
    let moved = Handwriting.shifted(digit, right: right, down: down)
    let kernel = SlidingWindow.kernels[0].weights
    func image(_ values: [Double], _ caption: String) -> ImageGrid.Image {
      ImageGrid.Image(pixels: Handwriting.shades(values), caption: caption)
    }
    return Figure(
      title: "The image moves, the map moves",
      description: "A digit and its map under the kernel for upright edges; the same digit, moved, "
        + "and its map, which is the first one moved.",
      content: .images(
        ImageGrid(
          height: 28, width: 28,
          images: [
            image(digit, "an image"),
            image(SlidingWindow.map(digit, kernel, padding: 2), "its map"),
            image(moved, "moved"),
            image(SlidingWindow.map(moved, kernel, padding: 2), "its map"),
          ], columns: 4)))
  }

  /// The largest difference between the moved image's map and the image's moved map, where both are.
  static func difference(_ digit: [Double], _ kernel: [Double], right: Int, down: Int) -> Double {
    let before = SlidingWindow.map(digit, kernel)
    let after = SlidingWindow.map(
      Handwriting.shifted(digit, right: right, down: down), kernel)
    return (0..<576).compactMap { place -> Double? in
      let (row, column) = (place / 24 - down, place % 24 - right)
      guard (0..<24).contains(row), (0..<24).contains(column) else { return nil }
      return abs(after[place] - before[row * 24 + column])
    }.max() ?? 0
  }

  /// The largest difference of the two maps place by place.
  static func change(_ digit: [Double], right: Int, down: Int) -> Double {
    let kernel = SlidingWindow.kernels[0].weights
    let before = SlidingWindow.map(digit, kernel)
    let after = SlidingWindow.map(Handwriting.shifted(digit, right: right, down: down), kernel)
    return zip(before, after).map { abs($0 - $1) }.max() ?? 0
  }

  /// How many per cent of the test digits a model reads when they are moved by 0 to 6 pixels.
  static func accuracies(of model: Model) throws -> [Double] {
    let test = try Digits.load().test
    return try (0...6).map { right in
      var pixels = [UInt8](repeating: 0, count: test.pixels.count)
      for row in 0..<test.count * 28 {
        for column in right..<28 {
          pixels[row * 28 + column] = test.pixels[row * 28 + column - right]
        }
      }
      let inputs = Tensor(pixels, shape: [test.count, 28, 28])
      let read = try model.predict(inputs, scale: Dataset(test).scale).argmax()
        .scalars(as: Int32.self)
      let right = zip(read, test.labels).filter { $0 == Int32($1) }.count
      return 100 * Double(right) / Double(test.count)
    }
  }

  static func figure(_ networks: [(name: String, accuracies: [Double])], _ what: String) -> Figure {
    Figure(
      title: "Digits that were moved",
      description: "The accuracy on test digits that were moved to the right by 0 to 6 pixels, for "
        + "\(what).",
      content: .lines(
        LineChart(
          networks.map { Series($0.name, values: $0.accuracies, first: 0) },
          x: Axis("pixels to the right"), y: Axis("accuracy in %"))))
  }

  static func control() throws -> Control {
    let digits = try [3, 7, 4, 5].map(Handwriting.test)
    let kernel = SlidingWindow.kernels[0].weights
    let moves = [(4, 3), (-7, 2), (0, -9)]
    return Control(
      "translation", label: "Move the image, and watch its map move along",
      parameters: [
        "digits": digits.map { $0.map { Int($0) } }, "names": ["3", "7", "4", "5"],
        "kernel": kernel.map { Int($0) },
      ],
      vectors: zip(digits, moves).flatMap { digit, move in
        [
          Control.Vector(
            "moved", digit, kernel, move.0, move.1,
            gives: SlidingWindow.map(
              Handwriting.shifted(digit, right: move.0, down: move.1), kernel)),
          Control.Vector(
            "difference", digit, kernel, move.0, move.1,
            gives: difference(digit, kernel, right: move.0, down: move.1), within: 0),
        ]
      })
  }
}
