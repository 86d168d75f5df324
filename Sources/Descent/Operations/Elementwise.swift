import DescentKernels

// Elementwise operations: each with its kernel and its derivative.

// MARK: Arithmetic

struct Add: BinaryOperation {
  static let kernel = DESCENT_OP_ADD
  func derivativeA(_ dy: Tensor, _ a: Tensor, _ b: Tensor, _ y: Tensor) -> Tensor? { dy }
  func derivativeB(_ dy: Tensor, _ a: Tensor, _ b: Tensor, _ y: Tensor) -> Tensor? { dy }
}

struct Subtract: BinaryOperation {
  static let kernel = DESCENT_OP_SUBTRACT
  func derivativeA(_ dy: Tensor, _ a: Tensor, _ b: Tensor, _ y: Tensor) -> Tensor? { dy }
  func derivativeB(_ dy: Tensor, _ a: Tensor, _ b: Tensor, _ y: Tensor) -> Tensor? { -dy }
}

struct Multiply: BinaryOperation {
  static let kernel = DESCENT_OP_MULTIPLY
  func derivativeA(_ dy: Tensor, _ a: Tensor, _ b: Tensor, _ y: Tensor) -> Tensor? { dy * b }
  func derivativeB(_ dy: Tensor, _ a: Tensor, _ b: Tensor, _ y: Tensor) -> Tensor? { dy * a }
}

struct Divide: BinaryOperation {
  static let kernel = DESCENT_OP_DIVIDE
  func derivativeA(_ dy: Tensor, _ a: Tensor, _ b: Tensor, _ y: Tensor) -> Tensor? { dy / b }
  func derivativeB(_ dy: Tensor, _ a: Tensor, _ b: Tensor, _ y: Tensor) -> Tensor? {
    -(dy * y / b)
  }
}

/// y = aᵇ, for a > 0, and for a = 0 where there is a derivative.
struct Power: BinaryOperation {
  static let kernel = DESCENT_OP_POWER
  func derivativeA(_ dy: Tensor, _ a: Tensor, _ b: Tensor, _ y: Tensor) -> Tensor? {
    let slope = b * power(a, b - b.constant(1))
    // a⁰ is 1 everywhere; at 0 the formula would say 0 · ∞.
    return dy * (b.isNumber ? slope : select(b .== b.constant(0), b.constant(0), slope))
  }
  func derivativeB(_ dy: Tensor, _ a: Tensor, _ b: Tensor, _ y: Tensor) -> Tensor? {
    dy * select(y .== y.constant(0), y.constant(0), y * log(a))
  }
}

/// The smaller of two; where they are equal the derivative goes to the first.
struct Minimum: BinaryOperation {
  static let kernel = DESCENT_OP_MINIMUM
  func derivativeA(_ dy: Tensor, _ a: Tensor, _ b: Tensor, _ y: Tensor) -> Tensor? {
    select(a .<= b, dy, dy.constant(0))
  }
  func derivativeB(_ dy: Tensor, _ a: Tensor, _ b: Tensor, _ y: Tensor) -> Tensor? {
    select(a .<= b, dy.constant(0), dy)
  }
}

/// The larger of two; where they are equal the derivative goes to the first.
struct Maximum: BinaryOperation {
  static let kernel = DESCENT_OP_MAXIMUM
  func derivativeA(_ dy: Tensor, _ a: Tensor, _ b: Tensor, _ y: Tensor) -> Tensor? {
    select(a .>= b, dy, dy.constant(0))
  }
  func derivativeB(_ dy: Tensor, _ a: Tensor, _ b: Tensor, _ y: Tensor) -> Tensor? {
    select(a .>= b, dy.constant(0), dy)
  }
}

struct Negate: UnaryOperation {
  static let kernel = DESCENT_OP_NEGATE
  func derivative(_ dy: Tensor, x: Tensor, y: Tensor) -> Tensor? { -dy }
}

/// |x|, with the derivative 0 at 0.
struct Absolute: UnaryOperation {
  static let kernel = DESCENT_OP_ABSOLUTE
  func derivative(_ dy: Tensor, x: Tensor, y: Tensor) -> Tensor? { dy * sign(x) }
}

