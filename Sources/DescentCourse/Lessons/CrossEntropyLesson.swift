import Descent
import DescentCharts

extension Lesson {
  static let crossEntropy = Lesson(
    id: "crossentropy",
    title: "Cross-entropy: a loss that wakes neurons up",
    summary: "Why squares learn slowly from their worst mistakes, and what to use instead.",
    assumes: ["loss", "sigmoid", "the chain rule", "what a probability is"],
    keywords: ["cross entropy", "log loss", "saturation", "learning slowdown", "classification"],
    question: Question(
      text: """
        A network gives the right class a probability of one half. What is the cross-entropy loss, with \
        the natural logarithm?
        """,
      answer: .numbers([0.693147], tolerance: 1e-3),
      explanation: "$-\\log \\frac{1}{2} = \\log 2$, about 0.693."
    )
  ) {
    let easy = SaturatedNeuron.train(from: (0.6, 0.9), SaturatedNeuron.square)
    let hard = SaturatedNeuron.train(from: (2, 2), SaturatedNeuron.square)
    let cured = SaturatedNeuron.train(from: (2, 2), SaturatedNeuron.crossEntropy)
    let naive = value(at: 0) { -log($0) }
    let fromLogits = SaturatedNeuron.fromLogits
    return [
      .paragraph(
        """
        Say that a network is to read handwritten digits. There are ten classes, so it has ten outputs \
        $o$, and the target is a class $y$. One can write the class as a list with a single 1, $e_y$, and \
        take the square of $o - e_y$. It works, but not well. The smallest network shows why.
        """),
      .heading("One neuron, one lesson"),
      .paragraph(
        """
        A sigmoid neuron with one weight and one bias is to learn: input 1, output 0. Cost: half the \
        square. Rate: 0.15. From $w$ = 0.6, $b$ = 0.9 its first output is \(easy[0], places: 4), and \
        after 300 steps \(easy[300], places: 4). Good. Now let it begin with $w = b = 2$, at \
        \(hard[0], places: 4): as wrong as can be. People learn fastest when they are badly wrong. This \
        neuron is still at \(hard[150], places: 3) after 150 steps, and at \(hard[300], places: 4) after \
        300.
        """),
      .figure(SaturatedNeuron.curves([("start 0.6, 0.9", easy), ("start 2, 2", hard)])),
      .paragraph(
        "The chain rule shows where the gradient is lost. With $a = \\sigma(z)$ and $z = wx + b$,"),
      .formula("\\frac{\\partial C}{\\partial w} = (a - y) \\sigma'(z) x"),
      .paragraph(
        """
        and $\\sigma'(z)$ is next to nothing where the sigmoid is flat: exactly where the neuron is sure \
        of itself, right or wrong. It is *saturated*.
        """),
      .heading("A loss that cancels the factor"),
      .paragraph(
        """
        Read the output as a probability. If the network gives the right class the probability $o_y$, \
        let it pay
        """),
      .formula("L(o, y) = -\\log(o_y)"),
      .paragraph(
        """
        Nothing for certainty, a little for doubt, and without limit for being sure of the wrong. For one \
        neuron and a target of 0 or 1 this is $-y \\log a - (1 - y) \\log(1 - a)$, and its derivative is
        """),
      .formula("\\frac{\\partial C}{\\partial w} = (a - y) x"),
      .paragraph(
        """
        The factor $\\sigma'$ is gone: the more wrong, the faster it learns. From $w = b = 2$, at the same \
        rate, the neuron is at \(cured[300], places: 4) after 300 steps.
        """),
      .figure(
        SaturatedNeuron.curves([
          ("squares, start 2, 2", hard), ("cross-entropy, start 2, 2", cured),
        ])),
      .figure(SaturatedNeuron.signals),
      .listing(Listing("CrossEntropy", crossEntropyListing)),
      .control(SaturatedNeuron.control),
      .paragraph(
        """
        A last practical point. If a probability underflows to 0, $-\\log 0$ is \(naive, places: 0), and \
        its gradient is of no use. Descent computes the loss from $z$, the *logit*, without ever forming \
        the probability: for a logit of −200 and a target of 1 the loss is \(fromLogits, places: 1).
        """),
      .slip(
        claim: "$L \\ge 0$, because $\\log(x) < 0$ for all $x$ from 0 to 1.",
        correction: """
          Nearly. The logarithm of 1 is exactly \(value(at: 1) { log($0) }, places: 0), not less; at 0 it \
          is minus infinity. So the loss is 0 for certainty, and has no upper bound.
          """),
      .slip(
        claim: "Squares are simply the wrong loss for classes.",
        correction: """
          They have their lowest place where the answer is right, like any loss. What is wrong with them \
          is the factor $\\sigma'(z)$ in their gradient, which fades where a sigmoid is sure and wrong: \
          \(slope(at: 4) { Descent.sigmoid($0) }, places: 4) at $z = 4$.
          """),
      .slip(
        claim: "With cross-entropy one cannot use sigmoid outputs.",
        correction: """
          For *one of several* classes one cannot, since sigmoids need not add up to 1. For yes or no, or \
          for several labels at once, a sigmoid for each with its own cross-entropy is just right, as in \
          this lesson.
          """),
    ]
  }
}

