import ArgumentParser
import Descent

/// The options that describe how parameters take their steps.
struct OptimizerOptions: ParsableArguments {
  @Option(help: "The optimiser: \(Optimizer.names.joined(separator: ", ")).")
  var optimizer: String?

  @Option(help: "The learning rate; what suits the optimiser unless said otherwise.")
  var learningRate: Double?

  @Option(
    help: ArgumentHelp(
      "The learning rate over time: constant, step, exponential, cosine or one-cycle.",
      discussion: """
        Unless said otherwise constant; but cosine for tables, for pictures, and for --network \
        without --from, where no --optimizer is named.
        """))
  var schedule: String?

  @Option(help: "Epochs over which the learning rate rises from zero at the start.")
  var warmUp = 0.0

  @Option(help: "Momentum, for sgd, momentum and nesterov.")
  var momentum: Double?

  @Option(help: "How strongly weights are drawn to zero.")
  var weightDecay: Double?

  @Option(help: "The largest norm of the gradient; longer ones are shortened.")
  var clipNorm: Double?

  @Option(help: "The largest size of each element of the gradient.")
  var clipValue: Double?

  @Option(
    help: ArgumentHelp(
      "Check and keep a running mean of the weights, which keeps this share of itself at each step.",
      valueName: "0.999"))
  var averageWeights: Double?

  @Option(
    help: ArgumentHelp(
      "Take a step only after so many minibatches, along the mean of their gradients.",
      valueName: "minibatches"))
  var accumulate: Int?

  static let schedules = ["constant", "step", "exponential", "cosine", "one-cycle"]

  /// These options with what suits a data set where the user chose nothing.
  func completed(for set: DataSource.Loaded) -> OptimizerOptions {
    guard optimizer == nil else { return self }
    var result = self
    result.optimizer = set.optimizer
    result.learningRate = learningRate ?? set.learningRate
    result.schedule = schedule ?? set.schedule
    result.weightDecay = weightDecay ?? set.weightDecay
    return result
  }

  /// The optimiser for a training of so many steps.
  func make(stepsPerEpoch: Int, epochs: Int) throws -> Optimizer {
    let name = optimizer ?? "adam"
    let rate = learningRate ?? Self.usualRate(name)
    guard rate.isFinite && rate > 0 else {
      throw UsageError("--learning-rate is a positive number, not \(rate)")
    }
    let batches = try positive(accumulate ?? 1, "--accumulate")
    let stepsPerEpoch = (stepsPerEpoch + batches - 1) / batches
    guard warmUp >= 0 && warmUp < 1e6 else {
      throw UsageError("--warm-up is from 0 to 1,000,000 epochs, not \(warmUp)")
    }
    let warmUpSteps = Int(warmUp * Double(stepsPerEpoch))
    // The schedule begins behind the warm-up, and ends with the training all the same.
    let steps = max(1, stepsPerEpoch * epochs - warmUpSteps)
    var schedule: Schedule =
      switch self.schedule ?? "constant" {
      case "constant": .constant(rate)
      case "step": .step(rate, every: max(1, steps / 3))
      case "exponential": .exponential(rate, factor: 0.01, over: steps)
      case "cosine": .cosine(rate, over: steps)
      case "one-cycle": .oneCycle(rate, over: steps)
      default: throw unknown("schedule", self.schedule ?? "", Self.schedules)
      }
    if warmUpSteps > 0 { schedule = schedule.warmingUp(over: warmUpSteps) }
    guard var optimizer = Optimizer.named(name, learningRate: schedule) else {
      throw unknown("optimizer", name, Optimizer.names)
    }
    if let momentum {
      guard (0..<1).contains(momentum) else {
        throw UsageError("--momentum is at least 0 and less than 1, not \(momentum)")
      }
      guard ["sgd", "momentum", "nesterov"].contains(name) else {
        throw UsageError("--momentum belongs to sgd, momentum and nesterov, not to \(name)")
      }
      optimizer =
        switch name {
        case "momentum": .momentum(learningRate: schedule, momentum: momentum)
        case "nesterov": .nesterov(learningRate: schedule, momentum: momentum)
        default: .sgd(learningRate: schedule, momentum: momentum)
        }
    }
    if let weightDecay {
      guard weightDecay >= 0 && weightDecay.isFinite else {
        throw UsageError("--weight-decay is not negative, unlike \(weightDecay)")
      }
      optimizer = optimizer.decayingWeights(by: weightDecay, decoupled: name == "adamw")
    }
    for (option, bound) in [("--clip-norm", clipNorm), ("--clip-value", clipValue)] {
      if let bound, !(bound > 0) { throw UsageError("\(option) is positive, unlike \(bound)") }
    }
    if let clipNorm { optimizer = optimizer.clipping(norm: clipNorm) }
    if let clipValue { optimizer = optimizer.clipping(value: clipValue) }
    optimizer = optimizer.accumulating(batches: batches)
    if let averageWeights {
      guard (0..<1).contains(averageWeights) else {
        throw UsageError("--average-weights is at least 0 and less than 1, not \(averageWeights)")
      }
      optimizer = optimizer.averagingWeights(decay: averageWeights)
    }
    return optimizer
  }

  private static func usualRate(_ optimizer: String) -> Double {
    switch optimizer {
    case "sgd": 0.1
    case "momentum", "nesterov", "adagrad": 0.01
    default: 1e-3
    }
  }
}
