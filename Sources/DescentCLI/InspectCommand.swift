import ArgumentParser
import Descent
import DescentCharts
import DescentData
import Foundation

/// `descent inspect`: a network's layers, what they cost, and the plan that runs them.
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Show a network: layers, parameters, multiply-adds, memory, and its plan.",
    discussion: """
      Examples:
        descent inspect runs/digits
        descent inspect digits --layers 30:sigmoid --plan
        descent inspect --network lenet
        descent inspect --network resnet18 --image-size 64 --classes 10

      Names a stored model, or a data set (also a folder of pictures) for which a network is made but not trained. The plan is \
      that of one training step: what each layer stores on the way forward, what the buffer holds \
      on the way back, and the update.
      """)

  @OptionGroup var source: DataSource
  @OptionGroup var networkOptions: NetworkOptions
  @OptionGroup var optimizerOptions: OptimizerOptions

  @Option(help: "Without data: the number of the named network's classes.")
  var classes: Int?

  @Option(help: "The minibatch size for memory and plan.")
  var batchSize = 32

  @Flag(help: "Print the plan of a training step.")
  var plan = false

  @Flag(help: "Print one line of JSON.")
  var json = false

  func run() throws {
    try reportingErrors {
      _ = try positive(batchSize, "--batch-size")
      let (model, data, loss) = try subject()
      let optimizer = try optimizerOptions.make(stepsPerEpoch: 1, epochs: 1)
      let step = try TrainingStep(model, data, loss: loss, optimizer: optimizer)
      try checkWorkingMemory(of: step)
      let training = try step.plan(batchSize: batchSize)
      let forward = try Evaluator(model, data).plan(batchSize: batchSize)
      let summary = try Summary(model)
      if json {
        print(summary.json(model, training, forward, batchSize))
      } else {
        print(summary.table(model))
        print(
          """
          training a minibatch of \(batchSize): \(training.instructionCount) instructions, \
          \(bytes(training.arenaByteCount)) of working memory
          predicting as many: \(forward.instructionCount) instructions, \
          \(bytes(forward.arenaByteCount)) of working memory
          """)
        if plan { print("\n\(training)") } else { print("the plan: --plan") }
      }
    }
  }

  /// A model, with data of the right shape to make plans for.
  private func subject() throws -> (Model, Dataset, Loss) {
    if source.set.isEmpty {
      guard let name = networkOptions.network else {
        throw UsageError("name a model, a data set, or a network: descent inspect --network lenet")
      }
      return try network(name)
    }
    let path = RunFolder.modelPath(source.set)
    let isStored = FileManager.default.fileExists(atPath: path)
    let isRun = FileManager.default.fileExists(atPath: source.set + "/config.json")
    let isFolder = PictureFolder.isFolder(source.set) && !isRun
    if !isStored && (DataSource.names.contains(source.set) || isFolder) {
      let set = try source.load(seed: 1)
      let design = try networkOptions.design(for: set)
      return (
        try design.model(for: set, seed: 1), set.training, design.loss
      )
    }
    return sample(for: try Model(contentsOf: path))
  }

  /// A network by name, for the samples and classes that it was made for unless said otherwise.
  private func network(_ typed: String) throws -> (Model, Dataset, Loss) {
    let name = try networkOptions.named(typed)
    let count = try positive(classes ?? name.usualClasses, "--classes", atMost: 1 << 24)
    let network = NamedNetwork(name, classes: count)
    let input = try source.imageOptions.shape(instead: name.usualInput)
    try checkMemory(of: network.parameterCount(input: input), "--network \(name.rawValue)")
    var model = try Model(network, input: input) { .zeros($0.shape) }
    model.card.classNames = (0..<count).map { "\($0)" }
    return sample(for: model)
  }

  /// Refuses a minibatch that this machine cannot hold, as two smaller ones tell: a plan takes its
  /// memory as soon as it is made.
  private func checkWorkingMemory(of step: TrainingStep) throws {
    guard batchSize > 64 else { return }
    let (few, more) = (try step.plan(batchSize: 32), try step.plan(batchSize: 64))
    let perSample = Double(more.arenaByteCount - few.arenaByteCount) / 32
    let needed = Double(more.arenaByteCount) + perSample * Double(batchSize - 64)
    guard needed < Double(ProcessInfo.processInfo.physicalMemory) else {
      throw UsageError(
        "--batch-size \(batchSize) needs about \(compact(needed / 1e9)) GB of working memory, "
          + "more than this machine has: use a smaller one")
    }
  }

  private func sample(for model: Model) -> (Model, Dataset, Loss) {
    let isClassification = !model.card.classNames.isEmpty
    let inputs = Tensor.zeros(Shape([1] + model.input.sizes))
    let targets =
      isClassification
      ? Tensor([Int32(0)]) : Tensor.zeros(Shape([1] + model.output.sizes))
    return (
      model, Dataset(inputs: inputs, targets: targets, classNames: model.card.classNames),
      Loss.named(model.card.loss) ?? .crossEntropy
    )
  }
}

