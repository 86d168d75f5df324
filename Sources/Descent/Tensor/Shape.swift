/// The sizes of a tensor's axes, outermost first: `[batch, features]`.
///
/// A scalar has the shape `[]`.
public struct Shape: Hashable, Sendable, RandomAccessCollection, ExpressibleByArrayLiteral,
  CustomStringConvertible
{
  /// The size of each axis.
  public let sizes: [Int]

  /// Creates a shape from the size of each axis.
  public init(_ sizes: [Int]) {
    precondition(sizes.allSatisfy { $0 >= 0 }, "a shape has no negative sizes: \(sizes)")
    self.sizes = sizes
  }

  /// Creates a shape from a literal such as `[32, 784]`.
  public init(arrayLiteral elements: Int...) { self.init(elements) }

  public var startIndex: Int { 0 }
  public var endIndex: Int { sizes.count }
  public subscript(axis: Int) -> Int { sizes[axis] }

  /// The number of axes.
  public var rank: Int { sizes.count }

  /// The number of elements of a tensor of this shape.
  public var elementCount: Int { sizes.reduce(1, *) }

  /// The size of the last axis.
  ///
  /// A scalar has none.
  public var last: Int {
    precondition(!sizes.isEmpty, "a scalar has no last axis")
    return sizes[sizes.count - 1]
  }

  /// That of one sample of a batch.
  var withoutBatch: Shape { Shape(Array(sizes.dropFirst())) }

  public var description: String { "[" + sizes.map(String.init).joined(separator: ", ") + "]" }

  /// Steps, in elements, between neighbours along each axis of a contiguous tensor.
  var contiguousStrides: [Int] {
    var strides = [Int](repeating: 1, count: rank)
    for axis in stride(from: rank - 2, through: 0, by: -1) {
      strides[axis] = strides[axis + 1] * Swift.max(sizes[axis + 1], 1)
    }
    return strides
  }

  /// The shape that both broadcast to by NumPy's rule (aligned at the last axis; 1 stretches),
  /// or nil if they do not fit.
  func broadcast(with other: Shape) -> Shape? {
    if self == other { return self }
    let rank = Swift.max(self.rank, other.rank)
    var result = [Int](repeating: 1, count: rank)
    for i in 1...Swift.max(rank, 1) where i <= rank {
      let a = i <= self.rank ? sizes[self.rank - i] : 1
      let b = i <= other.rank ? other.sizes[other.rank - i] : 1
      guard a == b || a == 1 || b == 1 else { return nil }
      result[rank - i] = a == 1 ? b : a
    }
    return Shape(result)
  }

  /// An axis counted from the end when negative, checked.
  func axis(_ axis: Int, _ operation: String) -> Int {
    let resolved = axis < 0 ? axis + rank : axis
    precondition(
      resolved >= 0 && resolved < rank,
      "\(operation): axis \(axis) does not exist in the shape \(self), which has \(rank) axes")
    return resolved
  }
}
