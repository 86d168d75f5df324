import Testing

@testable import Descent

// Every operation's derivative against differences, in float64, over shapes and memory layouts.

/// A shape, and a way in which a tensor of it lies in the memory of another.
struct Layout: Sendable, CustomTestStringConvertible {
  let name: String
  /// The shape of the point.
  let base: Shape
  let view: @Sendable (Tensor) -> Tensor
  var testDescription: String { "\(name) \(base)" }

  init(_ name: String, _ base: Shape, _ view: @escaping @Sendable (Tensor) -> Tensor = { $0 }) {
    self.name = name
    self.base = base
    self.view = view
  }

  static let all = [
    Layout("scalar", []),
    Layout("vector", [5]),
    Layout("matrix", [3, 4]),
    Layout("rank 3", [2, 3, 2]),
    Layout("rank 4", [2, 1, 3, 2]),
    Layout("size 1", [1, 1]),
    Layout("transposed", [4, 3]) { $0.transposed() },
    Layout("permuted", [2, 3, 2]) { $0.permuted([2, 0, 1]) },
    Layout("sliced", [4, 5]) { $0.slice(0, 1..<3).slice(1, 1..<4) },
    Layout("stepped", [7, 2]) { $0.slice(0, 1..<7, step: 2) },
    Layout("broadcast", [3, 1]) { $0.broadcast(to: [2, 3, 2]) },
    Layout("reshaped after transposing", [3, 4]) { $0.transposed().reshaped([2, 6]) },
    Layout("padded", [2, 2]) { $0.padded([(1, 0), (0, 2)]) + 0.7 },
  ]
}

/// An operation of one tensor, with the points at which it is tested.
struct Case: Sendable, CustomTestStringConvertible {
  let name: String
  let order: Int
  let point: @Sendable (inout TestRandom, Shape) -> Tensor
  let f: @Sendable (Tensor) -> Tensor
  var testDescription: String { name }

  init(
    _ name: String, in range: ClosedRange<Double> = -2...2, order: Int = 2,
    _ f: @escaping @Sendable (Tensor) -> Tensor
  ) {
    self.name = name
    self.order = order
    point = { $0.tensor($1, in: range) }
    self.f = f
  }

  init(
    _ name: String, order: Int = 2,
    at point: @escaping @Sendable (inout TestRandom, Shape) -> Tensor,
    _ f: @escaping @Sendable (Tensor) -> Tensor
  ) {
    self.name = name
    self.order = order
    self.point = point
    self.f = f
  }

  func check(_ layout: Layout) {
    let name = "\(name), \(layout.name) \(layout.base)"
    var random = TestRandom(name)
    GradientCheck(name: name, order: order).run(at: [point(&random, layout.base)]) {
      f(layout.view($0[0]))
    }
  }
}

@Suite struct ElementwiseDerivativeTests {
  static let smooth = [
    Case("negate") { -$0 },
    Case("square") { $0 * $0 },
    Case("exp") { exp($0) },
    Case("expMinusOne") { expMinusOne($0) },
    Case("log", in: 0.3...3) { log($0) },
    Case("log(onePlus:)", in: -0.5...3) { log(onePlus: $0) },
    Case("sqrt", in: 0.3...3) { sqrt($0) },
    Case("sin") { sin($0) },
    Case("cos") { cos($0) },
    Case("tanh") { tanh($0) },
    Case("sigmoid") { sigmoid($0) },
    Case("softplus") { softplus($0) },
    Case("erf") { erf($0) },
    Case("gelu") { gelu($0) },
    Case("power 1") { power($0, 1) * $0 },
    Case("power 2") { power($0, 2) },
    Case("power 3") { power($0, 3) },
    Case("power 0.5", in: 0.3...3) { power($0, 0.5) },
    Case("power 2.5", in: 0.3...3) { power($0, 2.5) },
    Case("power -1.5", in: 0.4...3) { power($0, -1.5) },
    Case("reciprocal", in: 0.4...3) { 1 / $0 },
    Case("numbers on the right") { ((($0 + 2) * 3) - 1) / 4 * $0 },
    Case("numbers on the left", in: 0.5...2) { 2 / (3 - 2 * (1 + $0)) * $0 },
    Case("a chain", in: 0.3...2) { tanh(log($0) * sin($0)) / sqrt($0 + 1) },
    Case("shared subexpression") { x in
      let y = exp(x * 0.5)
      return y * y + y / (1 + y * x * x)
    },
  ]
  static let kinked = [
    Case("relu", at: { $0.awayFromZero($1) }) { relu($0) * $0 },
    Case("abs", at: { $0.awayFromZero($1) }) { abs($0) * $0 },
    Case("sign", at: { $0.awayFromZero($1) }) { sign($0) * $0 },
    Case("floor", in: 0.1...0.9) { floor($0 * 1) + $0 * $0 },
    Case("leaky relu", at: { $0.awayFromZero($1) }) { Activation.leakyRelu($0) * $0 },
    Case("step", at: { $0.awayFromZero($1) }) { Activation.step($0) * $0 },
    Case("minimum with a number", at: { $0.awayFromZero($1) }) { minimum($0, 0) * $0 },
    Case("maximum with a number", at: { $0.awayFromZero($1) }) { maximum($0, 0) * $0 },
    Case("clipped", at: { $0.awayFromZero($1) }) { ($0 - 0.5).clipped(to: -0.5...3) * $0 },
    Case("select on itself", at: { $0.awayFromZero($1) }) { select($0 .> 0, exp($0), $0 * $0) },
    Case("select with a logarithm not chosen", at: { $0.awayFromZero($1) }) { x in
      select(x .> 0, log(select(x .> 0, x, x.constant(1))), x * x)
    },
  ]

