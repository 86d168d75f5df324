/// One step of training, compiled once for each size of minibatch: gather, forward, loss, backward
/// and update in one plan.
///
/// After the first step of a size nothing is allocated.
///
/// ```swift
/// let step = try TrainingStep(model, data, loss: .crossEntropy, optimizer: .adam())
/// let result = try step(&model, positions: [4, 8, 15, 16, 23, 42])
/// print(result.loss)
/// ```
///
/// A step stands for this loop body:
///
/// ```swift
/// let (loss, output, gradient) = try valueWithGradient(at: &model) { model in
///   let output = try model(batch.inputs)
///   return (lossFunction(output, batch.targets), output)
/// }
/// optimizer.update(&model, along: gradient)
/// ```
public final class TrainingStep {
  private let template: Model
  private let data: Dataset
  private let loss: Loss
  private let metrics: [Metric]
  /// The optimiser with its state after the last step.
  public private(set) var optimizer: Optimizer
  private var compiled: [Compiled] = []
  private let scalars = Storage(byteCount: 128)
  private let results: Storage
  private let inputs: Storage
  private let targets: Storage
  private let masks: Optimizer.Masks
  private let augmenter: Augmenter?
  /// The minibatches and their samples so far of a step that takes several.
  private var accumulated = (batches: 0, samples: 0)

  /// The plan for one size of minibatch.
  private struct Compiled {
    let batchSize: Int?
    /// Whether the parameters take their step, and not only the gradient is kept.
    let isUpdate: Bool
    let graph: CompiledGraph
    /// The streams of its random keys, and the words of those keys at the step under way.
    let streams: [UInt64]
    let words: Storage
  }

  /// The loss and the metrics of a minibatch, before the step was taken.
  public struct Result: Sendable {
    /// The mean loss over the minibatch.
    public let loss: Double
    /// The metrics in the order in which they were asked for.
    public let metrics: [Double]
  }

  /// Compiles nothing yet: plans are made at the first step of each minibatch size.
  ///
  /// With an augmentation, each step changes the images that it learns from; `seed` and the step's
  /// epoch say how. An optimiser that has taken steps goes on from them: they must be of a model
  /// like this one. Throws if the network, the data and the loss do not fit each other.
  public init(
    _ model: Model, _ data: Dataset, loss: Loss, optimizer: Optimizer, metrics: [Metric] = [],
    augmentation: Augmentation? = nil, seed: UInt64 = 0
  ) throws {
    template = model
    self.data = data
    self.loss = loss
    self.optimizer = optimizer
    self.metrics = metrics
    results = Storage.zeros(8 * (1 + metrics.count), model.dtype)
    inputs = data.inputs.storage
    targets = data.targets.storage
    masks = optimizer.masks(for: model)
    augmenter = try augmentation.map { try Augmenter($0, data.inputs, seed: seed) }
    if self.optimizer.state.isEmpty {
      self.optimizer.memoryType = model.dtype
      self.optimizer.state = (0..<optimizer.stateCount).map { _ in
        Storage.zeros(model.parameterCount, model.dtype)
      }
    } else {
      precondition(
        optimizer.remembers(model),
        "TrainingStep: \(optimizer.name) remembers the steps of another model, or of other "
          + "options; begin with a new optimiser")
      // Steps write it in place, and the caller's is a value.
      self.optimizer = optimizer.copied()
    }
    _ = try compiled(for: min(data.count, 2))
  }

  /// Says that so many minibatches of an epoch have been before those to come, each of `size` samples.
  func begin(behind batches: Int, of size: Int) {
    // The last minibatch of an epoch takes the step with what is left, and leaves nothing.
    let isEpochOver = batches * size >= data.count
    let rest = isEpochOver ? 0 : batches % optimizer.batchesPerStep
    accumulated = (rest, rest * size)
  }

  /// The plan of a step for minibatches of one size, or on all samples at once.
  public func plan(batchSize: Int?) throws -> Plan { try compiled(for: batchSize).graph.plan }

  /// Takes a step on the samples at the given positions.
  @discardableResult
  public func callAsFunction(
    _ model: inout Model, positions: [Int32], epoch: Int = 0
  ) throws -> Result {
    try positions.withUnsafeBufferPointer { positions in
      let (loss, values) = try step(&model, positions, epoch: epoch)
      return Result(loss: loss, metrics: (0..<metrics.count).map { values[$0] })
    }
  }

