import Descent
import DescentCharts

extension Lesson {
  static let sigmoid = Lesson(
    id: "sigmoid",
    title: "Layers, and a smoother neuron",
    summary: "Many perceptrons in layers, and the sigmoid that lets gradient descent teach them.",
    assumes: ["logic", "regression"],
    keywords: ["multi-layer perceptron", "mlp", "hidden layer", "xor", "smooth", "steepness"],
    question: Question(
      text: "What is the slope of the sigmoid at $z = 0$?",
      answer: .numbers([0.25], tolerance: 1e-3),
      explanation: """
        $\\sigma'(z) = \\sigma(z)(1 - \\sigma(z))$, and $\\sigma(0)$ is one half: a quarter. It is nowhere \
        steeper.
        """)
  ) {
    let half = value(at: 0) { Descent.sigmoid($0) }
    let quarter = slope(at: 0) { Descent.sigmoid($0) }
    let stepSlope = slope(at: 0.3) { Activation.step($0) }
    let seeds = XOR.solvedSeeds
    return [
      .paragraph(
        """
        The circuits of the last lesson were perceptrons in *layers*: the first makes simple decisions \
        about the inputs, the next weighs those decisions, and so on to the output. Layers that are \
        neither input nor output are called *hidden*. The whole is a *multi-layer perceptron*.
        """),
      .figure(XOR.diagram),
      .paragraph(
        """
        To teach one, we would like to roll downhill: nudge a weight a little, see whether the cost \
        falls, and go on that way. But a perceptron does not answer to nudges. Almost always nothing \
        happens at all, and once in a while an output jumps from 0 to 1. The derivative of the step \
        function, by Descent's rule at 0.3, is \(stepSlope, places: 0); it is 0 wherever you look.
        """),
      .figure(XOR.nudges),
      .heading("The sigmoid"),
      .paragraph(
        "So take the edge off the step. The *sigmoid* rises from 0 to 1 like it, but smoothly:"),
      .formula("\\sigma(z) = \\frac{1}{1 + e^{-z}}"),
      .figure(XOR.steepness),
      .paragraph(
        """
        For large $z$ it is nearly 1, for very negative $z$ nearly 0. In between it is one half at 0 \
        (the engine says \(half, places: 1)), with a slope of \(quarter, places: 2). Multiply all weights \
        of a sigmoid neuron by a large number and it becomes a perceptron: the picture shows \
        $\\sigma(cz)$ for growing $c$.
        """),
      .listing(Listing("Sigmoid", sigmoidListing)),
      .paragraph(
        """
        Now a small change of a weight makes a small change of the output, and the gradient says how \
        large. That is all that gradient descent needs.
        """),
      .heading("XOR, learned"),
      .paragraph(
        """
        The function that no single neuron could learn: two inputs, four hidden sigmoid neurons, one \
        sigmoid output. The cost is half the mean square of what the output is off by, as for the line. \
        Begin with random weights, and descend. Of ten random beginnings, \(seeds) end with all four cases \
        right.
        """),
      .figure(XOR.plane),
      .paragraph(
        """
        The hidden neurons each draw a soft line across the plane; the output neuron combines them to a \
        valley between the two corners. Nobody told them which lines.
        """),
      .control(XOR.control),
      .slip(
        claim: "The network of perceptrons is very discontinuous, which makes descent difficult.",
        correction: """
          Worse. Its derivative is 0 at almost every place, so there is not even a hint of a direction. \
          And the smoothed network is not convex: descent may end in a place that is not the lowest.
          """),
    ]
  }
}

// MARK: The lesson's code

/// A 2-4-1 network that learns XOR.
enum XOR {
  static let rows = Truth.rows(2)
  static let targets = [0.0, 1, 1, 0]

  private static let data = Dataset(
    inputs: Tensor(rows: rows), targets: Tensor(rows: targets.map { [$0] }))

  /// The network after training from one random beginning.
  static func trained(seed: UInt64) throws -> Model {
    let network = Sequential {
      Dense(4, activation: .sigmoid, initializer: .normal(standardDeviation: 2))
      Dense(1, activation: .sigmoid)
    }
    var model = try Model(network, input: [2], seed: seed)
    try model.fit(
      data, loss: .l2, optimizer: .sgd(learningRate: 4), epochs: 2_000, batchSize: 4,
      stopping: .never)
    return model
  }

