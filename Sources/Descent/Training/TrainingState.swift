/// A training in the middle: everything that its further steps depend on.
///
/// Going on from it gives the same bits as never having stopped, in the middle of an epoch, too:
/// orders of samples follow from the seed and the epoch and are not in it, random masks from the
/// model's `randomState`.
public struct TrainingState: Sendable {
  /// The model with its weights of now.
  public var model: Model
  /// The optimiser with what it remembers.
  public var optimizer: Optimizer
  /// The model with the weights of the best epoch so far.
  public var best: Model?
  /// How far it has come.
  public var progress: Progress

  /// Creates a state from its parts.
  public init(model: Model, optimizer: Optimizer, best: Model?, progress: Progress) {
    (self.model, self.optimizer, self.best, self.progress) = (model, optimizer, best, progress)
  }

  /// How far a training has come.
  public struct Progress: Codable, Sendable {
    /// The epoch under way, counted from 1.
    public var epoch = 1
    /// The steps that were taken in it.
    public var step = 0
    /// The sums of the loss and of the metrics over the samples of this epoch so far.
    public var totals: [Double]
    /// The best epoch so far, or 0.
    public var bestEpoch = 0
    /// What made it the best: the smaller, the better; the second number decides ties.
    public var bestScore: [Double] = []
    /// The finished epochs.
    public var epochs: [TrainingEvent.Epoch] = []

    init(metricCount: Int) { totals = [Double](repeating: 0, count: 1 + metricCount) }

    mutating func beginEpoch() {
      epoch += 1
      step = 0
      for index in totals.indices { totals[index] = 0 }
    }

    /// Whether these monitored values are better than all before.
    func isImproved(by score: (Double, Double)) -> Bool {
      bestEpoch == 0 || score < (bestScore[0], bestScore[1])
    }
  }

  /// Refuses to go on with another training than this is a state of; it may come from a file.
  func check(goesOnIn model: Model, metricCount: Int, stepsPerEpoch: Int) throws {
    func mismatch(_ found: String, _ expected: String) -> ShapeError {
      ShapeError(
        path: "", layer: "state of a training", expected: expected, found: found,
        remedy: "go on with the network, the data and the options that the training was begun with")
    }
    for kept in [self.model] + (best.map { [$0] } ?? [])
    where kept.dtype != model.dtype || kept.memoryShape != model.memoryShape {
      throw mismatch(
        "\(kept.memoryShape) of \(kept.dtype)",
        "as many numbers as the model has: \(model.memoryShape) of \(model.dtype)")
    }
    guard progress.totals.count == 1 + metricCount, (0...stepsPerEpoch).contains(progress.step)
    else {
      throw mismatch(
        "sums of \(progress.totals.count - 1) metrics after \(progress.step) steps of an epoch",
        "\(metricCount) metrics and at most \(stepsPerEpoch) steps")
    }
  }

  /// When and how states are kept.
  public struct Checkpoints {
    let interval: Duration
    let save: (TrainingState) throws -> Void

    /// Gives the state to `save` whenever `interval` has passed, and at an interruption.
    public init(every interval: Duration, save: @escaping (TrainingState) throws -> Void) {
      (self.interval, self.save) = (interval, save)
    }
  }
}

extension Optimizer {
  /// What the optimiser remembers, each as long as all parameters; none before its first step.
  public var memory: [Tensor] {
    copied().state.map { storage in
      Tensor(storage: storage, shape: [storage.byteCount / memoryType.size], dtype: memoryType)
    }
  }

  /// Whether what it remembers is of a model of this size and type.
  func remembers(_ model: Model) -> Bool {
    let byteCount = model.parameterCount * model.dtype.size
    return memoryType == model.dtype && state.count == stateCount
      && state.allSatisfy { $0.byteCount == byteCount }
  }

  /// This optimiser with a memory of its own.
  func copied() -> Optimizer {
    var result = self
    result.state = state.map { $0.copy() }
    return result
  }

  /// This optimiser after so many steps, with what it remembered then.
  ///
  /// There must be as many tensors as the rule needs, or none.
  public func resumed(after stepCount: Int, memory: [Tensor]) -> Optimizer {
    precondition(
      memory.isEmpty || memory.count == stateCount,
      "\(name) remembers \(stateCount) tensors, not \(memory.count)")
    var result = self
    result.stepCount = stepCount
    result.state = memory.map { $0.detached.storage.copy() }
    result.memoryType = memory.first?.dtype ?? .float32
    return result
  }
}
