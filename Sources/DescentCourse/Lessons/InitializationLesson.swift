import Descent
import DescentCharts
import DescentData

extension Lesson {
  static let initialization = Lesson(
    id: "initialization",
    title: "Beginning well: initialisation and batch normalisation",
    summary: "A factor k per layer is kˡ after l layers, so k had better be 1.",
    assumes: ["unstable"],
    keywords: [
      "initialization", "initialisation", "he", "xavier", "glorot", "batch norm",
      "batch normalization", "running mean", "gain", "overflow", "adam",
    ],
    question: Question(
      text: """
        A ReLU layer has 200 inputs. What standard deviation should its first weights have by He's rule?
        """,
      answer: .numbers([0.1], tolerance: 1e-6),
      explanation: "The variance is 2 / inputs = 0.01, and its root 0.1.")
  ) {
    let he = RandomStack.heSizes
    let ends = RandomStack.overflows
    let training = try RandomStack.training.get()
    let norm = try NormSteps.table()
    let chain = LinearChain.gradients
    return [
      .paragraph(
        """
        Before the first step a network is nothing but random numbers. How large should they be? Follow \
        the numbers through the layers. A unit with $n$ inputs computes $z = \\sum_j w_j x_j$. Let the \
        weights be independent of each other, with mean 0 and variance $\\sigma_w^2$. Then products of \
        different terms cancel on average, and
        """),
      .formula("\\text{Var}(z) = \\sum_{j=1}^{n} \\sigma_w^2 E(x_j^2) = n \\sigma_w^2 E(x^2)"),
      .paragraph(
        """
        So a linear layer multiplies the size of its inputs by $k = \\sigma_w \\sqrt{n}$, on average. The \
        next one does so again. After $l$ layers the factor is $k^l$: a half becomes a millionth in 20 \
        layers, a two a million.
        """),
      .figure(RandomStack.linearFigure),
      .heading("He's rule"),
      .paragraph(
        """
        ReLU sets half of the sums to 0. What is left has half the mean square, so \
        $k = \\sigma_w \\sqrt{n/2}$. To have $k = 1$, Kaiming He and others proposed in 2015 to take
        """),
      .formula("\\sigma_w^2 = \\frac{2}{n}"),
      .paragraph(
        """
        With it, the standard deviation of the activations in 20 layers of \(RandomStack.width) units stays \
        from \(he.min() ?? 0, places: 2) to \(he.max() ?? 0, places: 2), in three beginnings. Without the 2, \
        which is right for linear layers and nearly so for tanh, it ends at \
        \(RandomStack.sizes(.lecun, seed: 1).last ?? 0, digits: 2).
        """),
      .figure(RandomStack.figure),
      .heading("How soon numbers end"),
      .paragraph(
        """
        Weights of spread 1, as in the published experiments of part one, have $k = \\sqrt{n/2}$ in ReLU \
        layers. The largest number of float32 is about 3.4 · 10³⁸. Beyond it is infinity, and infinity minus \
        infinity is no number at all.
        """),
      .table(
        NumberTable(
          ["units in each layer", "k", "layer that should overflow", "first that did"],
          ends.map {
            [grouped($0.width), decimal($0.gain, 2), decimal($0.predicted, 1), "\($0.measured)"]
          }, caption: "ReLU layers with weights of spread 1, in float32")),
      .paragraph(
        """
        The prediction is of the typical number; a narrow network may hold a few layers longer, or fewer. \
        Twenty layers overflow only if they have some 14,000 units each. They need not go so far: long \
        before, no learning rate fits both the first layer and the last.
        """),
      .heading("Batch normalisation"),
      .paragraph(
        """
        One can also *make* the numbers have the right size. Batch normalisation (2015) takes each unit's \
        sums over the minibatch, subtracts their mean, and divides by their standard deviation. Then it \
        multiplies by a gain $\\gamma$ and adds $\\beta$, which are learned, so that nothing is lost that \
        the network needs.
        """),
      .formula(
        "y = \\gamma \\frac{z - \\mu}{\\sqrt{s^2 + \\epsilon}} + \\beta"),
      .paragraph(
        """
        The small $\\epsilon$, here \(BatchNorm().epsilon, digits: 1), keeps a unit that always says the \
        same from dividing by 0. With batch norm, numbers keep their size in the twenty layers whatever \
        the weights are, as the figure above shows. Do they also learn? Networks with 20 hidden layers of \
        30, 1,000 digits, 30 epochs in minibatches of 100, with *Adam*: gradient descent that divides each \
        parameter's step by the size of its recent gradients, here with a rate of 0.01:
        """),
      .table(
        NumberTable(
          ["first weights", "batch norm", "first epoch's loss", "last epoch's", "test, %"],
          training.runs.map {
            [
              $0.name, $0.isNormalized ? "yes" : "no", significant($0.first, 3),
              significant($0.last, 3), decimal($0.accuracy, 1),
            ]
          }, caption: "20 hidden ReLU layers of 30 units; guessing has 10 %")),
      .paragraph(
        """
        With weights of spread 1 the network does not learn at all; batch norm rescues it, and does best \
        together with He's rule. It is no cure for everything. In as many layers the *gradients* still \
        grow on their way back, and the statistics of a small minibatch are noisy: with a tenth of the rate and \
        10 epochs in minibatches of 32, He's rule alone comes to \(training.short[0].accuracy, places: 1) %, \
        and with batch norm to \(training.short[1].accuracy, places: 1) %.
        """),
      .listing(try Listing("Initialization", initializationListing)),
      .control(RandomStack.control),
      .heading("In evaluation it is another function"),
      .paragraph(
        """
        The output for one image now depends on the others in its minibatch. So that an answer does not \
        depend on the others, the layer keeps running means of $\\mu$ and $s^2$, and uses them in \
        evaluation. Descent has PyTorch's convention: after each step
        """),
      .formula("m \\leftarrow 0.9 m + 0.1 \\mu"),
      .formula("v \\leftarrow 0.9 v + 0.1 \\frac{n}{n-1} s^2"),
      .paragraph(
        """
        from $m = 0$ and $v = 1$. The minibatch is normalised by $s^2$, which is divided by $n$; what is \
        remembered is the estimate that is divided by $n - 1$. Here is one unit that sees the same \
        minibatch 1, 2, 3, 6 in each step:
        """),
      .table(norm),
      .paragraph(
        """
        After one step the answers in evaluation are far from those in training, and a model that \
        is examined too early looks broken. With minibatches of 4 they stay apart, for $n / (n-1)$ is no \
        trifle there. With 32 it hardly matters. To forget about the difference, and to evaluate in training \
        mode, is a common mistake: the answers then change with the minibatch.
        """),
      .slip(
        claim:
          "If each layer has a slope of $k$, then $\\partial C / \\partial \\theta_l = k^{L-l}$.",
        correction: """
          It is *proportional* to that: the loss's derivative is missing, and \
          $\\partial f_l / \\partial \\theta_l$, which is different for different parameters. In a chain of \
          six linear layers $u_{l+1} = w_l u_l + b_l$ with $w_l = 0.8$, the derivatives by $b_l$ go from \
          \(chain.biases[0], places: 4) to \(chain.biases[5], places: 4) as $k^{L-l}$ says, a ratio of \
          \(chain.biases[5] / chain.biases[0], places: 4). Those by $w_l$ are \
          \(chain.weights[0], places: 4) and \(chain.weights[5], places: 4): the input $u_l$ has become \
          smaller by just as much on its way.
          """),
    ]
  }
}

