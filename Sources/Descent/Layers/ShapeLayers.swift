/// `[batch, …]` becomes `[batch, features]`.
public struct Flatten: StorableLayer, Hashable {
  public static let kind = "Flatten"
  /// Creates the layer.
  public init() {}
  public func callAsFunction(_ x: Tensor, in scope: Scope) -> Tensor {
    x.rank == 2 ? x : x.flattened()
  }
  public var summary: String { "Flatten()" }
}

/// `[batch, …]` becomes `[batch, sizes…]`; one size may be −1.
public struct Reshape: StorableLayer, Hashable {
  public static let kind = "Reshape"
  /// The sizes of the axes behind the batch.
  public var sizes: [Int]

  /// Creates a layer that gives each sample the shape `sizes`.
  public init(_ sizes: [Int]) { self.sizes = sizes }

  public func callAsFunction(_ x: Tensor, in scope: Scope) throws -> Tensor {
    let count = x.shape.dropFirst().reduce(1, *)
    let known = knownCount
    let isFree = sizes.count { $0 == -1 } == 1 && known.map { $0 > 0 && count % $0 == 0 } == true
    guard let known, isFree || (sizes.allSatisfy { $0 >= 0 } && known == count) else {
      throw ShapeError(
        path: scope.path, layer: summary, expected: "samples that fill \(sizes)",
        found: "\(count) numbers a sample: \(x.shape)",
        remedy: "make the product of the sizes \(count), or leave one size as -1")
    }
    let resolved = sizes.map { $0 == -1 ? count / known : $0 }
    return x.reshaped(Shape([x.shape[0]] + resolved))
  }

  /// The product of the given sizes, or nil if it is no number that a shape could have.
  private var knownCount: Int? {
    var product = 1
    for size in sizes where size != -1 {
      let (next, overflows) = product.multipliedReportingOverflow(by: size)
      if overflows || size < -1 { return nil }
      product = next
    }
    return product
  }

  public var summary: String { "Reshape(\(sizes))" }
}
