import Descent
import DescentCharts

extension Lesson {
  static let loss = Lesson(
    id: "loss",
    title: "Loss functions: what is being wrong worth?",
    summary: "Squares, magnitudes, and what an outlier does to each.",
    assumes: ["regression", "sgd"],
    keywords: [
      "cost function", "l1", "l2", "mean squared error", "absolute error", "outlier", "median",
    ],
    question: Question(
      text: "Which single number has the least mean *squared* distance to 2, 4, 4 and 10?",
      answer: .numbers([5], tolerance: 1e-6),
      explanation: """
        The mean, 20 / 4 = 5. The least mean *absolute* distance has the median, which is 4.
        """)
  ) {
    let fits = Outlier.fits
    return [
      .paragraph(
        """
        A loss function turns “how wrong?” into one number to make small. It is asked for in two \
        assumptions, which everything that follows relies on: the cost is a *mean* over the samples, \
        and what a sample costs depends only on the *output* $o$ for it and on its target $y$.
        """),
      .formula("C = \\frac{1}{n} \\sum_{i=1}^{n} C_i, \\quad C_i = L(o^i, y^i)"),
      .paragraph(
        """
        The first is what allows minibatches. The second separates the loss from the network, so \
        that each can be exchanged without the other. For regression we took half the square. One could \
        as well take the magnitude:
        """),
      .formula(
        "L_2(o, y) = \\frac{1}{2} \\|o - y\\|^2, \\quad L_1(o, y) = \\|o - y\\|_1 = \\sum_j |o_j - y_j|"
      ),
      .figure(Outlier.shapes),
      .paragraph(
        """
        What is the difference? The gradient of the square grows with the error; that of the magnitude \
        is always −1 or 1. A square cares most about the worst mistake. Take the four numbers 1, 2, 3 \
        and 100, and find the one number nearest to all of them.
        """),
      .figure(Outlier.costs),
      .paragraph(
        """
        With squares it is \(fits.squares, places: 1), the mean, which is near none of them: one wild \
        value has pulled it away. With magnitudes every number from 2 to 3 is equally good; the engine \
        finds a cost of \(fits.atTwo, places: 2) at both ends and in between, and descent from 0 comes to \
        rest at \(fits.magnitudes, places: 2). That is the median. If your data have wild values, \
        magnitudes forgive them; if every large error is a disaster, squares do not.
        """),
      .listing(Listing("Loss", lossListing)),
      .control(Outlier.control),
      .slip(
        claim: "The magnitude loss has a derivative everywhere, so descent works as always.",
        correction: """
          It has a corner where the output is exactly right. Descent takes the derivative to be 0 there. \
          And since its slope does not fade near the goal, a fixed step leaps to and fro around it.
          """),
    ]
  }
}

// MARK: The lesson's code

/// One constant for four numbers, one of them wild.
enum Outlier {
  static let data = [1.0, 2, 3, 100]

  static func cost(_ loss: (Tensor, Tensor) -> Tensor, at constant: Double) -> Double {
    loss(Tensor([Double](repeating: constant, count: data.count)), Tensor(data)).scalar
  }

  static var fits: (squares: Double, magnitudes: Double, atTwo: Double) {
    func minimize(_ loss: (Tensor, Tensor) -> Tensor, rate: Double, steps: Int) -> Double {
      GradientDescent(learningRate: rate, stepLimit: steps).minimize(from: Tensor([0.0])) {
        loss($0 + Tensor([0.0, 0, 0, 0]), Tensor(data))
      }.end.doubles()[0]
    }
    precondition(cost(absoluteError, at: 2) == cost(absoluteError, at: 2.5))
    return (
      minimize(halfSquaredError, rate: 0.5, steps: 100),
      minimize(absoluteError, rate: 0.125, steps: 100), cost(absoluteError, at: 2)
    )
  }

  static var shapes: Figure {
    Figure(
      title: "Two losses of one error",
      description: "Half the square and the magnitude of an error from −3 to 3.",
      content: .lines(
        LineChart(
          [
            Series("half the square", points: sampled(-3...3) { 0.5 * ($0 * $0) }),
            Series("magnitude", points: sampled(-3...3) { abs($0) }),
          ], x: Axis("error o − y"), y: Axis("loss"))))
  }

  static var costs: Figure {
    func points(_ loss: @escaping (Tensor, Tensor) -> Tensor, scale: Double) -> [Series.Point] {
      stride(from: 0.0, through: 60, by: 0.5).map { .init(x: $0, y: cost(loss, at: $0) / scale) }
    }
    return Figure(
      title: "The cost of a constant for 1, 2, 3 and 100",
      description:
        "Both costs, each divided by its value at 0: squares are lowest at 26.5, magnitudes "
        + "between 2 and 3.",
      content: .lines(
        LineChart(
          [
            Series(
              "squares", points: points(halfSquaredError, scale: cost(halfSquaredError, at: 0))),
            Series("magnitudes", points: points(absoluteError, scale: cost(absoluteError, at: 0))),
          ], x: Axis("the constant"), y: Axis("cost, relative to that of 0"))))
  }

  static var control: Control {
    Control(
      "loss", label: "Slide a constant along the data, drag the wild value, and compare both costs",
      parameters: ["data": data],
      vectors: [0.0, 2.5, 26.5].flatMap { constant in
        [
          Control.Vector("squares", data, constant, gives: cost(halfSquaredError, at: constant)),
          Control.Vector("magnitudes", data, constant, gives: cost(absoluteError, at: constant)),
        ]
      })
  }
}
