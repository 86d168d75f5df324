import Descent
import DescentCharts
import Foundation

extension Lesson {
  static let dropout = Lesson(
    id: "dropout",
    title: "Dropout: learning without leaning on anyone",
    summary: "Units that are struck out at random in training, and why the mean stays what it was.",
    assumes: ["unstable", "sgd"],
    keywords: ["regularisation", "inverted dropout", "mask", "train and eval", "co-adaptation"],
    question: Question(
      text: """
        A hidden layer has dropout with a rate of 0.2. In training, by what factor is the output of a unit \
        multiplied that is *not* struck out?
        """,
      answer: .numbers([1.25], tolerance: 1e-6),
      explanation: """
        A unit is there for 8 of 10 samples. For its mean to stay, it must be 1 / 0.8 = 1.25 times as \
        large when it is.
        """)
  ) {
    let experiment = try ExperimentResult.committed("dropout")
    let wide = { (rate: String, name: String) in experiment["100 units, rate \(rate): \(name)"] }
    let exact = DropoutMean.overAllMasks
    let drawn = try DropoutMean.drawn()
    let bent = DropoutMean.bent
    let halved = DropoutMean.halved
    return [
      .paragraph(
        """
        A network with too many parameters for its data learns its examples by heart, and units begin to \
        rely on each other: one corrects what another gets wrong, for just these images. Dropout, of \
        2012, takes that away. In each step of training every hidden unit is struck out with some \
        probability, the *rate*, anew for each sample of the minibatch; what is left is trained for that \
        step. No unit can count on another one being there.
        """),
      .figure(DropoutMean.diagram(mask: nil)),
      .figure(DropoutMean.diagram(mask: DropoutMean.mask(step: 2))),
      .paragraph(
        """
        Struck out means an output of 0: nothing goes forward from the unit, and no gradient comes \
        back. With a rate of one half, a layer of 30 units has $2^{30}$ such subnetworks, and a training \
        meets few of them twice. They share their weights. When training is over, all units are there, \
        and the whole network answers somewhat like a vote of them all.
        """),
      .heading("Keeping the mean"),
      .paragraph(
        """
        But a unit behind the layer was used to half of its inputs. With all of them, its sum would be \
        twice as large. So the outputs that are kept are enlarged in training, and evaluation needs \
        no care:
        """),
      .formula(
        "\\hat{u}_j = \\frac{m_j}{1 - p} u_j, \\quad m_j \\in \\{0, 1\\}, \\quad P(m_j = 0) = p"),
      .paragraph(
        """
        Each $\\hat{u}_j$ has the mean $u_j$. A linear unit behind it therefore has the mean that it \
        would have without dropout. Eight inputs and one linear unit have \(exact.count) masks; at a \
        rate of one half all are equally likely, and the mean over all of them differs from the output \
        in evaluation, \(exact.whole, places: 4), by \(exact.difference, digits: 1), no more than rounding. Drawn at \
        random, the mean of \(drawn.count) outputs is \(drawn.mean, places: 4) with a standard error of \
        \(drawn.error, digits: 1).
        """),
      .figure(drawn.figure),
      .paragraph(
        """
        Behind a bend this is no longer exact. If the unit is a sigmoid, the mean over all masks is \
        \(bent.mean, places: 4) and the output in evaluation \(bent.whole, places: 4). In a network with \
        several layers the evaluation is an approximation of the vote, and a cheap one: one pass instead \
        of \(exact.count).
        """),
      .listing(try Listing("Dropout", dropoutListing)),
      .control(DropoutMean.control),
      .heading("Does it help?"),
      .paragraph(
        """
        Take the network that overfitted 1,000 digits in 400 epochs, in the last lesson of part one, and \
        put dropout behind its hidden layer:
        """),
      .table(
        NumberTable(
          ["hidden units", "rate", "test, %", "training, %", "lowest test cost", "last test cost"],
          DropoutSetting.all.map { setting in
            ["\(setting.units)", "\(setting.rate)"]
              + zip(DropoutSetting.quantities, [2, 2, 3, 3]).map {
                decimal(experiment["\(setting): \($0)"], $1)
              }
          }, caption: "On MNIST; medians of \(experiment.seeds.count) beginnings")),
      .figure(
        experiment.figure(
          "The test cost with and without dropout",
          ["30 units, rate 0.0: test cost", "30 units, rate 0.5: test cost"], "test cost",
          description: "The test cost by epoch: without dropout it falls, turns and rises; with a "
            + "rate of one half it turns later, at a lower value, and rises, too.")),
      .paragraph(
        """
        With 30 units and a rate of one half, \(experiment["30 units, rate 0.5: last test, %"], places: 1) % \
        of the test images are right, where it was \
        \(experiment["30 units, rate 0.0: last test, %"], places: 1) %. Half of the units are missing in each \
        step, so a layer with dropout may be larger: of 100 units, \
        \(wide("0.5", "last test, %"), places: 1) % come with it, and \(wide("0.0", "last test, %"), places: 1) % \
        without. The training accuracy is measured without masks.
        """),
      .paragraph(
        """
        It is no cure. With 30 units the lowest test cost is \
        \(experiment["30 units, rate 0.5: lowest test cost"], places: 2) and not \
        \(experiment["30 units, rate 0.0: lowest test cost"], places: 2), and comes later, but after it the \
        cost rises as before; with 100 units it ends even higher than without dropout, for the network is \
        so sure of its mistakes. To stop in time helps with dropout, too.
        """),
      .paragraph(
        """
        Dropout makes training noisier, and so slower. It does most for large dense layers and little \
        data. Convolutions, which share their weights over the whole image, need it less.
        """),
      .slip(
        claim: "When training is over, halve the weights that lead out of the layer.",
        correction: """
          That is how it was first described: nothing is enlarged in training, and the weights are halved \
          behind it. It is right, and the same thing: a network with the halved weights from the start, \
          whose kept outputs are doubled in training, gives the same outputs with \
          \(halved.equal) of \(halved.count) masks, bit for bit, and in evaluation. Libraries enlarge in \
          training (*inverted dropout*), so that evaluation knows nothing of it. Doing both would halve \
          twice.
          """),
      .slip(
        claim: "Dropout with a rate of 0 multiplies by 1, which rounding may change a little.",
        correction: """
          A product with 1 is exact, and Descent leaves the layer out altogether: of \
          \(DropoutMean.identical.total) outputs of a network in training, \
          \(DropoutMean.identical.equal) are equal to the last bit with and without it.
          """),
    ]
  }
}