  @Test(arguments: smooth) func smoothFunctions(_ operation: Case) {
    for layout in Layout.all { operation.check(layout) }
  }

  @Test(arguments: kinked) func piecewiseFunctions(_ operation: Case) {
    // Padding would put zeros, the kink, among the points.
    for layout in Layout.all where layout.name != "padded" { operation.check(layout) }
  }

  @Test(arguments: Activation.all) func activations(_ activation: Activation) {
    let operation = Case("activation \(activation)", at: { $0.awayFromZero($1) }) {
      activation($0) * $0
    }
    for layout in Layout.all where !layout.base.isEmpty && layout.name != "padded" {
      operation.check(layout)
    }
  }

  @Test func castsBetweenFloatingPointTypesHandDerivativesOn() {
    let x = Tensor([0.5, -1.25, 2])
    let gradient = gradient(at: x) { x in
      let single = x.cast(to: .float32)
      return (single * single).sum()
    }
    #expect(gradient.dtype == .float64)
    #expect(gradient.doubles() == [1, -2.5, 4])
    let back = Descent.gradient(at: x.cast(to: .float32)) { ($0.cast(to: .float64) * 3).sum() }
    #expect(back.dtype == .float32)
    #expect(back.doubles() == [3, 3, 3])
  }
}

@Suite struct BinaryDerivativeTests {
  struct Binary: Sendable, CustomTestStringConvertible {
    let name: String
    let range: ClosedRange<Double>
    let f: @Sendable (Tensor, Tensor) -> Tensor
    var testDescription: String { name }
  }
  static let operations = [
    Binary(name: "add", range: -2...2) { ($0 + $1) * $0 },
    Binary(name: "subtract", range: -2...2) { ($0 - $1) * $1 },
    Binary(name: "multiply", range: -2...2) { $0 * $1 },
    Binary(name: "divide", range: 0.4...2) { $0 / $1 },
    Binary(name: "power", range: 0.4...2) { power($0, $1) },
    Binary(name: "minimum", range: 0.4...2) { minimum($0, $1 + 3) * minimum($0 + 3, $1) },
    Binary(name: "maximum", range: 0.4...2) { maximum($0, $1 + 3) * maximum($0 + 3, $1) },
    Binary(name: "select", range: -2...2) { a, b in
      select(Tensor([true, false]).reshaped([1, 2]), a * a, exp(b))
    },
    Binary(name: "adding a product", range: -2...2) { a, b in
      a.addingProduct(a, b).addingProduct(b, Tensor([0.5, -2]).reshaped([1, 2]))
    },
    Binary(name: "the same twice", range: -2...2) { a, b in a * a - b * a + b * b * b },
  ]
  static let shapes: [(Shape, Shape)] = [
    ([], []), ([2], []), ([], [2]), ([3, 2], [3, 2]), ([3, 2], [2]), ([2], [3, 2]),
    ([3, 2], [3, 1]), ([3, 1], [1, 2]), ([1, 2], [3, 1]), ([2, 3, 2], [3, 1]),
    ([1, 1], [2, 1, 2]),
    ([2, 1, 3, 2], [2, 1, 2]), ([1], [2, 2]), ([1, 2], [2]),
  ]

  @Test(arguments: operations) func broadcasting(_ operation: Binary) {
    for (a, b) in Self.shapes {
      let name = "\(operation.name) \(a) \(b)"
      var random = TestRandom(name)
      let points = [random.tensor(a, in: operation.range), random.tensor(b, in: operation.range)]
      GradientCheck(name: name).run(at: points) { operation.f($0[0], $0[1]) }
    }
  }

