import Descent
import DescentCharts

extension Lesson {
  static let perceptron = Lesson(
    id: "perceptron",
    title: "The perceptron: weighing evidence",
    summary: "A neuron that says yes or no, and should you go to the cheese festival?",
    assumes: ["what a weighted sum is"],
    keywords: ["neuron", "threshold", "bias", "step function", "cheese", "weights"],
    question: Question(
      text: """
        The weights are 6, 2 and 2, and the threshold is lowered from 5 to 3. In how many of the eight \
        cases do you go now?
        """,
      answer: .numbers([5], tolerance: 0),
      explanation: """
        In the four cases with good weather, and also when the weather is bad but both other things \
        speak for it: 2 + 2 is more than 3.
        """)
  ) {
    let strict = Festival.decisions(threshold: 5)
    let eager = Festival.decisions(threshold: 3)
    let rows = zip(Festival.cases, zip(strict, eager)).map { inputs, decisions in
      inputs.map { "\(Int($0))" } + ["\(Int(decisions.0))", "\(Int(decisions.1))"]
    }
    let sums = Festival.cases.map { zip($0, Festival.weights).reduce(0) { $0 + $1.0 * $1.1 } }
    return [
      .paragraph(
        """
        A *perceptron* is the oldest artificial neuron, built in the 1950s by Frank Rosenblatt. It takes \
        some inputs $x_1, \\ldots, x_n$, weighs each by a *weight* $w_j$, adds up, and says 1 if the sum is \
        more than a *threshold*, else 0.
        """),
      .formula(
        """
        y(x) = \\cases{0 & \\sum_j w_j x_j \\le \\text{threshold} \\\\ 1 & \\sum_j w_j \
        x_j > \\text{threshold}}
        """),
      .paragraph(
        """
        Picture a weekend with a cheese festival in town. Three things matter: is the weather good, does \
        your friend come along, and is there a bus? Each is a 1 or a 0. You cannot bear rain, and you \
        would go alone and on foot for good cheese. So weigh the weather by 6 and the other two by 2, \
        with a threshold of 5.
        """),
      .figure(Festival.diagram),
      .paragraph(
        """
        With the weather alone the sum is \(sums[4], places: 0), which is enough. Without it, the other \
        two come to \(sums[3], places: 0), which is not. In all eight cases the answer is the weather. \
        Lower the threshold to 3 and you are easier to persuade:
        """),
      .table(
        NumberTable(
          ["weather", "friend", "bus", "threshold 5", "threshold 3"], rows,
          caption: "To go (1) or not to go (0)")),
      .heading("Threshold and bias"),
      .paragraph(
        """
        Bring the threshold to the other side, and call what is added there the *bias*, $b$. Then one \
        function, the *step*, does all the deciding:
        """),
      .formula(
        """
        y(x) = \\sigma(\\sum_j w_j x_j + b), \\quad \\sigma(z) = \\cases{0 & z \\le 0 \\\\ 1 & z > 0}, \\quad b = \
        -\\text{threshold}
        """),
      .figure(Festival.step),
      .paragraph(
        """
        A threshold says how hard a neuron is to convince; a bias, how eager it is from the start. \
        Descent adds biases, as everybody does today, and `Dense.perceptrons(threshold:)` turns the sign \
        for you.
        """),
      .listing(try Listing("Perceptron", perceptronListing)),
      .control(Festival.control),
      .slip(
        claim: "In the festival's perceptron the threshold, or more aptly the bias, is $b = 5$.",
        correction: """
          The threshold is 5, so the bias is −5. Add 5 instead of taking it away and the sum is above 0 \
          even when nothing speaks for going: in all eight cases you would go.
          """),
    ]
  }
}

// MARK: The lesson's code

/// A decision by three pieces of evidence.
enum Festival {
  static let weights = [6.0, 2, 2]
  /// All rows of zeros and ones, counted upwards in binary.
  static let cases = Truth.rows(3)

  static func decisions(threshold: Double) -> [Double] {
    Perceptron(weights: weights, bias: -threshold).outputs(cases)
  }

  static var diagram: Figure {
    Figure(
      title: "Good weather, no friend, no bus",
      description:
        "A neuron with three inputs: weather 1 with weight 6, friend 0 with weight 2, bus 0 "
        + "with weight 2; its sum of 6 exceeds the threshold 5, and its output is 1.",
      content: .network(
        NetworkDiagram(
          layers: [
            [
              .init("1", label: "weather", isActive: true), .init("0", label: "friend"),
              .init("0", label: "bus"),
            ],
            [.init("6 > 5", label: "sum > threshold", isActive: true)],
            [.init("1", label: "go", isActive: true)],
          ],
          connections: weights.indices.map {
            .init(.init(0, $0), .init(1, 0), weight: weights[$0], label: "\(Int(weights[$0]))")
          } + [.init(.init(1, 0), .init(2, 0), weight: 2)])))
  }

  static var step: Figure {
    Figure(
      title: "The step function",
      description: "0 up to and including 0, and 1 for everything above.",
      content: .lines(
        LineChart(
          [Series("σ(z)", points: sampled(-4...4, count: 401) { Activation.step($0) })],
          x: Axis("z"), y: Axis("σ(z)"))))
  }

  static var control: Control {
    Control(
      "perceptron", label: "Set the inputs, the weights and the threshold, and see what it decides",
      parameters: [
        "names": ["weather", "friend", "bus"], "output": "go", "weights": weights,
        "threshold": 5.0,
      ],
      vectors: [5.0, 3].map { threshold in
        Control.Vector("decisions", weights, threshold, gives: decisions(threshold: threshold))
      } + [Control.Vector("decisions", [-2.0, -2], -3.0, gives: [1.0, 1, 1, 0])])
  }
}

/// Tables of zeros and ones.
enum Truth {
  /// All rows of so many zeros and ones, counted upwards in binary.
  static func rows(_ inputs: Int) -> [[Double]] {
    (0..<1 << inputs).map { number in
      (0..<inputs).map { Double(number >> (inputs - 1 - $0) & 1) }
    }
  }
}

/// A perceptron with given weights, computed by the engine.
struct Perceptron {
  var weights: [Double]
  var bias: Double

  /// The outputs for rows of inputs.
  func outputs(_ rows: [[Double]]) -> [Double] {
    let x = Tensor(rows.flatMap { $0 }, shape: [rows.count, weights.count])
    let sums = (x * Tensor(weights)).sum(over: [1]) + bias
    return Activation.step(sums).doubles()
  }
}