// MARK: The lesson's code

/// Eight inputs, masks over them, and one linear unit.
enum DropoutMean {
  static let inputs = [0.9, 0.2, 0.7, 0.4, 1.0, 0.3, 0.8, 0.6]
  static let weights = [0.5, -0.8, 0.3, 0.9, -0.4, 0.7, 0.2, -0.6]

  /// The linear unit's output with a mask, the kept inputs enlarged.
  static func output(_ mask: [Int], rate: Double) -> Double {
    let kept = Tensor(mask.map { Double($0) / (1 - rate) })
    return (Tensor(inputs) * kept * Tensor(weights)).sum().scalar
  }

  static var whole: Double { output([Int](repeating: 1, count: 8), rate: 0) }

  private static var allMasks: [[Int]] { (0..<256).map { n in (0..<8).map { n >> $0 & 1 } } }

  /// With a rate of one half all masks are equally likely.
  static var overAllMasks: (count: Int, whole: Double, difference: Double) {
    let outputs = allMasks.map { output($0, rate: 0.5) }
    let mean = outputs.reduce(0, +) / Double(outputs.count)
    return (outputs.count, whole, abs(mean - whole))
  }

  /// The same with a sigmoid: its mean is not its value at the mean.
  static var bent: (mean: Double, whole: Double) {
    let outputs = Descent.sigmoid(Tensor(allMasks.map { output($0, rate: 0.5) }))
    return (outputs.mean().scalar, value(at: whole) { Descent.sigmoid($0) })
  }

  /// With how many masks plain dropout and inverted dropout with halved weights give the same.
  static var halved: (equal: Int, count: Int) {
    let equal = allMasks.count { mask in
      let kept = Tensor(mask.map { Double($0) })
      let plain = (Tensor(inputs) * kept * Tensor(weights)).sum().scalar
      let inverted = (Tensor(inputs) * (2 * kept) * (0.5 * Tensor(weights))).sum().scalar
      return plain == inverted
    }
    return (equal, allMasks.count)
  }

  /// What the layer gives in steps of training.
  struct Drawn {
    let outputs: [Double]
    let whole: Double
    var count: Int { outputs.count }
    var mean: Double { outputs.reduce(0, +) / Double(count) }
    /// The standard error of the mean.
    var error: Double {
      let mean = mean
      let squares = outputs.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      return (squares / Double(count - 1) / Double(count)).squareRoot()
    }

