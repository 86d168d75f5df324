import Descent
import DescentCharts
import DescentData

extension Lesson {
  static let digits = Lesson(
    id: "digits",
    title: "Reading digits",
    summary: "All of it together: a network of 30 hidden neurons learns handwriting.",
    assumes: ["softmax", "sgd", "backpropagation"],
    keywords: [
      "mnist", "handwriting", "classification", "confusion matrix", "training set", "test set",
    ],
    question: Question(
      text: """
        A network has 784 inputs, a hidden layer of 30 and 10 outputs, every layer with biases. How many \
        parameters does it have?
        """,
      answer: .numbers([23_860], tolerance: 0),
      explanation: "784 · 30 + 30 = 23,550, and 30 · 10 + 10 = 310."
    )
  ) {
    let reader = try DigitReader.trained.get()
    let first = try ExperimentResult.committed("first")
    let wider = try ExperimentResult.committed("wider")
    let slow = try ExperimentResult.committed("rate-too-small")
    let wild = try ExperimentResult.committed("rate-too-large")
    let rates = try ExperimentResult.committed("rates")
    let starts = try ExperimentResult.committed("initialization")
    let others = try IndependentRun.committed(of: "wider")
    let best = wider.values("best test, %").max() ?? 0
    let most = wider.values("classes lost").max() ?? 0
    return [
      .paragraph(
        """
        The images are 28 by 28 pixels, each a shade from black to white: 784 numbers. The answer is one \
        of ten classes. Everything that we need is there: layers, an activation, softmax with \
        cross-entropy, backpropagation, minibatches.
        """),
      .figure(reader.samples),
      .paragraph(
        """
        Our network has one hidden layer of 30 sigmoid neurons, and ten outputs: \
        \(reader.model.parameterCount) parameters. Of the \(reader.trainingCount + reader.testCount) digits \
        that are part of Descent it learns from \(reader.trainingCount); the other \(reader.testCount) are \
        kept from it, for the examination. A network that is only asked what it was taught may have \
        learned it by heart.
        """),
      .figure(DigitReader.diagram),
      .listing(try Listing("Digits", digitsListing)),
      .figure(reader.learning),
      .paragraph(
        """
        After \(reader.epochs) epochs it reads \(reader.accuracy, places: 1) % of the test digits \
        correctly. The loss of its first minibatches was about $\\log 10$: it began by knowing nothing.
        """),
      .heading("What does it get wrong?"),
      .figure(reader.mistakes),
      .figure(reader.confusion),
      .paragraph(
        """
        The rows are what was written, the columns what was read. The commonest confusion is a \
        \(reader.commonest.truth) read as a \(reader.commonest.read), \(reader.commonest.count) times.
        """),
      .heading("What has it learned?"),
      .figure(reader.hiddenWeights),
      .paragraph(
        """
        The pixels that a neuron looks at are its *receptive field*. Here that is the whole image: a \
        hidden neuron has a weight for every pixel, so its weights are an image, too. Bright pixels speak for \
        it, dark ones against it. Some look for strokes in places where only certain digits have them; \
        many look like nothing a person would think of.
        """),
      .control(reader.control),
      .heading("The same, on all of MNIST"),
      .paragraph(
        """
        The embedded digits are a part of MNIST, which has 60,000. In 2015 Michael Nielsen published what \
        a network of this size reaches there, and Descent repeated it with three seeds, in \
        `descent course experiment first --data FOLDER`:
        """),
      .table(first.comparison),
      .figure(
        Figure(
          title: "Test accuracy by epoch, on MNIST",
          description: "The test accuracy of the first seed, epoch by epoch.",
          content: .lines(
            LineChart(
              first.curves.map(\.series), x: Axis("epoch"), y: Axis("test accuracy in %"))))),
      .heading("A rate too small, too large, and unlucky beginnings"),
      .paragraph(
        """
        The rates of the valley are here, too. With a thousandth the network of 100 hidden neurons is at \
        \(slow["last test, %"], places: 1) % after 30 epochs, hardly away from where it began; with 100 a \
        network of 30 is at \(wild["last test, %"], places: 1) %, which is guessing. In between, with \
        cross-entropy:
        """),
      .figure(
        rates.figure(
          "The training cost with three rates", ["rate 0.025", "rate 0.25", "rate 2.5"],
          "training cost",
          description: "The training cost by epoch: slow and smooth with a rate of 0.025, fast "
            + "with 0.25, and with 2.5 it never comes as low.")),
      .paragraph(
        """
        More hidden neurons should be better. With 100 of them, squares as the cost and a rate of 3, the \
        book reads \(wider.published("best test, %"), places: 2) %. Descent's best beginning comes to \
        \(best, places: 2) %, but only \(wider.count { $0 == 0 }) of \(wider.seeds.count) lose nothing: in the \
        others one to \(Int(most)) classes are hardly ever read, and the median is \
        \(wider["best test, %"], places: 1) %. The neuron of such a class was thrown so far onto the flat \
        side of its sigmoid that no gradient brings it back. This is not a fault of one program: another, \
        written for comparison with NumPy alone, loses classes in \
        \(others.count { $0["classes lost"] ?? 0 > 0 }) of \(others.count) beginnings. With cross-entropy, which \
        cancels that flatness, 100 neurons end at \(starts["100 units, 1, last, %"], places: 1) % from \
        weights of the same size.
        """),
    ]
  }
}

