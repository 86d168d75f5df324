import ArgumentParser
import Descent
import DescentCharts
import DescentData
import Foundation

/// `descent train`: from a data set to a stored model and a report.
struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Train a network on a data set, report how good it is, and store it.",
    discussion: """
      Examples:
        descent train digits
        descent train mnist --data FOLDER --layers 512:relu,512:relu --epochs 3
        descent train spirals --layers 32:tanh,32:tanh --epochs 300 --seed 2

      The network of the course's figure:
        descent train mnist --data FOLDER --training-samples 50000 --layers 30:sigmoid \\
          --output-activation sigmoid --loss l2 --optimizer sgd --learning-rate 3 \\
          --batch-size 10 --epochs 30 --initializer normal --bias-initializer normal
      """)

  @OptionGroup var source: DataSource
  @OptionGroup var networkOptions: NetworkOptions
  @OptionGroup var optimizerOptions: OptimizerOptions

  @Option(help: "How many times every training sample is visited.")
  var epochs: Int?

  @Option(help: "How many samples each step averages over.")
  var batchSize: Int?

  @Option(help: "Train on the first so many samples; those behind them are for validation.")
  var trainingSamples: Int?

  @Option(help: "What each epoch is checked on: held-out, test or none.")
  var validation = "held-out"

  @Option(help: "What makes an epoch the best: accuracy or loss.")
  var monitor: String?

  @Option(
    help: ArgumentHelp(
      "Stop after so many epochs without a better one; 0 never stops early.",
      discussion: "Unless said otherwise 10, or 0 where --epochs is given."))
  var patience: Int?

  @Option(help: "The seed of every random number.")
  var seed: UInt64 = 1

  @Option(help: "How many threads compute; results do not depend on it.")
  var threads: Int?

  @Option(help: "The folder of the results; runs/ and the set's name unless said otherwise.")
  var output: String?

  @Option(help: "How progress is shown: auto, bar, plain, json or none.")
  var progress = ProgressStyle.auto

  func run() throws { try reportingErrors(train) }

  private func train() throws {
    Interruption.listen()
    try setThreads(threads)
    let set = try source.load(seed: seed)
    let (training, held) = try split(set)
    let epochs = try positive(epochs ?? set.epochs, "--epochs")
    let batchSize = try positive(batchSize ?? set.batchSize, "--batch-size")
    let design = try networkOptions.design(for: set)
    let stepsPerEpoch = (training.count + batchSize - 1) / batchSize
    var optimizerOptions = optimizerOptions
    optimizerOptions.learningRate =
      optimizerOptions.learningRate
      ?? (optimizerOptions.optimizer == nil ? set.learningRate : nil)
    let optimizer = try optimizerOptions.make(
      default: set.optimizer, stepsPerEpoch: stepsPerEpoch, epochs: epochs)
    var model = try Model(design.network, input: training.sampleShape, seed: seed)
    model.card.outputActivation = design.outputActivation
    let folder = try RunFolder(output ?? "runs/\(set.name)")

    let reporter = ProgressReporter(progress)
    let validated = held.map { ", \($0.count) for validation" } ?? ""
    reporter.note(
      """
      \(set.name): \(set.summary); \(training.count) for training\(validated), \
      \(set.test.count) for testing
      \(model)
      loss \(design.loss), \(optimizer.name) \(compact(optimizer.currentLearningRate)), \
      batch size \(batchSize), seed \(seed), threads \(Execution.threads) \
      (\(Execution.instructionSet))
      """)
    let metrics = Array(Report.metrics(for: training).prefix(1))
    let history = try model.fit(
      training, validation: held, loss: design.loss, optimizer: optimizer, metrics: metrics,
      epochs: epochs, batchSize: batchSize, stopping: try stopping(for: set), seed: seed,
      observer: { event, _ in reporter.handle(event) },
      shouldStop: { Interruption.isRequested })

    // Label smoothing helps training; what is reported is the loss on the true targets.
    let report = try Report(model, on: set.test, loss: Loss.named(design.loss.name) ?? design.loss)
    model.card.training = [
      "set": set.name, "seed": "\(seed)", "epochs": "\(history.epochs.count)",
      "best_epoch": "\(history.finish?.bestEpoch ?? 0)", "optimizer": optimizer.name,
      "batch_size": "\(batchSize)", "samples": "\(training.count)",
      "test_loss": "\(report.evaluation.loss)",
    ]
    for metric in report.evaluation.metrics {
      model.card.training["test_" + metric.name] = "\(metric.value)"
    }
    try model.save(to: folder.modelPath)
    finish(history, report, reporter, folder, set)
    try folder.writeMetrics(reporter.lines)
    try folder.write(Figures.learning(history, set.name), as: "learning")
    if let size = set.imageSize {
      try folder.write(Figures.mistakes(report, size: size), as: "mistakes")
    }
    if let code = Interruption.exitCode { throw ExitCode(code) }
  }

  private func finish(
    _ history: History, _ report: Report, _ reporter: ProgressReporter, _ folder: RunFolder,
    _ set: DataSource.Loaded
  ) {
    let seconds = history.finish?.seconds ?? 0
    let best = history.finish?.bestEpoch ?? 0
    let reason = history.finish?.reason ?? .completed
    var line = JSONLine(event: "finished")
    line.add("metrics", report.json(prefix: "test_"))
    line.add("best_epoch", best)
    line.add("epochs", history.epochs.count)
    line.add("reason", reason.rawValue)
    line.add("seconds", seconds)
    line.add("seed", Int(clamping: seed))
    line.add("threads", Execution.threads)
    line.add("model", folder.modelPath)
    reporter.emit(line)
    guard !reporter.isJSON else { return }
    let ending =
      switch reason {
      case .completed: "\(history.epochs.count) epochs"
      case .stoppedEarly: "\(history.epochs.count) epochs, stopped early"
      case .interrupted: "interrupted after \(history.epochs.count) epochs"
      }
    print(
      """
      on the \(set.test.count) test samples: \(report.text(style: .detect()))

      \(ending), best epoch \(best), \(fixed(seconds, 2)) s of training
      stored: \(folder.modelPath)
      next:   descent predict \(folder.path) \(set.imageSize == nil ? "ROWS.csv" : "PICTURE.png")
              descent inspect \(folder.path)
      """)
  }

  /// The samples for training, and those for validation if there are any.
  private func split(_ set: DataSource.Loaded) throws -> (training: Dataset, held: Dataset?) {
    guard ["held-out", "test", "none"].contains(validation) else {
      throw unknown("validation", validation, ["held-out", "test", "none"])
    }
    let all = set.training
    if let trainingSamples {
      guard (1...all.count).contains(trainingSamples) else {
        throw UsageError(
          "--training-samples: \(set.name) has \(all.count) training samples, not \(trainingSamples)"
        )
      }
      let training = all.prefix(trainingSamples)
      if validation == "test" { return (training, set.test) }
      let rest = trainingSamples..<min(all.count, trainingSamples + set.test.count)
      return (training, validation == "none" || rest.isEmpty ? nil : all[rest])
    }
    switch validation {
    case "test": return (all, set.test)
    case "none": return (all, nil)
    default:
      let parts = all.split(holdingOut: set.validationShare, seed: seed)
      return parts.heldOut.count > 0 ? (parts.kept, parts.heldOut) : (all, nil)
    }
  }

  private func stopping(for set: DataSource.Loaded) throws -> Stopping {
    let name = monitor ?? (set.classNames.isEmpty ? "loss" : "accuracy")
    guard let monitor = Stopping.Monitor(rawValue: name) else {
      throw unknown("monitor", name, Stopping.Monitor.allCases.map(\.rawValue))
    }
    let patience = patience ?? (epochs == nil ? 10 : 0)
    guard patience >= 0 else { throw UsageError("--patience is not negative, unlike \(patience)") }
    return patience == 0 ? .keepingBest(by: monitor) : .early(patience: patience, by: monitor)
  }
}

/// A number that must be at least 1.
func positive(_ number: Int, _ option: String) throws -> Int {
  guard number > 0 else { throw UsageError("\(option) is at least 1, not \(number)") }
  return number
}

/// Sets the number of threads, if one was given, and refuses an environment that would be ignored.
func setThreads(_ threads: Int?) throws {
  let environment = ProcessInfo.processInfo.environment
  if let set = environment["DESCENT_ISA"], set != Execution.instructionSet {
    throw UsageError("DESCENT_ISA: this machine has no instruction set \"\(set)\"")
  }
  if let text = environment["DESCENT_THREADS"], Int(text).map({ $0 > 0 }) != true {
    throw UsageError("DESCENT_THREADS is a number of at least 1, not \"\(text)\"")
  }
  guard let threads else { return }
  guard (1...1024).contains(threads) else {
    throw UsageError("--threads is from 1 to 1024, not \(threads)")
  }
  Execution.threads = threads
}
