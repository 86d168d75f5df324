// Operators exist for (Tensor, Tensor), (Tensor, Double) and (Double, Tensor), no more: each
// further overload costs the type checker time in every formula.

/// The elementwise sum, with broadcasting.
public func + (a: Tensor, b: Tensor) -> Tensor { binary(Add(), a, b) }
/// The elementwise difference, with broadcasting.
public func - (a: Tensor, b: Tensor) -> Tensor { binary(Subtract(), a, b) }
/// The elementwise product, with broadcasting.
public func * (a: Tensor, b: Tensor) -> Tensor { binary(Multiply(), a, b) }
/// The elementwise quotient, with broadcasting.
///
/// Integers become float32 first.
public func / (a: Tensor, b: Tensor) -> Tensor { binary(Divide(), a, b, inFloatingPoint: true) }

/// The tensor with a number added to each element.
public func + (a: Tensor, b: Double) -> Tensor { a + a.number(b) }
/// The tensor with a number added to each element.
public func + (a: Double, b: Tensor) -> Tensor { b.number(a) + b }
/// The tensor with a number subtracted from each element.
public func - (a: Tensor, b: Double) -> Tensor { a - a.number(b) }
/// A number minus each element.
public func - (a: Double, b: Tensor) -> Tensor { b.number(a) - b }
/// The tensor with each element multiplied by a number.
public func * (a: Tensor, b: Double) -> Tensor { a * a.number(b) }
/// The tensor with each element multiplied by a number.
public func * (a: Double, b: Tensor) -> Tensor { b.number(a) * b }
/// The tensor with each element divided by a number.
public func / (a: Tensor, b: Double) -> Tensor { a / a.number(b) }
/// A number divided by each element.
public func / (a: Double, b: Tensor) -> Tensor { b.number(a) / b }

/// The tensor with each sign turned.
public prefix func - (a: Tensor) -> Tensor { unary(Negate(), a) }

/// Where two tensors are equal.
public func .== (a: Tensor, b: Tensor) -> Tensor { compare(Equal(), a, b) }
/// Where two tensors differ.
public func .!= (a: Tensor, b: Tensor) -> Tensor { compare(NotEqual(), a, b) }
/// Where the first is smaller.
public func .< (a: Tensor, b: Tensor) -> Tensor { compare(Less(), a, b) }
/// Where the first is smaller or equal.
public func .<= (a: Tensor, b: Tensor) -> Tensor { compare(LessOrEqual(), a, b) }
/// Where the first is larger.
public func .> (a: Tensor, b: Tensor) -> Tensor { compare(Less(), b, a) }
/// Where the first is larger or equal.
public func .>= (a: Tensor, b: Tensor) -> Tensor { compare(LessOrEqual(), b, a) }

/// Where the elements equal a number.
public func .== (a: Tensor, b: Double) -> Tensor { a .== a.number(b) }
/// Where the elements differ from a number.
public func .!= (a: Tensor, b: Double) -> Tensor { a .!= a.number(b) }
/// Where the elements are smaller than a number.
public func .< (a: Tensor, b: Double) -> Tensor { a .< a.number(b) }
/// Where the elements are at most a number.
public func .<= (a: Tensor, b: Double) -> Tensor { a .<= a.number(b) }
/// Where the elements are larger than a number.
public func .> (a: Tensor, b: Double) -> Tensor { a .> a.number(b) }
/// Where the elements are at least a number.
public func .>= (a: Tensor, b: Double) -> Tensor { a .>= a.number(b) }

/// Where both are true.
public func .& (a: Tensor, b: Tensor) -> Tensor { compare(And(), a, b) }
/// Where either is true.
public func .| (a: Tensor, b: Tensor) -> Tensor { compare(Or(), a, b) }
/// Where the tensor is false.
public prefix func .! (a: Tensor) -> Tensor { unary(Not(), a.cast(to: .bool), dtype: .bool) }

extension Tensor {
  /// A user's number beside this tensor: of the same dtype, or float32 beside integers unless it
  /// is a whole number.
  func number(_ value: Double) -> Tensor {
    let dtype: DType =
      switch self.dtype {
      case .float32, .float64: self.dtype
      case .int32, .uint8, .bool: value == value.rounded() && abs(value) < 2e9 ? .int32 : .float32
      }
    return Tensor(node: Node(Number(value: value), shape: [], dtype: dtype))
  }
}

// MARK: Recording

/// Records f(x).
func unary(_ operation: some Operation, _ x: Tensor, dtype: DType? = nil) -> Tensor {
  Tensor(operation, [x], shape: x.shape, dtype: dtype ?? x.dtype)
}

/// Records f(x) in floating point: integers become float32 first.
func floating(_ operation: some UnaryOperation, _ x: Tensor) -> Tensor {
  unary(operation, x.dtype.isFloatingPoint ? x : x.cast(to: .float32))
}

/// Records f(a, b), promoting dtypes and checking that the shapes broadcast.
func binary(
  _ operation: some Operation, _ a: Tensor, _ b: Tensor, inFloatingPoint: Bool = false
) -> Tensor {
  var dtype = DType.promoted(a.dtype, b.dtype).arithmetic
  if inFloatingPoint && !dtype.isFloatingPoint { dtype = .float32 }
  let shape = broadcastShape(operation.name, a, b)
  return Tensor(operation, [a.cast(to: dtype), b.cast(to: dtype)], shape: shape, dtype: dtype)
}

private func compare(_ operation: some Operation, _ a: Tensor, _ b: Tensor) -> Tensor {
  let dtype = DType.promoted(a.dtype, b.dtype).arithmetic
  let shape = broadcastShape(operation.name, a, b)
  return Tensor(operation, [a.cast(to: dtype), b.cast(to: dtype)], shape: shape, dtype: .bool)
}

func broadcastShape(_ name: String, _ a: Tensor, _ b: Tensor) -> Shape {
  guard let shape = a.shape.broadcast(with: b.shape) else {
    programmerError(
      """
      \(name): the shapes \(a.shape) and \(b.shape) do not broadcast
        aligned at the last axis, sizes must be equal, or one of them 1
        remedy: reshape one of them, for example with expandingShape(at:)
      """)
  }
  return shape
}

/// Stops the program with a message that names the layer, if one is being traced.
func programmerError(_ message: String) -> Never {
  if let label = Label.current {
    fatalError("layer \"\(label.path)\" (\(label.layer)): \(message)")
  }
  fatalError(message)
}

extension DType {
  /// The type of the result of arithmetic: bytes and truth values count as integers.
  var arithmetic: DType { self == .uint8 || self == .bool ? .int32 : self }
}
