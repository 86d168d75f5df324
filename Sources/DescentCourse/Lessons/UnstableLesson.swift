import Descent
import DescentCharts
import DescentData

extension Lesson {
  static let unstable = Lesson(
    id: "unstable",
    title: "Why deep networks are hard to train",
    summary: "Too many parameters, and gradients that vanish or explode on their way back.",
    assumes: ["digits", "activations"],
    keywords: [
      "overfitting", "vanishing gradient", "exploding gradient", "initialisation", "initialization",
      "parameters", "regularisation", "weight decay", "deep",
    ],
    question: Question(
      text: """
        A layer connects every pixel of a 224 × 224 image with 1,000 units, and has biases. How many \
        parameters is that?
        """,
      answer: .numbers([50_177_000], tolerance: 0),
      explanation: """
        224 · 224 = 50,176 pixels, times 1,000 units, and 1,000 biases. (65,536 would be the pixels of a \
        256 × 256 image.)
        """)
  ) {
    let overfitting = try ExperimentResult.committed("overfitting")
    let regularized = try ExperimentResult.committed("regularized")
    let sizes = try ExperimentResult.committed("training-size")
    let speed = try ExperimentResult.committed("learning-speed")
    let starts = try ExperimentResult.committed("initialization")
    let middle = "3 layers: median of last/first"
    let others = try IndependentRun.committed(of: "learning-speed").compactMap { $0[middle] }
    let everything = try ExperimentResult.committed("all-images")
    let large = DeepStack.parametersOfLargeLayer
    let product = (0..<10).reduce(1.0) { product, _ in product / 4 }
    let ratios = DeepStack.ratios
    return [
      .paragraph(
        """
        The multiplying circuit was deep, because a hard task falls apart into easier ones, layer upon \
        layer. The same should hold for seeing: edges first, then shapes of edges, then things of shapes. \
        So let us make networks deep, and train them as always. For a long time that did not work. Two \
        reasons, and both can be measured.
        """),
      .figure(DeepStack.diagram),
      .heading("Too many parameters"),
      .paragraph(
        """
        Connect every pixel of a 224 by 224 image with 1,000 hidden units, and this one layer has \
        \(large) parameters. A network with more freedom than data can learn its lessons by heart and \
        understand nothing: it *overfits*. Here is one with 30 hidden units that has seen only 1,000 \
        digits, for 400 epochs.
        """),
      .figure(
        overfitting.figure(
          "Accuracy of a network that overfits", ["test accuracy, %", "training accuracy, %"],
          "accuracy in %",
          description: "Accuracy by epoch: on the training images it goes to 100 %, on the test "
            + "images it stays near \(decimal(overfitting["last test, %"], 0)) %.")),
      .paragraph(
        """
        From epoch \(overfitting["first epoch with all training images right"], places: 0) on, it has all \
        of its training images right, and of others \(overfitting["last test, %"], places: 1) %. The cost on \
        the test set tells it sooner: it is lowest in epoch \
        \(overfitting["epoch of the lowest test cost"], places: 0), at \
        \(overfitting["lowest test cost"], places: 2), and then *rises* to \
        \(overfitting["last test cost"], places: 2), while the training cost goes to \
        \(overfitting["last training cost"], places: 4).
        """),
      .figure(
        overfitting.figure(
          "The same network's cost", ["test cost", "training cost"], "cost",
          description: "Cost by epoch: the training cost falls and falls, the test cost is lowest "
            + "in epoch \(Int(overfitting["epoch of the lowest test cost"])) and then rises.",
          isLogarithmic: true)),
      .paragraph(
        """
        Three things help. Stop when the cost on images that were kept aside for this purpose, the \
        *validation set*, no longer falls. Draw the weights towards \
        zero, with $\\frac{\\lambda}{2n} \\sum w^2$ added to the cost: with it the same network ends at \
        \(regularized["last test, %"], places: 1) %. And, best of all, get more data:
        """),
      .figure(
        sizes.figure(
          "Accuracy against the number of training images",
          ["validation accuracy, %", "training accuracy, %"],
          "accuracy in %", x: Axis("training images", scale: .logarithmic),
          description: "Accuracy for 100 to 50,000 training images, each network having seen "
            + "1,500,000 samples in all: on the training images it falls a little, on the "
            + "validation images it rises, and the two meet.")),
      .paragraph(
        """
        With all 50,000 images the same network has \(everything["last training, %"], places: 1) % of those \
        right that it learned from, and \(everything["last test, %"], places: 1) % of others: a gap of \
        \(everything["last training, %"] - everything["last test, %"], places: 1) points, where 1,000 images \
        left one of \(100 - overfitting["last test, %"], places: 0).
        """),
      .control(sizes.sizesControl),
      .heading("Unstable gradients"),
      .paragraph(
        """
        The gradient of an early layer is a product, with a factor for every layer behind it. For a \
        sigmoid unit the factor is $w \\sigma'(z)$, and $\\sigma'$ is at most a quarter. Ten factors of a \
        quarter make \(product, digits: 3). The signal *vanishes*, unless the weights are larger than 4; \
        and where they are much larger, it *explodes* instead. A product of many factors is hardly ever \
        near 1.
        """),
      .paragraph(
        """
        The lengths of the gradients of each hidden layer, measured during a training, with 30 units in \
        each of four hidden layers:
        """),
      .figure(
        speed.figure(
          "How fast each of four hidden layers learns", (1...4).map { "4 layers: hidden \($0)" },
          "length of the gradient", x: Axis("step"),
          description: "The length of the gradient of each of four hidden layers by step: every "
            + "layer's is several times that of the layer before it, during the whole training.",
          isLogarithmic: true)),
      .table(speed.comparison),
      .paragraph(
        """
        The first layer, which sees the image, learns slowest by far: the last hidden layer's gradient is \
        \(speed["4 layers: median of last/first"], places: 0) times as long. All that the later layers \
        get is what an almost untrained layer lets through. (The published column is of one beginning for \
        each depth. Its \(speed.published(middle), places: 1) for three layers we could not reach: in \
        \(others.count) beginnings a program in NumPy alone came to \(others.min() ?? 0, places: 1) to \
        \(others.max() ?? 0, places: 1).)
        """),
      .heading("What to do about it"),
      .paragraph(
        """
        Take activations whose slope is 1 where they are active, and begin with weights of the right \
        size, so that neither signals nor gradients grow or shrink from layer to layer. For ReLU that \
        is a variance of 2 / inputs, the rule that Kaiming He and others proposed in 2015.
        """),
      .figure(DeepStack.figure),
      .table(
        NumberTable(
          ["hidden layers of 30", "sigmoid", "ReLU, He's rule"],
          ratios.map { ["\($0.depth)", significant($0.sigmoid, 3), significant($0.relu, 3)] },
          caption: "Gradient of the last hidden layer over that of the first, at the start")),
      .paragraph(
        """
        The size of the first weights matters for shallow networks, too. With a spread of 1 a unit with \
        many inputs is saturated from the start; with 1/√inputs it is not:
        """),
      .figure(
        starts.figure(
          "First weights of two sizes", ["30 units, 1/√n", "30 units, 1"],
          "validation accuracy in %",
          description: "Validation accuracy by epoch: with weights of spread 1/√n it begins "
            + "higher, with spread 1 it takes some twenty epochs to come near.")),
      .listing(try Listing("Unstable", unstableListing)),
      .control(try DeepStack.control()),
      .slip(
        claim: "224 × 224 pixels and 1,000 units: 65,536 · 1,000, about 50 million parameters.",
        correction: """
          The result is right and the factor is not: 224 · 224 is 50,176. With the biases the layer has \
          \(large) parameters.
          """),
      .slip(
        claim: "Gradients vanish with sigmoids because $\\sigma'$ is at most one quarter.",
        correction: """
          The factor is $w \\sigma'(z)$. With weights above 4 it can exceed 1, and the gradient explodes \
          instead. Sigmoids are unstable in both directions.
          """),
    ]
  }
}

