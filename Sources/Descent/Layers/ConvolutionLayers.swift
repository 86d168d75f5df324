/// y = activation(x ⋆ w + b): filters that go over images.
///
/// Input `[batch, channels, height, width]`, output `[batch, filters, …]`, weight `[filters, channels /
/// groups, kernel height, kernel width]`, bias `[filters]`: PyTorch's layout. No kernel is turned round.
/// After LeCun, Bottou, Bengio and Haffner, *Gradient-based learning applied to document recognition*,
/// 1998.
public struct Conv2D: StorableLayer, Hashable {
  public static let kind = "Conv2D"
  /// The number of filters, which are the output's channels.
  public var filters: Int
  /// The size of each filter.
  public var kernel: Extent
  /// How many pixels a filter moves at a time.
  public var stride: Extent
  /// How many zeros surround the image on each side.
  public var padding: Extent
  /// How far apart the pixels are that a filter looks at.
  public var dilation: Extent
  /// Into how many parts the channels are cut that see nothing of each other.
  public var groups: Int
  /// What the sums go through.
  public var activation: Activation
  /// Whether a bias is added.
  public var hasBias: Bool
  /// How the weights begin; by default as suits the activation.
  public var initializer: Initializer

  /// Creates a layer of `filters` filters.
  public init(
    _ filters: Int, kernel: Extent, stride: Extent = 1, padding: Extent = 0, dilation: Extent = 1,
    groups: Int = 1, activation: Activation = .identity, bias: Bool = true,
    initializer: Initializer? = nil
  ) {
    self.filters = filters
    self.kernel = kernel
    self.stride = stride
    self.padding = padding
    self.dilation = dilation
    self.groups = groups
    self.activation = activation
    hasBias = bias
    self.initializer = initializer ?? activation.suitableInitializer
  }

  public func callAsFunction(_ x: Tensor, in scope: Scope) throws -> Tensor {
    try checkSizes(x, scope)
    let channels = x.shape[1] / groups
    let weight = scope.parameter(
      "weight", [filters, channels, kernel.height, kernel.width], initializer: initializer)
    let bias = hasBias ? scope.parameter("bias", [filters], initializer: .zeros) : nil
    let sums = convolution(
      x, weight, bias: bias, stride: stride, padding: padding, dilation: dilation, groups: groups)
    return scope.activated(sums, by: activation)
  }

  private func checkSizes(_ x: Tensor, _ scope: Scope) throws {
    guard areSound([filters, groups] + stride.sizes + dilation.sizes, kernel, padding, dilation)
    else {
      throw ShapeError(
        path: scope.path, layer: summary,
        expected: "sizes of at least 1, and \(ConvolutionGeometry.bounds)",
        found: "\(summary), padding \(padding), dilation \(dilation)",
        remedy: "use a smaller kernel or dilation")
    }
    let images = "images: [batch, channels, height, width]"
    guard x.rank == 4 else {
      throw ShapeError(
        path: scope.path, layer: summary, expected: images, found: "\(x.shape)",
        remedy: x.rank == 3
          ? "give gray images a channel: Reshape([1, \(x.shape[1]), \(x.shape[2])]) before it"
          : "place it before Flatten() and the Dense layers")
    }
    guard x.shape[1] % groups == 0, filters % groups == 0 else {
      throw ShapeError(
        path: scope.path, layer: summary,
        expected: "channels and filters that \(groups) groups divide",
        found: "\(x.shape[1]) channels, \(filters) filters",
        remedy: "choose a number of groups that divides both")
    }
    for (axis, name) in ["height", "width"].enumerated() {
      let size = x.shape[2 + axis]
      let span = dilation.sizes[axis] * (kernel.sizes[axis] - 1) + 1
      guard span <= size + 2 * padding.sizes[axis] else {
        throw ShapeError(
          path: scope.path, layer: summary,
          expected: "a \(name) of at least \(span - 2 * padding.sizes[axis])",
          found: "\(size): \(x.shape)",
          remedy: "use a kernel of at most \(size + 2 * padding.sizes[axis]), padding of at least "
            + "\((span - size + 1) / 2), larger images, or fewer pooling layers before it")
      }
    }
  }

  public var summary: String {
    var parts = ["\(filters)", "kernel: \(kernel)"]
    if stride != 1 { parts.append("stride: \(stride)") }
    if padding != 0 { parts.append("padding: \(padding)") }
    if dilation != 1 { parts.append("dilation: \(dilation)") }
    if groups != 1 { parts.append("groups: \(groups)") }
    if !hasBias { parts.append("no bias") }
    if activation != .identity { parts.append("\(activation)") }
    return "Conv2D(\(parts.joined(separator: ", ")))"
  }
}

/// y = activation(x ⋆ w + b) along one axis.
///
/// Input `[batch, channels, length]`, output `[batch, filters, …]`, weight `[filters, channels / groups,
/// kernel]`, bias `[filters]`.
public struct Conv1D: StorableLayer, Hashable {
  public static let kind = "Conv1D"
  /// The number of filters, which are the output's channels.
  public var filters: Int
  /// The length of each filter.
  public var kernel: Int
  /// How many steps a filter moves at a time.
  public var stride: Int
  /// How many zeros there are at each end.
  public var padding: Int
  /// How far apart the values are that a filter looks at.
  public var dilation: Int
  /// Into how many parts the channels are cut that see nothing of each other.
  public var groups: Int
  /// What the sums go through.
  public var activation: Activation
  /// Whether a bias is added.
  public var hasBias: Bool
  /// How the weights begin; by default as suits the activation.
  public var initializer: Initializer

