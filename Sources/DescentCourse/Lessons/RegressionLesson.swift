import Descent
import DescentCharts

extension Lesson {
  static let regression = Lesson(
    id: "regression",
    title: "Linear regression: learning a line",
    summary:
      "The first thing that learns: two parameters, a cost, and the ball of the last lesson.",
    assumes: ["descent"],
    keywords: ["least squares", "model", "parameters", "training pairs", "fit"],
    question: Question(
      text: """
        The data are the single pair $x = 2$, $y = 3$; the cost is $\\frac{1}{2}(wx + b - y)^2$. What is its \
        gradient with respect to $(w, b)$ at $w = 1$, $b = 0$?
        """,
      answer: .numbers([-2, -1], tolerance: 1e-6),
      explanation: """
        The model says 2 where 3 is right: it is off by −1. Times $x$ that is −2 for $w$, and −1 for $b$. \
        Both should grow.
        """)
  ) {
    let gradient = Line.gradient(w: 0, b: 0, Line.three)
    let path = Line.descend(Line.three, rate: 0.3, steps: 400)
    let end = path.end.doubles()
    let noisy = Line.noisy
    let fit = Line.descend(noisy, rate: 0.5, steps: 500).end.doubles()
    let exact = Line.leastSquares(noisy)
    return [
      .paragraph(
        """
        Here are three points: (0, 1), (1, 3) and (2, 5). You see at once that they lie on a line. A \
        program sees numbers. Give it a *model* with *parameters*, here a slope $w$ and a height $b$,
        """),
      .formula("y(x) = w x + b"),
      .paragraph(
        """
        and a *cost* that says how badly the model fits the $n$ pairs $(x^1, y^1), \\ldots, (x^n, y^n)$. \
        (The raised numbers count the pairs; they are no powers.) Half the mean of the squared errors \
        will do:
        """),
      .formula(
        """
        C(w, b) = \\frac{1}{n} \\sum_{i=1}^{n} C_i(w, b), \\quad C_i(w, b) = \\frac{1}{2} (w x^i + b - y^i)^2
        """),
      .paragraph(
        """
        Now the points are fixed, and $C$ is a function of $w$ and $b$: a valley over the plane of all \
        lines. We know how to get down. The derivative of a square is twice the thing, so the half goes \
        away:
        """),
      .formula("\\nabla C_i = ((w x^i + b - y^i) x^i, w x^i + b - y^i)"),
      .paragraph(
        """
        Start with the line that is 0 everywhere. The gradient there is \
        (\(gradient[0], places: 4), \(gradient[1], places: 4)), the fractions −13/3 and −3: both \
        parameters should grow, and the slope faster. After \(path.points.count - 1) steps with a rate \
        of 0.3 the parameters are $w$ = \(end[0], places: 6) and $b$ = \(end[1], places: 6).
        """),
      .figure(Line.valley),
      .listing(try Listing("Regression", regressionListing)),
      .heading("Points that lie on no line"),
      .paragraph(
        """
        Real data are noisy, and the bottom of the valley is not at 0. It is still the best line there \
        is. For a line, there is even a formula for the bottom, known since Legendre and Gauss as *least \
        squares*. Gradient descent arrives at the same place: ($w$, $b$) = \
        (\(fit[0], places: 6), \(fit[1], places: 6)), and the formula says \
        (\(exact[0], places: 6), \(exact[1], places: 6)).
        """),
      .figure(Line.fits(noisy)),
      .paragraph(
        """
        Then why descend? Because the formula is good for lines and their kin, and for nothing else. \
        Everything from here on is this lesson again, with more parameters and other models.
        """),
      .control(Line.control),
    ]
  }
}

// MARK: The lesson's code

/// A line through points.
enum Line {
  typealias Points = [(x: Double, y: Double)]

  static let three: Points = [(0, 1), (1, 3), (2, 5)]

  /// Points of the generated set `line`, as `descent data line` shows them.
  static var noisy: Points {
    let set = line(count: 24, noise: 0.4)
    return set.map { ($0.x, $0.y) }
  }

  /// C(w, b), for parameters in one tensor.
  static func cost(_ parameters: Tensor, _ points: Points) -> Tensor {
    let (x, y) = (Tensor(points.map(\.x)), Tensor(points.map(\.y)))
    let error = parameters[0] * x + parameters[1] - y
    return 0.5 * (error * error).mean()
  }

  static func gradient(w: Double, b: Double, _ points: Points) -> [Double] {
    Descent.gradient(at: Tensor([w, b])) { cost($0, points) }.doubles()
  }

  static func descend(_ points: Points, rate: Double, steps: Int, from start: [Double] = [0, 0])
    -> GradientDescent.Path
  {
    GradientDescent(learningRate: rate, stepLimit: steps, gradientTolerance: 1e-10)
      .minimize(from: Tensor(start)) { cost($0, points) }
  }

  /// The bottom by formula (Legendre, 1805).
  static func leastSquares(_ points: Points) -> [Double] {
    let n = Double(points.count)
    let (meanX, meanY) = (
      points.reduce(0) { $0 + $1.x } / n, points.reduce(0) { $0 + $1.y } / n
    )
    let together = points.reduce(0) { $0 + ($1.x - meanX) * ($1.y - meanY) }
    let slope = together / points.reduce(0) { $0 + ($1.x - meanX) * ($1.x - meanX) }
    return [slope, meanY - slope * meanX]
  }

  static var valley: Figure {
    let path = descend(three, rate: 0.3, steps: 400)
    let grid = Grid(x: -1...4, y: -1.5...3.5, columns: 51, rows: 51) { w, b in
      three.reduce(0) { $0 + 0.5 * (w * $1.x + b - $1.y) * (w * $1.x + b - $1.y) / 3 }
    }
    return Figure(
      title: "The valley of all lines",
      description: "Level sets of the cost over slope w and height b, with the descent from (0, 0) "
        + "to (2, 1): first steeply across the valley, then along its floor.",
      content: .contours(
        ContourChart(grid, paths: [path.series("descent")], x: Axis("w"), y: Axis("b"))))
  }

  static func fits(_ points: Points) -> Figure {
    let path = descend(points, rate: 0.5, steps: 500)
    let lines = [0, 1, 4, path.points.count - 1].map { step -> Series in
      let place = path.points[min(step, path.points.count - 1)].doubles()
      let name = step > 4 ? "in the end" : step == 1 ? "after 1 step" : "after \(step) steps"
      return Series(name, points: [-1, 1].map { .init(x: $0, y: place[0] * $0 + place[1]) })
    }
    return Figure(
      title: "The line while it learns",
      description: "Noisy points around a line, and the model's line at the start, after one step, "
        + "after four and in the end.",
      content: .scatter(
        ScatterChart(
          [Series("data", points: points.map { .init(x: $0.x, y: $0.y) })], lines: lines,
          x: Axis("x"), y: Axis("y"))))
  }

  static var control: Control {
    let points = three.map { [$0.x, $0.y] }
    return Control(
      "regression", label: "Drag the points and watch the line follow, step by step",
      parameters: ["points": points],
      vectors: [(0.0, 0.0), (1.5, -0.5)].flatMap { w, b in
        [
          Control.Vector("gradient", points, w, b, gives: gradient(w: w, b: b, three)),
          Control.Vector(
            "cost", points, w, b, gives: cost(Tensor([w, b]), three).scalar),
        ]
      } + [Control.Vector("leastSquares", points, gives: leastSquares(three))])
  }
}
