import Testing

@testable import Descent

/// Bugs that random graphs steer round until they are mended.
///
/// Delete an entry with its bug.
enum KnownBug: CaseIterable {
  /// A piece that two concatenations share is not copied (PlanTests.nestedConcatenations…).
  case nestedConcatenations
  /// max and min of bytes write four bytes an element (PlanTests.extremesOfBytes…).
  case extremesOfBytes

  static let open: Set<KnownBug> = []
}

/// A random expression of many operations, the same for the same seed.
///
/// Decisions depend on shapes and dtypes alone, so that two builders of one seed record the same
/// operations, whether their values are evaluated at once or as late as possible.
struct RandomExpression {
  /// A value, and what is known about its numbers before they are computed.
  struct Value {
    let tensor: Tensor
    /// No sum of rounded numbers led here: every correct evaluation has the same bits.
    let isExact: Bool
    /// No element is further from 0.
    let bound: Double
  }

  private var random: TestRandom
  private let sizes: [Int]
  private var hasConcatenated = false
  /// Called with every new value; may replace it by an evaluated one.
  private let observe: (Tensor) -> Tensor
  private(set) var values: [Value] = []
  /// What was recorded, for messages.
  private(set) var script: [String] = []

  init(seed: UInt64, sizes: [Int], observe: @escaping (Tensor) -> Tensor = { $0 }) {
    random = TestRandom(seed)
    self.sizes = sizes
    self.observe = observe
    for _ in 0..<random.integer(in: 2...5) { addLeaf() }
    for _ in 0..<random.integer(in: 3...40) { addStep() }
  }

  /// The last value and some of the others, in random order.
  mutating func chooseOutputs() -> [Int] {
    let others = (0..<random.integer(in: 0...4)).map { _ in
      random.integer(in: 0...(values.count - 1))
    }
    return (others + [values.count - 1]).shuffled(using: &random)
  }

  // MARK: Values

  private mutating func add(_ name: String, _ tensor: Tensor, exact: Bool, bound: Double) {
    guard tensor.shape.elementCount <= 20_000, tensor.rank <= 5 else { return }
    script.append("v\(values.count): \(tensor.dtype) \(tensor.shape) = \(name)")
    values.append(Value(tensor: observe(tensor), isExact: exact, bound: bound))
  }

  private mutating func addLeaf() {
    let shape = Shape((0..<random.integer(in: 0...3)).map { _ in random.pick(sizes) })
    let count = shape.elementCount
    switch random.integer(in: 0...9) {
    case 0...4:
      let numbers = random.numbers(count).map { Float($0) }
      add("leaf", Tensor(numbers, shape: shape), exact: true, bound: 2)
    case 5...6: add("leaf", random.tensor(shape), exact: true, bound: 2)
    case 7:
      let numbers = (0..<count).map { _ in Int32(random.integer(in: -9...9)) }
      add("leaf", Tensor(numbers, shape: shape), exact: true, bound: 9)
    case 8:
      let numbers = (0..<count).map { _ in UInt8(random.integer(in: 0...255)) }
      add("leaf", Tensor(numbers, shape: shape), exact: true, bound: 255)
    default:
      let truths = (0..<count).map { _ in random.chance(0.5) }
      add("leaf", Tensor(truths, shape: shape), exact: true, bound: 1)
    }
  }

  /// A value, one of the latest more often than not.
  private mutating func pickIndex() -> Int {
    let first = random.chance(0.6) ? max(0, values.count - 4) : 0
    return random.integer(in: first...(values.count - 1))
  }

  /// A value whose numbers are small enough for what comes.
  private mutating func pick() -> (index: Int, value: Value) {
    let index = pickIndex()
    let value = values[index]
    guard value.bound > 300, value.tensor.dtype != .uint8 else { return (index, value) }
    if value.tensor.dtype == .int32 {
      add("v\(index) > 3", value.tensor .> 3, exact: value.isExact, bound: 1)
    } else {
      add("tanh v\(index)", tanh(value.tensor), exact: value.isExact, bound: 1)
    }
    return (values.count - 1, values[values.count - 1])
  }

