import Descent
import Testing

/// Every differentiable operation against central differences in float64, over shapes and views.
@Suite struct DerivativeTests {
  static let shapes: [Shape] = [[], [5], [3, 4], [1, 4], [2, 3, 4], [2, 1, 3, 2]]

  // MARK: Elementwise

  static let smooth: [(String, Range<Double>, @Sendable (Tensor) -> Tensor)] = [
    ("negate", -2..<2, { -$0 }), ("exp", -2..<2, { exp($0) }),
    ("expm1", -2..<2, { expMinusOne($0) }),
    ("log", 0.2..<4, { log($0) }), ("log1p", -0.7..<4, { log(onePlus: $0) }),
    ("sqrt", 0.2..<4, { sqrt($0) }), ("sin", -4..<4, { sin($0) }), ("cos", -4..<4, { cos($0) }),
    ("tanh", -3..<3, { tanh($0) }), ("sigmoid", -5..<5, { sigmoid($0) }),
    ("softplus", -5..<5, { softplus($0) }), ("erf", -2..<2, { erf($0) }),
    ("gelu", -3..<3, { gelu($0) }), ("square", -2..<2, { power($0, 2) }),
    ("cube", -2..<2, { power($0, 3) }), ("power 1.7", 0.2..<3, { power($0, 1.7) }),
    ("power −2", 0.4..<3, { power($0, -2) }), ("reciprocal", 0.4..<3, { 1 / $0 }),
    ("affine", -2..<2, { 3 * $0 - 2 + 0.5 * (1 - $0) / 4 }),
  ]

  @Test(arguments: smooth.indices, shapes)
  func smoothFunctions(_ index: Int, _ shape: Shape) {
    let (name, range, f) = Self.smooth[index]
    checkGradient(name, at: [numbers(shape, range)]) { f($0[0]) }
  }

  static let kinked: [(String, @Sendable (Tensor) -> Tensor)] = [
    ("relu", { relu($0) }), ("abs", { abs($0) }),
    ("leaky relu", { Activation.leakyRelu($0) }),
    ("clip", { $0.clipped(to: -1.05...1.05) }),
    ("select", { select($0 .> 0, $0 * $0, exp($0)) }),
    ("maximum of number", { maximum($0, 0.05) }), ("minimum of number", { minimum($0, 0.05) }),
  ]

  @Test(arguments: kinked.indices, shapes)
  func functionsWithKinks(_ index: Int, _ shape: Shape) {
    let (name, f) = Self.kinked[index]
    checkGradient(name, at: [numbersOffZero(shape)], order: 1) { f($0[0]) }
  }

  static let pairs: [(Shape, Shape)] = [
    ([], []), ([4], [4]), ([3, 4], [4]), ([4], [3, 4]), ([3, 1], [1, 4]), ([2, 3, 4], []),
    ([2, 1, 4], [3, 1]), ([1], [2, 2]),
  ]

  @Test(arguments: pairs.indices)
  func binaryFunctionsBroadcast(_ index: Int) {
    let (a, b) = Self.pairs[index]
    let (x, y) = (numbers(a), numbersOffZero(b, seed: 2))
    checkGradient("+", at: [x, y]) { $0[0] + $0[1] }
    checkGradient("-", at: [x, y]) { $0[0] - $0[1] }
    checkGradient("*", at: [x, y]) { $0[0] * $0[1] }
    checkGradient("/", at: [x, y]) { $0[0] / $0[1] }
    checkGradient("power", at: [numbers(a, 0.3..<2), y]) { power($0[0], $0[1]) }
    checkGradient("maximum", at: [x, y + 0.01], order: 1) { maximum($0[0], $0[1]) }
    checkGradient("minimum", at: [x, y + 0.01], order: 1) { minimum($0[0], $0[1]) }
    checkGradient("select", at: [x, y]) { select($0[0] .> $0[1], sin($0[0]), $0[1]) }
  }

  // MARK: Products

  static let products: [(Shape, Shape)] = [
    ([3, 4], [4, 2]), ([1, 4], [4, 1]), ([4], [4]), ([3, 4], [4]), ([4], [4, 2]),
    ([2, 3, 4], [4, 2]), ([2, 3, 4], [2, 4, 2]), ([2, 1, 3, 4], [3, 4, 2]), ([3, 4], [2, 4, 2]),
    ([5, 17], [17, 3]),
  ]

  @Test(arguments: products.indices)
  func matrixProducts(_ index: Int) {
    let (a, b) = Self.products[index]
    checkGradient("matmul", at: [numbers(a), numbers(b, seed: 2)]) { $0[0].matmul($0[1]) }
    checkGradient("matmul of tanh", at: [numbers(a), numbers(b, seed: 2)]) {
      sigmoid(tanh($0[0]).matmul($0[1]))
    }
  }