    var figure: Figure {
      var (sum, squares) = (0.0, 0.0)
      var (means, above, below): ([Series.Point], [Series.Point], [Series.Point]) = ([], [], [])
      for (index, output) in outputs.enumerated() {
        (sum, squares) = (sum + output, squares + output * output)
        let n = Double(index + 1)
        // Twelve places for each factor of ten are enough for a curve.
        guard index > 0, index + 1 == count || Int(12 * log10(n)) != Int(12 * log10(n + 1))
        else { continue }
        let mean = sum / n
        let error = ((squares / n - mean * mean).magnitude / (n - 1)).squareRoot()
        means.append(.init(x: n, y: mean))
        above.append(.init(x: n, y: whole + 2 * error))
        below.append(.init(x: n, y: whole - 2 * error))
      }
      return Figure(
        title: "The mean over more and more masks",
        description: "The mean output by the number of masks: it wavers at first, and comes to the "
          + "output in evaluation, within two standard errors, which shrink.",
        content: .lines(
          LineChart(
            [
              Series("mean of the outputs in training", points: means),
              Series("evaluation + 2 standard errors", points: above),
              Series("evaluation − 2 standard errors", points: below),
            ], x: Axis("masks", scale: .logarithmic), y: Axis("output"))))
    }
  }

  static func drawn(count: Int = 10_000, rate: Double = 0.5) throws -> Drawn {
    let network = Sequential {
      Dropout(rate)
      Dense(1)
    }
    var model = try Model(network, input: [8], seed: 1, dtype: .float64)
    model["1.weight"] = Tensor(weights, shape: [1, 8])
    let rows = Tensor(
      [[Double]](repeating: inputs, count: count).flatMap { $0 }, shape: [count, 8])
    let (_, outputs, _) = try valueWithGradient(at: &model) { model in
      let outputs = try model(rows)
      return (outputs.sum(), outputs)
    }
    return Drawn(
      outputs: outputs.doubles(), whole: try model(Tensor(inputs, shape: [1, 8])).scalar)
  }

  /// How many outputs in training are equal, bit for bit, with a rate of 0 and without the layer.
  static var identical: (equal: Int, total: Int) {
    func outputs(_ isThere: Bool) -> [Double] {
      let layers: [any Layer] = (isThere ? [Dropout(0)] : []) + [Dense(16).named("only")]
      guard var model = try? Model(Sequential(layers), input: [8], seed: 3),
        let result = try? valueWithGradient(
          at: &model,
          of: { model in
            let outputs = try model(Tensor.normal([64, 8], key: RandomKey(seed: 4)))
            return (outputs.sum(), outputs)
          })
      else { return [] }
      return result.auxiliary.doubles()
    }
    let (with, without) = (outputs(true), outputs(false))
    return (zip(with, without).count { $0 == $1 }, without.count)
  }

  // MARK: Pictures

  /// Which of twelve hidden units are kept in a step: six in each of two layers.
  static func mask(step: UInt64, rate: Double = 0.5) -> [Int] {
    Tensor.bernoulli([12], probability: 1 - rate, key: RandomKey(seed: 1).at(step: step))
      .cast(to: .int32).scalars(as: Int32.self).map { Int($0) }
  }

  static func diagram(mask: [Int]?) -> Figure {
    let sizes = [4, 6, 6, 3]
    let isKept = sizes.enumerated().map { layer, size in
      (0..<size).map { unit in
        mask.map { (1...2).contains(layer) ? $0[6 * (layer - 1) + unit] == 1 : true } ?? true
      }
    }
    var diagram = NetworkDiagram(
      layers: isKept.map { $0.map { NetworkDiagram.Unit($0 ? "" : "×") } },
      weights: zip(sizes, sizes.dropFirst()).map { size, next in
        [[Double]](repeating: [Double](repeating: 0.3, count: next), count: size)
      })
    diagram.connections.removeAll { connection in
      ![connection.start, connection.end].allSatisfy { isKept[$0.layer][$0.unit] }
    }
    let kept = mask?.reduce(0, +) ?? 12
    return Figure(
      title: mask == nil ? "The whole network" : "The same for one sample, in one step of training",
      description: mask == nil
        ? "A network with 4 inputs, two hidden layers of 6 units and 3 outputs, fully connected."
        : "The same network with \(12 - kept) of its 12 hidden units struck out: they have a cross, "
          + "and no connections.",
      content: .network(diagram))
  }

  static var control: Control {
    let masks = [[1, 1, 1, 1, 1, 1, 1, 1], [1, 0, 1, 0, 1, 0, 1, 0], [0, 0, 0, 1, 1, 0, 0, 1]]
    return Control(
      "dropout", label: "Draw masks, and watch the mean come to what evaluation says",
      parameters: ["inputs": inputs, "weights": weights],
      vectors: masks.flatMap { mask in
        [0.0, 0.2, 0.5].map { rate in
          Control.Vector(
            "output", inputs, weights, mask, rate, gives: output(mask, rate: rate), within: 1e-12)
        }
      })
  }
}
