import Descent
import DescentCharts

extension Lesson {
  static let softmax = Lesson(
    id: "softmax",
    title: "Softmax: from numbers to probabilities",
    summary: "Ten outputs that add up to one, and a gradient as simple as can be.",
    assumes: ["crossentropy"],
    keywords: ["probability", "logits", "argmax", "temperature", "distribution"],
    question: Question(
      text: """
        A network that knows nothing gives each of ten classes the same logit. What is its cross-entropy \
        loss?
        """,
      answer: .numbers([2.302585], tolerance: 1e-3),
      explanation: """
        Every class has the probability 1/10, and $-\\log \\frac{1}{10} = \\log 10$, about 2.3026. If a \
        training begins much higher, something is wrong with its start.
        """)
  ) {
    let a = Shares.softmax([1, 2, 3])
    let loss = Shares.loss([1, 2, 3], 2)
    let signal = Shares.signal([1, 2, 3], 2)
    let start = Shares.loss([Double](repeating: 0, count: 10), 4)
    let large = Shares.softmax([1000, 1001, 1002])
    let small = Shares.softmax([0, 1, 2])
    let shift = zip(large, small).map { abs($0 - $1) }.max()!
    let far = Shares.softmax([0, 0, 12])
    let under = Descent.softmax(Tensor([0, 200] as [Float])).doubles()
    return [
      .paragraph(
        """
        Cross-entropy wants the outputs to be probabilities: none negative, and together 1. The last \
        layer's sums $z_j$, the *logits*, are any numbers. *Softmax* turns the ones into the others:
        """),
      .formula("a_j = \\frac{e^{z_j}}{\\sum_k e^{z_k}}"),
      .paragraph(
        """
        The exponential makes everything positive, and the division makes it a share of the whole. For \
        the logits 1, 2 and 3 the shares are \(a[0], places: 8), \(a[1], places: 8) and \
        \(a[2], places: 8).
        """),
      .figure(Shares.bars),
      .points([
        "Every $a_j$ is positive.",
        "They add up to 1.",
        """
        Raise one $z_m$, and $a_m$ grows at the cost of all the others.
        """,
        """
        If one $z_m$ is far above the rest, $a_m$ is nearly 1. With logits 0, 0 and 12 the last share is \
        \(far[2], places: 5). Softmax is a soft version of “which one is largest?”, of *argmax*; hence \
        the name.
        """,
        """
        Only differences count: add the same number to all logits and nothing changes. The shares of \
        1000, 1001, 1002 and of 0, 1, 2 differ by \(shift, places: 0). That is also how it is computed \
        without overflow: take the largest logit off first.
        """,
      ]),
      .heading("Softmax and cross-entropy together"),
      .paragraph(
        """
        If the third class is the right one, the loss of the logits 1, 2, 3 is $-\\log a_3$ = \
        \(loss, places: 8). A network that has learned nothing yet, with ten equal logits, pays \
        $\\log 10$ = \(start, places: 6): the number to look for at the start of a training. And the \
        derivative with respect to the logits is beautiful:
        """),
      .formula("\\frac{\\partial L}{\\partial z_j} = a_j - (e_y)_j"),
      .paragraph(
        """
        What the network said, minus what is right. Here: \(signal[0], places: 4), \(signal[1], places: 4) \
        and \(signal[2], places: 4). No saturated factor is left anywhere.
        """),
      .listing(Listing("Softmax", softmaxListing)),
      .control(Shares.control),
      .figure(Shares.temperatures),
      .paragraph(
        """
        Divide the logits by a *temperature* before softmax: hot makes all shares alike, cold leaves \
        only the winner.
        """),
      .slip(
        claim: "The activations of softmax satisfy $a_j \\ge 0$.",
        correction: """
          In mathematics they are strictly positive. On a computer a share may be too small for its \
          numbers: of the logits 0 and 200 the first has a share of \(under[0], places: 0) in single \
          precision. That is why losses are computed from logits.
          """),
    ]
  }
}

// MARK: The lesson's code

/// Shares of the whole.
enum Shares {
  static func softmax(_ logits: [Double]) -> [Double] { Descent.softmax(Tensor(logits)).doubles() }

  static func loss(_ logits: [Double], _ target: Int) -> Double {
    crossEntropy(Tensor(rows64: [logits]), Tensor([Int32(target)])).scalar
  }

  /// The gradient of the loss with respect to the logits.
  static func signal(_ logits: [Double], _ target: Int) -> [Double] {
    gradient(at: Tensor(rows64: [logits])) { crossEntropy($0, Tensor([Int32(target)])) }.doubles()
  }

  static var bars: Figure {
    let shares = softmax([1, 2, 3])
    return Figure(
      title: "The shares of 1, 2 and 3",
      description: "Softmax of the logits 1, 2 and 3 as bars: each logit that is 1 larger has e "
        + "times the share.",
      content: .bars(
        BarChart(
          zip(["1", "2", "3"], shares).map { .init("logit \($0)", $1, text: decimal($1, 4)) },
          label: "share")))
  }

  static var temperatures: Figure {
    let logits = [1.0, 2, 3]
    let series = logits.indices.map { index in
      Series(
        "logit \(Int(logits[index]))",
        points: stride(from: -1.0, through: 1.5, by: 0.05).map { exponent in
          let temperature = value(at: exponent * 2.302585092994046) { exp($0) }
          return .init(x: temperature, y: softmax(logits.map { $0 / temperature })[index])
        })
    }
    return Figure(
      title: "From argmax to indifference",
      description:
        "The shares of 1, 2 and 3 against the temperature: when it is cold the third has "
        + "all, when it is hot all have a third.",
      content: .lines(
        LineChart(
          series, x: Axis("temperature", scale: .logarithmic), y: Axis("share"))))
  }

  static var control: Control {
    let cases: [[Double]] = [[1, 2, 3], [0, 0, 12], [1000, 1001, 1002], [-1, 0.5, 0.5, 2]]
    return Control(
      "softmax", label: "Move ten logits and a temperature, and see the shares and the gradient",
      vectors: cases.flatMap { logits in
        [
          Control.Vector("softmax", logits, gives: softmax(logits)),
          Control.Vector("loss", logits, 2, gives: loss(logits, 2)),
          Control.Vector("signal", logits, 2, gives: signal(logits, 2)),
        ]
      })
  }
}

extension Tensor {
  /// Rows of equally many numbers in double precision.
  init(rows64 rows: [[Double]]) {
    self.init(rows.flatMap { $0 }, shape: [rows.count, rows.first?.count ?? 0])
  }
}
