import Testing

@testable import Descent

/// Steps that take several minibatches.
@Suite struct AccumulationTests {
  private let data = Dataset(
    inputs: .normal([22, 5], dtype: .float64, key: RandomKey(seed: 1)),
    targets: Tensor((0..<22).map { Int32($0 % 3) }))

  private func model() throws -> Model {
    try Model(
      Sequential {
        Dense(4, activation: .tanh)
        Dense(3)
      }, input: [5], seed: 2, dtype: .float64)
  }

  private func weights(_ model: Model) -> [Double] { model.flatParameters.doubles() }

  private func expectNear(_ a: Model, _ b: Model, _ comment: Comment) {
    for (a, b) in zip(weights(a), weights(b)) { #expect(abs(a - b) < 1e-12, comment) }
  }

  private static let optimizers: [Optimizer] = [
    .adam(learningRate: 0.05).clipping(norm: 0.1),
    .sgd(learningRate: 0.5, momentum: 0.9).averagingWeights(decay: 0.5),
    .adamW(learningRate: 0.05, weightDecay: 0.1),
  ]

  @Test(arguments: 0..<3) func threeMinibatchesAreAsOne(_ index: Int) throws {
    let optimizer = Self.optimizers[index]
    var (large, small) = (try model(), try model())
    let largeStep = try TrainingStep(large, data, loss: .crossEntropy, optimizer: optimizer)
    let smallStep = try TrainingStep(
      small, data, loss: .crossEntropy, optimizer: optimizer.accumulating(batches: 3))
    for round in 0..<4 {
      let before = weights(small)
      let positions = (0..<12).map { Int32(($0 * 7 + round) % 22) }
      try largeStep(&large, positions: positions)
      // Of different sizes: each counts by its samples.
      for (count, part) in [positions[0..<5], positions[5..<6], positions[6..<12]].enumerated() {
        #expect(weights(small) == before, "minibatch \(count) of round \(round)")
        try smallStep(&small, positions: Array(part))
      }
      #expect(smallStep.optimizer.stepCount == round + 1)
      expectNear(large, small, "round \(round)")
      expectNear(
        largeStep.optimizer.averaged(large), smallStep.optimizer.averaged(small), "the mean")
    }
  }

  @Test func byHandIsTheSame() throws {
    var (compiled, byHand) = (try model(), try model())
    var optimizer = Self.optimizers[1].accumulating(batches: 2)
    let step = try TrainingStep(compiled, data, loss: .crossEntropy, optimizer: optimizer)
    for round in 0..<5 {
      let positions = (0..<4).map { Int32($0 * 5 + round) }
      try step(&compiled, positions: positions)
      let batch = data[positions.map { Int($0) }]
      let (_, gradient) = try valueWithGradient(at: &byHand) { model in
        crossEntropy(try model(batch.inputs), batch.targets)
      }
      optimizer.update(&byHand, along: gradient)
      expectNear(compiled, byHand, "round \(round)")
    }
    #expect(optimizer.stepCount == 2 && step.optimizer.stepCount == 2)
  }

  /// 22 samples in minibatches of 4 are 6, the last of 2 samples; of 8, three, the last of 6.
  @Test func fitTakesWhatIsLeftAtTheEndOfAnEpoch() throws {
    func train(_ optimizer: Optimizer, batchSize: Int) throws -> Model {
      var model = try model()
      try model.fit(
        data, loss: .crossEntropy, optimizer: optimizer, epochs: 3, batchSize: batchSize,
        stopping: .never, seed: 3)
      return model
    }
    for optimizer in Self.optimizers {
      let small = try train(optimizer.accumulating(batches: 2), batchSize: 4)
      expectNear(try train(optimizer, batchSize: 8), small, "\(optimizer.name)")
      let all = try train(optimizer.accumulating(batches: 100), batchSize: 5)
      expectNear(try train(optimizer, batchSize: 22), all, "\(optimizer.name), all")
    }
  }
}
