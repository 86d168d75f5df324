import Descent
import DescentCharts
import DescentData
import Foundation

extension Lesson {
  static let lenet = Lesson(
    id: "lenet",
    title: "LeNet, layer by layer",
    summary: "Convolutions, pools and dense layers together: a network that reads digits well.",
    assumes: ["pooling", "digits"],
    keywords: [
      "lenet-5", "convolutional network", "convolutional neural network", "cnn", "convnet", "lecun",
      "mnist",
    ],
    question: Question(
      text: """
        If LeNet were to read colour images, its six first filters of 5 × 5 would see three channels and \
        not one. How many parameters would that layer have?
        """,
      answer: .numbers([456], tolerance: 0),
      explanation: """
        A filter has 5 · 5 · 3 = 75 weights and a bias. Six of them are 6 · 76 = 456. All other layers stay \
        as they are.
        """)
  ) {
    let reader = try LeNetReader.trained.get()
    let dense = try DigitReader.trained.get()
    let rows = try LeNet.rows
    let moved = try WeightSharing.accuracies(of: reader.model)
    let denseMoved = try WeightSharing.accuracies(of: dense.model)
    let mnist = try ExperimentResult.committed("lenet")
    return [
      .paragraph(
        """
        Put the parts together: a convolution, a pool, another convolution, another pool, and then layers \
        in which everything is connected. That is *LeNet-5*, with which Yann LeCun, Léon Bottou, Yoshua \
        Bengio and Patrick Haffner read the amounts on bank cheques in 1998. The form in which it is built \
        today has ReLU and max pools; this is what `descent inspect --network lenet` says of it:
        """),
      .table(LeNet.table(rows)),
      .paragraph(
        """
        An image of 28 by 28 gets a border of 2, which makes it 32 by 32 as it was in 1998. Then the images \
        become smaller and more: six of 28 by 28, then of 14 by 14, then sixteen of 10 by 10, and of 5 by 5. \
        The early ones say where something is, the late ones what there is. The last 400 numbers go through \
        \(rows[4].output[0]) and \(rows[5].output[0]) units to ten classes.
        """),
      .figure(LeNet.figure(rows)),
      .paragraph(
        """
        Of \(LeNet.count(rows) { $0.parameters }) parameters only \
        \(LeNet.count(rows.prefix(4)) { $0.parameters }) are in the convolutions, which do \
        \(LeNet.convolutionalWork(rows), places: 0) % of the work: a weight that is shared by 784 places is \
        used 784 times. Parameters are what must be learned and stored; multiplications are what takes \
        time. They are not the same.
        """),
      .listing(try Listing("LeNet", leNetListing)),
      .heading("What happens to a three"),
      .paragraph(
        """
        This LeNet has learned from \(reader.trainingCount) digits that are part of Descent. Its six first \
        filters are nothing that anybody wrote down:
        """),
      .figure(reader.filters),
      .figure(reader.firstMaps),
      .paragraph(
        """
        Some answer to strokes in one direction, some to the edge at one side of them. The next sixteen \
        look at all six pooled maps at once, and what they find is harder to name:
        """),
      .figure(reader.secondMaps),
      .control(reader.control),
      .heading("Is it better?"),
      .figure(reader.learning(beside: dense)),
      .paragraph(
        """
        The reader of part one, with \(dense.model.parameterCount) parameters, came to \
        \(dense.accuracy, places: 1) % of the test digits after \(dense.epochs) epochs. LeNet reads \
        \(reader.accuracy, places: 1) % after \(reader.epochs). And it is less bound to where the digits were:
        """),
      .figure(
        WeightSharing.figure(
          [("LeNet", moved), ("784-30-10", denseMoved)],
          "LeNet and a network without shared weights")),
      .paragraph(
        """
        Two pixels to the right cost the other \(denseMoved[0] - denseMoved[2], places: 0) points, and LeNet \
        \(moved[0] - moved[2], places: 0). At six it is at \(moved[6], places: 0) %, for behind the last pool \
        every place has weights of its own.
        """),
      .heading("On all of MNIST"),
      .paragraph(
        """
        The paper of 1998 gives 0.95 % of wrong answers for LeNet-5 trained on the 60,000 digits as they \
        are. `descent course experiment lenet --data FOLDER` trains today's form on 50,000 of them for ten \
        epochs; the other 10,000 decide which epoch's weights are kept. With three seeds:
        """),
      .table(mnist.comparison),
      .figure(
        mnist.figure(
          "Test accuracy by epoch, on MNIST", ["test accuracy, %"], "test accuracy in %",
          description: "The test accuracy of LeNet's first seed, epoch by epoch.")),
      .slip(
        claim: "The LeNet-5 of 1998 is these seven layers, with 61,706 parameters.",
        correction: """
          That is the form which is taught and built today. In 1998 pools were trained: a mean times a \
          weight, plus a bias, so \(LeNet.trainedPool(maps: 6)) and \(LeNet.trainedPool(maps: 16)) \
          parameters for the two. Each of the sixteen maps of the second convolution saw only three, four \
          or all of the six before it, with \(LeNet.partlyConnected) parameters in place of \
          \(rows[2].parameters). The activations were a scaled $\\tanh$, and the outputs Gaussian: how far \
          the 84 units are from a picture of each digit, drawn in 7 by 12.
          """),
    ]
  }
}

