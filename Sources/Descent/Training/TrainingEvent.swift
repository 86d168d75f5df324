/// What happens during training, in order.
///
/// Progress bars, logs, history and reports are observers of this one stream.
public enum TrainingEvent: Sendable {
  /// Training is about to begin.
  case started(Start)
  /// A step was taken. Emitted after every step; observers decide how often to look.
  case step(Step)
  /// An epoch is over, and validation with it.
  case epoch(Epoch)
  /// The weights are the best so far by the monitored value.
  case improved(epoch: Int)
  /// Training is over.
  case finished(Finish)

  /// What is about to be trained.
  public struct Start: Sendable {
    /// The number of epochs asked for.
    public let epochs: Int
    /// Steps in each epoch.
    public let stepsPerEpoch: Int
    /// Training samples.
    public let samples: Int
    /// Parameters of the model.
    public let parameters: Int
  }

  /// One step.
  public struct Step: Sendable {
    /// The epoch, counted from 1.
    public let epoch: Int
    /// The step within its epoch, counted from 1.
    public let step: Int
    /// The loss of the minibatch.
    public let loss: Double
    /// Seconds since the epoch began.
    public let seconds: Double
  }

  /// One epoch.
  public struct Epoch: Sendable {
    /// The epoch, counted from 1.
    public let epoch: Int
    /// The mean loss over the epoch's minibatches, as they were met.
    public let loss: Double
    /// The metrics over the epoch's minibatches, by name.
    public let metrics: [(name: String, value: Double)]
    /// The loss on the validation set, if there is one.
    public let validationLoss: Double?
    /// The metrics on the validation set.
    public let validationMetrics: [(name: String, value: Double)]
    /// The learning rate of the last step.
    public let learningRate: Double
    /// Seconds of training, validation apart.
    public let seconds: Double
    /// The best epoch so far by the monitored value.
    public let bestEpoch: Int
  }

  /// The end.
  public struct Finish: Sendable {
    /// Why training ended.
    public let reason: Reason
    /// The epoch whose weights the model has now.
    public let bestEpoch: Int
    /// Epochs that were finished.
    public let epochs: Int
    /// Seconds in all.
    public let seconds: Double
  }

  /// Why training ended.
  public enum Reason: String, Sendable {
    /// All epochs are done.
    case completed
    /// The validation loss has not improved for long enough.
    case stoppedEarly = "stopped-early"
    /// Someone asked for it.
    case interrupted
    /// Numbers were no longer finite; `fit` throws `TrainingDiverged` behind this event.
    case diverged
  }
}

/// What training looked like, epoch by epoch.
public struct History: Sendable {
  /// One entry for each finished epoch.
  public internal(set) var epochs: [TrainingEvent.Epoch] = []
  /// How it ended.
  public internal(set) var finish: TrainingEvent.Finish?

  /// The loss of each epoch on the training set.
  public var losses: [Double] { epochs.map(\.loss) }
  /// The loss of each epoch on the validation set, where there is one.
  public var validationLosses: [Double] { epochs.compactMap(\.validationLoss) }
}

/// When training stops before its last epoch, and which weights it leaves behind.
///
/// Epochs are compared on the validation set if there is one, else on the training set.
public struct Stopping: Sendable {
  /// What makes an epoch better than another.
  public enum Monitor: String, Sendable, CaseIterable {
    /// A smaller loss.
    case loss
    /// A larger accuracy; where two are equal, a smaller loss.
    case accuracy
  }

  /// How many epochs without a better one end training, or nil.
  public let patience: Int?
  let restoresBest: Bool
  /// What makes an epoch better than another.
  public let monitor: Monitor

  /// All epochs; the last weights stay.
  public static let never = Stopping(patience: nil, restoresBest: false, monitor: .loss)

  /// All epochs; the weights of the best one stay.
  public static func keepingBest(by monitor: Monitor = .loss) -> Stopping {
    Stopping(patience: nil, restoresBest: true, monitor: monitor)
  }

  /// Ends after `patience` epochs without a better one; the weights of the best one stay
  /// (Prechelt, 1998).
  public static func early(patience: Int = 5, by monitor: Monitor = .loss) -> Stopping {
    Stopping(patience: patience, restoresBest: true, monitor: monitor)
  }

  /// Whether no epoch has been better for long enough.
  func isOver(_ progress: TrainingState.Progress) -> Bool {
    guard let patience else { return false }
    return progress.epoch - 1 - progress.bestEpoch >= patience
  }

  /// What is compared: the smaller is the better.
  func monitored(loss: Double, metrics: [(name: String, value: Double)]) -> (Double, Double) {
    // Nothing would be smaller than what is not a number.
    let loss = loss.isNaN ? .infinity : loss
    let accuracy = metrics.first { $0.name == "accuracy" }?.value
    return monitor == .accuracy ? (-(accuracy ?? -loss), loss) : (loss, loss)
  }
}

extension TrainingEvent.Epoch: Codable {
  private enum Key: String, CodingKey {
    case epoch, loss, metrics, values, validationLoss, validationMetrics, validationValues
    case learningRate, seconds, bestEpoch
  }

  public func encode(to encoder: Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(epoch, forKey: .epoch)
    try container.encode(loss, forKey: .loss)
    try container.encode(metrics.map(\.name), forKey: .metrics)
    try container.encode(metrics.map(\.value), forKey: .values)
    try container.encodeIfPresent(validationLoss, forKey: .validationLoss)
    try container.encode(validationMetrics.map(\.name), forKey: .validationMetrics)
    try container.encode(validationMetrics.map(\.value), forKey: .validationValues)
    try container.encode(learningRate, forKey: .learningRate)
    try container.encode(seconds, forKey: .seconds)
    try container.encode(bestEpoch, forKey: .bestEpoch)
  }

  public init(from decoder: Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    func named(_ names: Key, _ values: Key) throws -> [(name: String, value: Double)] {
      Array(
        zip(
          try container.decode([String].self, forKey: names),
          try container.decode([Double].self, forKey: values))
      ).map { (name: $0.0, value: $0.1) }
    }
    self.init(
      epoch: try container.decode(Int.self, forKey: .epoch),
      loss: try container.decode(Double.self, forKey: .loss),
      metrics: try named(.metrics, .values),
      validationLoss: try container.decodeIfPresent(Double.self, forKey: .validationLoss),
      validationMetrics: try named(.validationMetrics, .validationValues),
      learningRate: try container.decode(Double.self, forKey: .learningRate),
      seconds: try container.decode(Double.self, forKey: .seconds),
      bestEpoch: try container.decode(Int.self, forKey: .bestEpoch))
  }
}