  /// Creates a layer of `filters` filters.
  public init(
    _ filters: Int, kernel: Int, stride: Int = 1, padding: Int = 0, dilation: Int = 1,
    groups: Int = 1, activation: Activation = .identity, bias: Bool = true,
    initializer: Initializer? = nil
  ) {
    self.filters = filters
    self.kernel = kernel
    self.stride = stride
    self.padding = padding
    self.dilation = dilation
    self.groups = groups
    self.activation = activation
    hasBias = bias
    self.initializer = initializer ?? activation.suitableInitializer
  }

  public func callAsFunction(_ x: Tensor, in scope: Scope) throws -> Tensor {
    let window = Extent(height: 1, width: kernel)
    let border = Extent(height: 0, width: padding)
    let spread = Extent(height: 1, width: dilation)
    guard x.rank == 3,
      areSound([x.shape[1], filters, groups, stride, dilation], window, border, spread)
    else {
      throw ShapeError(
        path: scope.path, layer: summary,
        expected:
          "[batch, channels, length], sizes of at least 1, and \(ConvolutionGeometry.bounds)",
        found: "\(x.shape)", remedy: "give samples of two axes: Reshape([channels, length])")
    }
    let span = dilation * (kernel - 1) + 1
    guard x.shape[1] % groups == 0, filters % groups == 0, span <= x.shape[2] + 2 * padding else {
      throw ShapeError(
        path: scope.path, layer: summary,
        expected:
          "a length of at least \(span - 2 * padding), and channels that \(groups) groups divide",
        found: "\(x.shape)", remedy: "use a smaller kernel, or padding")
    }
    let weight = scope.parameter(
      "weight", [filters, x.shape[1] / groups, kernel], initializer: initializer)
    let bias = hasBias ? scope.parameter("bias", [filters], initializer: .zeros) : nil
    // Images of one row.
    let y = convolution(
      x.expandingShape(at: 2), weight.expandingShape(at: 2), bias: bias, stride: [1, stride],
      padding: [0, padding], dilation: [1, dilation], groups: groups)
    return scope.activated(y.squeezed(at: 2), by: activation)
  }

  public var summary: String {
    let name = activation == .identity ? "" : ", \(activation)"
    return "Conv1D(\(filters), kernel: \(kernel)\(name))"
  }
}

/// The transpose of a convolution, which makes images larger: each pixel adds a multiple of the kernel.
///
/// Input `[batch, channels, height, width]`, weight `[channels, filters / groups, kernel height, kernel
/// width]`, as in PyTorch; the output has (n − 1) stride − 2 padding + kernel pixels along each axis.
public struct ConvTranspose2D: StorableLayer, Hashable {
  public static let kind = "ConvTranspose2D"
  /// The number of filters, which are the output's channels.
  public var filters: Int
  /// The size of each filter.
  public var kernel: Extent
  /// How many pixels of the output one pixel of the input stands for.
  public var stride: Extent
  /// How many pixels are cut off on each side.
  public var padding: Extent
  /// How many pixels are added at the bottom and on the right.
  public var outputPadding: Extent
  /// What the sums go through.
  public var activation: Activation
  /// Whether a bias is added.
  public var hasBias: Bool
  /// How the weights begin; by default as suits the activation.
  public var initializer: Initializer

  /// Creates a layer of `filters` filters.
  public init(
    _ filters: Int, kernel: Extent, stride: Extent = 1, padding: Extent = 0,
    outputPadding: Extent = 0, activation: Activation = .identity, bias: Bool = true,
    initializer: Initializer? = nil
  ) {
    self.filters = filters
    self.kernel = kernel
    self.stride = stride
    self.padding = padding
    self.outputPadding = outputPadding
    self.activation = activation
    hasBias = bias
    self.initializer = initializer ?? activation.suitableInitializer
  }

  public func callAsFunction(_ x: Tensor, in scope: Scope) throws -> Tensor {
    let isSound = areSound([filters] + stride.sizes, kernel, padding)
    let isBelowStride = zip(outputPadding.sizes, stride.sizes).allSatisfy { $0 >= 0 && $0 < $1 }
    guard x.rank == 4, isSound, isBelowStride,
      (0..<2).allSatisfy({ axis -> Bool in
        let reach = kernel.sizes[axis] + outputPadding.sizes[axis]
        return (x.shape[2 + axis] - 1) * stride.sizes[axis] + reach > 2 * padding.sizes[axis]
      })
    else {
      throw ShapeError(
        path: scope.path, layer: summary,
        expected:
          "images, [batch, channels, height, width], of which padding leaves something, and an "
          + "output padding below the stride", found: "\(x.shape)",
        remedy: "place it before Flatten(), and use less padding")
    }
    let weight = scope.parameter(
      "weight", [x.shape[1], filters, kernel.height, kernel.width], initializer: initializer)
    let bias = hasBias ? scope.parameter("bias", [filters], initializer: .zeros) : nil
    let sums = transposedConvolution(
      x, weight, bias: bias, stride: stride, padding: padding, outputPadding: outputPadding)
    return scope.activated(sums, by: activation)
  }

  public var summary: String {
    let name = activation == .identity ? "" : ", \(activation)"
    return "ConvTranspose2D(\(filters), kernel: \(kernel), stride: \(stride)\(name))"
  }
}

/// Whether a layer's options are such as a network could have, wherever they come from.
private func areSound(
  _ counts: [Int], _ kernel: Extent, _ padding: Extent, _ dilation: Extent = 1
) -> Bool {
  counts.allSatisfy { (1...1 << 24).contains($0) }
    && ConvolutionGeometry.suits(kernel: kernel.sizes, dilation: dilation.sizes)
    && padding.sizes.allSatisfy { (0...1 << 16).contains($0) }
}