// MARK: The lesson's code

/// Layers of one width with random weights, and how large numbers are in them.
enum RandomStack {
  static let width = 512
  static let depth = 20

  /// The standard deviation of each layer's activations, in float32.
  static func sizes(
    _ initializer: Initializer, isNormalized: Bool = false, activation: Activation = .relu,
    scale: Double = 1, seed: UInt64
  ) -> [Double] {
    var x = Tensor.normal([64, width], key: RandomKey(seed: seed, name: "inputs"))
    return (1...depth).map { layer in
      var z = x.matmul(
        scale * weights(initializer, width, key: RandomKey(seed: seed, name: "layer \(layer)")))
      if isNormalized {
        let centred = z - z.mean(over: [0], keepingAxes: true)
        z = centred / sqrt((centred * centred).mean(over: [0], keepingAxes: true) + 1e-5)
      }
      x = activation(z)
      return deviation(x)
    }
  }

  private static func weights(_ initializer: Initializer, _ width: Int, key: RandomKey) -> Tensor {
    let spread =
      initializer == .he
      ? (2 / Double(width)).squareRoot()
      : initializer == .lecun ? (1 / Double(width)).squareRoot() : 1
    return .normal([width, width], standardDeviation: spread, key: key)
  }

  /// In float64: squares end sooner than the numbers themselves.
  private static func deviation(_ x: Tensor) -> Double {
    let x = x.cast(to: .float64)
    let centred = x - x.mean()
    return sqrt((centred * centred).mean()).scalar
  }