struct Sign: UnaryOperation {
  static let kernel = DESCENT_OP_SIGN
  func derivative(_ dy: Tensor, x: Tensor, y: Tensor) -> Tensor? { nil }
}

struct Floor: UnaryOperation {
  static let kernel = DESCENT_OP_FLOOR
  func derivative(_ dy: Tensor, x: Tensor, y: Tensor) -> Tensor? { nil }
}

struct SquareRoot: UnaryOperation {
  static let kernel = DESCENT_OP_SQUARE_ROOT
  func derivative(_ dy: Tensor, x: Tensor, y: Tensor) -> Tensor? { dy * dy.constant(0.5) / y }
}

/// max(x, 0), with the derivative 0 at 0. (`Maximum` would give its first argument a 1 there.)
struct Rectify: Operation {
  var name: String { "relu" }
  var lowering: Lowering { .body { x in maximum(x[0], x[0].constant(0)) } }
  func derivative(_ dy: Tensor, _ inputs: [Tensor], _ output: Tensor, wanted: [Bool]) -> [Tensor?] {
    [select(output .> output.constant(0), dy, dy.constant(0))]
  }
}

// MARK: Exponentials and logarithms

/// y = eˣ.
struct Exp: UnaryOperation {
  static let kernel = DESCENT_OP_EXP
  func derivative(_ dy: Tensor, x: Tensor, y: Tensor) -> Tensor? { dy * y }
}

/// y = eˣ − 1, accurate near 0.
struct ExpMinusOne: UnaryOperation {
  static let kernel = DESCENT_OP_EXPM1
  func derivative(_ dy: Tensor, x: Tensor, y: Tensor) -> Tensor? { dy * (y + y.constant(1)) }
}

struct Log: UnaryOperation {
  static let kernel = DESCENT_OP_LOG
  func derivative(_ dy: Tensor, x: Tensor, y: Tensor) -> Tensor? { dy / x }
}

/// y = ln(1 + x), accurate near 0.
struct LogOnePlus: UnaryOperation {
  static let kernel = DESCENT_OP_LOG1P
  func derivative(_ dy: Tensor, x: Tensor, y: Tensor) -> Tensor? { dy / (x + x.constant(1)) }
}

// MARK: Trigonometry

struct Sine: UnaryOperation {
  static let kernel = DESCENT_OP_SIN
  func derivative(_ dy: Tensor, x: Tensor, y: Tensor) -> Tensor? { dy * cos(x) }
}

struct Cosine: UnaryOperation {
  static let kernel = DESCENT_OP_COS
  func derivative(_ dy: Tensor, x: Tensor, y: Tensor) -> Tensor? { -(dy * sin(x)) }
}

// MARK: Squashing functions

struct HyperbolicTangent: UnaryOperation {
  var name: String { "tanh" }
  static let kernel = DESCENT_OP_TANH
  func derivative(_ dy: Tensor, x: Tensor, y: Tensor) -> Tensor? { dy * (y.constant(1) - y * y) }
}

/// σ(x) = 1 / (1 + e⁻ˣ); σ′ = σ (1 − σ) is at most ¼.
struct Sigmoid: UnaryOperation {
  static let kernel = DESCENT_OP_SIGMOID
  func derivative(_ dy: Tensor, x: Tensor, y: Tensor) -> Tensor? { dy * (y * (y.constant(1) - y)) }
}

/// y = ln(1 + eˣ), the smooth relative of ReLU; its derivative is the sigmoid.
struct Softplus: UnaryOperation {
  static let kernel = DESCENT_OP_SOFTPLUS
  func derivative(_ dy: Tensor, x: Tensor, y: Tensor) -> Tensor? { dy * sigmoid(x) }
}

/// The error function; erf′(x) = 2/√π · e^(−x²).
struct ErrorFunction: UnaryOperation {
  var name: String { "erf" }
  static let kernel = DESCENT_OP_ERF
  func derivative(_ dy: Tensor, x: Tensor, y: Tensor) -> Tensor? {
    dy * (dy.constant(1.128_379_167_095_512_6) * exp(-(x * x)))
  }
}

// MARK: Comparison, logic, choice

