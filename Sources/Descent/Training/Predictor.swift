/// A model's forward pass, compiled once for batches of one size: for a program that answers.
///
/// ```swift
/// let predict = try Predictor(model)
/// let scores = try predict(image)            // [1, classes]
/// ```
///
/// Inputs go through as they are, without the scale that the model was trained with. A predictor
/// belongs to one thread at a time; each thread of a server makes its own.
public final class Predictor {
  /// The model whose parameters are used.
  public let model: Model
  /// The number of samples that one call takes.
  public let batchSize: Int
  private let graph: CompiledGraph
  private let inputShape: Shape
  private let outputShape: Shape

  /// Compiles the forward pass.
  ///
  /// Throws `ShapeError` if the layers do not fit each other.
  public init(_ model: Model, batchSize: Int = 1) throws {
    precondition(batchSize > 0, "Predictor: a batch size of \(batchSize)")
    self.model = model
    self.batchSize = batchSize
    inputShape = Shape([batchSize] + model.input.sizes)
    outputShape = Shape([batchSize] + model.output.sizes)
    let memory = Tensor.placeholder(0, shape: model.memoryShape, dtype: model.dtype)
    let x = Tensor.placeholder(1, shape: inputShape, dtype: model.dtype)
    graph = CompiledGraph([try model.run(x, model.evaluation(on: memory))])
    graph.set(0, model.buffer.pointer)
  }

  /// The network's outputs for a batch, `[batchSize, …output]`.
  ///
  /// Throws `ShapeError` if the batch has another shape than the one compiled for.
  public func callAsFunction(_ x: Tensor) throws -> Tensor {
    guard x.shape == inputShape else {
      throw ShapeError(
        path: "", layer: "predictor", expected: "\(inputShape)", found: "\(x.shape)",
        remedy: "reshape the input, or make a predictor with batchSize: \(x.shape.first ?? 1)")
    }
    let x = x.dtype == model.dtype ? x : x.cast(to: model.dtype)
    let output = Storage(byteCount: outputShape.elementCount * model.dtype.size)
    let input = x.storage
    graph.set(1, input.pointer)
    graph.plan.setOutput(0, output.pointer)
    withExtendedLifetime(input) { graph.plan.run() }
    return Tensor(storage: output, shape: outputShape, dtype: model.dtype)
  }
}
