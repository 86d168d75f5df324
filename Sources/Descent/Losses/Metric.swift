/// What training reports besides the loss: a mean over samples.
public struct Metric: Sendable, CustomStringConvertible {
  /// The name, such as `accuracy`.
  public let name: String
  private let function: @Sendable (Tensor, Tensor) -> Tensor

  /// Creates a metric from a function of output and target that returns a mean over the batch.
  public init(_ name: String, _ function: @escaping @Sendable (Tensor, Tensor) -> Tensor) {
    self.name = name
    self.function = function
  }

  /// The metric of a minibatch.
  public func callAsFunction(_ output: Tensor, _ target: Tensor) -> Tensor {
    Label.$current.withValue(Label(path: name, layer: "", phase: .loss)) {
      function(output, target)
    }
  }

  public var description: String { name }

  /// The share of samples whose largest output is the target's class.
  public static let accuracy = Metric("accuracy") { Descent.accuracy($0, $1) }
  /// The share of samples whose class is among the k largest outputs.
  public static func topK(_ k: Int) -> Metric {
    Metric("top_\(k)") { topKAccuracy($0, $1, k: k) }
  }
  /// The mean absolute error over all outputs.
  public static let meanAbsoluteError = Metric("mae") {
    abs($0 - distribution($1, like: $0)).mean()
  }
  /// The mean squared error over all outputs.
  public static let meanSquaredError = Metric("mse") { Descent.meanSquaredError($0, $1) }
}

/// The share of rows whose largest output is the class of the target (index or distribution).
///
/// With one output a row, the prediction is the sign of the logit.
public func accuracy(_ output: Tensor, _ target: Tensor) -> Tensor {
  if output.shape.last == 1 {
    let predicted = (output .> output.constant(0)).cast(to: .int32)
    let truth = (distribution(target, like: output) .> output.constant(0.5)).cast(to: .int32)
    return (predicted .== truth).mean()
  }
  return (output.argmax() .== classes(target, like: output)).mean()
}

/// The share of rows whose class is among the `k` largest outputs.
public func topKAccuracy(_ output: Tensor, _ target: Tensor, k: Int) -> Tensor {
  let truth = classes(target, like: output).oneHot(classes: output.shape.last, dtype: output.dtype)
  let ofTruth = (output * truth).sum(over: [-1], keepingAxes: true)
  let larger = (output .> ofTruth).sum(over: [-1])
  return (larger .< Tensor(Int32(k))).mean()
}

/// R² = 1 − Σ(output − target)² / Σ(target − mean)²: 1 is perfect, 0 is no better than the mean.
public func rSquared(_ output: Tensor, _ target: Tensor) -> Double {
  let target = distribution(target, like: output)
  let error = output - target
  return 1 - (error * error).mean().scalar / target.variance().scalar
}

/// How often each class (row) was taken for each class (column): `[classes, classes]`, int32.
public func confusionMatrix(_ output: Tensor, _ target: Tensor) -> Tensor {
  let count = output.shape.last
  let predicted = output.argmax().oneHot(classes: count)
  let truth = classes(target, like: output).oneHot(classes: count)
  return truth.transposed().matmul(predicted).cast(to: .int32)
}

private func classes(_ target: Tensor, like output: Tensor) -> Tensor {
  target.rank == output.rank ? target.argmax() : target.cast(to: .int32)
}

extension Tensor {
  /// An int32 scalar.
  init(_ value: Int32) { self.init([value], shape: []) }
}