  /// Takes a step on all samples at once: gradient descent without minibatches.
  @discardableResult
  public func callAsFunction(_ model: inout Model, epoch: Int = 0) throws -> Result {
    let (loss, values) = try step(&model, nil, epoch: epoch)
    return Result(loss: loss, metrics: (0..<metrics.count).map { values[$0] })
  }

  /// Takes a step on the samples at these positions, or on all where they lie; the metrics lie
  /// behind the returned loss until the next step.
  ///
  /// With an optimiser that accumulates, the parameters move at the last of so many minibatches, or
  /// at the last of an epoch.
  func step(
    _ model: inout Model, _ positions: UnsafeBufferPointer<Int32>?, epoch: Int = 0,
    endsEpoch: Bool = false
  ) throws -> (loss: Double, metrics: MetricValues) {
    model.makeUnique()
    let count = positions?.count ?? data.count
    let isUpdate = endsEpoch || accumulated.batches + 1 >= optimizer.batchesPerStep
    let compiled = try compiled(for: positions?.count, isUpdate: isUpdate)
    let graph = compiled.graph
    graph.set(0, model.buffer.pointer)
    for index in optimizer.state.indices {
      graph.set(10 + index, optimizer.state[index].pointer)
    }
    for index in model.state.indices {
      graph.set(Self.firstState + index, model.pointer(to: model.state[index]))
    }
    for index in compiled.streams.indices {
      compiled.words.pointer.storeBytes(
        of: model.randomState.key(stream: compiled.streams[index]).words,
        toByteOffset: 16 * index, as: SIMD4<Int32>.self)
    }
    if let positions { graph.set(3, UnsafeMutableRawPointer(mutating: positions.baseAddress!)) }
    if let augmenter {
      augmenter.fill(positions, epoch: epoch)
      graph.set(1, augmenter.filled.pointer)
      graph.set(6, augmenter.partners.pointer)
      setScalar(2, augmenter.share)
    }
    setScalar(0, optimizer.learningRate.rate(at: optimizer.stepCount))
    setScalar(1, Double(optimizer.stepCount + 1))
    setScalar(3, Double(count) / Double(accumulated.samples + count))
    graph.plan.run()
    if isUpdate {
      optimizer.advance()
      accumulated = (0, 0)
    } else {
      accumulated = (accumulated.batches + 1, accumulated.samples + count)
    }
    model.randomState.step &+= 1
    let values = MetricValues(storage: results, dtype: template.dtype)
    return (values.value(0), values)
  }

  private func setScalar(_ index: Int, _ value: Double) {
    if template.dtype == .float64 {
      scalars.pointer.storeBytes(of: value, toByteOffset: 32 * index, as: Double.self)
    } else {
      scalars.pointer.storeBytes(of: Float(value), toByteOffset: 32 * index, as: Float.self)
    }
  }

  /// Reads what a step left in its results, without allocating.
  struct MetricValues {
    let storage: Storage
    let dtype: DType
    func value(_ index: Int) -> Double {
      // Each result has 8 elements of room, so that all are aligned.
      dtype == .float64
        ? storage.pointer.load(fromByteOffset: 64 * index, as: Double.self)
        : Double(storage.pointer.load(fromByteOffset: 32 * index, as: Float.self))
    }
    subscript(metric: Int) -> Double { value(1 + metric) }
  }

  // MARK: Compilation

  /// Placeholders: 0 parameters, 1 inputs (of the minibatch, if they are augmented), 2 targets,
  /// 3 positions, 4 learning rate, 5 step, 6 positions of mixup's partners, 7 its share,
  /// 8 the minibatch's share of a step that takes several,
  /// 10… optimiser state, 20… the model's state, and behind it random keys.
  ///
  /// Without a batch size, all samples are the batch, and nothing is gathered.
  private func compiled(for batchSize: Int?, isUpdate: Bool = true) throws -> Compiled {
    if let known = compiled.first(where: { $0.batchSize == batchSize && $0.isUpdate == isUpdate }) {
      return known
    }
    let made = try compile(batchSize, isUpdate: isUpdate)
    compiled.append(made)
    return made
  }

  private static let firstState = 20

