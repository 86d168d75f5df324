import Descent
import DescentCharts

extension Lesson {
  static let gradient = Lesson(
    id: "gradient",
    title: "The gradient: which way is up?",
    summary: "With many inputs there are many slopes; the gradient holds them all.",
    assumes: ["derivative"],
    keywords: ["partial derivative", "steepest ascent", "vector field", "directional derivative"],
    question: Question(
      text: "What is the gradient of $f(x, y) = x^2 + 3y$ at the point $(2, 5)$?",
      answer: .numbers([4, 3], tolerance: 1e-6),
      explanation: """
        The partial derivatives are $2x$ and $3$: 4 and 3 there. That $y$ is 5 does not matter, because \
        the slope along $y$ is the same everywhere.
        """)
  ) {
    let place = [0.5, 0.4]
    let slopes = Hill.gradient(at: place)
    let length = (slopes[0] * slopes[0] + slopes[1] * slopes[1]).squareRoot()
    let top = GradientDescent(learningRate: 0.5, gradientTolerance: 1e-12)
      .minimize(from: Tensor(place)) { -Hill.height($0) }
    let peak = top.end.doubles()
    return [
      .paragraph(
        """
        A function of several numbers $v_1, \\ldots, v_n$ has a slope for each of them. Hold all but one \
        still and you have an ordinary derivative again, the *partial derivative*. The list of all of \
        them is the *gradient*:
        """),
      .formula(
        """
        \\nabla f = (\\frac{\\partial f}{\\partial v_1}, \\frac{\\partial f}{\\partial v_2}, \\ldots, \
        \\frac{\\partial f}{\\partial v_n})
        """),
      .paragraph(
        """
        A list of $n$ numbers can be drawn as an arrow. The picture shows the arrows of \
        $f(x, y) = x e^{-(x^2 + y^2)}$, a landscape with one hill and one hollow, over its heights.
        """),
      .figure(Hill.field),
      .paragraph(
        """
        Each arrow points uphill, and the longer it is, the steeper is the ground. On the hill's top and \
        in the hollow's bottom there is none: the ground is level there. From the right of the picture, \
        follow the arrows and you end at (\(peak[0], places: 4), \(peak[1], places: 4)), at a height of \
        \(-top.values.last!, places: 4). The exact place is $x = 1/\\sqrt{2}$, and the hollow is at its \
        mirror image.
        """),
      .heading("Why the gradient is the steepest way"),
      .paragraph(
        """
        Stand at (\(place[0], places: 1), \(place[1], places: 1)) and take a small step in some direction. \
        How steep is it? A small step changes $x$ and $y$ at once, and each change counts as much as its \
        own slope says. For a step of length 1 in the direction $(d_x, d_y)$ that makes
        """),
      .formula(
        """
        \\text{slope} = \\frac{\\partial f}{\\partial x} d_x + \\frac{\\partial f}{\\partial y} d_y = \\|\\nabla f\\| \\cos \\alpha
        """),
      .paragraph(
        """
        where $\\alpha$ is the angle between the gradient and your direction: the slope is the gradient's \
        shadow on the way that you take.
        """),
      .figure(Hill.slopesAllAround(place)),
      .paragraph(
        """
        The largest slope of all directions is \(length, places: 4), and it belongs to the direction of \
        the gradient, (\(slopes[0], places: 4), \(slopes[1], places: 4)). Turn around, and the slope is \
        as negative as can be: straight downhill. At right angles to the gradient the slope is 0, and \
        you walk along a line of equal height, a *level set*.
        """),
      .control(Hill.control),
      .paragraph(
        """
        In Descent a point is a tensor, and `gradient(at:)` returns a tensor of the same shape: a slope \
        for each element.
        """),
      .listing(Listing("Gradient", gradientListing)),
      .slip(
        claim: "The gradient points at the top of the hill.",
        correction: """
          It points in the direction that is steepest *here*. Where a ridge is long and narrow, that is \
          across the ridge, almost at right angles to the way to the top.
          """),
    ]
  }
}

// MARK: The lesson's code

/// A hill and a hollow: f = x · exp(−(x² + y²)).
enum Hill {
  static func height(_ x: Tensor, _ y: Tensor) -> Tensor { x * exp(-(x * x + y * y)) }

  static func height(_ point: Tensor) -> Tensor { height(point[0], point[1]) }

  static func gradient(at place: [Double]) -> [Double] {
    Descent.gradient(at: Tensor(place)) { height($0) }.doubles()
  }

  static var field: Figure {
    let places = stride(from: -1.75, through: 1.75, by: 0.25)
    let arrows = places.flatMap { x in
      places.map { y in
        let slopes = gradient(at: [x, y])
        return FieldChart.Arrow(at: .init(x: x, y: y), .init(x: slopes[0], y: slopes[1]))
      }
    }
    return Figure(
      title: "A hill, a hollow, and the gradient",
      description:
        "Arrows of the gradient of x·exp(−(x²+y²)) over its heights: they point away from "
        + "the hollow at the left and towards the hill at the right.",
      content: .field(
        FieldChart(
          Grid(x: -2...2, y: -2...2, engine: height), arrows: arrows, x: Axis("x"), y: Axis("y"),
          label: "f(x, y)")))
  }

  static func slopesAllAround(_ place: [Double]) -> Figure {
    let slopes = gradient(at: place)
    let points = (0...72).map { index -> Series.Point in
      let angle = Double(index) * 5 * .pi / 180
      // The slope of f along a line through the place, by the engine: no cosine rule is put in.
      let direction = [cosine(angle), cosine(angle - .pi / 2)]
      let along = slope(at: 0) { t in
        height(t * direction[0] + place[0], t * direction[1] + place[1])
      }
      return .init(x: Double(index) * 5, y: along)
    }
    let angle = points.max { $0.y < $1.y }!.x
    return Figure(
      title: "The slope in every direction",
      description:
        "The slope at (\(place[0]), \(place[1])) against the direction in degrees: a wave, "
        + "highest near \(Int(angle)) degrees, where the gradient (\(decimal(slopes[0], 2)), "
        + "\(decimal(slopes[1], 2))) points.",
      content: .lines(
        LineChart(
          [Series("slope", points: points)], x: Axis("direction in degrees"), y: Axis("slope"))))
  }

  static var control: Control {
    let places = [[0.5, 0.4], [-1.2, 0.3], [0, 0], [1.7, -1.1]]
    return Control(
      "gradient", label: "Drag the point over the hill, turn the direction, and read the slope",
      vectors: places.flatMap { place in
        [
          Control.Vector(
            "height", place[0], place[1], gives: height(Tensor(place)).doubles()[0]),
          Control.Vector("gradient", place[0], place[1], gives: gradient(at: place)),
        ]
      })
  }
}

/// The engine's cosine.
func cosine(_ angle: Double) -> Double { value(at: angle) { cos($0) } }