/// An operation whose result changes in steps: its derivative is 0 wherever there is one.
protocol StepwiseOperation: Operation {
  static var kernel: descent_op { get }
}
extension StepwiseOperation {
  var lowering: Lowering { .elementwise(Self.kernel) }
  func derivative(_ dy: Tensor, _ inputs: [Tensor], _ output: Tensor, wanted: [Bool]) -> [Tensor?] {
    inputs.map { _ in nil }
  }
}

struct Equal: StepwiseOperation { static let kernel = DESCENT_OP_EQUAL }
struct NotEqual: StepwiseOperation { static let kernel = DESCENT_OP_NOT_EQUAL }
struct Less: StepwiseOperation { static let kernel = DESCENT_OP_LESS }
struct LessOrEqual: StepwiseOperation { static let kernel = DESCENT_OP_LESS_EQUAL }
struct And: StepwiseOperation { static let kernel = DESCENT_OP_AND }
struct Or: StepwiseOperation { static let kernel = DESCENT_OP_OR }
struct Not: StepwiseOperation { static let kernel = DESCENT_OP_NOT }

/// condition ? a : b.
///
/// Values and derivatives of the side not chosen have no influence.
struct Select: Operation {
  var lowering: Lowering { .elementwise(DESCENT_OP_SELECT) }
  func derivative(_ dy: Tensor, _ inputs: [Tensor], _ output: Tensor, wanted: [Bool]) -> [Tensor?] {
    let zero = dy.constant(0)
    return [
      nil,
      wanted[1] ? select(inputs[0], dy, zero).summed(to: inputs[1].shape) : nil,
      wanted[2] ? select(inputs[0], zero, dy).summed(to: inputs[2].shape) : nil,
    ]
  }
}

/// y = a + b c, in one pass over memory, and rounded once where the processor can.
struct AddProduct: Operation {
  var lowering: Lowering { .elementwise(DESCENT_OP_MULTIPLY_ADD) }
  func derivative(_ dy: Tensor, _ inputs: [Tensor], _ output: Tensor, wanted: [Bool]) -> [Tensor?] {
    let (b, c, a) = (inputs[0], inputs[1], inputs[2])
    return [
      wanted[0] ? (dy * c).summed(to: b.shape) : nil,
      wanted[1] ? (dy * b).summed(to: c.shape) : nil,
      wanted[2] ? dy.summed(to: a.shape) : nil,
    ]
  }
}

/// Another dtype.
///
/// Floating point truncates towards zero on its way to integers.
struct Cast: Operation {
  var lowering: Lowering { .elementwise(DESCENT_OP_COPY) }
  func derivative(_ dy: Tensor, _ inputs: [Tensor], _ output: Tensor, wanted: [Bool]) -> [Tensor?] {
    [inputs[0].dtype.isFloatingPoint ? dy.cast(to: inputs[0].dtype) : nil]
  }
}

// MARK: The functions

/// eˣ, element by element.
public func exp(_ x: Tensor) -> Tensor { floating(Exp(), x) }
/// eˣ − 1, accurate near 0.
public func expMinusOne(_ x: Tensor) -> Tensor { floating(ExpMinusOne(), x) }
/// The natural logarithm.
public func log(_ x: Tensor) -> Tensor { floating(Log(), x) }
/// ln(1 + x), accurate near 0.
public func log(onePlus x: Tensor) -> Tensor { floating(LogOnePlus(), x) }
/// The square root.
public func sqrt(_ x: Tensor) -> Tensor { floating(SquareRoot(), x) }
/// The sine of an angle in radians.
public func sin(_ x: Tensor) -> Tensor { floating(Sine(), x) }
/// The cosine of an angle in radians.
public func cos(_ x: Tensor) -> Tensor { floating(Cosine(), x) }
/// The hyperbolic tangent.
public func tanh(_ x: Tensor) -> Tensor { floating(HyperbolicTangent(), x) }
/// The logistic sigmoid 1 / (1 + e⁻ˣ).
public func sigmoid(_ x: Tensor) -> Tensor { floating(Sigmoid(), x) }
/// ln(1 + eˣ), finite for every finite x.
public func softplus(_ x: Tensor) -> Tensor { floating(Softplus(), x) }
/// The error function.
public func erf(_ x: Tensor) -> Tensor { floating(ErrorFunction(), x) }
/// The rectifier max(x, 0); its derivative at 0 is 0.
public func relu(_ x: Tensor) -> Tensor { unary(Rectify(), x.cast(to: x.dtype.arithmetic)) }
/// The absolute value; its derivative at 0 is 0.
public func abs(_ x: Tensor) -> Tensor { unary(Absolute(), x) }
/// −1, 0 or 1.
public func sign(_ x: Tensor) -> Tensor { unary(Sign(), x) }
/// The largest whole number that is not larger.
public func floor(_ x: Tensor) -> Tensor { floating(Floor(), x) }