/// A network's layers and what each costs.
private struct Summary {
  let rows: [(layer: Model.LayerInfo, multiplyAdds: Int)]

  init(_ model: Model) throws {
    let counts = try model.multiplyAdds()
    rows = model.layers.map { ($0, counts[$0.path] ?? 0) }
  }

  func table(_ model: Model) -> String {
    var table = TextTable([
      .leading("layer"), .leading(""), .leading("output"), .trailing("parameters"),
      .trailing("%"), .trailing("multiply-adds"), .trailing("activation"),
    ])
    let total = max(model.parameterCount, 1)
    for (layer, multiplyAdds) in rows {
      table.append([
        layer.path, layer.summary, "\(layer.output)", grouped(layer.parameterCount),
        fixed(Double(layer.parameterCount) * 100 / Double(total), 1), grouped(multiplyAdds),
        bytes(layer.output.elementCount * model.dtype.size),
      ])
    }
    let kept =
      model.stateCount > 0
      ? "; \(grouped(model.stateCount)) numbers of state, which are not trained" : ""
    return """
      input \(model.input)\(model.card.image.map { pictures($0, model) } ?? "")
      \(table)
      \(grouped(model.parameterCount)) parameters, \
      \(bytes(model.parameterCount * model.dtype.size)); \
      \(grouped(rows.reduce(0) { $0 + $1.multiplyAdds })) multiply-adds a sample\(kept)
      """
  }

  /// What pictures become, and what they are told to be.
  private func pictures(_ image: ImageContract, _ model: Model) -> String {
    let classNames = model.card.classNames
    let isStandardized = (model.network as? NamedNetwork)?.pixels == .imagenet
    let pixels = isStandardized ? ", standardised by ImageNet's mean and deviation" : ""
    let colours = image.channels == 3 ? "colour" : "grey"
    let more = classNames.count > 20 ? ", …" : ""
    return """
      : pictures, made \(image.height) × \(image.width) in \(colours)\(pixels)
      classes \(classNames.prefix(20).joined(separator: ", "))\(more)
      """
  }

  func json(_ model: Model, _ training: Plan, _ forward: Plan, _ batchSize: Int) -> JSONLine {
    var line = JSONLine()
    line.add("input", model.input.sizes)
    if let image = model.card.image {
      var pictures = JSONLine()
      pictures.add("height", image.height)
      pictures.add("width", image.width)
      pictures.add("channels", image.channels)
      line.add("pictures", pictures)
    }
    line.add(
      "layers",
      rows.map { layer, multiplyAdds in
        var row = JSONLine()
        row.add("path", layer.path)
        row.add("layer", layer.summary)
        row.add("output", layer.output.sizes)
        row.add("parameters", layer.parameterCount)
        row.add("state", layer.stateCount)
        row.add("multiply_adds", multiplyAdds)
        return row
      })
    line.add("parameters", model.parameterCount)
    line.add("state", model.stateCount)
    line.add("batch_size", batchSize)
    line.add("training_arena_bytes", training.arenaByteCount)
    line.add("prediction_arena_bytes", forward.arenaByteCount)
    return line
  }
}

/// A number of bytes for people.
func bytes(_ count: Int) -> String {
  for (size, unit) in [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")] where count >= size {
    return "\(fixed(Double(count) / Double(size), 1)) \(unit)"
  }
  return "\(count) B"
}

/// A whole number with its thousands apart.
func grouped(_ number: Int) -> String {
  let digits = String(number)
  let parts = stride(from: digits.count, to: 0, by: -3).map { end in
    digits.dropLast(digits.count - end).suffix(3)
  }
  return parts.reversed().joined(separator: ",")
}