extension ExperimentResult {
  /// In how many runs a number of lost classes has a property.
  fileprivate func count(where isCounted: (Double) -> Bool) -> Int {
    values("classes lost").filter(isCounted).count
  }

  /// The published numbers beside ours.
  var comparison: NumberTable {
    NumberTable(
      ["quantity", "published", "Descent, median of \(seeds.count)"],
      quantities.map { quantity in
        [
          quantity.name, quantity.published.map { significant($0, 4) } ?? "–",
          significant(quantity.median, 4),
        ]
      }, caption: summary)
  }
}

// MARK: The lesson's code

/// A network that was trained on the embedded digits, and what it does.
struct DigitReader: Sendable {
  let model: Model
  let history: History
  let test: LabelledImages
  let trainingCount: Int
  let epochs = 30
  /// The class read for each test image.
  let read: [Int]

  /// Trained once for all figures: a second.
  static let trained = Result { try DigitReader() }

  init() throws {
    let (training, test) = try Digits.load()
    let network = Sequential {
      Flatten()
      Dense(30, activation: .sigmoid)
      Dense(10)
    }
    var model = try Model(network, input: [28, 28], seed: 1)
    history = try model.fit(
      Dataset(training), validation: Dataset(test), loss: .crossEntropy,
      optimizer: .sgd(learningRate: 0.5), metrics: [.accuracy], epochs: epochs, batchSize: 10,
      stopping: .never)
    self.model = model
    self.test = test
    trainingCount = training.count
    read = try model.predict(Dataset(test).inputs).argmax().scalars(as: Int32.self).map { Int($0) }
  }

  var testCount: Int { test.count }
  private var truth: [Int] { test.labels.map { Int($0) } }
  var accuracy: Double {
    100 * Double(zip(read, truth).filter { $0 == $1 }.count) / Double(testCount)
  }

  var commonest: (truth: Int, read: Int, count: Int) {
    let wrong = counts.enumerated().flatMap { truth, row in
      row.enumerated().filter { $0.offset != truth }.map { (truth, $0.offset, $0.element) }
    }
    return wrong.max { $0.2 < $1.2 }!
  }

  private var counts: [[Int]] {
    var counts = [[Int]](repeating: [Int](repeating: 0, count: 10), count: 10)
    for (truth, read) in zip(truth, read) { counts[truth][read] += 1 }
    return counts
  }

  private func image(_ index: Int, _ caption: String, isWrong: Bool = false) -> ImageGrid.Image {
    ImageGrid.Image(
      pixels: Array(test.pixels[index * 784..<(index + 1) * 784]), caption: caption,
      isWrong: isWrong)
  }

  static var diagram: Figure {
    let inputs = ["1", "2", "3", "⋮", "783", "784"]
    let hidden = ["1", "2", "3", "⋮", "29", "30"]
    let layers = [
      inputs.map { NetworkDiagram.Unit($0) }, hidden.map { .init($0) },
      (0...9).map { .init("\($0)") },
    ]
    let weights = (0..<2).map { layer in
      layers[layer].map { _ in [Double](repeating: 0.3, count: layers[layer + 1].count) }
    }
    return Figure(
      title: "784 pixels, 30 hidden neurons, 10 classes",
      description: "A network with 784 inputs, one for each pixel, 30 hidden neurons and ten "
        + "outputs, one for each digit; of the first two layers only some units are drawn.",
      content: .network(NetworkDiagram(layers: layers, weights: weights)))
  }

