// Layers that give what goes through them mean 0 and variance 1, and then a gain and a bias of their
// own. Names and conventions are PyTorch's: `weight`, `bias`, `running_mean`, `running_var`.

/// Normalises each feature over the minibatch (Ioffe and Szegedy, 2015).
///
/// Input `[batch, features]` or `[batch, channels, …]`; axis 1 is normalised over all others. In
/// training by the minibatch's own mean and variance, which running means follow; in evaluation by
/// the running means. As in PyTorch, variances are divided by n to normalise, and by n − 1 for the
/// running mean. A minibatch of one value for each feature has no variance: the running means
/// normalise it and stay as they are.
public struct BatchNorm: StorableLayer, Hashable {
  public static let kind = "BatchNorm"
  /// How much of each new minibatch goes into the running means.
  public var momentum: Double
  /// Keeps the division finite.
  public var epsilon: Double

  /// Creates the layer.
  public init(momentum: Double = 0.1, epsilon: Double = 1e-5) {
    (self.momentum, self.epsilon) = (momentum, epsilon)
  }

  public func callAsFunction(_ x: Tensor, in scope: Scope) throws -> Tensor {
    guard x.rank >= 2 else { throw scope.needsFeatures(x, summary) }
    let axes = [0] + Array(2..<x.rank)
    let kept = x.shape.keeping(axes)
    let features: Shape = [x.shape[1]]
    let (gain, bias) = scope.gainAndBias(features, under: kept)
    let runningMean = scope.state("running_mean", features, initial: .zeros)
    let runningVariance = scope.state("running_var", features, initial: .ones)
    let count = Double(x.shape.elementCount) / Double(max(kept.elementCount, 1))
    guard scope.isTraining && count > 1 else {
      let scale = gain / sqrt(runningVariance.reshaped(kept) + x.constant(epsilon))
      return (x - runningMean.reshaped(kept)) * scale + bias
    }
    func follow(_ name: String, _ running: Tensor, _ new: Tensor) {
      scope.update(name, to: (1 - momentum) * running + momentum * new.reshaped(features))
    }
    let (mean, variance) = x.meanAndVariance(over: axes)
    follow("running_mean", runningMean, mean)
    follow("running_var", runningVariance, variance * x.constant(count / (count - 1)))
    return normalized(x, over: axes, gain: gain, bias: bias, epsilon: epsilon)
  }

  public var summary: String { "BatchNorm()" }
}

/// Normalises each sample over its last axes (Ba, Kiros and Hinton, 2016).
public struct LayerNorm: StorableLayer, Hashable {
  public static let kind = "LayerNorm"
  /// How many of the last axes are normalised together.
  public var axisCount: Int
  /// Keeps the division finite.
  public var epsilon: Double

  /// Creates the layer.
  public init(axisCount: Int = 1, epsilon: Double = 1e-5) {
    precondition(axisCount > 0, "LayerNorm: over \(axisCount) axes")
    (self.axisCount, self.epsilon) = (axisCount, epsilon)
  }

  public func callAsFunction(_ x: Tensor, in scope: Scope) throws -> Tensor {
    guard axisCount > 0 && axisCount < x.rank else {
      throw ShapeError(
        path: scope.path, layer: summary, expected: "\(axisCount) axes behind the batch",
        found: "\(x.shape)", remedy: "give it an axisCount of 1 ... \(max(x.rank - 1, 1))")
    }
    let axes = Array((x.rank - axisCount)..<x.rank)
    let shape = Shape(axes.map { x.shape[$0] })
    let (gain, bias) = scope.gainAndBias(shape, under: shape)
    return normalized(x, over: axes, gain: gain, bias: bias, epsilon: epsilon)
  }

  public var summary: String { axisCount == 1 ? "LayerNorm()" : "LayerNorm(\(axisCount) axes)" }
}

/// Normalises each sample over groups of channels (Wu and He, 2018).
///
/// Input `[batch, channels, …]`; `groups` must divide the channels.
public struct GroupNorm: StorableLayer, Hashable {
  public static let kind = "GroupNorm"
  /// The number of groups.
  public var groups: Int
  /// Keeps the division finite.
  public var epsilon: Double

  /// Creates the layer.
  public init(_ groups: Int, epsilon: Double = 1e-5) {
    precondition(groups > 0, "GroupNorm: \(groups) groups")
    (self.groups, self.epsilon) = (groups, epsilon)
  }

  public func callAsFunction(_ x: Tensor, in scope: Scope) throws -> Tensor {
    guard x.rank >= 2 else { throw scope.needsFeatures(x, summary) }
    let channels = x.shape[1]
    guard groups > 0 && channels % groups == 0 else {
      let divisors = (1...max(channels, 1)).filter { channels % $0 == 0 }.prefix(8)
      throw ShapeError(
        path: scope.path, layer: summary, expected: "channels in \(groups) equal groups",
        found: "\(channels) channels: \(x.shape)",
        remedy: "use \(divisors.map(String.init).joined(separator: ", ")) groups")
    }
    let sizes = [groups, channels / groups]
    let grouped = x.reshaped(Shape([x.shape[0]] + sizes + x.shape.dropFirst(2)))
    let axes = Array(2..<grouped.rank)
    let (gain, bias) = scope.gainAndBias(
      [channels], under: Shape([1] + sizes + x.shape.dropFirst(2).map { _ in 1 }))
    return normalized(grouped, over: axes, gain: gain, bias: bias, epsilon: epsilon)
      .reshaped(x.shape)
  }

  public var summary: String { "GroupNorm(\(groups))" }
}

/// Normalises each channel of each sample by itself (Ulyanov, Vedaldi and Lempitsky, 2016).
///
/// Input `[batch, channels, …]`. Without gain and bias, as in PyTorch; with them it is a `GroupNorm`
/// of as many groups as channels.
public struct InstanceNorm: StorableLayer, Hashable {
  public static let kind = "InstanceNorm"
  /// Keeps the division finite.
  public var epsilon: Double

  /// Creates the layer.
  public init(epsilon: Double = 1e-5) { self.epsilon = epsilon }

  public func callAsFunction(_ x: Tensor, in scope: Scope) throws -> Tensor {
    guard x.rank >= 3 else {
      throw ShapeError(
        path: scope.path, layer: summary, expected: "channels: [batch, channels, …]",
        found: "\(x.shape)", remedy: "use LayerNorm() where samples have one axis")
    }
    return normalized(
      x, over: Array(2..<x.rank), gain: x.constant(1), bias: x.constant(0), epsilon: epsilon)
  }

  public var summary: String { "InstanceNorm()" }
}

extension Scope {
  fileprivate func gainAndBias(_ shape: Shape, under kept: Shape) -> (gain: Tensor, bias: Tensor) {
    (
      parameter("weight", shape, initializer: .ones).reshaped(kept),
      parameter("bias", shape, initializer: .zeros).reshaped(kept)
    )
  }

  fileprivate func needsFeatures(_ x: Tensor, _ layer: String) -> ShapeError {
    ShapeError(
      path: path, layer: layer, expected: "features: [batch, features, …]", found: "\(x.shape)",
      remedy: "give the model an input of at least one axis")
  }
}
