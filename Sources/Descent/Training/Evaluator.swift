/// A model's forward pass over stored samples, compiled once for each batch size.
public final class Evaluator {
  private let model: Model
  private let data: Dataset
  private let loss: Loss?
  private let metrics: [Metric]
  private var compiled: [(batchSize: Int, graph: CompiledGraph)] = []

  /// The loss and the metrics over a whole data set, and the outputs if they were asked for.
  public struct Evaluation: Sendable {
    /// The mean loss over all samples.
    public let loss: Double
    /// Each metric's mean over all samples, by name.
    public let metrics: [(name: String, value: Double)]
    /// The network's outputs, `[samples, …]`.
    public let outputs: Tensor

    /// A metric by name.
    public subscript(name: String) -> Double? { metrics.first { $0.name == name }?.value }
  }

  /// Creates an evaluator for one data set; `loss` and `metrics` need its targets.
  public init(_ model: Model, _ data: Dataset, loss: Loss? = nil, metrics: [Metric] = []) {
    self.model = model
    self.data = data
    self.loss = loss
    self.metrics = metrics
  }

  /// How many samples of a model go through it at a time: 512, or fewer, so that the outputs of
  /// each layer stay below 256 MiB.
  static func usualBatchSize(for model: Model) -> Int {
    let sizes = [model.input.elementCount] + model.layers.map(\.output.elementCount)
    let largest = max(1, sizes.max() ?? 0) * model.dtype.size
    return min(512, max(1, (256 << 20) / largest))
  }

  /// Runs every sample through the network, with the parameters and the state of `model` as they
  /// are now.
  ///
  /// So many samples as `batchSize` says are computed at a time; unless it is given 512, or fewer
  /// where they are large.
  public func evaluate(_ model: Model, batchSize: Int? = nil) throws -> Evaluation {
    let batchSize = batchSize ?? Self.usualBatchSize(for: model)
    let size = model.output.elementCount
    let outputs = Storage(byteCount: data.count * size * model.dtype.size)
    let sums = Storage.zeros(8 * (1 + metrics.count), model.dtype)
    var totals = [Double](repeating: 0, count: 1 + metrics.count)
    for start in stride(from: 0, to: data.count, by: batchSize) {
      let count = min(batchSize, data.count - start)
      let graph = try compiled(for: count)
      graph.set(0, model.buffer.pointer)
      graph.set(1, data.inputs.storage.pointer + start * bytes(of: data.inputs))
      graph.set(2, data.targets.storage.pointer + start * bytes(of: data.targets))
      graph.plan.setOutput(0, outputs.pointer + start * size * model.dtype.size)
      for (position, room) in results.enumerated() {
        graph.plan.setOutput(1 + position, sums.pointer + room * 8 * model.dtype.size)
      }
      withExtendedLifetime(model) { graph.plan.run() }
      let values = TrainingStep.MetricValues(storage: sums, dtype: model.dtype)
      for room in results { totals[room] += values.value(room) * Double(count) }
    }
    let count = Double(max(data.count, 1))
    return Evaluation(
      loss: loss == nil ? .nan : totals[0] / count,
      metrics: metrics.enumerated().map { ($1.name, totals[1 + $0] / count) },
      outputs: Tensor(
        storage: outputs, shape: Shape([data.count] + model.output.sizes), dtype: model.dtype))
  }

  /// The places of the loss, if there is one, and of the metrics among the results.
  private var results: [Int] { (loss == nil ? [] : [0]) + metrics.indices.map { 1 + $0 } }

  private func bytes(of tensor: Tensor) -> Int {
    tensor.shape.dropFirst().reduce(1, *) * tensor.dtype.size
  }

  private func compiled(for batchSize: Int) throws -> CompiledGraph {
    if let known = compiled.first(where: { $0.batchSize == batchSize }) { return known.graph }
    let dtype = model.dtype
    let memory = Tensor.placeholder(0, shape: model.memoryShape, dtype: dtype)
    let rows = Shape([batchSize] + data.sampleShape.sizes)
    let x = Tensor.placeholder(1, shape: rows, dtype: data.inputs.dtype)
    let targetShape = Shape([batchSize] + data.targets.shape.dropFirst())
    let targets = Tensor.placeholder(2, shape: targetShape, dtype: data.targets.dtype)
    let output = try model.run(data.prepared(x, dtype: dtype), model.evaluation(on: memory))
    let values = (loss.map { [$0(output, targets)] } ?? []) + metrics.map { $0(output, targets) }
    let graph = CompiledGraph([output] + values.map { $0.cast(to: dtype) })
    compiled.append((batchSize, graph))
    return graph
  }

  /// The plan of the forward pass for batches of one size.
  public func plan(batchSize: Int) throws -> Plan { try compiled(for: batchSize).plan }
}
