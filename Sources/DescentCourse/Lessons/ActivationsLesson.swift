import Descent
import DescentCharts

extension Lesson {
  static let activations = Lesson(
    id: "activations",
    title: "ReLU and other activations",
    summary: "What the sums go through: a gallery of functions with their derivatives.",
    assumes: ["sigmoid"],
    keywords: ["relu", "rectified linear unit", "tanh", "gelu", "leaky", "softplus", "dead unit"],
    question: Question(
      text: "What is the derivative of $\\text{ReLU}(z) = \\max(0, z)$ at $z = -3$ and at $z = 2$?",
      answer: .numbers([0, 1], tolerance: 1e-6),
      explanation: """
        Left of 0 the function is flat, right of it it is $z$ itself. Exactly at 0 there is no derivative; \
        Descent takes 0 there.
        """)
  ) {
    let sigmoidTop = Gallery.steepest(.sigmoid)
    let tanhTop = Gallery.steepest(.tanh)
    let dead = Gallery.deadUnit
    return [
      .paragraph(
        """
        Every neuron so far is $y(x) = \\sigma(\\sum_j w_j x_j + b)$ with some function $\\sigma$, the \
        *activation*. We have met the step and the sigmoid. Without any, a network of many layers would \
        be a single layer in disguise, since sums of sums are sums.
        """),
      .heading("The rectified linear unit"),
      .formula("\\text{ReLU}(z) = \\max(0, z)"),
      .figure(Gallery.figure("ReLU", [.relu])),
      .paragraph(
        """
        It is hardly a curve at all: nothing below 0, and what comes in above. Today most hidden layers \
        use it or a relative of it. It costs next to nothing to compute, and for positive sums its slope \
        is 1, however large they are.
        """),
      .paragraph(
        """
        The sigmoid is different. Its slope is largest at 0, where it is \(sigmoidTop, places: 2), and \
        almost nothing a few units away. Keep that number in mind; a later lesson multiplies it by \
        itself many times. The hyperbolic tangent, a sigmoid stretched to lie between −1 and 1, has a \
        largest slope of \(tanhTop, places: 0).
        """),
      .figure(Gallery.figure("Sigmoid and hyperbolic tangent", [.sigmoid, .tanh])),
      .figure(Gallery.slopes),
      .listing(Listing("Activations", activationsListing)),
      .heading("A dead unit"),
      .paragraph(
        """
        ReLU has a weakness. A unit whose sum is negative for every sample says 0 for all of them, and \
        its slope is 0 for all of them, so no gradient ever comes back and it stays as it is. One \
        that began with a bias of −5 has moved its weight by \(dead.relu, places: 0) after 100 steps. \
        With the *leaky* ReLU, which keeps a hundredth of the slope below 0, it \
        has moved by \(dead.leaky, digits: 2).
        """),
      .paragraph(
        """
        Others are smooth relatives of ReLU: *softplus* is $\\log(1 + e^z)$, and *GELU* is $z$ times the \
        probability that a normally distributed number is below $z$.
        """),
      .figure(Gallery.figure("Relatives of ReLU", [.leakyRelu, .softplus, .gelu])),
      .table(
        NumberTable(
          ["activation", "at −1", "at 0", "at 1", "slope at −1", "slope at 0", "slope at 1"],
          Gallery.all.map { activation in
            [activation.name]
              + [-1.0, 0, 1].map { decimal(value(at: $0) { activation($0) }, 4) }
              + [-1.0, 0, 1].map { decimal(slope(at: $0) { activation($0) }, 4) }
          }, caption: "All of them in numbers, computed by the engine")),
      .control(Gallery.control),
      .slip(
        claim: "ReLU is used with gradients, so it has a derivative everywhere.",
        correction: """
          At 0 it has a corner. Any number from 0 to 1 would serve there; Descent takes \
          \(slope(at: 0) { Descent.relu($0) }, places: 0). A finite difference across the corner says \
          one half, which is why derivative checks leave out the neighbourhood of 0.
          """),
    ]
  }
}

// MARK: The lesson's code

/// Activations with their derivatives.
enum Gallery {
  static let all: [Activation] = [.sigmoid, .tanh, .relu, .leakyRelu, .softplus, .gelu]

  static func slopes(_ activation: Activation) -> [Series.Point] {
    sampled(-4...4, count: 161) { x in gradient(at: x) { activation($0).sum() } }
  }

  /// The largest slope.
  static func steepest(_ activation: Activation) -> Double {
    slopes(activation).map(\.y).max() ?? 0
  }

  static func figure(_ title: String, _ activations: [Activation]) -> Figure {
    let names = activations.map(\.name).joined(separator: ", ")
    return Figure(
      title: title,
      description: "Curves of \(names) between −4 and 4.",
      content: .lines(
        LineChart(
          activations.map { activation in
            Series(activation.name, points: sampled(-4...4, count: 161) { activation($0) })
          }, x: Axis("z"), y: Axis("activation"))))
  }

  static var slopes: Figure {
    Figure(
      title: "Their derivatives",
      description:
        "Derivatives: the sigmoid's is a low hill of height one quarter, tanh's a hill of "
        + "height 1, ReLU's 0 and then 1.",
      content: .lines(
        LineChart(
          [Activation.sigmoid, .tanh, .relu].map { Series($0.name, points: slopes($0)) },
          x: Axis("z"), y: Axis("derivative"))))
  }

  /// How far the weight of a unit with a bias of −5 moves in 100 steps, for inputs from 0 to 1.
  static var deadUnit: (relu: Double, leaky: Double) {
    func moved(_ activation: Activation) -> Double {
      let x = Tensor.linear(from: 0, to: 1, count: 20, dtype: .float64)
      var parameters = Tensor([1.0, -5])
      for _ in 0..<100 {
        parameters =
          parameters
          - 0.1
          * gradient(at: parameters) { p in
            let error = activation(p[0] * x + p[1]) - 1
            return (error * error).mean()
          }
      }
      return (parameters[0] - 1).scalar
    }
    return (moved(.relu), moved(.leakyRelu))
  }

  static var control: Control {
    let places = [-3.0, -0.5, 0, 0.25, 2]
    return Control(
      "activations", label: "Move one cursor over all activations and their derivatives",
      parameters: ["names": all.map(\.name)],
      vectors: all.flatMap { activation in
        places.flatMap { z in
          [
            Control.Vector(
              "value", activation.name, z, gives: value(at: z) { activation($0) }, within: 1e-6),
            Control.Vector(
              "slope", activation.name, z, gives: slope(at: z) { activation($0) }, within: 1e-6),
          ]
        }
      })
  }
}