  private static func isSolved(_ model: Model) throws -> Bool {
    let outputs = try model(Tensor(rows: rows)).doubles()
    return zip(outputs, targets).allSatisfy { ($0 > 0.5) == ($1 > 0.5) }
  }

  static var solvedSeeds: Int {
    (0..<10).filter { seed in
      (try? isSolved(trained(seed: UInt64(seed)))) ?? false
    }.count
  }

  static var diagram: Figure {
    Figure(
      title: "A multi-layer perceptron",
      description: "Two inputs, four hidden neurons and one output; every neuron is connected with "
        + "all of the layer before.",
      content: .network(
        NetworkDiagram(
          layers: [
            [.init("x₁"), .init("x₂")], (1...4).map { .init("h\($0)") }, [.init("y")],
          ],
          weights: [
            [[1, -0.5, 0.8, -1], [-0.6, 1, 0.9, 0.4]], [[0.8], [-0.9], [0.5], [1]],
          ])))
  }

  /// The output of two neurons in a row for an input of 1, by the first one's weight; all weights and
  /// biases are multiplied by c.
  @Sendable
  private static func pair(_ activation: Activation, weight: Tensor, c: Double = 1) -> Tensor {
    activation(c * (4 * activation(c * (2 * weight - 4)) - 2))
  }

  static var nudges: Figure {
    let range = -2.0...6.0
    func output(_ activation: Activation) -> [Series.Point] {
      sampled(range, count: 401) { w in pair(activation, weight: w) }
    }
    return Figure(
      title: "The output while one weight changes",
      description:
        "The output of a small network against one weight: with steps it jumps from 0 to "
        + "1 at one place and is flat elsewhere; with sigmoids it rises smoothly.",
      content: .lines(
        LineChart(
          [Series("steps", points: output(.step)), Series("sigmoids", points: output(.sigmoid))],
          x: Axis("weight"), y: Axis("output"))))
  }

  static var steepness: Figure {
    let curves = [1.0, 3, 20].map { c in
      Series(
        "c = \(Int(c))", points: sampled(-4...4, count: 201) { Descent.sigmoid(c * $0) })
    }
    return Figure(
      title: "σ(cz): from sigmoid to step",
      description: "The sigmoid of cz for c = 1, 3 and 20: the larger c, the more it is a step.",
      content: .lines(LineChart(curves, x: Axis("z"), y: Axis("σ(cz)"))))
  }

  static var plane: Figure {
    let title = "What the network says, over the plane of inputs"
    guard let model = try? trained(seed: 0) else {
      return Figure(
        title: title,
        content: .heatMap(HeatMap(.init(x: 0...1, y: 0...1, columns: 0, rows: 0, values: []))))
    }
    let grid = Grid(x: -0.5...1.5, y: -0.5...1.5, columns: 41, rows: 41) { x, y in
      (try? model(Tensor(rows: [[x, y]])).doubles()[0]) ?? .nan
    }
    return Figure(
      title: title,
      description:
        "The output of the trained network: low near (0, 0) and (1, 1), high near (0, 1) "
        + "and (1, 0).",
      content: .heatMap(
        HeatMap(grid, x: Axis("first input"), y: Axis("second input"), label: "output")))
  }

  static var control: Control {
    let places = [-30.0, -2, 0, 0.5, 3]
    return Control(
      "sigmoid",
      label: "Make the sigmoid steeper, and change a weight of a small network a little",
      vectors: places.flatMap { z in
        [
          Control.Vector("sigmoid", z, gives: value(at: z) { Descent.sigmoid($0) }),
          Control.Vector("slope", z, gives: slope(at: z) { Descent.sigmoid($0) }),
        ]
      }
        + [(1.5, 1.0), (2.2, 3), (-1, 0.5)].flatMap { w, c in
          [
            Control.Vector(
              "network", w, c, gives: value(at: w) { pair(.sigmoid, weight: $0, c: c) }),
            Control.Vector(
              "networkSlope", w, c, gives: slope(at: w) { pair(.sigmoid, weight: $0, c: c) }),
            Control.Vector("perceptrons", w, gives: value(at: w) { pair(.step, weight: $0) }),
          ]
        })
  }
}
