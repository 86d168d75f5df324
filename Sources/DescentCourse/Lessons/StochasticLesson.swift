import Descent
import DescentCharts
import DescentData

extension Lesson {
  static let stochastic = Lesson(
    id: "sgd",
    title: "Stochastic gradient descent: a few samples at a time",
    summary: "Minibatches and epochs: cheaper steps in nearly the right direction.",
    assumes: ["regression", "what a mean and a standard deviation are"],
    keywords: ["minibatch", "batch", "epoch", "stochastic", "noise", "shuffle"],
    question: Question(
      text: """
        There are 60,000 samples and minibatches of 128. How many steps has an epoch, and how many \
        samples has its last minibatch?
        """,
      answer: .numbers([469, 96], tolerance: 0),
      explanation: """
        468 whole minibatches hold 59,904 samples. The 96 that are left make one more, whose gradient \
        is divided by 96, not by 128.
        """)
  ) {
    let subsets = Minibatches.allSubsets
    let spreads = Minibatches.spreads
    return [
      .paragraph(
        """
        The gradient of the last lesson was a mean over all $n$ samples. With three points that is \
        nothing; with a million images, every single step would look at all of them. Must it? Opinion \
        polls do not ask everybody either. Take a small random subset $S_m$ of $m$ samples, a \
        *minibatch*:
        """),
      .formula(
        """
        \\nabla C = \\frac{1}{n} \\sum_{i=1}^{n} \\nabla C_i \\approx \\frac{1}{m} \\sum_{i \\in S_m} \\nabla C_i
        """),
      .paragraph(
        """
        Is that fair? Take \(subsets.count) samples, write down every minibatch of \(subsets.size) that \
        there is, all \(subsets.subsets) of them, and average their gradients. The result differs from \
        the full gradient by \(subsets.difference, digits: 1): not at all, up to rounding. A minibatch \
        errs, but it is not biased.
        """),
      .heading("How far off is a minibatch?"),
      .figure(Minibatches.histogram),
      .paragraph(
        """
        The spread falls like $1/\\sqrt{m}$: four times as many samples, half the error. For a subset of \
        a finite set, drawn without putting back, it falls a bit faster, to 0 when the minibatch is \
        everything:
        """),
      .formula(
        "\\text{spread of the mean} = \\frac{s}{\\sqrt{m}} \\cdot \\sqrt{(n - m) / (n - 1)}"),
      .table(
        NumberTable(
          ["minibatch", "spread, measured", "spread, by the formula"],
          spreads.map { ["\($0.size)", decimal($0.measured, 4), decimal($0.predicted, 4)] },
          caption: "20,000 minibatches of each size, from \(Minibatches.points.count) samples")),
      .paragraph(
        """
        And that is a bargain. A hundred times as many samples cost a hundred times as much and are ten \
        times as exact. A rough idea of the way down, had a hundred times, is worth more.
        """),
      .heading("Epochs"),
      .paragraph(
        """
        *Stochastic gradient descent* does not draw at random for ever. It shuffles the samples, cuts \
        them into minibatches and takes a step on each. When all have been used once, an *epoch* is \
        over; shuffle again for the next.
        """),
      .steps([
        "Shuffle the samples, and cut them into minibatches of $m$; the last may be smaller.",
        "For each minibatch $S$: $v \\leftarrow v - \\frac{\\eta}{|S|} \\sum_{i \\in S} \\nabla C_i(v)$.",
        "That was an epoch. Go back to 1, for as many epochs as you like.",
      ]),
      .listing(try Listing("Stochastic", stochasticListing)),
      .heading("Who is down first?"),
      .figure(Minibatches.race(by: .samples)),
      .paragraph(
        """
        Measured in samples seen, small minibatches win by far. They do not come to rest, however: near \
        the bottom the noise is larger than the slope, and the path wanders. A smaller rate at the end \
        calms it.
        """),
      .figure(Minibatches.race(by: .steps)),
      .paragraph(
        """
        Measured in steps, large ones are no worse, and quieter. Which of the pictures is the one against \
        *time*? The first, if a computer does one sample after the other; the second, if it does a whole \
        minibatch at once. Real ones lie in between, which is why minibatches of 10 to a few hundred are \
        usual.
        """),
      .figure(Minibatches.paths),
      .control(Minibatches.control),
      .slip(
        claim: """
          Partition the data into minibatches of size $m$, and divide each sum \
          $\\sum_{i \\in S} \\nabla C_j$ by $m$.
          """,
        correction: """
          The sum runs over $i$, so it is $\\nabla C_i$ that is added up. And if $m$ does not divide $n$, the \
          last minibatch is smaller: divide by its true size, or its step is too short. Descent does so.
          """),
    ]
  }
}

// MARK: The lesson's code

/// The points of the generated set `line`.
func line(count: Int, noise: Double) -> [(x: Double, y: Double)] {
  let set = GeneratedSet.named("line", count: count, noise: noise, seed: 1)!
  return zip(set.features, set.targets ?? []).map { (Double($0), Double($1)) }
}

/// A line learned with minibatches of several sizes.
enum Minibatches {
  static let points = line(count: 100, noise: 0.5)

  /// The gradient on some of the points, in plain numbers; the panel does the same.
  static func gradient(w: Double, b: Double, _ indices: some Collection<Int>) -> [Double] {
    var sum = [0.0, 0.0]
    for index in indices {
      let (x, y) = points[index]
      let error = w * x + b - y
      sum[0] += error * x
      sum[1] += error
    }
    return sum.map { $0 / Double(indices.count) }
  }