  private mutating func pickFloat() -> (index: Int, value: Value) {
    let (index, value) = pick()
    if value.tensor.dtype.isFloatingPoint { return (index, value) }
    let dtype: DType = random.chance(0.8) ? .float32 : .float64
    add(
      "cast v\(index)", value.tensor.cast(to: dtype), exact: value.isExact, bound: value.bound)
    return (values.count - 1, values[values.count - 1])
  }

  // MARK: Steps

  private mutating func addStep() {
    switch random.integer(in: 0...99) {
    case 0..<24: addUnary()
    case 24..<44: addBinary()
    case 44..<49: addComparison()
    case 49..<53: addCast()
    case 53..<68: addView()
    case 68..<75: addConcatenation()
    case 75..<85: addReduction()
    case 85..<93: addMatmul()
    case 93..<97: addRows()
    default: addGather()
    }
  }

  private mutating func addUnary() {
    let (index, value) = pickFloat()
    let (x, bound) = (value.tensor, value.bound)
    func add(_ name: String, _ y: Tensor, _ bound: Double) {
      self.add("\(name) v\(index)", y, exact: value.isExact, bound: bound)
    }
    let number = random.number(in: -1.5...1.5)
    switch random.integer(in: 0...19) {
    case 0: add("sin", sin(x), 1)
    case 1: add("cos", cos(x), 1)
    case 2: add("tanh", tanh(x), 1)
    case 3: add("sigmoid", sigmoid(x), 1)
    case 4: add("softplus", softplus(x), bound + 1)
    case 5: add("erf", erf(x), 1)
    case 6: add("gelu", gelu(x), bound)
    case 7: add("relu", relu(x), bound)
    case 8: add("abs", abs(x), bound)
    case 9: add("negate", -x, bound)
    case 10: add("exp sin", exp(sin(x)), 3)
    case 11: add("sqrt", sqrt(abs(x) + 0.5), bound + 1)
    case 12: add("log", log(abs(x) + 1), bound + 1)
    case 13: add("times a number", x * number, bound * 1.5)
    case 14: add("plus a number", number + x, bound + 1.5)
    case 15: add("times one", x * x.constant(1) + x.constant(0), bound)
    case 16: add("twice negated", -(-x), bound)
    case 17: add("squared", x * x, bound * bound)
    case 18: add("clipped", x.clipped(to: -0.5...0.75), 0.75)
    default: add("over a number", x / (number + 3), bound)
    }
  }

  /// A value that broadcasts with `x`: one that is there, or a part of `x`.
  private mutating func partner(of x: Tensor) -> (index: Int, value: Value)? {
    for _ in 0..<6 {
      let (index, value) = pick()
      if x.shape.broadcast(with: value.tensor.shape) != nil { return (index, value) }
    }
    return nil
  }

  private mutating func addBinary() {
    let (i, a) = pick()
    guard let (j, b) = partner(of: a.tensor) else { return addUnary() }
    let exact = a.isExact && b.isExact
    let (x, y) = (a.tensor, b.tensor)
    func add(_ name: String, _ z: Tensor, _ bound: Double) {
      self.add("\(name) v\(i) v\(j)", z, exact: exact, bound: bound)
    }
    switch random.integer(in: 0...8) {
    case 0...1: add("+", x + y, a.bound + b.bound)
    case 2: add("-", x - y, a.bound + b.bound)
    case 3...4: add("*", x * y, a.bound * b.bound)
    case 5: add("/", x / (y * y + 1), a.bound)
    case 6: add("+*", y.addingProduct(x, y), b.bound + a.bound * b.bound)
    case 7: add("min", minimum(x, y), max(a.bound, b.bound))
    default: add("max", maximum(x, y), max(a.bound, b.bound))
    }
  }

  private mutating func addComparison() {
    let (i, a) = pick()
    guard let (j, b) = partner(of: a.tensor), a.isExact, b.isExact else { return addBinary() }
    let (x, y) = (a.tensor, b.tensor)
    let truth =
      switch random.integer(in: 0...5) {
      case 0: x .< y
      case 1: x .<= y
      case 2: x .> 0
      case 3: (x .== y) .| (x .>= 1)
      case 4: .!(x .!= y)
      default: (x .> y) .& (y .> -1)
      }
    add("compare v\(i) v\(j)", truth, exact: true, bound: 1)
    if random.chance(0.7) {
      add(
        "select v\(i) v\(j)", select(truth, x, y), exact: true, bound: max(a.bound, b.bound))
    }
  }

