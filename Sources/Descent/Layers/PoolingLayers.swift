/// The largest pixel of each window: `[batch, channels, height, width]` becomes smaller in the last two
/// axes.
public struct MaxPool2D: StorableLayer, Hashable {
  public static let kind = "MaxPool2D"
  /// The size of a window.
  public var kernel: Extent
  /// How far apart windows are.
  public var stride: Extent
  /// How far windows may stand over the image's border.
  public var padding: Extent

  /// Creates a layer with windows side by side, unless a stride is given.
  public init(_ kernel: Extent, stride: Extent? = nil, padding: Extent = 0) {
    self.kernel = kernel
    self.stride = stride ?? kernel
    self.padding = padding
  }

  public func callAsFunction(_ x: Tensor, in scope: Scope) throws -> Tensor {
    try checkPooling(x, kernel, stride, padding, summary, scope)
    return maxPool(x, kernel: kernel, stride: stride, padding: padding)
  }

  public var summary: String { poolingSummary("MaxPool2D", kernel, stride, padding) }
}

/// The mean of each window: `[batch, channels, height, width]` becomes smaller in the last two axes.
public struct AveragePool2D: StorableLayer, Hashable {
  public static let kind = "AveragePool2D"
  /// The size of a window.
  public var kernel: Extent
  /// How far apart windows are.
  public var stride: Extent
  /// How many zeros surround the image on each side; they are part of the means.
  public var padding: Extent

  /// Creates a layer with windows side by side, unless a stride is given.
  public init(_ kernel: Extent, stride: Extent? = nil, padding: Extent = 0) {
    self.kernel = kernel
    self.stride = stride ?? kernel
    self.padding = padding
  }

  public func callAsFunction(_ x: Tensor, in scope: Scope) throws -> Tensor {
    try checkPooling(x, kernel, stride, padding, summary, scope)
    return averagePool(x, kernel: kernel, stride: stride, padding: padding)
  }

  public var summary: String { poolingSummary("AveragePool2D", kernel, stride, padding) }
}

/// Means over windows that cover the image evenly, so that the output has the same size whatever the
/// input's is: `[batch, channels, height, width]` becomes `[batch, channels, …size]`.
public struct AdaptiveAveragePool2D: StorableLayer, Hashable {
  public static let kind = "AdaptiveAveragePool2D"
  /// The size of the output.
  public var size: Extent

  /// Creates a layer whose output has this size.
  public init(_ size: Extent) { self.size = size }

  public func callAsFunction(_ x: Tensor, in scope: Scope) throws -> Tensor {
    guard x.rank == 4, size.sizes.allSatisfy({ (1...1 << 12).contains($0) }) else {
      throw imagesExpected(x, summary, scope)
    }
    try scope.reserve(matrix: [size.height, x.shape[2]], summary)
    try scope.reserve(matrix: [size.width, x.shape[3]], summary)
    return adaptiveAveragePool(x, to: size)
  }

  public var summary: String { "AdaptiveAveragePool2D(\(size))" }
}

/// The mean of each channel: `[batch, channels, height, width]` becomes `[batch, channels]` (Lin, Chen and
/// Yan, *Network in network*, 2014).
public struct GlobalAveragePool2D: StorableLayer, Hashable {
  public static let kind = "GlobalAveragePool2D"
  /// Creates the layer.
  public init() {}
  public func callAsFunction(_ x: Tensor, in scope: Scope) throws -> Tensor {
    guard x.rank == 4 else { throw imagesExpected(x, summary, scope) }
    return x.mean(over: [2, 3])
  }
  public var summary: String { "GlobalAveragePool2D()" }
}

/// The largest pixel of each channel: `[batch, channels, height, width]` becomes `[batch, channels]`.
public struct GlobalMaxPool2D: StorableLayer, Hashable {
  public static let kind = "GlobalMaxPool2D"
  /// Creates the layer.
  public init() {}
  public func callAsFunction(_ x: Tensor, in scope: Scope) throws -> Tensor {
    guard x.rank == 4 else { throw imagesExpected(x, summary, scope) }
    let window = Extent(height: x.shape[2], width: x.shape[3])
    return maxPool(x, kernel: window).reshaped([x.shape[0], x.shape[1]])
  }
  public var summary: String { "GlobalMaxPool2D()" }
}

private func imagesExpected(_ x: Tensor, _ summary: String, _ scope: Scope) -> ShapeError {
  ShapeError(
    path: scope.path, layer: summary, expected: "images: [batch, channels, height, width]",
    found: "\(x.shape)", remedy: "place it before Flatten() and the Dense layers")
}

private func checkPooling(
  _ x: Tensor, _ kernel: Extent, _ stride: Extent, _ padding: Extent, _ summary: String,
  _ scope: Scope
) throws {
  guard x.rank == 4 else { throw imagesExpected(x, summary, scope) }
  let isSound =
    (kernel.sizes + stride.sizes).allSatisfy { (1...1 << 24).contains($0) }
    && zip(padding.sizes, kernel.sizes).allSatisfy { $0 >= 0 && $0 <= $1 / 2 }
    && (0..<2).allSatisfy { kernel.sizes[$0] <= x.shape[2 + $0] + 2 * padding.sizes[$0] }
  guard isSound else {
    throw ShapeError(
      path: scope.path, layer: summary,
      expected: "images of at least the window's size, and padding of at most half of it",
      found: "\(x.shape)",
      remedy: "use smaller windows, larger images, or fewer pooling layers before it")
  }
}

private func poolingSummary(_ name: String, _ kernel: Extent, _ stride: Extent, _ padding: Extent)
  -> String
{
  let parts = [
    "\(kernel)", stride == kernel ? nil : "stride: \(stride)",
    padding == 0 ? nil : "padding: \(padding)",
  ]
  return "\(name)(\(parts.compactMap { $0 }.joined(separator: ", ")))"
}