/// aᵇ, element by element, with broadcasting.
public func power(_ a: Tensor, _ b: Tensor) -> Tensor {
  binary(Power(), a, b, inFloatingPoint: true)
}

/// xⁿ for a fixed exponent, which becomes part of the compiled plan.
public func power(_ x: Tensor, _ exponent: Double) -> Tensor {
  if exponent == 0 { return Tensor(repeating: 1, shape: x.shape, dtype: x.dtype) }
  if exponent == 1 { return x }
  if exponent == 2 { return x * x }
  if exponent == 0.5 { return sqrt(x) }
  let x = x.dtype.isFloatingPoint ? x : x.cast(to: .float32)
  return power(x, x.constant(exponent))
}

/// The smaller of two, element by element; NaN if either is.
public func minimum(_ a: Tensor, _ b: Tensor) -> Tensor { binary(Minimum(), a, b) }
/// The larger of two, element by element; NaN if either is.
public func maximum(_ a: Tensor, _ b: Tensor) -> Tensor { binary(Maximum(), a, b) }
/// The smaller of each element and a number.
public func minimum(_ a: Tensor, _ b: Double) -> Tensor { minimum(a, a.number(b)) }
/// The larger of each element and a number.
public func maximum(_ a: Tensor, _ b: Double) -> Tensor { maximum(a, a.number(b)) }

/// Elements of `a` where the condition holds, of `b` where it does not, with broadcasting.
public func select(_ condition: Tensor, _ a: Tensor, _ b: Tensor) -> Tensor {
  let dtype = DType.promoted(a.dtype, b.dtype)
  let shape = broadcastShape("select", a, b)
  guard let shape = shape.broadcast(with: condition.shape) else {
    programmerError("select: the condition \(condition.shape) does not broadcast with \(shape)")
  }
  return Tensor(
    Select(), [condition.cast(to: .bool), a.cast(to: dtype), b.cast(to: dtype)], shape: shape,
    dtype: dtype)
}

extension Tensor {
  /// The same numbers in another dtype.
  public func cast(to dtype: DType) -> Tensor {
    if dtype == self.dtype { return self }
    if let constant = node.operation as? Constant { return .constant(constant.value, dtype: dtype) }
    // Truth is not a truncation: 0.5 is true.
    if dtype == .bool {
      return Tensor(NotEqual(), [self, constant(0)], shape: shape, dtype: .bool)
    }
    return unary(Cast(), self, dtype: dtype)
  }

  /// This tensor plus the product of two others, with broadcasting: one pass over memory instead of
  /// two, and one rounding where the processor can.
  public func addingProduct(_ b: Tensor, _ c: Tensor) -> Tensor {
    let dtype = DType.promoted(dtype, DType.promoted(b.dtype, c.dtype))
    guard dtype.isFloatingPoint else { return self + b * c }
    let factors = broadcastShape("addingProduct", b, c)
    guard let shape = shape.broadcast(with: factors) else {
      programmerError("addingProduct: \(self.shape) does not broadcast with \(factors)")
    }
    return Tensor(
      AddProduct(), [b.cast(to: dtype), c.cast(to: dtype), cast(to: dtype)], shape: shape,
      dtype: dtype)
  }

  /// This tensor plus a number times another.
  func addingProduct(_ b: Double, _ c: Tensor) -> Tensor { addingProduct(c.number(b), c) }

  /// The tensor with every element held between two bounds; the derivative outside is 0.
  public func clipped(to bounds: ClosedRange<Double>) -> Tensor {
    minimum(maximum(self, bounds.lowerBound), bounds.upperBound)
  }
}
