/// An array of numbers with a shape and a dtype, and the way in which it came about.
///
/// Operators record what is to be computed; the values are there whenever they are looked at
/// (`scalar`, `scalars`, `print`), and the derivative of any scalar function of tensors can be
/// taken with `gradient(at:of:)`.
///
/// ```swift
/// let v: Tensor = [2, -1]
/// let height = (v * v).sum()
/// print(height)                               // 5.0
/// print(gradient(at: v) { ($0 * $0).sum() })  // [4.0, -2.0]
/// ```
///
/// A tensor is a value: it never changes once it is there, and it can cross threads.
public struct Tensor: Sendable {
  let node: Node

  init(node: Node) { self.node = node }

  /// Records an operation.
  ///
  /// Every operation of the library goes through here.
  init(_ operation: any Operation, _ inputs: [Tensor], shape: Shape, dtype: DType) {
    node = Node(operation, inputs: inputs.map(\.node), shape: shape, dtype: dtype)
    let isLong = node.depth >= Node.longestChain && !node.isTraced && !node.isOpen
    if isLong && !Node.isReadingBody { evaluate([self]) }
  }

  /// The size of each axis.
  public var shape: Shape { node.shape }

  /// The type of the elements.
  public var dtype: DType { node.dtype }

  /// The number of axes.
  public var rank: Int { shape.rank }
}

// MARK: Creation

extension Tensor {
  /// A float32 scalar.
  public init(_ value: Double) { self.init([Float(value)], shape: []) }

  /// A vector of the given elements, `[scalars.count]`.
  public init<Scalar: TensorScalar>(_ scalars: [Scalar]) {
    self.init(scalars, shape: [scalars.count])
  }

  /// A tensor of the given elements in row-major order.
  public init<Scalar: TensorScalar>(_ scalars: [Scalar], shape: Shape) {
    precondition(
      scalars.count == shape.elementCount,
      "\(scalars.count) elements do not fill the shape \(shape), which has \(shape.elementCount)")
    self.init(storage: Storage(scalars), shape: shape, dtype: Scalar.dtype)
  }

  init(storage: Storage, shape: Shape, dtype: DType) {
    node = Node(Stored(), shape: shape, dtype: dtype, storage: storage)
  }

  /// A tensor of one value.
  public init(repeating value: Double, shape: Shape, dtype: DType = .float32) {
    self = Tensor.constant(value, dtype: dtype).broadcast(to: shape)
  }

  /// A tensor of zeros.
  public static func zeros(_ shape: Shape, dtype: DType = .float32) -> Tensor {
    Tensor(repeating: 0, shape: shape, dtype: dtype)
  }

  /// A tensor of ones.
  public static func ones(_ shape: Shape, dtype: DType = .float32) -> Tensor {
    Tensor(repeating: 1, shape: shape, dtype: dtype)
  }

  /// The numbers `start`, `start + step`, … below `end`, as a vector.
  public static func range(
    from start: Double = 0, to end: Double, by step: Double = 1, dtype: DType = .float32
  ) -> Tensor {
    precondition(step != 0, "Tensor.range: a step of 0 never arrives")
    return Tensor(Array(Swift.stride(from: start, to: end, by: step))).cast(to: dtype)
  }

  /// `count` numbers from `start` to `end`, both included, at equal distances.
  public static func linear(
    from start: Double, to end: Double, count: Int, dtype: DType = .float32
  ) -> Tensor {
    let step = count > 1 ? (end - start) / Double(count - 1) : 0
    return Tensor(
      (0..<count).map { $0 == count - 1 && count > 1 ? end : start + Double($0) * step }
    )
    .cast(to: dtype)
  }

  /// The identity matrix, `[size, size]`.
  public static func identity(_ size: Int, dtype: DType = .float32) -> Tensor {
    Tensor.range(to: Double(size), dtype: .int32).oneHot(classes: size, dtype: dtype)
  }

  /// A number that belongs to the mathematics (not to the user) and is compiled into plans.
  static func constant(_ value: Double, dtype: DType) -> Tensor {
    Tensor(node: Node(Constant(value: value), shape: [], dtype: dtype))
  }

  /// A constant of this tensor's dtype.
  func constant(_ value: Double) -> Tensor { .constant(value, dtype: dtype) }

  static func placeholder(_ index: Int, shape: Shape, dtype: DType) -> Tensor {
    Tensor(node: Node(Placeholder(index: index), shape: shape, dtype: dtype))
  }

  /// Whether this is a number or a constant, which needs no derivative.
  var isNumber: Bool { node.operation is Number || node.operation is Constant }
}

extension Tensor: ExpressibleByArrayLiteral {
  /// A float32 vector: `let v: Tensor = [2, -1]`.
  public init(arrayLiteral elements: Double...) { self.init(elements.map { Float($0) }) }
}

extension Tensor {
  /// A float32 matrix from its rows: `Tensor(rows: [[1, 2], [3, 4]])`.
  public init(rows: [[Double]]) {
    let width = rows.first?.count ?? 0
    precondition(
      rows.allSatisfy { $0.count == width }, "Tensor(rows:): the rows differ in length")
    self.init(rows.flatMap { $0.map { Float($0) } }, shape: [rows.count, width])
  }
}

// MARK: Reading

extension Tensor {
  /// The only element, as a `Double`.
  ///
  /// Computes it if that has not happened yet.
  public var scalar: Double {
    precondition(
      shape.elementCount == 1, "scalar: the tensor has \(shape.elementCount) elements: \(shape)")
    return doubles()[0]
  }

  /// The elements in row-major order.
  ///
  /// `type` must be the Swift type of the tensor's dtype.
  public func scalars<Scalar: TensorScalar>(as type: Scalar.Type = Float.self) -> [Scalar] {
    precondition(
      Scalar.dtype == dtype,
      "scalars(as: \(Scalar.self)): the tensor is \(dtype); cast it, or ask for its own type")
    return Array(storage.buffer(of: type))
  }

  /// The elements in row-major order as `Double`, whatever the dtype.
  public func doubles() -> [Double] {
    let storage = storage
    switch dtype {
    case .float32: return storage.buffer(of: Float.self).map(Double.init)
    case .float64: return Array(storage.buffer(of: Double.self))
    case .int32: return storage.buffer(of: Int32.self).map(Double.init)
    case .uint8: return storage.buffer(of: UInt8.self).map(Double.init)
    case .bool: return storage.buffer(of: UInt8.self).map { $0 == 0 ? 0 : 1 }
    }
  }

  /// The bytes of the elements in row-major order, in the machine's byte order.
  public func withUnsafeBytes<Result>(
    _ body: (UnsafeRawBufferPointer) throws -> Result
  ) rethrows -> Result {
    let storage = storage
    return try withExtendedLifetime(storage) {
      try body(UnsafeRawBufferPointer(start: storage.pointer, count: node.byteCount))
    }
  }

  /// The memoised elements, computed now if need be.
  var storage: Storage {
    if let storage = node.storage { return storage }
    evaluate([self])
    return node.storage!
  }
}