  static var heSizes: [Double] { (1...3).flatMap { sizes(.he, seed: $0) } }

  static var linearFigure: Figure {
    let series = [0.5, 0.8, 1, 1.25, 2].map { gain in
      Series(
        "k = \(gain)", values: sizes(.lecun, activation: .identity, scale: gain, seed: 1))
    }
    return Figure(
      title: "Twenty linear layers with a factor of k each",
      description: "The standard deviation by layer, on a logarithmic axis: straight lines, which "
        + "fall for k below 1, rise for k above 1, and stay level for 1.",
      content: .lines(
        LineChart(
          series, x: Axis("layer"), y: Axis("standard deviation", scale: .logarithmic))))
  }

  static var figure: Figure {
    let series = [
      Series("spread 1", values: sizes(.normal(), seed: 1)),
      Series("1 / inputs", values: sizes(.lecun, seed: 1)),
      Series("He: 2 / inputs", values: sizes(.he, seed: 1)),
      Series("spread 1, batch norm", values: sizes(.normal(), isNormalized: true, seed: 1)),
    ]
    return Figure(
      title: "Twenty ReLU layers of 512 units",
      description:
        "The standard deviation of the activations by layer: with weights of spread 1 it "
        + "rises by a factor of 16 per layer, with variance 1 / inputs it falls, with He's rule and "
        + "with batch norm it stays near 1.",
      content: .lines(
        LineChart(
          series, x: Axis("layer"), y: Axis("standard deviation", scale: .logarithmic))))
  }

  /// The first layer whose numbers end, by the formula and in fact.
  static var overflows: [(width: Int, gain: Double, predicted: Double, measured: Int)] {
    [30, 100, 300, 1_000].map { width in
      let gain = (Double(width) / 2).squareRoot()
      let largest = Double(Float.greatestFiniteMagnitude)
      func log(_ x: Double) -> Double { value(at: x) { Descent.log($0) } }
      var x = Tensor.normal([16, width], key: RandomKey(seed: 1, name: "inputs"))
      var layer = 0
      repeat {
        layer += 1
        let key = RandomKey(seed: 1, name: "layer \(layer)")
        x = Descent.relu(x.matmul(weights(.normal(), width, key: key)))
      } while x.doubles().allSatisfy(\.isFinite) && layer < 100
      return (width, gain, log(largest) / log(gain), layer)
    }
  }
}

extension RandomStack {
  /// What twenty layers come to in training.
  struct Training: Sendable {
    struct Run: Sendable {
      let name: String
      let isNormalized: Bool
      let first: Double
      let last: Double
      let accuracy: Double

      init(
        _ name: String, _ initializer: Initializer, isNormalized: Bool, rate: Double, epochs: Int,
        batchSize: Int
      ) throws {
        let (training, test) = try Digits.load()
        let hidden = (0..<20).flatMap { _ -> [any Layer] in
          let dense = Dense(30, initializer: initializer)
          return [dense] + (isNormalized ? [BatchNorm()] : []) + [Activate(.relu)]
        }
        let layers = [Flatten()] + hidden + [Dense(10, initializer: .he)]
        var model = try Model(Sequential(layers), input: [28, 28], seed: 1)
        let history = try model.fit(
          Dataset(training).prefix(1_000), loss: .crossEntropy,
          optimizer: .adam(learningRate: .constant(rate)), epochs: epochs, batchSize: batchSize,
          stopping: .never)
        let result = try model.evaluate(
          Dataset(test), loss: .crossEntropy, metrics: [.accuracy])
        (self.name, self.isNormalized) = (name, isNormalized)
        (first, last) = (history.losses.first ?? .nan, history.losses.last ?? .nan)
        accuracy = 100 * (result["accuracy"] ?? .nan)
      }
    }
    /// The four beginnings.
    let runs: [Run]
    /// He's rule without and with batch norm, in fewer and noisier steps.
    let short: [Run]

    init() throws {
      let cases: [(String, Initializer, Bool)] = [
        ("spread 1", .normal(), false), ("He", .he, false), ("spread 1", .normal(), true),
        ("He", .he, true),
      ]
      runs = try cases.map {
        try Run($0, $1, isNormalized: $2, rate: 0.01, epochs: 30, batchSize: 100)
      }
      short = try [false, true].map {
        try Run("He", .he, isNormalized: $0, rate: 0.001, epochs: 10, batchSize: 32)
      }
    }
  }