extension ExperimentResult {
  /// The result of the full profile that is part of the program.
  static func committed(_ experiment: String) throws -> ExperimentResult {
    try ExperimentResult(json: Asset.text("Experiments/\(experiment).json"))
  }

  /// A quantity's median.
  subscript(name: String) -> Double { quantity(name).median }

  /// A quantity's values, one for each seed.
  func values(_ name: String) -> [Double] { quantity(name).values }

  /// What was published.
  func published(_ name: String) -> Double { quantity(name).published ?? .nan }

  private func quantity(_ name: String) -> Quantity {
    guard let quantity = quantities.first(where: { $0.name == name }) else {
      fatalError("the experiment \(experiment) has no \"\(name)\"")
    }
    return quantity
  }

  /// A panel for the accuracies by the number of training images.
  fileprivate var sizesControl: Control {
    let (validation, training) = (curves[0], curves[1])
    return Control(
      "sizes", label: "Give the network more images, and see how far what it learned carries",
      parameters: ["sizes": training.x, "training": training.y, "validation": validation.y],
      vectors: [0, training.y.count - 1].map { index in
        Control.Vector(
          "gap", training.y, validation.y, index, gives: training.y[index] - validation.y[index])
      })
  }

  /// Some of the curves as a chart.
  func figure(
    _ title: String, _ names: [String], _ y: String, x: Axis = Axis("epoch"),
    description: String, isLogarithmic: Bool = false
  ) -> Figure {
    let shown = names.compactMap { name in curves.first { $0.name == name }?.series }
    return Figure(
      title: title,
      description: description,
      content: .lines(
        LineChart(shown, x: x, y: Axis(y, scale: isLogarithmic ? .logarithmic : .linear))))
  }
}