  /// The mean over all minibatches against the gradient of everything.
  static var allSubsets: (count: Int, size: Int, subsets: Int, difference: Double) {
    let (count, size) = (10, 4)
    let subsets = (0..<1 << count).filter { $0.nonzeroBitCount == size }.map { bits in
      (0..<count).filter { bits >> $0 & 1 == 1 }
    }
    let full = Line.gradient(w: 0.3, b: -0.2, Array(points.prefix(count)))
    var mean = [0.0, 0.0]
    for subset in subsets {
      let part = Line.gradient(w: 0.3, b: -0.2, subset.map { points[$0] })
      for index in 0..<2 { mean[index] += part[index] / Double(subsets.count) }
    }
    let difference = max(abs(mean[0] - full[0]), abs(mean[1] - full[1]))
    return (count, size, subsets.count, difference)
  }

  /// The gradient along b of many random minibatches.
  static func samples(size: Int, count: Int) -> [Double] {
    var random = Philox(seed: 7, stream: UInt64(size))
    return (0..<count).map { _ in
      let order = random.permutation(of: points.count).prefix(size).map { Int($0) }
      return gradient(w: 0, b: 0, order)[1]
    }
  }

  static var spreads: [(size: Int, measured: Double, predicted: Double)] {
    let each = points.indices.map { gradient(w: 0, b: 0, [$0])[1] }
    let n = Double(points.count)
    let s = spread(of: each)
    return [1, 4, 16, 64, 100].map { size in
      let m = Double(size)
      let predicted = ((n - m) / (n - 1)).squareRoot() * s / m.squareRoot()
      return (size, spread(of: samples(size: size, count: 20_000)), predicted)
    }
  }

  private static func spread(of values: [Double]) -> Double {
    let mean = values.reduce(0, +) / Double(values.count)
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (squares / Double(values.count)).squareRoot()
  }

  static var histogram: Figure {
    Figure(
      title: "Gradients of 2,000 minibatches",
      description:
        "Histograms of the gradient along b for minibatches of 4, 16 and 64 samples: all "
        + "around the same mean, the larger the narrower.",
      content: .histogram(
        Histogram(
          [4, 16, 64].map { .init("m = \($0)", samples(size: $0, count: 2_000)) },
          x: Axis("∂C/∂b on the minibatch"), bins: 48)))
  }

  /// The parameters after each step.
  static func descend(size: Int, rate: Double, epochs: Int) -> [[Double]] {
    var random = Philox(seed: 3, stream: UInt64(size))
    var path = [[0.0, 0.0]]
    for _ in 0..<epochs {
      let order = random.permutation(of: points.count).map { Int($0) }
      for start in stride(from: 0, to: order.count, by: size) {
        let place = path[path.count - 1]
        let part = order[start..<min(start + size, order.count)]
        let slopes = gradient(w: place[0], b: place[1], part)
        path.append([place[0] - rate * slopes[0], place[1] - rate * slopes[1]])
      }
    }
    return path
  }

  private static func cost(_ place: [Double]) -> Double {
    points.reduce(0) { sum, point in
      let error = place[0] * point.x + place[1] - point.y
      return sum + 0.5 * error * error / Double(points.count)
    }
  }

  /// What the cost is drawn against.
  enum Measure { case samples, steps }

  static func race(by measure: Measure) -> Figure {
    let lowest = cost(Line.leastSquares(points))
    let series = [1, 10, points.count].map { size in
      let path = descend(
        size: size, rate: 0.2, epochs: measure == .samples || size < points.count ? 5 : 50)
      return Series(
        "m = \(size)",
        points: path.enumerated().map { step, place in
          .init(
            x: Double(measure == .samples ? step * size : step), y: cost(place) - lowest)
        }.filter { measure == .samples || $0.x <= 50 })
    }
    let unit = measure == .samples ? "samples seen" : "steps"
    return Figure(
      title: "Cost above the lowest, by \(unit)",
      description: measure == .samples
        ? "The cost above the lowest possible against samples seen, for minibatches of 1, 10 and "
          + "all: the smaller the minibatch the faster it falls, and the more it wanders."
        : "The same against steps, the first fifty: now minibatches of 10 and all samples keep up "
          + "with single samples, and wander less.",
      content: .lines(
        LineChart(series, x: Axis(unit), y: Axis("cost above the lowest", scale: .logarithmic))))
  }

  static var paths: Figure {
    let series = [1, 10, points.count].map { size in
      Series(
        "m = \(size)",
        points: descend(size: size, rate: 0.2, epochs: size == 1 ? 3 : size == 10 ? 10 : 60)
          .map { .init(x: $0[0], y: $0[1]) })
    }
    return Figure(
      title: "Three ways down the same valley",
      description:
        "Level sets of the cost over w and b, with the paths of minibatches of 1, 10 and "
        + "all samples: the first staggers, the last is smooth.",
      content: .contours(
        ContourChart(
          Grid(x: -0.3...2.8, y: -0.2...1.7) { w, b in cost([w, b]) }, paths: series, x: Axis("w"),
          y: Axis("b"))))
  }

  static var control: Control {
    let plain = points.map { [$0.x, $0.y] }
    let part = Array(plain.prefix(7))
    return Control(
      "sgd", label: "Choose the minibatch and the rate, and race down the valley",
      parameters: ["points": plain],
      vectors: [
        Control.Vector(
          "gradient", part, 0.5, -0.25,
          gives: Line.gradient(w: 0.5, b: -0.25, Array(points.prefix(7)))),
        Control.Vector("steps", 60_000, 128, gives: [469, 96]),
      ])
  }
}