  static let training = Result { try Training() }

  // MARK: The panel

  static let panelWidth = 32

  /// Numbers of mean 0 and deviation 1 that the page can make, too: an even distribution, by the
  /// generator of "Numerical Recipes".
  static func panelNumbers(_ count: Int) -> [Double] {
    var state: UInt32 = 1
    return (0..<count).map { _ in
      state = state &* 1_664_525 &+ 1_013_904_223
      return (2 * ((Double(state) + 0.5) / 4_294_967_296) - 1) * 3.squareRoot()
    }
  }

  /// The root mean square of each layer's sums, with weights that give a factor of `gain`.
  static func panelSizes(gain: Double, _ activation: Activation, isNormalized: Bool) -> [Double] {
    let n = panelWidth
    let numbers = panelNumbers((depth + 1) * n * n)
    func square(_ index: Int) -> Tensor {
      Tensor(Array(numbers[index * n * n..<(index + 1) * n * n]), shape: [n, n])
    }
    let factor = gain * ((activation == .relu ? 2.0 : 1) / Double(n)).squareRoot()
    var x = square(0)
    return (1...depth).map { layer in
      var z = x.matmul(factor * square(layer))
      if isNormalized {
        let centred = z - z.mean(over: [0], keepingAxes: true)
        z = centred / sqrt((centred * centred).mean(over: [0], keepingAxes: true) + 1e-5)
      }
      x = activation(z)
      return sqrt((z * z).mean()).scalar
    }
  }

  static var control: Control {
    let cases: [(Double, Activation, Bool)] = [
      (1, .identity, false), (1, .relu, false), (1.5, .relu, false), (0.6, .relu, true),
      (1, .tanh, false),
    ]
    return Control(
      "initialization", label: "Change the factor of twenty layers, and switch batch norm on",
      vectors: cases.map { gain, activation, isNormalized in
        Control.Vector(
          "sizes", gain, activation.name, isNormalized ? 1 : 0,
          gives: panelSizes(gain: gain, activation, isNormalized: isNormalized), within: 1e-8)
      })
  }
}

/// A unit with batch normalisation that sees one minibatch again and again.
enum NormSteps {
  static let batch = [1.0, 2, 3, 6]

  /// The running means, and the output for the first sample, after so many steps.
  static func after(_ steps: Int) throws -> (
    mean: Double, variance: Double, training: Double, evaluation: Double
  ) {
    var model = try Model(Sequential { BatchNorm() }, input: [1], seed: 1, dtype: .float64)
    let inputs = Tensor(batch, shape: [4, 1])
    var outputs = inputs
    for _ in 0..<steps {
      (_, outputs, _) = try valueWithGradient(at: &model) { model in
        let outputs = try model(inputs)
        return (outputs.sum(), outputs)
      }
    }
    return (
      model["0.running_mean"]!.doubles()[0], model["0.running_var"]!.doubles()[0],
      outputs.doubles()[0], try model(inputs).doubles()[0]
    )
  }

  static func table() throws -> NumberTable {
    NumberTable(
      ["steps", "m", "v", "training", "evaluation"],
      try [1, 10, 50, 200].map { steps in
        let state = try after(steps)
        return ["\(steps)"]
          + [state.mean, state.variance, state.training, state.evaluation].map { decimal($0, 4) }
      },
      caption:
        "The running means, and the output for the input 1. The mean is 3; the variance is 3.5, "
        + "divided by n, and 4.6667, divided by n − 1")
  }
}

/// Six linear layers of one unit, and a half of the square of what comes out.
enum LinearChain {
  static let k = 0.8

  static var gradients: (biases: [Double], weights: [Double]) {
    let depth = 6
    func cost(_ weights: Tensor, _ biases: Tensor) -> Tensor {
      var u = Tensor([1.5])[0]
      for layer in 0..<depth { u = weights[layer] * u + biases[layer] }
      return 0.5 * (u * u)
    }
    let weights = Tensor([Double](repeating: k, count: depth))
    let biases = Tensor([Double](repeating: 0, count: depth))
    return (
      gradient(at: biases) { cost(weights, $0) }.doubles(),
      gradient(at: weights) { cost($0, biases) }.doubles()
    )
  }
}
