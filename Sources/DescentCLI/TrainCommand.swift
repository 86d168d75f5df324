import ArgumentParser
import Descent
import DescentCharts
import DescentData
import Foundation

extension Precision: ExpressibleByArgument {}

/// `descent train`: from a data set to a stored model and a report.
struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Train a network on a data set, report how good it is, and store it.",
    discussion: """
      Examples:
        descent train digits
        descent train houses.csv --target price
        descent train photos/ --image-size 64
        descent train digits --find-rate
        descent train digits --augment shift:2,rotate:10 --average-weights 0.999
        descent train arrays.npz
        descent train mnist --data FOLDER --network lenet --initializer lsuv
        descent train photos/ --network resnet18 --batch-size 16 --accumulate 8
        descent train digits --layers 512,512 --precision bfloat16
        descent train photos/ --from resnet18.safetensors --freeze 'layer1.*,layer2.*'
        descent train --resume runs/houses
        descent train spirals --layers 32:tanh,32:tanh --epochs 300 --seed 2

      The network of the course's figure:
        descent train mnist --data FOLDER --training-samples 50000 --layers 30:sigmoid \\
          --output-activation sigmoid --loss l2 --optimizer sgd --learning-rate 3 \\
          --batch-size 10 --epochs 30 --initializer normal --bias-initializer normal
      """)

  @OptionGroup var source: DataSource
  @OptionGroup(title: "Network") var networkOptions: NetworkOptions
  @OptionGroup(title: "Transfer") var transferOptions: TransferOptions
  @OptionGroup(title: "Optimiser") var optimizerOptions: OptimizerOptions

  @Option(help: "How many times every training sample is visited.")
  var epochs: Int?

  @Option(help: "How many samples each step averages over.")
  var batchSize: Int?

  @Option(help: AugmentationHelp.option)
  var augment: String?

  @Option(
    help: ArgumentHelp(
      "Train on the first so many samples; those behind them are for validation.",
      discussion: "What comes from files is shuffled before; sets by name have a random order."))
  var trainingSamples: Int?

  @Option(help: "What each epoch is checked on: held-out, test or none.")
  var validation = "held-out"

  @Option(help: "What makes an epoch the best: accuracy or loss.")
  var monitor: String?

  @Option(
    help: ArgumentHelp(
      "Stop after so many epochs without a better one; 0 never stops early.",
      discussion: "Unless said otherwise 10, for tables 30, or 0 where --epochs is given."))
  var patience: Int?

  @Option(help: "The seed of every random number.")
  var seed: UInt64 = 1

  @Option(
    help: ArgumentHelp(
      "How exact products of matrices are in training: float32, or bfloat16.",
      discussion:
        "bfloat16 keeps 8 of 24 binary digits, and is faster on processors that multiply it."))
  var precision = Precision.float32

  @Option(help: "How many threads compute; results do not depend on it.")
  var threads: Int?

  @Option(help: "The folder of the results; runs/ and the set's name unless said otherwise.")
  var output: String?

  @Option(
    help:
      "How progress is shown: auto, bar, plain, json (an object a line: docs/events.md) or none.")
  var progress = ProgressStyle.auto

  @Option(help: "Seconds between two checkpoints.")
  var checkpointEvery = 30.0

  @Option(
    help: ArgumentHelp(
      "Go on with the run in this folder, to the same bits as if it had not stopped.",
      valueName: "folder"))
  var resume: String?

  @Option(
    help: ArgumentHelp(
      "A file of options in JSON or YAML; the environment (DESCENT_EPOCHS, …) and what is typed "
        + "come before it.", valueName: "file"))
  var config: String?

  @Flag(help: "Print the options as they are resolved, with where each comes from, and stop.")
  var printConfig = false

  @Flag(
    help: ArgumentHelp(
      "Train a copy while the learning rate rises, show the loss, suggest a rate, and stop.",
      discussion: "With --output the chart is stored there, too. Exit code 4 if no rate learns."))
  var findRate = false

  @Flag(help: "Take one minibatch through all of it, from reading to predicting, and stop.")
  var dryRun = false

  func run() throws { try reportingErrors(train) }

  private func train() throws {
    Interruption.listen()
    try setThreads(threads)
    guard (0...1e9).contains(checkpointEvery) else {
      throw UsageError(
        "--checkpoint-every is from 0 to 1,000,000,000 seconds, not \(checkpointEvery)")
    }
    if findRate && (resume != nil || dryRun) {
      throw UsageError(
        "--find-rate and --\(dryRun ? "dry-run" : "resume") exclude each other: leave one out")
    }
    let weights = try transferOptions.weights()
    var source = source
    if let image = weights?.image, source.isFolder { source.imageOptions.suit(image) }
    var set = try source.load(seed: seed, isQuiet: progress == .none || progress == .json)
    if networkOptions.network != nil && weights == nil { set.suitNamedNetwork() }
    try transferOptions.checkColumns(of: set)
    let (training, held) = try split(set)
    let epochs = try positive(epochs ?? set.epochs, "--epochs")
    let batchSize = try positive(batchSize ?? set.batchSize, "--batch-size")
    let augmentation = try augment.map { try set.augmentation($0) }
    var design = try networkOptions.design(for: set, given: weights?.anyNetwork)
    design.network = try transferOptions.settingPixels(
      of: design.network, for: set, weights, isResumed: resume != nil)
    let stepsPerEpoch = (training.count + batchSize - 1) / batchSize
    let optimizerOptions = optimizerOptions.completed(for: set)
    let stopping = try stopping(for: set)
    var model = try design.model(for: set, seed: seed)
    let transfer = try weights.map { try transferOptions.load($0, into: &model, set) }
    try transferOptions.freeze(&model)
    if design.hasUnitVariance {
      guard weights == nil else {
        throw UsageError(
          "--initializer lsuv and --from exclude each other: it would draw all weights anew")
      }
      try model.initializeWithUnitVariance(on: training, seed: seed)
    }
    let optimizer = try transferOptions.scale(
      optimizerOptions.make(stepsPerEpoch: stepsPerEpoch, epochs: epochs), for: model)
    model.trainingPrecision = precision
    model.card.outputActivation = design.outputActivation
    model.card.table = set.table?.contract
    model.card.image = set.pictures?.contract

    let path = output ?? "runs/\(set.name)"
    let settings = settings(
      set, epochs, batchSize, design, optimizerOptions, optimizer, stopping, path)
    if printConfig {
      let configuration = try Configuration(
        Array(CommandLine.arguments.dropFirst()),
        environment: ProcessInfo.processInfo.environment)
      return print(configuration.yaml(settings))
    }
    let reporter = ProgressReporter(progress)
    for warning in set.pictures?.warnings ?? [] { reporter.warn(warning) }
    if precision == .bfloat16 && !Precision.hasFastBFloat16 {
      let text =
        "--precision bfloat16: this processor does not multiply bfloat16; results are the same, but "
        + "nothing is faster"
      reporter.warn(text)
      reporter.note("note: \(text)")
    }
    let validated = held.map { ", \($0.count) for validation" } ?? ""
    reporter.note(
      """
      \(set.name): \(set.summary)
      \(training.count) samples for training\(validated), \(set.test.count) for testing
      \(model)
      loss \(design.loss), \(optimizer.name) \(compact(optimizer.currentLearningRate)), \
      \(augmentation.map { "augmentation \($0), " } ?? "")\
      batch size \(batchSize), seed \(seed), threads \(Execution.threads) \
      (\(Execution.instructionSet))
      """)
    if let transfer { reporter.note(transfer, from: transferOptions.from ?? "", model) }
    let metrics = Array(Report.metrics(for: training, set.table?.contract).prefix(1))
    if dryRun {
      var dryRun = DryRun(
        model: model, training: training, held: held, loss: design.loss, optimizer: optimizer,
        batchSize: batchSize, augmentation: augmentation)
      return try dryRun.run()
    }

    if findRate {
      let search = try model.searchLearningRate(
        training, loss: design.loss, optimizer: optimizer, batchSize: batchSize,
        augmentation: augmentation, seed: seed)
      return try RateSearch(search: search, name: set.name)
        .show(isJSON: reporter.isJSON, storingIn: output)
    }

    let folder = try RunFolder(path)
    let checkpoints = try Checkpoints(
      folder: folder, data: training, model: model, optimizer: optimizer,
      isResuming: resume != nil, reporter)
    if let state = checkpoints.state {
      let done = state.progress.epochs.count
      guard done <= epochs else {
        throw UsageError("--epochs: \(done) are done already, which is more than \(epochs)")
      }
      reporter.restore(state.progress.epochs)
      reporter.note(
        done == epochs
          ? "all \(epochs) epochs are done (--epochs with a larger number goes on): "
            + "storing model and report again"
          : "resuming at epoch \(state.progress.epoch), step \(state.progress.step + 1)")
    }
    try folder.writeConfiguration(Configuration.json(settings))
    model.card.training["set"] = set.name
    if let count = set.table?.duplicateCount, count > 0 {
      reporter.warn("test rows that are also in the training part: \(count); the test flatters")
    }
    let history: History
    do {
      history = try fit(
        &model, training, held, design.loss, optimizer, metrics, epochs, batchSize, augmentation,
        stopping, checkpoints, folder, reporter)
    } catch let failure as TrainingDiverged {
      try keep(model, after: failure, reporter, folder)
      throw failure
    }

    // Label smoothing helps training; what is reported is the loss on the true targets.
    let loss = Loss.named(design.loss.name) ?? design.loss
    let report = try Report(model, on: set.test, loss: loss)
    model.card.training = [
      "set": set.name, "seed": "\(seed)", "epochs": "\(history.epochs.count)",
      "best_epoch": "\(history.finish?.bestEpoch ?? 0)", "optimizer": optimizer.name,
      "batch_size": "\(batchSize)", "samples": "\(training.count)",
      "test_loss": "\(report.evaluation.loss)",
    ]
    model.card.training["augment"] = augmentation?.description
    // Of a table or a folder nobody knows later what was for training.
    if set.table != nil || set.pictures != nil { model.card.trainedOn = SampleSketch(training) }
    for metric in report.evaluation.metrics {
      model.card.training["test_" + metric.name] = "\(metric.value)"
    }
    try model.save(to: folder.modelPath)
    finish(history, report, reporter, folder, set)
    try folder.writeMetrics(reporter.lines)
    try folder.write(Figures.learning(history, set.name), as: "learning")
    if let image = set.image {
      try folder.write(Figures.mistakes(report, image), as: "mistakes")
    }
    let page = ReportPage(
      model: model, report: report, history: history, set: set, training: training,
      validation: held, loss: loss, settings: settings)
    try AtomicFile.write(try page.html(), to: folder.path + "/report.html")
    if let code = Interruption.exitCode { throw ExitCode(code) }
  }

  private func fit(
    _ model: inout Model, _ training: Dataset, _ held: Dataset?, _ loss: Loss,
    _ optimizer: Optimizer, _ metrics: [Metric], _ epochs: Int, _ batchSize: Int,
    _ augmentation: Augmentation?, _ stopping: Stopping, _ checkpoints: Checkpoints,
    _ folder: RunFolder, _ reporter: ProgressReporter
  ) throws -> History {
    try model.fit(
      training, validation: held, loss: loss, optimizer: optimizer, metrics: metrics,
      epochs: epochs, batchSize: batchSize, augmentation: augmentation, stopping: stopping,
      seed: seed, resuming: checkpoints.state,
      checkpoints: .init(every: .seconds(checkpointEvery)) { state in
        try checkpoints.save(state)
        try folder.writeMetrics(reporter.lines)
        reporter.checkpoint(state.progress, path: folder.lastPath)
      },
      observer: { event, _ in reporter.handle(event) },
      shouldStop: { Interruption.isRequested })
  }

  /// Stores what a training that diverged leaves: the best weights, if an epoch was finished.
  private func keep(
    _ model: Model, after failure: TrainingDiverged, _ reporter: ProgressReporter,
    _ folder: RunFolder
  ) throws {
    var line = JSONLine(event: "end")
    line.add("reason", TrainingEvent.Reason.diverged.rawValue)
    line.add("epoch", failure.epoch)
    line.add("step", failure.step)
    line.add("origin", failure.origin)
    line.add("learning_rate", failure.learningRate)
    if let rate = failure.holdingRate { line.add("holding_learning_rate", rate) }
    line.add("best_epoch", failure.keptEpoch)
    if failure.keptEpoch > 0 {
      try model.save(to: folder.modelPath)
      line.add("model", folder.modelPath)
    }
    reporter.emit(line)
    try folder.writeMetrics(reporter.lines)
  }

  /// Every option with the value that it has in this run, as a file gives them.
  private func settings(
    _ set: DataSource.Loaded, _ epochs: Int, _ batchSize: Int, _ design: NetworkOptions.Design,
    _ optimizerOptions: OptimizerOptions, _ optimizer: Optimizer, _ stopping: Stopping,
    _ path: String
  ) -> [(name: String, value: String)] {
    let (table, named) = (source.tableOptions, design.network as? NamedNetwork)
    let values: [(String, String?)] = [
      ("set", source.set), ("data", source.data), ("count", source.count.map(String.init)),
      ("noise", source.noise.map { "\($0)" }), ("target", table.target), ("task", table.task),
      ("categorical", table.categorical), ("drop", table.drop),
      ("missing", set.table == nil ? nil : table.missing), ("separator", table.separator),
      ("test-data", table.testData), ("test-share", table.testShare.map { "\($0)" }),
      ("image-size", set.pictures.map { "\($0.contract.height)x\($0.contract.width)" }),
      ("grayscale", set.pictures?.contract.channels == 1 ? "true" : nil),
      ("color", set.pictures?.contract.channels == 3 ? "true" : nil),
      ("network", networkOptions.network), ("layers", design.layers),
      ("output-activation", networkOptions.outputActivation),
      ("loss", design.loss.name),
      ("label-smoothing", networkOptions.labelSmoothing.map { "\($0)" }),
      ("initializer", networkOptions.initializer),
      ("bias-initializer", networkOptions.biasInitializer),
      ("from", transferOptions.from), ("freeze", transferOptions.freeze),
      ("rates", transferOptions.rates),
      ("pixels", named?.pixels.rawValue),
      ("optimizer", optimizerOptions.optimizer),
      ("learning-rate", "\(optimizerOptions.learningRate ?? optimizer.learningRate.peak)"),
      ("schedule", optimizerOptions.schedule ?? "constant"),
      ("warm-up", "\(optimizerOptions.warmUp)"),
      ("momentum", optimizerOptions.momentum.map { "\($0)" }),
      ("weight-decay", optimizerOptions.weightDecay.map { "\($0)" }),
      ("clip-norm", optimizerOptions.clipNorm.map { "\($0)" }),
      ("clip-value", optimizerOptions.clipValue.map { "\($0)" }),
      ("average-weights", optimizerOptions.averageWeights.map { "\($0)" }),
      ("accumulate", optimizerOptions.accumulate.map(String.init)), ("epochs", "\(epochs)"),
      ("precision", precision.rawValue), ("batch-size", "\(batchSize)"), ("augment", augment),
      ("training-samples", trainingSamples.map(String.init)),
      ("validation", validation), ("monitor", stopping.monitor.rawValue),
      ("patience", "\(stopping.patience ?? 0)"), ("seed", "\(seed)"),
      ("threads", threads.map(String.init)), ("output", path),
      ("checkpoint-every", "\(checkpointEvery)"),
    ]
    return values.compactMap { name, value in value.map { (name, $0) } }
  }

  private func finish(
    _ history: History, _ report: Report, _ reporter: ProgressReporter, _ folder: RunFolder,
    _ set: DataSource.Loaded
  ) {
    let seconds = history.finish?.seconds ?? 0
    let best = history.finish?.bestEpoch ?? 0
    let reason = history.finish?.reason ?? .completed
    var line = JSONLine(event: "end")
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
      case .completed, .diverged: "\(history.epochs.count) epochs"
      case .stoppedEarly: "\(history.epochs.count) epochs, stopped early"
      case .interrupted:
        "interrupted after \(history.epochs.count) epochs; go on: descent train --resume "
          + folder.path
      }
    print(
      """
      on the \(set.test.count) test samples: \(report.text(style: .detect()))

      \(ending), best epoch \(best), \(fixed(seconds, 2)) s of training
      stored: \(folder.modelPath)
      report: \(folder.path)/report.html
      next:   descent predict \(folder.path) \(set.image == nil ? "ROWS.csv" : "PICTURE.png")
              descent inspect \(folder.path)
      """)
  }

  /// The samples for training, and those for validation if there are any.
  private func split(_ set: DataSource.Loaded) throws -> (training: Dataset, held: Dataset?) {
    guard ["held-out", "test", "none"].contains(validation) else {
      throw unknown("validation", validation, ["held-out", "test", "none"])
    }
    let all = set.training
    if let held = set.validation, trainingSamples == nil {
      return validation == "none" ? (all, nil) : (all, validation == "test" ? set.test : held)
    }
    if let trainingSamples {
      guard (1...all.count).contains(trainingSamples) else {
        throw UsageError(
          "--training-samples: \(set.name) has \(all.count) training samples, not \(trainingSamples)"
        )
      }
      // What lies in files may lie in the order of its classes.
      var order: [Int32]?
      if !DataSource.names.contains(source.set) {
        let key = RandomKey(seed: seed, name: "training-samples")
        var generator = Philox(seed: key.seed, stream: key.stream)
        order = generator.permutation(of: all.count)
      }
      func part(_ range: Range<Int>) -> Dataset {
        guard let order else { return all[range] }
        return all[order[range].map { Int($0) }]
      }
      let training = part(0..<trainingSamples)
      if validation == "test" { return (training, set.test) }
      let rest = trainingSamples..<min(all.count, trainingSamples + set.test.count)
      return (training, validation == "none" || rest.isEmpty ? nil : part(rest))
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
    let name = monitor ?? (set.classNames.isEmpty || set.table != nil ? "loss" : "accuracy")
    guard let monitor = Stopping.Monitor(rawValue: name) else {
      throw unknown("monitor", name, Stopping.Monitor.allCases.map(\.rawValue))
    }
    let patience = patience ?? (epochs != nil ? 0 : set.table == nil ? 10 : 30)
    guard patience >= 0 else { throw UsageError("--patience is not negative, unlike \(patience)") }
    return patience == 0 ? .keepingBest(by: monitor) : .early(patience: patience, by: monitor)
  }
}

/// A number that must be at least 1, and so small that it can be multiplied by another.
func positive(
  _ number: Int, _ option: String, atMost limit: Int = 1_000_000_000
) throws -> Int {
  guard number > 0 else { throw UsageError("\(option) is at least 1, not \(number)") }
  guard number <= limit else {
    throw UsageError("\(option) is at most \(grouped(limit)), not \(grouped(number))")
  }
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
