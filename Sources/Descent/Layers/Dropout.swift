/// Zeros for a random part of the inputs in training, and the others larger by as much, so that every
/// output's mean stays (Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov, 2014).
///
/// In evaluation, and with a rate of 0, the input itself. The mask follows from the model's seed, the
/// layer's path, the step and the element: it is the same for any number of threads and after a
/// restart.
public struct Dropout: StorableLayer, Hashable {
  public static let kind = "Dropout"
  /// The part that becomes zero, at least 0 and less than 1.
  public var rate: Double

  /// Creates the layer.
  public init(_ rate: Double) {
    precondition(rate >= 0 && rate < 1, "Dropout: a rate of \(rate)")
    self.rate = rate
  }

  public func callAsFunction(_ x: Tensor, in scope: Scope) throws -> Tensor {
    try dropped(x, x.shape, rate, summary, in: scope)
  }

  public var summary: String { "Dropout(\(rate))" }
}

/// Zeros for a random part of the channels in training, each as a whole: neighbours in an image are
/// so alike that single zeros would hide little (Tompson, Goroshin, Jain, LeCun and Bregler, 2015).
///
/// Input `[batch, channels, …]`.
public struct Dropout2D: StorableLayer, Hashable {
  public static let kind = "Dropout2D"
  /// The part of the channels that becomes zero, at least 0 and less than 1.
  public var rate: Double

  /// Creates the layer.
  public init(_ rate: Double) {
    precondition(rate >= 0 && rate < 1, "Dropout2D: a rate of \(rate)")
    self.rate = rate
  }

  public func callAsFunction(_ x: Tensor, in scope: Scope) throws -> Tensor {
    guard x.rank >= 3 else {
      throw ShapeError(
        path: scope.path, layer: summary, expected: "channels: [batch, channels, …]",
        found: "\(x.shape)", remedy: "use Dropout(\(rate)), or put it before Flatten()")
    }
    return try dropped(x, x.shape.keeping(Array(2..<x.rank)), rate, summary, in: scope)
  }

  public var summary: String { "Dropout2D(\(rate))" }
}

private func dropped(
  _ x: Tensor, _ mask: Shape, _ rate: Double, _ summary: String, in scope: Scope
) throws -> Tensor {
  guard rate >= 0 && rate < 1 else {
    throw ShapeError(
      path: scope.path, layer: summary, expected: "a rate of at least 0 and less than 1",
      found: "\(rate)", remedy: "give a rate such as 0.5")
  }
  guard scope.isTraining && rate > 0 else { return x }
  let isKept = Tensor.bernoulli(mask, probability: 1 - rate, key: scope.randomKey("mask"))
  return select(isKept, x * (1 / (1 - rate)), x.constant(0))
}