  private func compile(_ batchSize: Int?, isUpdate: Bool) throws -> Compiled {
    let dtype = template.dtype
    let count = template.parameterCount
    let flat = Tensor.placeholder(0, shape: [count], dtype: dtype)
    let rows = augmenter == nil ? data.count : batchSize ?? data.count
    let allInputs = Tensor.placeholder(
      1, shape: Shape([rows] + data.sampleShape.sizes), dtype: data.inputs.dtype)
    let allTargets = Tensor.placeholder(2, shape: data.targets.shape, dtype: data.targets.dtype)
    let positions = batchSize.map { Tensor.placeholder(3, shape: [$0], dtype: .int32) }
    let context = UpdateContext(
      learningRate: .placeholder(4, shape: [], dtype: dtype),
      step: .placeholder(5, shape: [], dtype: dtype))
    let state = optimizer.state.indices.map {
      Tensor.placeholder(10 + $0, shape: [count], dtype: dtype)
    }

    let batch = Label.$current.withValue(Label(path: "data", layer: "")) {
      (
        inputs: data.prepared(
          augmenter == nil ? positions.map(allInputs.gather) ?? allInputs : allInputs,
          dtype: dtype),
        targets: positions.map(allTargets.gather) ?? allTargets
      )
    }
    let variables = template.parameters.map { parameter in
      unary(Variable(), flat[parameter.range].reshaped(parameter.shape))
    }
    let modelState = template.state.enumerated().map { index, part in
      Tensor.placeholder(Self.firstState + index, shape: part.shape, dtype: dtype)
    }
    let firstKey = Self.firstState + modelState.count
    let pass = template.pass(variables, modelState, isTraining: true, firstKey: firstKey)
    let depth = Differentiation.depth + 1
    let (value, output) = try Differentiation.$depth.withValue(depth) {
      let output = try template.run(batch.inputs, pass)
      return (mixedLoss(output, batch.targets, allTargets), output)
    }
    var gradient = flatGradient(of: value, at: variables, template)
    let values = metrics.map { $0(output, batch.targets).cast(to: dtype) }
    if optimizer.batchesPerStep > 1 {
      let share = Tensor.placeholder(8, shape: [], dtype: dtype)
      gradient = optimizer.accumulate(gradient, state: state, share: share)
    }

    var outputs: [Tensor]
    var donations: [Int: Int]
    if isUpdate {
      let updated = optimizer.record(
        flat, gradient: gradient, state: state, context: context, masks: masks)
      outputs = [updated.parameters] + updated.state
      donations = [0: 0]
      for index in updated.state.indices { donations[1 + index] = 10 + index }
    } else {
      outputs = [gradient]
      donations = [0: 10 + state.count - 1]
    }
    let firstResult = outputs.count
    outputs += [value] + values
    for (index, part) in template.state.enumerated() {
      guard let update = pass.update(of: part.name) else { continue }
      donations[outputs.count] = Self.firstState + index
      outputs.append(update)
    }
    augmenter?.reserve(rows)
    let graph = CompiledGraph(
      outputs, donations: donations, precision: template.trainingPrecision)
    let streams = pass.streams
    let words = Storage(byteCount: 16 * streams.count)
    for index in streams.indices { graph.set(firstKey + index, words.pointer + 16 * index) }
    graph.set(1, inputs.pointer)
    graph.set(2, targets.pointer)
    graph.set(4, scalars.pointer)
    graph.set(5, scalars.pointer + 32)
    graph.set(7, scalars.pointer + 64)
    graph.set(8, scalars.pointer + 96)
    for index in 0...metrics.count {
      graph.plan.setOutput(firstResult + index, results.pointer + 8 * dtype.size * index)
    }
    return Compiled(
      batchSize: batchSize, isUpdate: isUpdate, graph: graph, streams: streams, words: words)
  }

  /// The loss; with mixup, so much of it as the sample has in its image, and the rest for the target
  /// of the other one.
  private func mixedLoss(_ output: Tensor, _ targets: Tensor, _ allTargets: Tensor) -> Tensor {
    guard let augmenter, augmenter.isMixing else { return loss(output, targets) }
    let partners = Tensor.placeholder(6, shape: [output.shape[0]], dtype: .int32)
    let share = Tensor.placeholder(7, shape: [], dtype: template.dtype)
    return share * loss(output, targets) + (1 - share) * loss(output, allTargets.gather(partners))
  }
}

extension Optimizer {
  mutating func advance() { stepCount += 1 }
}