// MARK: The lesson's code

/// What LeNet's layers are and cost, by the engine.
enum LeNet {
  struct Row {
    var name: String
    var summary: String
    var output: Shape
    var parameters: Int
    var multiplyAdds: Int
  }

  /// The layers that compute something, in order.
  static var rows: [Row] {
    get throws {
      let model = try Model(NamedNetwork(.lenet, classes: 10), input: [1, 28, 28])
      let work = try model.multiplyAdds()
      return model.layers.compactMap { layer in
        // The network as a whole, and what only gives numbers another shape, are no layers here.
        guard !layer.path.isEmpty, layer.path != "flatten" else { return nil }
        return Row(
          name: layer.path, summary: layer.summary, output: layer.output,
          parameters: layer.parameterCount, multiplyAdds: work[layer.path] ?? 0)
      }
    }
  }

  static func count(_ rows: some Sequence<Row>, _ number: (Row) -> Int) -> Int {
    rows.reduce(0) { $0 + number($1) }
  }

  /// The share of multiplications that is done in convolutions, in per cent.
  static func convolutionalWork(_ rows: [Row]) -> Double {
    100 * Double(count(rows.prefix(4)) { $0.multiplyAdds })
      / Double(count(rows) { $0.multiplyAdds })
  }

  static func table(_ rows: [Row]) -> NumberTable {
    NumberTable(
      ["layer", "output", "parameters", "multiply-adds"],
      rows.map { row in
        [
          "\(row.name): \(row.summary)",
          row.output.sizes.map(String.init).joined(separator: "\u{A0}×\u{A0}"),
          grouped(row.parameters), grouped(row.multiplyAdds),
        ]
      } + [
        [
          "all", "", grouped(count(rows) { $0.parameters }),
          grouped(count(rows) { $0.multiplyAdds }),
        ]
      ], caption: "LeNet-5 in today's form, on an image of 28 × 28")
  }

  static func figure(_ rows: [Row]) -> Figure {
    let layers = rows.filter { $0.parameters > 0 }
    return Figure(
      title: "Where LeNet's parameters are",
      description: "Bars: the parameters of LeNet's layers, most of them in fc1, the first dense "
        + "layer.",
      content: .bars(
        BarChart(
          layers.map { .init($0.name, Double($0.parameters), text: grouped($0.parameters)) },
          label: "parameters")))
  }

  /// The parameters of a pool of 1998: a weight and a bias for each map.
  static func trainedPool(maps: Int) -> Int { 2 * maps }

  /// The parameters of the second convolution of 1998, of whose maps six see three of those before, nine
  /// four and one all six (LeCun, Bottou, Bengio and Haffner, 1998, table I).
  static var partlyConnected: Int {
    [(6, 3), (9, 4), (1, 6)].reduce(0) { $0 + $1.0 * ($1.1 * 5 * 5 + 1) }
  }
}

/// LeNet, trained on the embedded digits, and what it makes of them.
struct LeNetReader: Sendable {
  let model: Model
  let history: History
  let test: LabelledImages
  let trainingCount: Int
  let epochs = 10

  /// Trained once for all figures: some seconds.
  static let trained = Result { try LeNetReader() }

  init() throws {
    let (training, test) = try Digits.load()
    var model = try Model(NamedNetwork(.lenet, classes: 10), input: [28, 28], seed: 1)
    let steps = epochs * (training.count + 31) / 32
    history = try model.fit(
      Dataset(training), validation: Dataset(test), loss: .crossEntropy,
      optimizer: .adam(learningRate: .cosine(2e-3, over: steps)), metrics: [.accuracy],
      epochs: epochs, batchSize: 32, stopping: .never)
    self.model = model
    self.test = test
    trainingCount = training.count
  }

  /// How many per cent of the test digits it reads.
  var accuracy: Double {
    100 * (history.epochs.last?.validationMetrics.first?.value ?? .nan)
  }

  // MARK: Stage by stage

  /// A layer's weights as whole numbers from −127 to 127 with a scale, and its biases: what a page gets.
  func rounded(_ layer: String) -> (weights: [Int], scale: Double, bias: [Double]) {
    let values = model["\(layer).weight"]!.doubles()
    let scale = (values.map(abs).max() ?? 1) / 127
    return (values.map { Int(($0 / scale).rounded()) }, scale, model["\(layer).bias"]!.doubles())
  }

