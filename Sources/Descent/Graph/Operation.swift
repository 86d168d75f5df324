import DescentKernels

/// What a node does: its name, its derivative and its kernel, side by side in one place.
///
/// The shape rule is in the function on `Tensor` that records the node, where a mistake is
/// reported at the line that made it.
protocol Operation: Sendable {
  /// The word that plans print.
  var name: String { get }

  /// What distinguishes two operations of the same type (axes, sizes): part of a plan's key.
  var attributes: [Int] { get }

  /// The vector–Jacobian product: the derivative of a scalar with respect to each input, given
  /// `dy`, its derivative with respect to the output. Written in tensors, so that it can be
  /// differentiated again. Only what is `wanted` need be computed.
  func derivative(_ dy: Tensor, _ inputs: [Tensor], _ output: Tensor, wanted: [Bool]) -> [Tensor?]

  /// How the engine computes it.
  var lowering: Lowering { get }
}

extension Operation {
  var name: String {
    let type = "\(Self.self)"
    return type.prefix(1).lowercased() + type.dropFirst()
  }
  var attributes: [Int] { [] }
}

/// The few things that the engine can do.
enum Lowering {
  /// A value from outside: stored, a number, a variable, an input of a compiled plan.
  case leaf
  /// The same number everywhere, known when the plan is made.
  case constant(Double)
  /// The input itself.
  case identity
  /// One step of an elementwise program; inputs broadcast to the output's shape.
  case elementwise(descent_op)
  /// The input's memory, read in another way.
  case view(ViewKind)
  case reduce(descent_reduction, axes: [Int])
  case argReduce(smallest: Bool, axis: Int)
  case matmul(isExact: Bool)
  /// Inputs: two of x, the weight and y, and for y perhaps a bias.
  case convolution(descent_convolution_direction, ConvolutionGeometry)
  /// Inputs: x, if the operation looks at it, and what it moves.
  case pooling(descent_pooling_operation, PoolingGeometry)
  /// Inputs: table, index.
  case gather
  /// Inputs: values, index; rows of the result.
  case scatterAdd
  /// Inputs: key.
  case random(descent_distribution)
  /// Inputs: x, and for cross-entropy labels, and for its derivative a scale.
  case rows(descent_row_operation)
  /// Inputs one after another along an axis.
  case concatenate(axis: Int)
  /// Zeros, with the input at every step from the start on, along each axis.
  case embed(starts: [Int], steps: [Int])
  /// A composite: the graph that this function records.
  case body(@Sendable ([Tensor]) -> Tensor)
}

enum ViewKind {
  case reshape
  case permute([Int])
  case broadcast
  case slice(starts: [Int], steps: [Int])
}

// MARK: Elementwise operations

/// y = f(x), element by element.
protocol UnaryOperation: Operation {
  static var kernel: descent_op { get }
  func derivative(_ dy: Tensor, x: Tensor, y: Tensor) -> Tensor?
}

extension UnaryOperation {
  var lowering: Lowering { .elementwise(Self.kernel) }
  func derivative(_ dy: Tensor, _ inputs: [Tensor], _ output: Tensor, wanted: [Bool]) -> [Tensor?] {
    [derivative(dy, x: inputs[0], y: output)]
  }
}

/// y = f(a, b), element by element, with broadcasting.
protocol BinaryOperation: Operation {
  static var kernel: descent_op { get }
  func derivativeA(_ dy: Tensor, _ a: Tensor, _ b: Tensor, _ y: Tensor) -> Tensor?
  func derivativeB(_ dy: Tensor, _ a: Tensor, _ b: Tensor, _ y: Tensor) -> Tensor?
}

extension BinaryOperation {
  var lowering: Lowering { .elementwise(Self.kernel) }
  func derivative(_ dy: Tensor, _ inputs: [Tensor], _ output: Tensor, wanted: [Bool]) -> [Tensor?] {
    let (a, b) = (inputs[0], inputs[1])
    return [
      wanted[0] ? derivativeA(dy, a, b, output)?.summed(to: a.shape) : nil,
      wanted[1] ? derivativeB(dy, a, b, output)?.summed(to: b.shape) : nil,
    ]
  }
}

// MARK: Leaves

/// Elements that are stored.
struct Stored: Operation {
  var lowering: Lowering { .leaf }
  func derivative(_ dy: Tensor, _ inputs: [Tensor], _ output: Tensor, wanted: [Bool]) -> [Tensor?] {
    []
  }
}

/// A number that met a tensor, like the 0.1 in `0.1 * t`.
///
/// An input of the plan, told apart by its place in the graph and never by its value, so that a
/// changed learning rate compiles nothing (pytorch/xla#3604).
struct Number: Operation {
  let value: Double
  var lowering: Lowering { .leaf }
  func derivative(_ dy: Tensor, _ inputs: [Tensor], _ output: Tensor, wanted: [Bool]) -> [Tensor?] {
    []
  }
}

/// A number that belongs to the mathematics, like the 2 in d(x²) = 2x: part of the plan.
struct Constant: Operation {
  let value: Double
  var name: String { "\(value)" }
  var attributes: [Int] { [Int(bitPattern: UInt(value.bitPattern))] }
  var lowering: Lowering { .constant(value) }
  func derivative(_ dy: Tensor, _ inputs: [Tensor], _ output: Tensor, wanted: [Bool]) -> [Tensor?] {
    []
  }
}

/// An input of a compiled plan, by position.
struct Placeholder: Operation {
  let index: Int
  var attributes: [Int] { [index] }
  var lowering: Lowering { .leaf }
  func derivative(_ dy: Tensor, _ inputs: [Tensor], _ output: Tensor, wanted: [Bool]) -> [Tensor?] {
    []
  }
}

/// The point at which a derivative is taken: differentiation stops here, evaluation goes through.
struct Variable: Operation {
  var lowering: Lowering { .identity }
  func derivative(_ dy: Tensor, _ inputs: [Tensor], _ output: Tensor, wanted: [Bool]) -> [Tensor?] {
    [dy]
  }
}

/// A value that plans print under a name of its own; nothing else changes.
struct Named: Operation {
  let text: String
  var lowering: Lowering { .identity }
  func derivative(_ dy: Tensor, _ inputs: [Tensor], _ output: Tensor, wanted: [Bool]) -> [Tensor?] {
    [dy]
  }
}
