import Descent
import DescentCharts

extension Lesson {
  static let descent = Lesson(
    id: "descent",
    title: "Gradient descent: a ball rolls down a valley",
    summary: "Step by step downhill; and why the size of the step decides everything.",
    assumes: ["gradient"],
    keywords: [
      "optimization", "optimisation", "learning rate", "level set", "convex", "saddle", "ravine",
      "local minimum",
    ],
    question: Question(
      text: """
        A valley is $C(v) = 2v^2$; its second derivative is 4. Below which learning rate does gradient \
        descent converge?
        """,
      answer: .numbers([0.5], tolerance: 1e-6),
      explanation: """
        The limit is 2 divided by the curvature: $2/4$. A step multiplies $v$ by $1 - 4\\eta$, and that \
        must lie between −1 and 1.
        """)
  ) {
    let runs = Ravine.rates.map { ($0, Ravine.end(rate: $0)) }
    let saddle = Landscape.saddle
    let wells = Landscape.twoWells
    return [
      .paragraph(
        """
        We have a function $C(v_1, \\ldots, v_n)$, a *cost*, and look for a place where it is small. Think \
        of it as a valley. Put a ball somewhere on the slope and let go: it ends at the bottom, and \
        nobody had to tell it where the bottom is. All that it feels is the slope under it.
        """),
      .figure(Valley.surface),
      .paragraph(
        """
        The gradient says which way is up, so its opposite is the way down. Take a small step that way, \
        look again, and repeat. The size of the step, in units of the gradient, is the *learning rate* \
        $\\eta$.
        """),
      .steps([
        "Start at some point $v$.",
        "Compute the gradient there, and move against it: $v \\leftarrow v - \\eta \\nabla C(v)$.",
        "Go back to 2, until the gradient is as good as zero, or patience ends.",
      ]),
      .paragraph(
        """
        The ball of the picture took \(Valley.path.points.count - 1) steps to where the gradient is \
        shorter than a thousandth. Nothing in the three lines knows that there are two coordinates; \
        millions would be no different.
        """),
      .listing(Listing("Descent", descentListing)),
      .heading("Too small, too large"),
      .paragraph(
        """
        A ravine is harder than a bowl. This one is curved ten times as much across as along: \
        $C(x, y) = \\frac{1}{2}(x^2 + 10 y^2)$. (The *curvature* along a line is the second derivative \
        there: 1 and 10.) Its level sets are long ellipses.
        """),
      .figure(Ravine.paths),
      .paragraph(
        """
        Where the curvature is $\\lambda$, the gradient is $\\lambda$ times the distance to the bottom, so a \
        step multiplies that distance by $1 - \\eta \\lambda$. Along this ravine $\\lambda$ is 1, across it is \
        10. Beyond $\\eta = 2/10$ the factor \
        across is beyond −1, and each step lands farther away than the last.
        """),
      .table(
        NumberTable(
          ["learning rate", "factor across", "distance after 200 steps"],
          runs.map {
            [decimal($0, 2), decimal(1 - 10 * $0, 1), significant($1, 2)]
          }, caption: "Three rates that hardly differ, from the point (1, 1)")),
      .figure(Ravine.costs),
      .paragraph(
        """
        So the steepest direction sets the limit, and the flattest one sets the time: with the largest \
        rate that works, the way along the ravine shrinks by a fifth a step. Were the curvatures 1 and \
        10,000, it would shrink by a five-thousandth.
        """),
      .control(Ravine.control),
      .heading("Other landscapes"),
      .figure(saddle.figure),
      .paragraph(
        """
        A *saddle* is level, yet no bottom. From (\(saddle.start[0], places: 3), \(saddle.start[1], places: 3)) \
        the ball first rolls towards it and dawdles, for about \(saddle.dawdling) steps; then it finds \
        the way down. Exactly on the crest it would stay for ever.
        """),
      .figure(wells.figure),
      .paragraph(
        """
        With two bottoms, the start decides. Two balls that start a twentieth apart end at a cost of \
        \(wells.ends[0], places: 3) and of \(wells.ends[1], places: 3). Gradient descent finds *a* place \
        that is lower than its surroundings; it does not promise the lowest.
        """),
      .slip(
        claim: """
          On a convex function gradient descent is guaranteed to converge to the minimum, of which there \
          is only one.
          """,
        correction: """
          A convex function may have many minima, a flat bottom, or none: $e^x$ only falls and falls. \
          What is true: every local minimum is as low as any other. And convergence needs a rate below 2 \
          divided by the largest curvature.
          """),
    ]
  }
}

// MARK: The lesson's code

/// A round valley, and a ball in it.
enum Valley {
  static func cost(_ x: Tensor, _ y: Tensor) -> Tensor { x * x + y * y }

  static let path = GradientDescent(learningRate: 0.12, gradientTolerance: 1e-3)
    .minimize(from: Tensor([-0.9, -0.8])) { cost($0[0], $0[1]) }