  private mutating func addCast() {
    let (index, value) = pick()
    let dtypes: [DType] =
      switch value.tensor.dtype {
      case .float32: value.isExact ? [.float64, .int32, .bool] : [.float64]
      case .float64: value.isExact ? [.float32, .int32, .bool] : [.float32]
      case .int32: [.float32, .float64, .bool]
      case .uint8: [.float32, .float64, .int32, .bool]
      case .bool: [.float32, .float64, .int32, .uint8]
      }
    let dtype = random.pick(dtypes)
    add(
      "cast v\(index)", value.tensor.cast(to: dtype), exact: value.isExact,
      bound: max(1, value.bound))
  }

  private mutating func addView() {
    let (index, value) = pick()
    let x = value.tensor
    func add(_ name: String, _ y: Tensor) {
      self.add("\(name) v\(index)", y, exact: value.isExact, bound: value.bound)
    }
    if x.rank == 0 { return add("broadcast", x.broadcast(to: [random.pick(sizes)])) }
    let axis = random.integer(in: 0...(x.rank - 1))
    let size = x.shape[axis]
    switch random.integer(in: 0...7) {
    case 0: add("permute", x.permuted((0..<x.rank).shuffled(using: &random)))
    case 1:
      let start = random.integer(in: 0...(size - 1))
      let end = random.integer(in: (start + 1)...size)
      add("slice", x.slice(axis, start..<end, step: random.integer(in: 1...3)))
    case 2:
      let count = x.shape.elementCount
      let divisors = (1...min(count, 12)).filter { count % $0 == 0 }
      add("reshape", x.reshaped([random.pick(divisors), -1]))
    case 3: add("flat", x.reshaped([x.shape.elementCount] as Shape))
    case 4: add("stretch", x.broadcast(to: Shape([random.integer(in: 1...3)] + x.shape.sizes)))
    case 5: add("expand", x.expandingShape(at: random.integer(in: 0...x.rank)))
    case 6: add("transpose", x.rank > 1 ? x.transposed() : x[random.integer(in: 0...(size - 1))])
    default:
      add(
        "pad", x.padded(x.shape.map { _ in (random.integer(in: 0...1), random.integer(in: 0...2)) })
      )
    }
  }

  private mutating func addConcatenation() {
    let (index, first) = pick()
    guard first.tensor.rank > 0 else { return addView() }
    if hasConcatenated && KnownBug.open.contains(.nestedConcatenations) { return addView() }
    hasConcatenated = true
    let axis = random.chance(0.5) ? 0 : random.integer(in: 0...(first.tensor.rank - 1))
    let rest = first.tensor.shape.dropping([axis])
    let fitting = values.indices.filter {
      let tensor = values[$0].tensor
      return tensor.rank == first.tensor.rank && tensor.dtype == first.tensor.dtype
        && tensor.shape.dropping([axis]) == rest
    }
    let pieces = [index] + (0..<random.integer(in: 1...3)).map { _ in random.pick(fitting) }
    add(
      "concatenate \(pieces) along \(axis)",
      Tensor.concatenate(pieces.map { values[$0].tensor }, along: axis),
      exact: pieces.allSatisfy { values[$0].isExact },
      bound: pieces.map { values[$0].bound }.max() ?? 0)
  }

