import Testing

@testable import Descent

/// What training leaves in a model beside its numbers, and what it refuses.
@Suite struct TrainedModelTests {
  /// Longer than a chain of operations may be before it is computed: a trace has nothing to compute.
  @Test func aNetworkOfThousandsOfLayers() throws {
    let network = Sequential((0..<2_100).map { _ in Activate(.relu) })
    let model = try Model(network, input: [2])
    #expect(model.parameterCount == 0 && model.output == [2])
    let x = Tensor([1, -2, 3, 0] as [Float], shape: [2, 2])
    #expect(try model(x).doubles() == [1, 0, 3, 0])
    #expect(try Predictor(model, batchSize: 2)(x).doubles() == [1, 0, 3, 0])
  }

  private let data = Dataset(
    inputs: .normal([8, 3], key: RandomKey(seed: 1)),
    targets: Tensor((0..<8).map { Int32($0 % 2) }), classNames: ["a", "b"])

  @Test func outputsMeanWhatTheLossSays() throws {
    var model = try Model(Dense(2), input: [3])
    func meaning(after loss: Loss) throws -> Activation {
      try model.fit(data, loss: loss, optimizer: .sgd(learningRate: 0.01), epochs: 1)
      return model.card.outputActivation
    }
    #expect(try meaning(after: .crossEntropy) == .softmax)
    #expect(try meaning(after: .crossEntropy(labelSmoothing: 0.1)) == .softmax)
    #expect(try meaning(after: .binaryCrossEntropy) == .sigmoid)
    #expect(try meaning(after: .l2) == .identity)
    // What the user chose stays.
    model.card.outputActivation = .tanh
    #expect(try meaning(after: .crossEntropy) == .tanh)
  }

  @Test func anOptimizerRemembersModelsOfOneSize() throws {
    var model = try Model(Dense(2), input: [3])
    let step = try TrainingStep(model, data, loss: .crossEntropy, optimizer: .adam())
    try step(&model)
    let optimizer = step.optimizer
    let wider = try Model(Dense(4), input: [3])
    let double = try Model(Dense(2), input: [3], dtype: .float64)
    #expect(optimizer.remembers(model))
    #expect(!optimizer.remembers(wider) && !optimizer.remembers(double))
    #expect(!optimizer.accumulating(batches: 2).remembers(model))
    #expect(!optimizer.averagingWeights(decay: 0.9).remembers(model))
    // With what it remembers of this model it goes on.
    let next = try TrainingStep(model, data, loss: .crossEntropy, optimizer: optimizer)
    try next(&model)
    #expect(next.optimizer.stepCount == 2)
  }

  @Test func largeSamplesGoThroughInSmallBatches() throws {
    let table = try Model(Sequential { Dense(4) }, input: [3])
    #expect(Evaluator.usualBatchSize(for: table) == 512)
    let digits = try Model(
      Sequential {
        Conv2D(64, kernel: 3, padding: 1)
        Flatten()
        Dense(10)
      }, input: [1, 28, 28])
    #expect(Evaluator.usualBatchSize(for: digits) == 512)
    // 16 channels of 512 × 512 pixels are 16 MiB.
    let photos = try Model(
      Sequential {
        Conv2D(16, kernel: 1)
        GlobalAveragePool2D()
      }, input: [1, 512, 512])
    #expect(Evaluator.usualBatchSize(for: photos) == 16)
    let maps = try Model(Sequential { GlobalMaxPool2D() }, input: [1, 1 << 14, 1 << 14])
    #expect(Evaluator.usualBatchSize(for: maps) == 1)
  }

  @Test func whatIsNotANumberIsNotTheBestForEver() throws {
    for stopping in [Stopping.keepingBest(), .keepingBest(by: .accuracy)] {
      var progress = TrainingState.Progress(metricCount: 0)
      let first = stopping.monitored(loss: .nan, metrics: [])
      #expect(progress.isImproved(by: first))
      (progress.bestEpoch, progress.bestScore) = (1, [first.0, first.1])
      #expect(!progress.isImproved(by: first))
      #expect(progress.isImproved(by: stopping.monitored(loss: 1e30, metrics: [])))
    }
  }

  @Test func anotherNetworkKeepsWhatTheModelSays() throws {
    var model = try modelWithNamedLayers()
    model.card.scale = 0.25
    model.card.outputActivation = .softmax
    model.trainingPrecision = .bfloat16
    model.freeze("body.*")
    model.freeze("norm.running_mean")
    model.freeze("head.*")
    let network = try #require(model.network.replacingHead(outputs: 7))
    let (other, renewed) = try model.replacing(network: network)
    #expect(Set(renewed) == ["head.weight", "head.bias"])
    #expect(other.card.scale == 0.25 && other.card.outputActivation == .softmax)
    #expect(other.trainingPrecision == .bfloat16)
    // A head that is drawn anew has everything to learn.
    #expect(other.frozenNames == ["body.weight", "body.bias", "norm.running_mean"])
  }

  // MARK: Names

  private struct Twice: Layer {
    func callAsFunction(_ x: Tensor, in scope: Scope) throws -> Tensor {
      let dense = Dense(3)
      return try dense(dense(x, in: scope.dense), in: scope.dense)
    }
  }

  @Test func everyNameIsAskedForOnce() throws {
    func error(_ network: any Layer) throws -> ShapeError? {
      do {
        _ = try Model(network, input: [3])
        return nil
      } catch let error as ShapeError { return error }
    }
    let named = try error(Sequential([Dense(3).named("a"), Dense(3).named("a")]))
    #expect(named?.path == "a" && named?.found.contains("\"a.weight\"") == true)
    let own = try error(Twice())
    #expect(own?.path == "" && own?.found.contains("\"dense.weight\"") == true)
    #expect(own?.remedy.contains("scope.shared") == true)
  }

  @Test func masksHaveNamesOfTheirOwn() throws {
    // Masks are asked for in training only.
    let network = Sequential([Dropout(0.5).named("a"), Dropout(0.5).named("a"), Dense(2)])
    var model = try Model(network, input: [3])
    #expect(try model(data.inputs).shape == [8, 2])
    #expect(throws: ShapeError.self) {
      try model.fit(data, loss: .crossEntropy, optimizer: .adam(), epochs: 1)
    }
  }
}
