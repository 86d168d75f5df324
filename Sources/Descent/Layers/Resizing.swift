/// A border of zeros around the last axes of each sample.
public struct Pad: StorableLayer, Hashable {
  public static let kind = "Pad"
  /// The zeros in front of each of the last axes.
  public var before: [Int]
  /// The zeros behind each of the last axes.
  public var after: [Int]

  /// A border of the same width all around images, `[batch, channels, height, width]`.
  public init(_ width: Int) { self.init(before: [width, width], after: [width, width]) }

  /// Borders of their own for each of the last axes.
  public init(before: [Int], after: [Int]) {
    precondition(before.count == after.count, "Pad: \(before) and \(after)")
    (self.before, self.after) = (before, after)
  }

  public func callAsFunction(_ x: Tensor, in scope: Scope) throws -> Tensor {
    let count = before.count
    guard count == after.count, count < x.rank,
      (before + after).allSatisfy({ (0...1 << 16).contains($0) })
    else {
      throw ShapeError(
        path: scope.path, layer: summary,
        expected: "\(count) axes behind the batch, and borders of 0 ... 65536",
        found: "\(x.shape)", remedy: "give a border for each of the last axes that gets one")
    }
    let untouched = [(before: Int, after: Int)](repeating: (0, 0), count: x.rank - count)
    let border = untouched + zip(before, after).map { (before: $0, after: $1) }
    return x.padded(border)
  }

  public var summary: String {
    let isEven = Set(before + after).count == 1 && before.count == 2
    return isEven ? "Pad(\(before[0]))" : "Pad(before: \(before), after: \(after))"
  }
}

/// Images, or series, made larger by a whole factor.
///
/// Input `[batch, channels, height, width]` or `[batch, channels, length]`.
public struct Upsample: StorableLayer, Hashable {
  public static let kind = "Upsample"

  /// How new points come from old ones.
  public enum Method: String, Codable, Sendable {
    /// Each becomes a block of its like.
    case nearest
    /// On straight lines between neighbours, the outermost going on as they are (PyTorch's
    /// `bilinear` without aligned corners).
    case linear
  }

  /// How many times as many points each axis gets.
  public var factor: Int
  /// How new points come from old ones.
  public var method: Method

  /// Creates the layer.
  public init(_ factor: Int, method: Method = .nearest) {
    precondition(factor > 0, "Upsample: a factor of \(factor)")
    (self.factor, self.method) = (factor, method)
  }

  public func callAsFunction(_ x: Tensor, in scope: Scope) throws -> Tensor {
    guard x.rank == 3 || x.rank == 4, (1...1 << 10).contains(factor) else {
      throw ShapeError(
        path: scope.path, layer: summary,
        expected: "[batch, channels, height, width] or [batch, channels, length]",
        found: "\(x.shape)", remedy: "put it before Flatten(), with a factor of 1 ... 1024")
    }
    let lead = x.shape.prefix(2)
    let axes = Array(x.shape.dropFirst(2))
    switch method {
    case .nearest:
      let blocks = x.reshaped(Shape(lead + axes.flatMap { [$0, 1] }))
      return blocks.broadcast(to: Shape(lead + axes.flatMap { [$0, factor] }))
        .reshaped(Shape(lead + axes.map { $0 * factor }))
    case .linear:
      for size in axes { try scope.reserve(matrix: [size * factor, size], summary) }
      let across = interpolation(axes[axes.count - 1], x.dtype).transposed()
      let wide = x.matmul(across, isExact: true)
      return axes.count == 1
        ? wide : interpolation(axes[0], x.dtype).matmul(wide, isExact: true)
    }
  }

  /// The matrix that takes `count` points to `factor` times as many between them.
  private func interpolation(_ count: Int, _ dtype: DType) -> Tensor {
    var matrix = [Double](repeating: 0, count: count * factor * count)
    for row in 0..<(count * factor) {
      let place = max((Double(row) + 0.5) / Double(factor) - 0.5, 0)
      let left = min(Int(place), count - 1)
      let share = place - Double(left)
      matrix[row * count + left] += 1 - share
      matrix[row * count + min(left + 1, count - 1)] += share
    }
    return Tensor(matrix, shape: [count * factor, count]).cast(to: dtype).detached
  }

  public var summary: String {
    method == .nearest ? "Upsample(\(factor))" : "Upsample(\(factor), \(method))"
  }
}