// MARK: The lesson's code

/// Deep networks before their first step.
enum DeepStack {
  static var parametersOfLargeLayer: Int {
    let (inputs, units) = (224 * 224, 1_000)
    return inputs * units + units
  }

  static var diagram: Figure {
    let sizes = [6, 5, 5, 5, 5, 3]
    return Figure(
      title: "A deep network",
      description: "A network with four hidden layers between its inputs and its outputs; every "
        + "unit is connected with all of the layer before.",
      content: .network(
        NetworkDiagram(
          layers: sizes.map { [NetworkDiagram.Unit](repeating: .init(""), count: $0) },
          weights: zip(sizes, sizes.dropFirst()).map {
            [[Double]](repeating: [Double](repeating: 0.3, count: $1), count: $0)
          })))
  }

  /// The gradient's length at each hidden layer's biases, on 1,000 embedded digits.
  static func norms(depth: Int, _ activation: Activation, seed: UInt64 = 1) throws -> [Double] {
    let data = Dataset(try Digits.load().training).prefix(1_000)
    let initializer: Initializer = activation == .relu ? .he : .lecun
    let hidden = (0..<depth).map { _ in
      Dense(
        30, activation: activation, initializer: initializer,
        biasInitializer: activation == .relu ? .zeros : .normal())
    }
    let layers: [any Layer] = [Flatten()] + hidden + [Dense(10, initializer: .lecun)]
    var model = try Model(Sequential(layers), input: [28, 28], seed: seed)
    let inputs = data.inputs.cast(to: .float32) * data.scale
    let (_, gradient) = try valueWithGradient(at: &model) { model in
      Descent.crossEntropy(try model(inputs), data.targets)
    }
    return (1...depth).map { gradient.norm(of: "\($0).bias") ?? .nan }
  }

  /// Last over first, the median of nine beginnings.
  static var ratios: [(depth: Int, sigmoid: Double, relu: Double)] {
    [2, 3, 4, 8].map { depth in
      func ratio(_ activation: Activation) -> Double {
        (1...9).map { seed in
          let norms = (try? norms(depth: depth, activation, seed: UInt64(seed))) ?? [.nan]
          return norms.last! / norms[0]
        }.sorted()[4]
      }
      return (depth, ratio(.sigmoid), ratio(.relu))
    }
  }

  static var figure: Figure {
    let series = [Activation.sigmoid, .relu].map { activation in
      Series(activation.name, values: (try? norms(depth: 8, activation)) ?? [])
    }
    return Figure(
      title: "Gradients of eight hidden layers, at the start",
      description: "The gradient's length by layer: with sigmoids it falls by orders of magnitude "
        + "towards the first layer, with ReLU and He's rule it stays.",
      content: .lines(
        LineChart(
          series, x: Axis("hidden layer"),
          y: Axis("length of the gradient", scale: .logarithmic))))
  }

  /// A chain of one unit per layer: x₁ = 0.5, xₗ₊₁ = f(w xₗ), and the derivative of each by the last.
  static func chain(_ activation: Activation, weight: Double, depth: Int) -> [Double] {
    var inputs: [Tensor] = [Tensor([0.5])]
    func layer(_ u: Tensor) -> Tensor { activation(weight * u) }
    for _ in 1..<depth { inputs.append(layer(inputs.last!)) }
    var buffer = Tensor([1.0])
    var slopes: [Double] = []
    for input in inputs.reversed() {
      let row = buffer
      buffer = gradient(at: input) { (layer($0) * row).sum() }
      slopes.insert(buffer.doubles()[0], at: 0)
    }
    return slopes
  }

  static func control() throws -> Control {
    let cases: [(Activation, Double)] = [
      (.sigmoid, 1), (.sigmoid, 6), (.relu, 1), (.relu, 1.2), (.tanh, 1.5),
    ]
    return Control(
      "unstable",
      label:
        "Change depth, activation and the size of the weights, and watch the gradient on its way back",
      vectors: cases.map { activation, weight in
        Control.Vector(
          "chain", activation.name, weight, 10,
          gives: chain(activation, weight: weight, depth: 10))
      })
  }
}