  /// What the rounded network makes of an image, by the engine in double precision.
  ///
  /// Takes 784 pixels from 0 to 255; returns the results of the two convolutions and pools in turn, and
  /// the shares of the ten classes.
  func stages(_ pixels: [Double]) -> (maps: [Tensor], shares: [Double]) {
    func layer(_ name: String, _ shape: Shape) -> (weight: Tensor, bias: Tensor) {
      let (weights, scale, bias) = rounded(name)
      return (Tensor(weights.map { Double($0) * scale }, shape: shape), Tensor(bias))
    }
    func dense(_ x: Tensor, _ name: String, _ units: Int) -> Tensor {
      let (weight, bias) = layer(name, [units, x.shape[1]])
      return x.matmul(weight.transposed()) + bias
    }
    let x = Tensor(pixels.map { $0 / 255 }, shape: [1, 1, 28, 28])
    let (first, second) = (layer("conv1", [6, 1, 5, 5]), layer("conv2", [16, 6, 5, 5]))
    let c1 = Activation.relu(convolution(x, first.weight, bias: first.bias, padding: 2))
    let p1 = maxPool(c1, kernel: 2)
    let c2 = Activation.relu(convolution(p1, second.weight, bias: second.bias))
    let p2 = maxPool(c2, kernel: 2)
    let f1 = Activation.relu(dense(p2.reshaped([1, 400]), "fc1", 120))
    let f2 = Activation.relu(dense(f1, "fc2", 84))
    return ([c1, p1, c2, p2], Descent.softmax(dense(f2, "fc3", 10)).doubles())
  }

  private func pixels(_ index: Int) -> [Int] {
    test.pixels[index * 784..<(index + 1) * 784].map { Int($0) }
  }

  // MARK: Figures

  /// The maps of a result as images, each enlarged.
  private func images(_ maps: Tensor, enlarged factor: Int = 1) -> [ImageGrid.Image] {
    let (count, side) = (maps.shape[1], maps.shape[2])
    let values = maps.doubles()
    return (0..<count).map { map in
      let own = Array(values[map * side * side..<(map + 1) * side * side])
      return ImageGrid.Image(
        pixels: Handwriting.enlarged(Handwriting.shades(own), width: side, by: factor))
    }
  }

  var filters: Figure {
    Figure(
      title: "LeNet's first filters",
      description: "Six filters of 5 by 5 that were learned: grey is 0, bright positive, dark "
        + "negative.",
      content: .images(
        ImageGrid(
          height: 20, width: 20,
          images: images(
            model["conv1.weight"]!.cast(to: .float64).reshaped([1, 6, 5, 5]), enlarged: 4),
          columns: 6)))
  }

  private var three: [Tensor] { stages(pixels(3).map { Double($0) }).maps }

  var firstMaps: Figure {
    Figure(
      title: "A three behind the first convolution and its pool",
      description: "Six feature maps of a three of 28 by 28, and below them the same, pooled to 14 "
        + "by 14.",
      content: .images(
        ImageGrid(
          height: 28, width: 28, images: images(three[0]) + images(three[1], enlarged: 2),
          columns: 6)))
  }

  var secondMaps: Figure {
    Figure(
      title: "The same three behind the second convolution",
      description: "Sixteen feature maps of 10 by 10.",
      content: .images(
        ImageGrid(height: 10, width: 10, images: images(three[2]), columns: 8)))
  }

  func learning(beside dense: DigitReader) -> Figure {
    func test(_ history: History, _ epochs: Int) -> [Double] {
      history.epochs.prefix(epochs).map { 100 * ($0.validationMetrics.first?.value ?? .nan) }
    }
    return Figure(
      title: "Test accuracy by epoch",
      description: "The accuracy on the test digits of LeNet and of the network of 30 hidden "
        + "neurons after each of \(epochs) epochs.",
      content: .lines(
        LineChart(
          [
            Series("LeNet", values: test(history, epochs)),
            Series("784-30-10", values: test(dense.history, epochs)),
          ], x: Axis("epoch"), y: Axis("test accuracy in %"))))
  }

  // MARK: The panel

  /// The page gets the network itself: its weights as bytes, a scale for each layer.
  var control: Control {
    var parameters: [String: any JSONText] = ["examples": (0..<10).map { pixels($0) }]
    for name in ["conv1", "conv2", "fc1", "fc2", "fc3"] {
      let (weights, scale, bias) = rounded(name)
      let bytes = Data(weights.map { UInt8(bitPattern: Int8($0)) })
      let layer: [String: any JSONText] = [
        "weights": bytes.base64EncodedString(), "scale": scale, "bias": bias,
      ]
      parameters[name] = layer
    }
    let vectors = [0, 3, 8].flatMap { index in
      let image = pixels(index)
      let (maps, shares) = stages(image.map { Double($0) })
      let read = Control.Vector("read", image, gives: shares)
      // All maps of one image are enough.
      return index == 3
        ? [read, Control.Vector("pooled", image, gives: maps[3].doubles())] : [read]
    }
    return Control(
      "lenet", label: "Draw a digit, and look at what every layer makes of it",
      parameters: parameters, vectors: vectors)
  }
}
