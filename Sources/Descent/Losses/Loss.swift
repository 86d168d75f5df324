/// What training makes small: a function of the network's output and the targets.
///
/// A loss is the mean over the minibatch of each sample's loss, so that a smaller last minibatch
/// is averaged over its true size. Losses for classes take logits, the numbers before softmax or
/// sigmoid, and are finite for every finite logit.
///
/// ```swift
/// let absolute = Loss("absolute") { output, target in abs(output - target).mean() }
/// ```
public struct Loss: Sendable, CustomStringConvertible {
  /// The name, such as `cross-entropy`.
  public let name: String
  private let function: @Sendable (Tensor, Tensor) -> Tensor

  /// Creates a loss from a function of output `[batch, …]` and target that returns one number.
  public init(_ name: String, _ function: @escaping @Sendable (Tensor, Tensor) -> Tensor) {
    self.name = name
    self.function = function
  }

  /// The loss of a minibatch.
  public func callAsFunction(_ output: Tensor, _ target: Tensor) -> Tensor {
    Label.$current.withValue(Label(path: name, layer: "", phase: .loss)) {
      function(output, target)
    }
  }

  public var description: String { name }
}

extension Loss {
  /// Softmax and cross-entropy from logits; targets are class indices or distributions.
  public static let crossEntropy = Loss("cross-entropy") { Descent.crossEntropy($0, $1) }

  /// Cross-entropy with every target mixed with a little of every class (Szegedy et al., 2016).
  public static func crossEntropy(labelSmoothing: Double) -> Loss {
    Loss("cross-entropy") { Descent.crossEntropy($0, $1, labelSmoothing: labelSmoothing) }
  }

  /// Sigmoid and cross-entropy from logits, each output a yes or no of its own.
  public static let binaryCrossEntropy = Loss("binary-cross-entropy") {
    Descent.binaryCrossEntropy($0, $1)
  }

  /// ½‖output − target‖², the course's square loss.
  public static let l2 = Loss("l2") { halfSquaredError($0, $1) }

  /// The mean squared error over all outputs.
  public static let meanSquaredError = Loss("mse") { Descent.meanSquaredError($0, $1) }

  /// ‖output − target‖₁, the sum of absolute errors of a sample.
  public static let l1 = Loss("l1") { absoluteError($0, $1) }

  /// Square near zero, absolute beyond `delta` (Huber, 1964).
  public static func huber(delta: Double = 1) -> Loss {
    Loss("huber") { huberLoss($0, $1, delta: delta) }
  }

  /// Losses by the names of the command line.
  public static func named(_ name: String) -> Loss? {
    [crossEntropy, binaryCrossEntropy, l2, meanSquaredError, l1, huber()].first { $0.name == name }
  }

  /// The names that `named(_:)` knows.
  public static let names = ["cross-entropy", "binary-cross-entropy", "l2", "mse", "l1", "huber"]
}

// MARK: The functions

/// The mean over the batch of −ln softmax(logits)[target].
///
/// Logits are `[batch, classes]`; targets are int32 class indices `[batch]` or distributions
/// `[batch, classes]`.
public func crossEntropy(
  _ logits: Tensor, _ target: Tensor, labelSmoothing: Double = 0
) -> Tensor {
  precondition(
    logits.rank == 2, "crossEntropy: logits are [batch, classes], not \(logits.shape)")
  if target.dtype == .int32 && labelSmoothing == 0 {
    precondition(
      target.shape == [logits.shape[0]],
      "crossEntropy: class indices are [batch], \([logits.shape[0]]), not \(target.shape)")
    return Tensor(CrossEntropy(), [logits, target], shape: target.shape, dtype: logits.dtype).mean()
  }
  let classes = logits.shape.last
  let exact = distribution(target, like: logits)
  let smooth =
    labelSmoothing == 0
    ? exact
    : exact * exact.constant(1 - labelSmoothing) + exact.constant(labelSmoothing / Double(classes))
  return -(smooth * logSoftmax(logits)).sum(over: [-1]).mean()
}

/// The mean over the batch of Σ −t ln σ(z) − (1 − t) ln(1 − σ(z)), from logits z.
public func binaryCrossEntropy(_ logits: Tensor, _ target: Tensor) -> Tensor {
  let target = distribution(target, like: logits)
  return perSample(softplus(logits) - target * logits).mean()
}

/// The mean over the batch of ½‖output − target‖².
public func halfSquaredError(_ output: Tensor, _ target: Tensor) -> Tensor {
  let error = output - distribution(target, like: output)
  return perSample(error * error * error.constant(0.5)).mean()
}

/// The mean of (output − target)² over the batch and all outputs.
public func meanSquaredError(_ output: Tensor, _ target: Tensor) -> Tensor {
  let error = output - distribution(target, like: output)
  return (error * error).mean()
}

/// The mean over the batch of ‖output − target‖₁.
public func absoluteError(_ output: Tensor, _ target: Tensor) -> Tensor {
  perSample(abs(output - distribution(target, like: output))).mean()
}

/// The mean over the batch of the summed Huber losses: ½e² for |e| ≤ δ, else δ(|e| − ½δ).
public func huberLoss(_ output: Tensor, _ target: Tensor, delta: Double = 1) -> Tensor {
  let error = abs(output - distribution(target, like: output))
  let delta = error.constant(delta)
  let half = error.constant(0.5)
  let loss = select(error .<= delta, half * error * error, delta * (error - half * delta))
  return perSample(loss).mean()
}

/// The sum over everything but the batch.
private func perSample(_ loss: Tensor) -> Tensor {
  loss.rank <= 1 ? loss : loss.sum(over: Array(1..<loss.rank))
}

/// Targets in the shape of the output: class indices become rows with a single one.
func distribution(_ target: Tensor, like output: Tensor) -> Tensor {
  if target.dtype == .int32 && target.rank == output.rank - 1 && output.shape.last > 1 {
    return target.oneHot(classes: output.shape.last, dtype: output.dtype)
  }
  let target = target.cast(to: output.dtype)
  if target.shape == output.shape { return target }
  guard target.shape.elementCount == output.shape.elementCount else {
    programmerError("the targets \(target.shape) do not fit the outputs \(output.shape)")
  }
  return target.reshaped(output.shape)
}
