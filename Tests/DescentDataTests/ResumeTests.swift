import Descent
import Testing

@testable import DescentData

/// A training that is stopped, stored, read and resumed gives the bits of one that never stopped.
@Suite struct ResumeTests {
  private static let data: (training: Dataset, validation: Dataset) = {
    let set = Dataset(GeneratedSet.named("moons", count: 280, seed: 3)!)
    let parts = set.split(holdingOut: 0.25, seed: 1)
    return (parts.kept, parts.heldOut)
  }()

  private static let optimizers: [Optimizer] = [
    .adam(learningRate: .cosine(0.01, over: 42)), .sgd(learningRate: 0.1, momentum: 0.9),
    .adamW(learningRate: 0.01).clipping(norm: 1), .adam(learningRate: 0.01),
    .sgd(learningRate: 0.1, momentum: 0.9).averagingWeights(decay: 0.9)
      .accumulating(batches: 4),
  ]

  /// With `index` 3 or 4: a network with running statistics and masks.
  private static func model(_ index: Int = 0) throws -> Model {
    let network = Sequential {
      Dense(16, activation: .tanh)
      if index >= 3 {
        BatchNorm()
        Dropout(0.3)
      }
      Dense(2)
    }
    return try Model(network, input: [2], seed: 4)
  }

  /// Three epochs of 14 steps, ended after `steps` if that is given.
  private static func fit(
    _ model: inout Model, _ optimizer: Optimizer, stoppingAfter steps: Int? = nil,
    resuming: TrainingState? = nil, save: @escaping (TrainingState) throws -> Void = { _ in }
  ) throws -> History {
    var taken = 0
    return try model.fit(
      data.training, validation: data.validation, loss: .crossEntropy, optimizer: optimizer,
      metrics: [.accuracy], epochs: 3, batchSize: 15, seed: 9, resuming: resuming,
      checkpoints: .init(every: .seconds(1_000), save: save),
      observer: { event, _ in if case .step = event { taken += 1 } },
      shouldStop: { taken == steps })
  }

  @Test("stopped at any of 40 steps", arguments: 0..<5)
  func sameBits(_ index: Int) throws {
    let optimizer = Self.optimizers[index]
    let folder = try TemporaryFolder()
    let path = folder.path + "/resume-\(index)"
    var whole = try Self.model(index)
    let history = try Self.fit(&whole, optimizer)
    for steps in 1...40 {
      var stopped = try Self.model(index)
      let begun = try Self.fit(&stopped, optimizer, stoppingAfter: steps) { try $0.save(to: path) }
      #expect(begun.finish?.reason == .interrupted)
      var resumed = try Self.model(index)
      let state = try TrainingState(contentsOf: path, model: resumed, optimizer: optimizer)
      #expect((state.progress.epoch - 1) * 14 + state.progress.step == steps)
      let rest = try Self.fit(&resumed, optimizer, resuming: state)
      #expect(resumed.randomState == whole.randomState)
      for parameter in whole.parameters + whole.state {
        #expect(
          resumed[parameter.name]!.scalars() == whole[parameter.name]!.scalars(), "step \(steps)")
      }
      #expect(rest.losses == history.losses && rest.validationLosses == history.validationLosses)
      #expect(rest.finish?.bestEpoch == history.finish?.bestEpoch)
    }
  }

  /// Digits that are shifted, distorted and mixed, two epochs of five steps, stopped in each place.
  @Test func augmentedImagesAreTheSameAfterwards() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/resume-augmented"
    let data = Dataset(try Digits.load().training).prefix(70)
    let augmentation = try Augmentation("shift:2,rotate:10,elastic:1,flip,noise:0.1,cutout:6,mixup")
    func fit(
      stoppingAfter steps: Int? = nil, resuming: TrainingState? = nil
    ) throws -> (model: Model, history: History) {
      var taken = 0
      var model = try Model(
        Sequential {
          Flatten()
          Dense(10)
        }, input: [28, 28], seed: 4)
      let history = try model.fit(
        data, loss: .crossEntropy, optimizer: .adam(), epochs: 2, batchSize: 16,
        augmentation: augmentation, stopping: .never, seed: 9, resuming: resuming,
        checkpoints: .init(every: .seconds(1_000)) { try $0.save(to: path) },
        observer: { event, _ in if case .step = event { taken += 1 } },
        shouldStop: { taken == steps })
      return (model, history)
    }
    let whole = try fit()
    for steps in 1...9 {
      let stopped = try fit(stoppingAfter: steps)
      #expect(stopped.history.finish?.reason == .interrupted)
      let state = try TrainingState(
        contentsOf: path, model: stopped.model, optimizer: .adam())
      let resumed = try fit(resuming: state)
      #expect(resumed.history.losses == whole.history.losses)
      for parameter in whole.model.parameters {
        #expect(
          resumed.model[parameter.name]!.scalars() == whole.model[parameter.name]!.scalars(),
          "step \(steps)")
      }
    }
  }

  @Test func aStateIsAlsoAModel() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/state"
    var model = try Self.model()
    _ = try Self.fit(&model, .adam(), stoppingAfter: 5) { try $0.save(to: path) }
    #expect(try Model(contentsOf: path).parameterCount == model.parameterCount)
    #expect(throws: DataError.self) {
      try TrainingState(
        contentsOf: path, model: model, optimizer: .sgd(learningRate: 1, momentum: 0.5))
    }
    try model.save(to: path)
    #expect(throws: DataError.self) {
      try TrainingState(contentsOf: path, model: model, optimizer: .adam())
    }
  }

  @Test func everyDamageIsSurvived() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/damaged-state"
    let network = Sequential {
      Dropout(0.5)
      BatchNorm()
    }
    var model = try Model(network, input: [1], seed: 1)
    let data = Dataset(inputs: Tensor.ones([3, 1]), targets: Tensor.ones([3, 1]))
    try model.fit(
      data, loss: .l2, optimizer: .adam(), epochs: 1, batchSize: 2,
      checkpoints: .init(every: .seconds(0)) { try $0.save(to: path) })
    let template = model
    try feedHostile("checkpoint", readFile(path)) { bytes in
      try AtomicFile.write(bytes, to: path)
      _ = try TrainingState(contentsOf: path, model: template, optimizer: .adam())
    }
  }
}
