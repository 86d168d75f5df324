import Descent
import DescentCharts

extension Lesson {
  static let derivative = Lesson(
    id: "derivative",
    title: "The derivative: how much does it change?",
    summary: "The slope of a curve, by rule and by trying; and how small a small step should be.",
    assumes: ["what a function is", "school calculus, as something once seen"],
    keywords: ["differential", "slope", "tangent", "secant", "central difference", "rounding"],
    question: Question(
      text: "What is the derivative of $f(v) = v^2 - 4v$ at $v = 3$?",
      answer: .numbers([2], tolerance: 1e-6),
      explanation: "The rule gives $2v - 4$, which is 2 at $v = 3$: there the curve goes up.")
  ) {
    let best = DerivativeError.best
    let smallest = DerivativeError.steps.last!
    return [
      .paragraph(
        """
        Take a number $v$, and a function $f$ that makes another number of it. Now change $v$ a little. \
        The result changes a little, too, and the *derivative* is the exchange rate: how much change of \
        $f$ you get for a change of $v$.
        """),
      .formula("f'(v) = \\frac{df}{dv} \\approx \\frac{f(v + h) - f(v - h)}{2h}"),
      .paragraph(
        """
        Its sign says which way is up. Where it is positive, a larger $v$ makes a larger $f$; where it is \
        negative, a smaller $v$ does. Its size says how steep the way is. That is all that we will need \
        of it: a direction, and a steepness.
        """),
      .figure(secants()),
      .paragraph(
        """
        The two points of the figure move together as $h$ shrinks, and the line through them, the \
        secant, turns into the tangent. At $v = 1$ the curve $e^v$ has the slope \
        \(slopeOfExponential(), places: 6), which is $e$ itself.
        """),
      .control(secantControl()),
      .heading("By rule, and by trying"),
      .paragraph(
        """
        There are two ways to a derivative. The *rule* is exact, and a program can apply it: Descent \
        writes down every operation that a result was made of, and each operation knows its own \
        derivative. *Trying* needs no rule, two evaluations, and a small $h$. Both are in this program. (Its \
        numbers are *tensors*, boxes of any number of numbers; `Tensor(3)` is a box of one.)
        """),
      .listing(Listing("Derivative", derivativeListing)),
      .paragraph(
        """
        How small should $h$ be? One would say: as small as possible. Look at the error of the central \
        difference, the formula above, for $e^v$ at $v = 1$.
        """),
      .figure(errors()),
      .paragraph(
        """
        The right arm of the V is mathematics: halve $h$ and the error falls to a quarter. The left arm \
        is the computer. It keeps about sixteen digits of each number, and when two numbers that agree \
        in most of them are subtracted, what is left is mostly rounding. The best $h$ here is about \
        \(best.step, digits: 1), with an error of \(best.error, digits: 1). Every derivative in Descent \
        is tested in this way, against the rule.
        """),
      .slip(
        claim: "The smaller $h$ is, the better the difference quotient.",
        correction: """
          Only down to a point. With a step of \(smallest, digits: 1) the error is \
          \(DerivativeError.error(of: smallest), digits: 1), far worse than the best.
          """),
    ]
  }
}

// MARK: The lesson's code

/// The slope of eᵛ at 1 by the engine's rule, in double precision.
private func slopeOfExponential() -> Double {
  slope(at: 1) { exp($0) }
}

/// The engine's eᵛ in double precision.
private func exponential(_ v: Double) -> Double { value(at: v) { exp($0) } }

/// How far the central difference of eᵛ at 1 is off, for many steps h.
enum DerivativeError {
  /// Steps from 1 down to 10⁻¹³, three for each power of ten.
  static let steps: [Double] = (0...39).map { index in
    (0..<index).reduce(1.0) { step, _ in step / 2.154434690031884 }
  }

  static func error(of h: Double) -> Double {
    abs((exponential(1 + h) - exponential(1 - h)) / (2 * h) - slopeOfExponential())
  }

  static let best = steps.map { (step: $0, error: error(of: $0)) }.min { $0.error < $1.error }!
}

private func secantControl() -> Control {
  let curves: [(String, @Sendable (Tensor) -> Tensor)] = [
    ("e^v", { exp($0) }), ("v²", { $0 * $0 }), ("sin v", { sin($0) }),
  ]
  return Control(
    "derivative",
    label: "Drag v along a curve, shrink h, and watch the secant become the tangent",
    vectors: curves.flatMap { name, curve in
      [-1.5, 0.5, 1].flatMap { v in
        [
          Control.Vector("slope", name, v, gives: slope(at: v, curve)),
          Control.Vector(
            "secant", name, v, 0.25,
            gives: (value(at: v + 0.25, curve) - value(at: v - 0.25, curve)) / 0.5),
        ]
      }
    })
}

private func errors() -> Figure {
  let points = DerivativeError.steps.map { step in
    Series.Point(x: step, y: DerivativeError.error(of: step))
  }
  return Figure(
    title: "Error of the central difference",
    description: "The error of the central difference of eᵛ at 1 against the step h: a V on "
      + "logarithmic axes, lowest near \(significant(DerivativeError.best.step, 1)).",
    content: .lines(
      LineChart(
        [Series("error", points: points)], x: Axis("h", scale: .logarithmic),
        y: Axis("error", scale: .logarithmic))))
}

private func secants() -> Figure {
  let places = (0...60).map { -0.5 + Double($0) * 0.05 }
  func secant(_ h: Double, _ name: String) -> Series {
    Series(name, points: [1 - h, 1 + h].map { .init(x: $0, y: exponential($0)) })
  }
  let tangent = Series(
    "tangent",
    points: [0, 2].map { .init(x: $0, y: exponential(1) + slopeOfExponential() * ($0 - 1)) })
  return Figure(
    title: "A secant becomes the tangent",
    description: "The curve eᵛ with secants through the points at 1 ± h for two values of h, and "
      + "the tangent at 1.",
    content: .lines(
      LineChart(
        [
          Series("eᵛ", points: places.map { .init(x: $0, y: exponential($0)) }),
          secant(1, "secant, h = 1"), secant(0.5, "secant, h = 0.5"), tangent,
        ], x: Axis("v"), y: Axis("f(v)"))))
}