  static var surface: Figure {
    Figure(
      title: "A ball rolls down a valley",
      description: "The surface x² + y², and the path of a ball from its rim to its bottom.",
      content: .surface(
        SurfaceChart(
          Grid(x: -1...1, y: -1...1, columns: 29, rows: 29, engine: cost),
          paths: [Series("path", points: path.series("path").points)], x: Axis("v₁"),
          y: Axis("v₂"), label: "C(v₁, v₂)")))
  }
}

/// Curvature 1 along, 10 across.
enum Ravine {
  static let rates = [0.19, 0.20, 0.21]

  static func cost(_ x: Tensor, _ y: Tensor) -> Tensor { 0.5 * (x * x + 10 * (y * y)) }

  static func descend(rate: Double, steps: Int, from start: [Double] = [1, 1])
    -> GradientDescent.Path
  {
    GradientDescent(learningRate: rate, stepLimit: steps, gradientTolerance: 0)
      .minimize(from: Tensor(start)) { cost($0[0], $0[1]) }
  }

  /// The distance to the bottom after 200 steps from (1, 1).
  static func end(rate: Double) -> Double {
    let place = descend(rate: rate, steps: 200).end.doubles()
    return (place[0] * place[0] + place[1] * place[1]).squareRoot()
  }

  static var paths: Figure {
    let paths = [0.01, 0.09, 0.19].map { rate in
      descend(rate: rate, steps: 30, from: [-2, 0.7]).series("rate \(decimal(rate, 2))")
    }
    return Figure(
      title: "Thirty steps in a ravine",
      description:
        "Level sets of ½(x² + 10y²) with three paths of thirty steps: with rate 0.01 the "
        + "path has not come far, with 0.09 it is there, with 0.19 it leaps from wall to wall.",
      content: .contours(
        ContourChart(
          Grid(x: -2.2...0.6, y: -1...1, engine: cost), paths: paths, x: Axis("x"), y: Axis("y"))))
  }

  static var costs: Figure {
    let series = rates.map { rate in
      Series(
        "rate \(decimal(rate, 2))", values: descend(rate: rate, steps: 60).values, first: 0)
    }
    return Figure(
      title: "Cost by step, at the edge",
      description: "The cost by step for three rates on a logarithmic axis: it falls with 0.19, "
        + "stays with 0.20 and grows with 0.21.",
      content: .lines(LineChart(series, x: Axis("step"), y: Axis("cost", scale: .logarithmic))))
  }

  static var control: Control {
    let calls = [(0.19, [1.0, 1.0], 20), (0.21, [1, 1], 12), (0.05, [-2, 0.7], 30)]
    return Control(
      "descent",
      label: "Put the ball anywhere, choose a landscape and a learning rate, and let it roll",
      vectors: calls.map { rate, start, steps in
        Control.Vector(
          "ravine", start, rate, steps,
          gives: descend(rate: rate, steps: steps, from: start).end.doubles())
      }
        + [0.3, -1.1].flatMap { x in
          [("saddle", Landscape.saddleCost), ("wells", Landscape.wellsCost)].map { name, cost in
            Control.Vector(
              name, [x, 0.4],
              gives: Descent.gradient(at: Tensor([x, 0.4])) { cost($0[0], $0[1]) }.doubles())
          }
        })
  }
}

/// A saddle, and a valley with two bottoms.
enum Landscape {
  @Sendable static func saddleCost(_ x: Tensor, _ y: Tensor) -> Tensor {
    let squares = y * y
    return x * x - squares + 0.5 * (squares * squares)
  }

  @Sendable static func wellsCost(_ x: Tensor, _ y: Tensor) -> Tensor {
    let squares = x * x
    return squares * squares - squares + 0.2 * x + y * y
  }

  static var saddle: (figure: Figure, start: [Double], dawdling: Int) {
    let start = [1.2, 0.001]
    let path = GradientDescent(learningRate: 0.1, stepLimit: 200, gradientTolerance: 1e-4)
      .minimize(from: Tensor(start)) { saddleCost($0[0], $0[1]) }
    let dawdling = path.gradientNorms.filter { $0 < 0.2 }.count
    let figure = Figure(
      title: "A saddle",
      description:
        "Level sets of a saddle with a path that comes in along the crest, slows down in "
        + "the middle and turns off into one of the two valleys.",
      content: .contours(
        ContourChart(
          Grid(x: -1.5...1.5, y: -1.5...1.5, engine: saddleCost), paths: [path.series("path")],
          x: Axis("x"), y: Axis("y"))))
    return (figure, start, dawdling)
  }

  static var twoWells: (figure: Figure, ends: [Double]) {
    let paths = [0.08, 0.13].map { x in
      GradientDescent(learningRate: 0.1, stepLimit: 300, gradientTolerance: 1e-6)
        .minimize(from: Tensor([x, 0.8])) { wellsCost($0[0], $0[1]) }
    }
    let figure = Figure(
      title: "Two bottoms",
      description: "Level sets of a valley with two bottoms, and two paths that start side by side "
        + "and end in different ones.",
      content: .contours(
        ContourChart(
          Grid(x: -1.2...1.2, y: -1...1, engine: wellsCost),
          paths: [paths[0].series("first ball"), paths[1].series("second ball")], x: Axis("x"),
          y: Axis("y"))))
    return (figure, paths.map { $0.values.last! })
  }
}
