import Descent

extension Experiment {
  static let transfer = Experiment(
    id: "transfer",
    summary: "LeNet, trained on half of MNIST's classes, learns the others from few samples",
    quantities: TransferTrial.quantities
  ) { sets, profile, seed in try TransferTrial.run(sets, profile, seed) }

  static let transferEmbedded = Experiment(
    id: "transfer-embedded", images: .embedded,
    summary: "the same with the embedded digits alone: 400 images of each class to begin with",
    quantities: TransferTrial.quantities
  ) { sets, profile, seed in try TransferTrial.run(sets, profile, seed) }
}

/// A LeNet that has learned some classes, and is to learn others from a few samples of each.
struct TransferTrial {
  /// The classes that it knows; the others are new.
  let known: [Int]
  /// A beginning that has learned the known classes.
  let pretrained: Model
  let training: Dataset
  let test: Dataset
  let seed: UInt64

  static let sizes = [10, 20, 30, 50]
  /// So many choices of the few samples are averaged: which ones they are matters.
  static let draws = 3
  static let steps = 300
  /// All that is below LeNet's head.
  private static let body = ["conv*", "fc1.*", "fc2.*"]

  static let halves: [(name: String, known: [Int])] = [
    ("0 to 4", [0, 1, 2, 3, 4]), ("5 to 9", [5, 6, 7, 8, 9]), ("even", [0, 2, 4, 6, 8]),
    ("odd", [1, 3, 5, 7, 9]),
  ]

  /// What is done with the weights that were learned before.
  enum Method: String, CaseIterable {
    case scratch = "from scratch"
    case frozen = "all frozen but a new head"
    case convolutions = "convolutions frozen"
    case tuned = "all tuned"
    case slowly = "all tuned, early layers at a tenth"
  }

  init(
    _ sets: ExperimentSets, known: [Int], isChanged: Bool = true, _ profile: Experiment.Profile,
    seed: UInt64
  ) throws {
    let new = (0..<10).filter { !known.contains($0) }
    let old = Self.only(known, of: sets.all)
    var model = try Self.beginning(seed: seed)
    // As many steps with few images as with many: 4,800.
    let epochs = profile == .full ? max(1, 4_800 * 64 / old.count) : 3
    let changes = try Augmentation("shift:2,rotate:15,zoom:0.15,elastic:1")
    try model.fit(
      old, loss: .crossEntropy, optimizer: .adam(learningRate: 1e-3), epochs: epochs,
      batchSize: 64, augmentation: isChanged ? changes : nil, stopping: .never, seed: seed)
    self.known = known
    pretrained = model
    training = Self.only(new, of: sets.all)
    test = Self.only(new, of: sets.test)
    self.seed = seed
  }

  private static func beginning(seed: UInt64) throws -> Model {
    try Model(NamedNetwork(.lenet, classes: 5), input: [28, 28], seed: seed)
  }

  /// The samples of some classes, which are counted from 0 in their order.
  private static func only(_ classes: [Int], of data: Dataset) -> Dataset {
    let labels = data.targets.scalars(as: Int32.self)
    let chosen = labels.indices.filter { classes.contains(Int(labels[$0])) }
    let part = data[chosen]
    let targets = chosen.map { Int32(classes.firstIndex(of: Int(labels[$0]))!) }
    return Dataset(
      inputs: part.inputs, targets: Tensor(targets), classNames: classes.map { "\($0)" })
  }

  /// So many samples of each class, others for each draw.
  private func few(_ count: Int, draw: Int) -> Dataset {
    let order = Tensor.permutation(
      training.count, key: RandomKey(seed: seed, name: "few samples \(draw)")
    ).scalars(as: Int32.self)
    let labels = training.targets.scalars(as: Int32.self)
    var taken = [Int](repeating: 0, count: 5)
    return training[
      order.map { Int($0) }.filter { position in
        taken[Int(labels[position])] += 1
        return taken[Int(labels[position])] <= count
      }]
  }

  /// The accuracy on test images of the new classes, in per cent: the mean over the draws.
  func accuracy(_ method: Method, samples: Int, steps: Int) throws -> Double {
    try (0..<Self.draws).reduce(0) { sum, draw in
      try sum + accuracy(
        method, few(samples, draw: draw), steps, seed: seed &+ UInt64(1_000 * draw))
        / Double(Self.draws)
    }
  }

  private func accuracy(
    _ method: Method, _ data: Dataset, _ steps: Int, seed: UInt64
  ) throws -> Double {
    var model = try Self.beginning(seed: seed &+ 500)
    if method != .scratch {
      for parameter in model.parameters where !parameter.matches("fc3.*") {
        model[parameter.name] = pretrained[parameter.name]
      }
    }
    var optimizer = Optimizer.adam(learningRate: 1e-3)
    switch method {
    case .scratch, .tuned: break
    case .frozen:
      for pattern in Self.body { model.freeze(pattern) }
      // A single layer can take, and needs, larger steps.
      optimizer = .adam(learningRate: 1e-2)
    case .convolutions: model.freeze("conv*")
    case .slowly:
      for pattern in Self.body {
        optimizer = optimizer.scalingLearningRate(of: pattern, by: 0.1)
      }
    }
    let batchSize = min(50, data.count)
    try model.fit(
      data, loss: .crossEntropy, optimizer: optimizer,
      epochs: max(1, steps * batchSize / data.count),
      batchSize: batchSize, stopping: .never, seed: seed)
    return 100 * (try model.evaluate(test, loss: .crossEntropy, metrics: [.accuracy])["accuracy"]!)
  }
}

// MARK: As an experiment

extension TransferTrial {
  static var quantities: [Experiment.Quantity] {
    let main = sizes.flatMap { size in
      Method.allCases.map { Experiment.Quantity.shown("\(size) samples, \($0.rawValue), %") }
    }
    let others = halves.dropFirst().flatMap { half in
      Method.allCases.map { Experiment.Quantity.shown("knowing \(half.name), \($0.rawValue), %") }
    }
    let unchanged = Method.allCases.dropFirst().map {
      Experiment.Quantity.shown("images as they are, \($0.rawValue), %")
    }
    return main + others + unchanged
  }

  static func run(
    _ sets: ExperimentSets, _ profile: Experiment.Profile, _ seed: UInt64
  ) throws -> (values: [Double], curves: [ExperimentResult.Curve]) {
    let steps = profile == .full ? Self.steps : Self.steps / 10
    let main = try TransferTrial(sets, known: halves[0].known, profile, seed: seed)
    let table = try sizes.map { size in
      try Method.allCases.map { try main.accuracy($0, samples: size, steps: steps) }
    }
    let others = try halves.dropFirst().flatMap { half in
      let trial = try TransferTrial(sets, known: half.known, profile, seed: seed)
      return try Method.allCases.map { try trial.accuracy($0, samples: sizes[0], steps: steps) }
    }
    let unchanged = try TransferTrial(
      sets, known: halves[0].known, isChanged: false, profile, seed: seed)
    return (
      table.flatMap { $0 } + others
        + (try Method.allCases.dropFirst().map {
          try unchanged.accuracy($0, samples: sizes[0], steps: steps)
        }),
      Method.allCases.enumerated().map { index, method in
        ExperimentResult.Curve(
          method.rawValue, x: sizes.map { Double($0) }, y: table.map { $0[index] })
      }
    )
  }
}