// MARK: The lesson's code

/// A sigmoid neuron that is to say 0 to the input 1.
enum SaturatedNeuron {
  typealias Cost = @Sendable (Tensor) -> Tensor

  /// Costs of the logit z, for the target 0.
  static let square: Cost = { z in halfSquaredError(Descent.sigmoid(z), z * 0) }
  static let crossEntropy: Cost = { z in binaryCrossEntropy(z, z * 0) }

  /// The output before each of 300 steps and after the last.
  static func train(from start: (Double, Double), _ cost: Cost, steps: Int = 300) -> [Double] {
    var parameters = Tensor([start.0, start.1])
    var outputs: [Double] = []
    for _ in 0...steps {
      outputs.append(Descent.sigmoid(parameters.sum()).scalar)
      // The input is 1: z = w + b.
      let slopes = gradient(at: parameters) { cost($0.sum().reshaped([1])).sum() }
      parameters = parameters - 0.15 * slopes
    }
    return outputs
  }

  static func curves(_ runs: [(String, [Double])]) -> Figure {
    Figure(
      title: "The output while it learns to say 0",
      description: "The neuron's output by step: "
        + runs.map { "\($0.0) ends at \(decimal($0.1.last!, 3))" }
        .joined(separator: "; ") + ".",
      content: .lines(
        LineChart(
          runs.map { Series($0.0, values: $0.1, first: 0) }, x: Axis("step"), y: Axis("output"))))
  }

  static var signals: Figure {
    func points(_ cost: @escaping Cost) -> [Series.Point] {
      sampled(-6...6) { z in gradient(at: z) { z in Self.sum(cost, z) } }
    }
    return Figure(
      title: "How strongly a mistake pulls",
      description: "The derivative of both costs by z for a target of 0: for squares it fades away "
        + "where z is large, for cross-entropy it grows to 1.",
      content: .lines(
        LineChart(
          [
            Series("squares", points: points(square)),
            Series("cross-entropy", points: points(crossEntropy)),
          ],
          x: Axis("z (right would be very negative)"), y: Axis("∂C/∂z"))))
  }

  /// The sum of a cost over separate samples: costs are means.
  private static func sum(_ cost: Cost, _ z: Tensor) -> Tensor {
    cost(z.reshaped([z.shape[0], 1])) * Double(z.shape[0])
  }

  static var fromLogits: Double { binaryCrossEntropy(Tensor([-200.0]), Tensor([1.0])).scalar }

  static var control: Control {
    let starts = [(0.6, 0.9), (2.0, 2.0)]
    return Control(
      "crossentropy",
      label: "Choose where the neuron begins and which loss it pays, and let it learn",
      vectors: starts.flatMap { start in
        [("square", square), ("crossEntropy", crossEntropy)].map { name, cost in
          Control.Vector(
            "train", name, start.0, start.1, 300, gives: train(from: start, cost)[300],
            within: 1e-9)
        }
      })
  }
}