  @Test func productsOfTransposes() {
    let (a, b) = (numbers([4, 3]), numbers([2, 4], seed: 2))
    checkGradient("AᵀBᵀ", at: [a, b]) { $0[0].transposed().matmul($0[1].transposed()) }
    checkGradient("(AᵀBᵀ)ᵀ", at: [a, b]) {
      $0[0].transposed().matmul($0[1].transposed()).transposed() * 2
    }
    checkGradient("AAᵀ", at: [a]) { $0[0].matmul($0[0].transposed()) }
  }

  // MARK: Reductions

  static let reductions: [(Shape, [Int]?)] = [
    ([], nil), ([5], nil), ([3, 4], nil), ([3, 4], [0]), ([3, 4], [1]), ([3, 4], [-1]),
    ([2, 3, 4], [1]), ([2, 3, 4], [0, 2]), ([2, 3, 4], [0, 1]), ([2, 1, 3, 2], [1, 2]),
  ]

  @Test(arguments: reductions.indices, [false, true])
  func reductionsOverAxes(_ index: Int, _ keeping: Bool) {
    let (shape, axes) = Self.reductions[index]
    let x = numbers(shape)
    checkGradient("sum", at: [x]) { ($0[0] * $0[0]).sum(over: axes, keepingAxes: keeping) }
    checkGradient("mean", at: [x]) { exp($0[0]).mean(over: axes, keepingAxes: keeping) }
    checkGradient("max", at: [x], order: 1) { $0[0].max(over: axes, keepingAxes: keeping) }
    checkGradient("min", at: [x], order: 1) { $0[0].min(over: axes, keepingAxes: keeping) }
    checkGradient("variance", at: [x]) { $0[0].variance(over: axes, keepingAxes: keeping) }
    if !shape.isEmpty {
      checkGradient("unbiased variance", at: [numbers([3, 4])]) {
        $0[0].variance(over: [1], unbiased: true)
      }
    }
  }

  @Test(arguments: [0, 1, 2, -1])
  func softmaxFamily(_ axis: Int) {
    let x = numbers([2, 3, 4])
    checkGradient("softmax", at: [x]) { softmax($0[0], over: axis) }
    checkGradient("log softmax", at: [x]) { logSoftmax($0[0], over: axis) }
    checkGradient("log-sum-exp", at: [x]) { logSumExp($0[0], over: axis) }
  }

  // MARK: Movement

  @Test func movement() {
    let x = numbers([2, 3, 4])
    let index = Tensor([Int32(2), 0, 2, 1])
    let moves: [(String, (Tensor) -> Tensor)] = [
      ("reshape", { $0.reshaped([4, -1]) }), ("flatten", { $0.flattened() }),
      ("permute", { $0.permuted([2, 0, 1]) }), ("transpose", { $0.transposed() }),
      ("reshape of permute", { $0.permuted([2, 0, 1]).reshaped([6, 4] as Shape) }),
      ("broadcast", { $0.expandingShape(at: 1).broadcast(to: [2, 5, 3, 4]) }),
      ("slice", { $0.slice(2, 1..<3) }), ("step", { $0.slice(2, 0..<4, step: 3) }),
      ("slice of slice", { $0.slice(1, 1..<3).slice(2, 1..<4, step: 2) }),
      ("element", { $0[1][0..<2] }), ("squeeze", { $0.slice(1, 1..<2).squeezed(at: 1) }),
      ("pad", { $0.padded([(1, 0), (0, 2), (1, 1)]) }),
      ("concatenate", { Tensor.concatenate([$0, $0 * $0, $0.slice(1, 0..<1)], along: 1) }),
      ("gather", { $0.permuted([1, 0, 2]).gather(index) }),
      ("gather matrix of indices", { $0.permuted([1, 0, 2]).gather(index.reshaped([2, 2])) }),
    ]
    for (name, move) in moves {
      checkGradient(name, at: [x]) { sin(move($0[0])) }
    }
    checkGradient("concatenation of two", at: [x, numbers([2, 2, 4], seed: 3)]) {
      Tensor.concatenate([$0[0], exp($0[1])], along: 1)
    }
  }

  @Test func castsAreTransparent() {
    let x = Tensor([1.5, -2.0])
    let slope = gradient(at: x) { ($0.cast(to: .float32) * 3).cast(to: .float64).sum() }
    #expect(slope.doubles() == [3, 3])
    #expect(gradient(at: x) { ($0 * $0.cast(to: .int32)).sum() }.doubles() == [1, -2])
  }