  private mutating func addReduction() {
    let (index, value) = pick()
    let x = value.tensor
    guard x.rank > 0 else { return addUnary() }
    let axes = (0..<x.rank).filter { _ in random.chance(0.5) }
    let keeps = random.chance(0.3)
    let count = Double(axes.reduce(1) { $0 * x.shape[$1] })
    let isWhole = !x.dtype.isFloatingPoint
    let isBytes = x.dtype == .uint8 || x.dtype == .bool
    if isBytes && KnownBug.open.contains(.extremesOfBytes) { return addView() }
    switch random.integer(in: 0...5) {
    case 0...1:
      add(
        "sum v\(index) over \(axes)", x.sum(over: axes, keepingAxes: keeps),
        exact: value.isExact && (isWhole || axes.isEmpty), bound: value.bound * count)
    case 2:
      add(
        "mean v\(index) over \(axes)", x.mean(over: axes, keepingAxes: keeps), exact: false,
        bound: value.bound)
    case 3:
      add(
        "max v\(index) over \(axes)", x.max(over: axes, keepingAxes: keeps),
        exact: value.isExact, bound: value.bound)
    case 4:
      add(
        "min v\(index) over \(axes)", x.min(over: axes, keepingAxes: keeps),
        exact: value.isExact, bound: value.bound)
    default:
      guard value.isExact else { return addUnary() }
      let axis = random.integer(in: 0...(x.rank - 1))
      add(
        "argmax v\(index) over \(axis)", x.argmax(over: axis), exact: true,
        bound: Double(x.shape[axis]))
    }
  }

  private mutating func addMatmul() {
    let (i, a) = pickFloat()
    guard a.tensor.rank > 0 else { return addUnary() }
    let k = a.tensor.shape.last
    let fitting = values.indices.filter { index in
      let b = values[index]
      guard b.tensor.rank > 0, b.bound <= 300 else { return false }
      let rows = b.tensor.rank == 1 ? b.tensor.shape[0] : b.tensor.shape[b.tensor.rank - 2]
      let lead = Shape(Array(a.tensor.shape.dropLast(2)))
      return rows == k && lead.broadcast(with: Shape(Array(b.tensor.shape.dropLast(2)))) != nil
    }
    var (name, product) = ("", a.tensor)
    var bound = a.bound * Double(k)
    if fitting.isEmpty || random.chance(0.2) {
      guard a.tensor.rank > 1 else { return addUnary() }
      (name, product) = ("matmul v\(i) with itself", a.tensor.matmul(a.tensor.transposed()))
      bound *= a.bound
    } else {
      let j = random.pick(fitting)
      (name, product) = ("matmul v\(i) v\(j)", a.tensor.matmul(values[j].tensor))
      bound *= values[j].bound
    }
    add(name, product, exact: false, bound: bound)
    if product.rank > 1, random.chance(0.3) {
      add("transpose", product.transposed(), exact: false, bound: bound)
    }
  }

  private mutating func addRows() {
    let (index, value) = pickFloat()
    let x = value.tensor
    guard x.rank > 0 else { return addUnary() }
    let axis = random.integer(in: 0...(x.rank - 1))
    let bound = 2 * value.bound + 10
    switch random.integer(in: 0...3) {
    case 0: add("softmax v\(index)", softmax(x, over: axis), exact: false, bound: 1)
    case 1: add("logSoftmax v\(index)", logSoftmax(x, over: axis), exact: false, bound: bound)
    case 2: add("logSumExp v\(index)", logSumExp(x, over: axis), exact: false, bound: bound)
    default:
      guard x.rank == 2 else { return addUnary() }
      let labels = (0..<x.shape[0]).map { _ in Int32(random.integer(in: 0...(x.shape[1] - 1))) }
      add("crossEntropy v\(index)", crossEntropy(x, Tensor(labels)), exact: false, bound: bound)
    }
  }

  private mutating func addGather() {
    let (index, value) = pick()
    let x = value.tensor
    guard x.rank > 0 else { return addUnary() }
    let shape: Shape = random.chance(0.7) ? [random.integer(in: 1...5)] : [2, 2]
    let rows = (0..<shape.elementCount).map { _ in Int32(random.integer(in: 0...(x.shape[0] - 1))) }
    let indices = Tensor(rows, shape: shape)
    // A computed index now and then, so that gathering waits for it.
    let computed = random.chance(0.5) ? maximum(indices + 1, 1) - 1 : indices
    add("gather v\(index)", x.gather(computed), exact: value.isExact, bound: value.bound)
    if x.dtype == .int32 {
      add("oneHot v\(index)", x.oneHot(classes: 4), exact: value.isExact, bound: 1)
    }
  }
}