  @Test(arguments: operations) func views(_ operation: Binary) {
    var random = TestRandom(operation.name)
    let a = random.tensor([2, 3], in: operation.range)
    let b = random.tensor([7, 4], in: operation.range)
    GradientCheck(name: "\(operation.name) on views").run(at: [a, b]) {
      operation.f($0[0].transposed(), $0[1].slice(0, 1..<6, step: 2).slice(1, 1..<3))
    }
    GradientCheck(name: "\(operation.name) on views of one tensor").run(at: [b]) {
      operation.f($0[0].slice(0, 0..<3).slice(1, 0..<2), $0[0].slice(0, 2..<5).slice(1, 2..<4))
    }
  }
}

@Suite struct PromiseTests {
  @Test(arguments: [DType.float32, .float64]) func derivativesAtKinks(_ dtype: DType) {
    let x = Tensor([-1, 0, -0.0, 1]).cast(to: dtype)
    #expect(gradient(at: x) { relu($0).sum() }.doubles() == [0, 0, 0, 1])
    #expect(gradient(at: x) { abs($0).sum() }.doubles() == [-1, 0, 0, 1])
    #expect(gradient(at: x) { sign($0).sum() }.doubles() == [0, 0, 0, 0])
    #expect(gradient(at: x) { Activation.step($0).sum() }.doubles() == [0, 0, 0, 0])
    let activated = gradient(at: x) { Activation.relu($0).sum() }
    #expect(activated.doubles() == [0, 0, 0, 1])
  }

  @Test func equalLargestElementsShareTheDerivative() {
    let x = Tensor([1.0, 3, 3, 2])
    #expect(gradient(at: x) { $0.max() }.doubles() == [0, 0.5, 0.5, 0])
    #expect(gradient(at: -x) { $0.min() }.doubles() == [0, 0.5, 0.5, 0])
  }

  @Test func equalArgumentsGiveTheDerivativeToTheFirst() {
    let x = Tensor([1.0, 2])
    let (a, b) = gradient(at: x, x) { a, b in (maximum(a, b) + 2 * minimum(a, b)).sum() }
    #expect(a.doubles() == [3, 3])
    #expect(b.doubles() == [0, 0])
  }

  static let logits: [Double] = [0, 1, -1, 20, -20, 100, -100, 800, -800, 1e4, -1e4]
  static let losses: [Loss] = [
    .crossEntropy, .crossEntropy(labelSmoothing: 0.1), .binaryCrossEntropy, .l2, .meanSquaredError,
    .l1, .huber(),
  ]

  @Test(arguments: [DType.float32, .float64]) func lossesAreFinite(_ dtype: DType) {
    for a in Self.logits {
      for b in Self.logits {
        let z = Tensor([a, b, 0, b, a, -a], shape: [2, 3]).cast(to: dtype)
        for loss in Self.losses {
          for target in [Tensor([Int32(0), 2]), Tensor([Int32(1), 1])] {
            let (value, gradient) = valueWithGradient(at: z) { loss($0, target) }
            #expect(value.scalar.isFinite, "\(loss) of \(a), \(b) in \(dtype)")
            let isFinite = gradient.doubles().allSatisfy(\.isFinite)
            #expect(isFinite, "the gradient of \(loss) at \(a), \(b) in \(dtype)")
          }
        }
      }
    }
  }

  @Test(arguments: [DType.float32, .float64]) func softmaxDoesNotSeeAShift(_ dtype: DType) {
    let near = Tensor([0.0, 1, 2]).cast(to: dtype)
    let far = Tensor([1000.0, 1001, 1002]).cast(to: dtype)
    #expect(softmax(near).doubles() == softmax(far).doubles())
    #expect(logSoftmax(near).doubles() == logSoftmax(far).doubles())
    #expect(softmax(Tensor([-1000.0, 0]).cast(to: dtype)).doubles() == [0, 1])
    #expect(logSoftmax(Tensor([-1000.0, 0]).cast(to: dtype)).doubles() == [-1000, 0])
    #expect(logSumExp(Tensor([1e4, -1e4]).cast(to: dtype)).scalar == 1e4)
  }

  @Test func aVariableThatIsNotUsedHasTheDerivativeZero() {
    let (a, b) = gradient(at: Tensor([1.0, 2]), Tensor([3.0])) { a, _ in (a * a).sum() }
    #expect(a.doubles() == [2, 4])
    #expect(b.doubles() == [0])
    #expect(gradient(at: Tensor([1.0, 2])) { _ in Tensor(5.0) }.doubles() == [0, 0])
  }

  @Test func derivativesOfAnyOrder() {
    let x = Tensor([2.0], shape: [])
    func nested(_ order: Int, _ x: Tensor) -> Tensor {
      order == 0 ? power(x, 5) : gradient(at: x) { nested(order - 1, $0) }
    }
    for (order, expected) in [32.0, 80, 160, 240, 240, 120, 0].enumerated() {
      #expect(agree(nested(order, x).scalar, expected, relative: 1e-12))
    }
  }
}
