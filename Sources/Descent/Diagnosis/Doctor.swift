import Foundation

/// "But my model is not converging!": the course's advice as checks, each with a number, a verdict
/// and a remedy.
///
/// ```swift
/// let doctor = try Doctor(
///   model, training: training, validation: validation, loss: .crossEntropy,
///   optimizer: .adam(learningRate: 1e-3), batchSize: 32)
/// for finding in try doctor.examine() { print(finding) }
/// ```
/// The checks train small copies for a moment; the model itself stays as it is.
public struct Doctor {
  let model: Model
  let training: Dataset
  /// Samples that the model is not trained on, of the validation and the test.
  let others: [Dataset]
  let loss: Loss
  let optimizer: Optimizer
  let batchSize: Int
  let seed: UInt64
  /// Stores a model and reads it again, where there is a way to do so.
  let storing: ((Model) throws -> Model)?

  /// Prepares the examination of a model that has not been trained yet.
  public init(
    _ model: Model, training: Dataset, validation: Dataset? = nil, test: Dataset? = nil, loss: Loss,
    optimizer: Optimizer, batchSize: Int = 32, seed: UInt64 = 1,
    storing: ((Model) throws -> Model)? = nil
  ) {
    self.model = model
    self.training = training
    others = [validation, test].compactMap { $0 }.filter { $0.count > 0 }
    self.loss = loss
    // A schedule belongs to a whole training, and these are short.
    self.optimizer = optimizer.constant(times: 1)
    self.batchSize = batchSize
    self.seed = seed
    self.storing = storing
  }

  /// What one check came to.
  public struct Finding: Sendable, CustomStringConvertible {
    /// The check's number, from 1.
    public let number: Int
    /// What was checked.
    public let check: String
    /// Whether all is well.
    public let isSound: Bool
    /// What was measured.
    public let measured: String
    /// What to do, if it is not.
    public let remedy: String

    public var description: String {
      let line = "\(number). \(isSound ? "pass" : "FAIL")  \(check): \(measured)"
      return isSound ? line : line + "\n     remedy: \(remedy)"
    }
  }

  /// A measurement against its bound.
  struct Verdict {
    var isSound: Bool
    var measured: String
    var remedy = ""
  }

  /// Runs all checks in order, and tells `report` of each as it is done.
  public func examine(_ report: (Finding) -> Void = { _ in }) throws -> [Finding] {
    let checks: [(String, () throws -> Verdict)] = [
      ("one minibatch, forward and back", oneMinibatch),
      ("loss before training", initialLoss),
      ("derivatives against differences", derivatives),
      ("\(fewCount) samples learned by heart", overfitting),
      ("learning rate", learningRates),
      ("more than by heart", generalization),
      ("the inputs are used", inputsAreUsed),
      ("units that never answer", deadUnits),
      ("gradients from layer to layer", gradientRatio),
      ("the data", data),
    ]
    return try checks.enumerated().map { index, check in
      let verdict = try check.1()
      let finding = Finding(
        number: index + 1, check: check.0, isSound: verdict.isSound, measured: verdict.measured,
        remedy: verdict.remedy)
      report(finding)
      return finding
    }
  }

  // MARK: What the checks share

  var isClassification: Bool { !training.classNames.isEmpty }
  var classCount: Int { training.classNames.count }

  /// The samples that are learned by heart.
  var fewCount: Int { min(50, training.count) }

  /// The first samples of a fixed shuffle: an order of the file must not decide.
  func few(_ count: Int) -> Dataset {
    training[training.shuffled(seed: seed, epoch: 0).prefix(count).map { Int($0) }]
  }

  /// The loss of the best answer that does not look at the inputs.
  func constantLoss(on data: Dataset) throws -> Double {
    guard isClassification else {
      let targets = data.targets
      let mean = targets.mean(over: [0], keepingAxes: true)
      return loss(mean.broadcast(to: targets.shape), targets).scalar
    }
    return log(Double(max(classCount, 1)))
  }

  /// A copy of the model, trained for a number of steps on all of a data set or on its minibatches;
  /// with the mean loss of the last tenth, which is infinite where training diverged.
  ///
  /// A step of an optimiser that accumulates takes several minibatches.
  func trained(
    on data: Dataset, steps: Int, batchSize: Int, optimizer: Optimizer, seconds: Double = 5
  ) throws -> (model: Model, loss: Double) {
    var model = model
    let batches = data.minibatches(of: batchSize, seed: seed).lazy
      .prefix(steps * optimizer.batchesPerStep)
    let last = try model.rehearse(
      data, batches, loss: loss, optimizer: optimizer, seconds: seconds)
    return (model, last)
  }
}

extension Optimizer {
  /// This optimiser with a multiple of its learning rate at every step.
  func constant(times factor: Double) -> Optimizer {
    var result = self
    result.learningRate = .constant(learningRate.peak * factor)
    return result
  }
}

/// A number with a few digits for a message.
func brief(_ number: Double) -> String { String(format: "%.3g", number) }