  // MARK: Losses

  @Test func losses() {
    let labels = Tensor([Int32(2), 0, 3])
    let logits = numbers([3, 4], -3..<3)
    let distribution = softmax(numbers([3, 4], seed: 5))
    let outputs = numbersOffZero([3, 4])
    let targets = Tensor(repeating: 0, shape: [3, 4], dtype: .float64)
    checkGradient("cross-entropy", at: [logits]) { crossEntropy($0[0], labels) }
    checkGradient("cross-entropy of distributions", at: [logits, distribution]) {
      crossEntropy($0[0], $0[1])
    }
    checkGradient("smoothed cross-entropy", at: [logits]) {
      crossEntropy($0[0], labels, labelSmoothing: 0.1)
    }
    checkGradient("binary cross-entropy", at: [logits]) { binaryCrossEntropy($0[0], labels) }
    checkGradient("½ squared error", at: [outputs, distribution]) { halfSquaredError($0[0], $0[1]) }
    checkGradient("mean squared error", at: [outputs]) { meanSquaredError($0[0], labels) }
    checkGradient("absolute error", at: [outputs], order: 1) { absoluteError($0[0], targets) }
    checkGradient("Huber", at: [outputs], order: 1) { huberLoss($0[0], targets, delta: 0.7) }
  }

  @Test(arguments: [DType.float32, .float64])
  func lossesAreFiniteForExtremeLogits(_ dtype: DType) {
    let logits = Tensor([1e4, -1e4, 0, -1e4, 1e4, 5], shape: [2, 3]).cast(to: dtype)
    let labels = Tensor([Int32(1), 2])
    for loss in [Loss.crossEntropy, .crossEntropy(labelSmoothing: 0.1), .binaryCrossEntropy] {
      let (value, slope) = valueWithGradient(at: logits) { loss($0, labels) }
      #expect(value.scalar.isFinite && slope.doubles().allSatisfy(\.isFinite), "\(loss)")
    }
    let shifted = softmax(Tensor([1000, 1001, 1002]).cast(to: dtype)).doubles()
    let plain = softmax(Tensor([0.0, 1, 2]).cast(to: dtype)).doubles()
    for (a, b) in zip(shifted, plain) { #expect(abs(a - b) < (dtype == .float64 ? 1e-15 : 1e-7)) }
  }

  @Test(arguments: Activation.all.map(\.name))
  func activations(_ name: String) {
    let activation = Activation.named(name)!
    let isKinked = ["relu", "leaky-relu", "step"].contains(name)
    checkGradient(name, at: [numbersOffZero([3, 4])], order: isKinked ? 1 : 2) { activation($0[0]) }
  }

  // MARK: Promises

  @Test func promisesAtZero() {
    #expect(gradient(at: Tensor(0)) { relu($0) }.scalar == 0)
    #expect(gradient(at: Tensor(0)) { abs($0) }.scalar == 0)
    #expect(gradient(at: Tensor([0.0])) { Activation.step($0).sum() }.scalar == 0)
    #expect(gradient(at: Tensor([3.0, 1, 3])) { $0.max() }.doubles() == [0.5, 0, 0.5])
  }

  @Test func derivativesOfDerivatives() {
    #expect(gradient(at: Tensor(2)) { x in gradient(at: x) { x in x * x * x } }.scalar == 12)
    let third = gradient(at: Tensor([2.0]).sum()) { x in
      gradient(at: x) { x in gradient(at: x) { x in x * x * x * x } }
    }
    #expect(third.scalar == 48)
    // An inner derivative with respect to one variable, an outer one through another.
    let mixed = gradient(at: Tensor(3)) { y in gradient(at: Tensor(2)) { x in x * x * y } }
    #expect(mixed.scalar == 4)
  }

  @Test func gradientsOfTwoAndThree() {
    let (dx, dy) = gradient(at: Tensor(2), Tensor(3)) { $0 * $0 * $1 }
    #expect(dx.scalar == 12 && dy.scalar == 4)
    let (a, b, c) = gradient(at: Tensor(2), Tensor(3), Tensor(4)) { $0 * $1 + $1 * $2 }
    #expect(a.scalar == 3 && b.scalar == 6 && c.scalar == 3)
    let unused = valueWithGradient(at: [Tensor(2), Tensor([1.0, 2])]) { $0[0] * 3 }
    #expect(unused.gradients[1].doubles() == [0, 0])
  }

  @Test func valuesReadInsideAClosureKeepTheGraph() {
    let slope = gradient(at: Tensor(3)) { x in
      let y = x * x
      #expect(y.scalar == 9)
      return y * x
    }
    #expect(slope.scalar == 27)
  }
}