  var samples: Figure {
    Figure(
      title: "Handwritten digits",
      description: "Ten handwritten digits, one of each class.",
      content: .images(
        ImageGrid(
          height: 28, width: 28, images: (0..<10).map { image($0, "\(truth[$0])") }, columns: 5)))
  }

  var mistakes: Figure {
    let wrong = truth.indices.filter { truth[$0] != read[$0] }.prefix(15)
    return Figure(
      title: "Read wrongly",
      description:
        "Fifteen of the \(truth.indices.filter { truth[$0] != read[$0] }.count) test digits that were read wrongly.",
      content: .images(
        ImageGrid(
          height: 28, width: 28,
          images: wrong.map { image($0, "\(read[$0]), is \(truth[$0])", isWrong: true) }, columns: 5
        )))
  }

  var confusion: Figure {
    Figure(
      title: "Confusions",
      description: "The confusion matrix of the test digits.",
      content: .confusion(ConfusionMatrix(classes: (0...9).map { "\($0)" }, counts: counts)))
  }

  var learning: Figure {
    let series = [
      Series("training", values: history.epochs.map { 100 * ($0.metrics.first?.value ?? .nan) }),
      Series(
        "test", values: history.epochs.map { 100 * ($0.validationMetrics.first?.value ?? .nan) }),
    ]
    return Figure(
      title: "Accuracy by epoch",
      description: "Accuracy on the training and on the test digits after each epoch.",
      content: .lines(LineChart(series, x: Axis("epoch"), y: Axis("accuracy in %"))))
  }

  var hiddenWeights: Figure {
    let weights = model["1.weight"]!.doubles()
    let images = (0..<30).map { unit -> ImageGrid.Image in
      let own = weights[unit * 784..<(unit + 1) * 784]
      let largest = own.map(abs).max() ?? 1
      return ImageGrid.Image(
        pixels: own.map { UInt8((127.5 + 127 * $0 / largest).rounded()) })
    }
    return Figure(
      title: "The weights of the 30 hidden neurons",
      description: "Thirty images of 28 by 28 weights: grey is 0, bright positive, dark negative.",
      content: .images(ImageGrid(height: 28, width: 28, images: images, columns: 6)))
  }

  /// The page gets the network itself: its weights as bytes, a scale for each layer.
  var control: Control {
    func packed(_ name: String) -> (bytes: [Int], scale: Double) {
      let values = model[name]!.doubles()
      let scale = (values.map(abs).max() ?? 1) / 127
      return (values.map { Int(($0 / scale).rounded()) }, scale)
    }
    let (w1, w2) = (packed("1.weight"), packed("2.weight"))
    let (b1, b2) = (model["1.bias"]!.doubles(), model["2.bias"]!.doubles())
    // What the page computes with its rounded weights, computed by the engine.
    let hiddenWeights = Tensor(w1.bytes.map { Double($0) * w1.scale }, shape: [30, 784])
    let outputWeights = Tensor(w2.bytes.map { Double($0) * w2.scale }, shape: [10, 30])
    let indices = [0, 3, 8]
    let vectors = indices.map { index -> Control.Vector in
      let pixels = test.pixels[index * 784..<(index + 1) * 784].map { Int($0) }
      let x = Tensor(pixels.map { Double($0) / 255 }, shape: [1, 784])
      let hidden = Descent.sigmoid(x.matmul(hiddenWeights.transposed()) + Tensor(b1))
      let shares = Descent.softmax(hidden.matmul(outputWeights.transposed()) + Tensor(b2))
      return Control.Vector("read", pixels, gives: shares.doubles(), within: 1e-9)
    }
    return Control(
      "digits", label: "Draw a digit, and let the network read it",
      parameters: [
        "w1": w1.bytes, "scale1": w1.scale, "b1": b1, "w2": w2.bytes, "scale2": w2.scale, "b2": b2,
        "examples": (0..<10).map { index in
          test.pixels[index * 784..<(index + 1) * 784].map { Int($0) }
        },
      ], vectors: vectors)
  }
}
