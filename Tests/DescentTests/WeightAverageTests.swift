import Testing

@testable import Descent

/// The running mean of the weights beside them.
@Suite struct WeightAverageTests {
  private let data = Dataset(
    inputs: .normal([24, 5], dtype: .float64, key: RandomKey(seed: 1)),
    targets: Tensor((0..<24).map { Int32($0 % 3) }))

  private func weights(_ model: Model) -> [Double] { model.flatParameters.doubles() }

  @Test(arguments: [0.0, 0.8, 0.999]) func itIsTheMeanOfTheWeightsBefore(_ decay: Double) throws {
    var model = try modelWithNamedLayers()
    let optimizer = Optimizer.adam(learningRate: 0.05)
    let step = try TrainingStep(
      model, data, loss: .crossEntropy, optimizer: optimizer.averagingWeights(decay: decay))
    var plain = model
    let plainStep = try TrainingStep(plain, data, loss: .crossEntropy, optimizer: optimizer)
    var mean = weights(model).map { _ in 0.0 }
    for number in 1...30 {
      let positions = (0..<8).map { Int32(($0 * 5 + number) % 24) }
      try step(&model, positions: positions)
      try plainStep(&plain, positions: positions)
      #expect(weights(model) == weights(plain), "the mean changes no step")
      let share = max(1 / Double(number), 1 - decay)
      mean = zip(mean, weights(model)).map { $0 + share * ($1 - $0) }
      let averaged = step.optimizer.averaged(model)
      for (a, b) in zip(weights(averaged), mean) { #expect(abs(a - b) < 1e-12) }
      #expect(averaged["norm.running_mean"]!.doubles() == model["norm.running_mean"]!.doubles())
    }
    #expect((weights(step.optimizer.averaged(model)) == weights(model)) == (decay == 0))
  }

  @Test func byHandAndCompiledAreTheSame() throws {
    var compiled = try modelWithNamedLayers()
    var byHand = compiled
    var optimizer = Optimizer.sgd(learningRate: 0.1, momentum: 0.9).averagingWeights(decay: 0.7)
    let step = try TrainingStep(compiled, data, loss: .crossEntropy, optimizer: optimizer)
    for _ in 0..<5 {
      try step(&compiled)
      let (_, gradient) = try valueWithGradient(at: &byHand) { model in
        crossEntropy(try model(data.inputs), data.targets)
      }
      optimizer.update(&byHand, along: gradient)
    }
    let pairs = zip(
      weights(step.optimizer.averaged(compiled)), weights(optimizer.averaged(byHand)))
    for (a, b) in pairs { #expect(abs(a - b) < 1e-12) }
  }

  @Test func fitChecksAndLeavesTheMean() throws {
    func train(_ optimizer: Optimizer, _ stopping: Stopping) throws -> (Model, History) {
      var model = try modelWithNamedLayers()
      model.freeze("body.*")
      let history = try model.fit(
        data, validation: data.prefix(10), loss: .crossEntropy, optimizer: optimizer, epochs: 4,
        batchSize: 7, stopping: stopping, seed: 3)
      return (model, history)
    }
    let optimizer = Optimizer.sgd(learningRate: 0.5)
    let averaging = optimizer.averagingWeights(decay: 0.9)
    let (last, history) = try train(averaging, .never)
    let found = try last.evaluate(data.prefix(10), loss: .crossEntropy).loss
    #expect(abs(found - history.validationLosses[3]) < 1e-12)
    let (plain, plainHistory) = try train(optimizer, .never)
    #expect(weights(plain) != weights(last))
    #expect(plainHistory.losses == history.losses, "training goes on from the weights themselves")
    let untouched = try modelWithNamedLayers()
    #expect(last["body.weight"]!.doubles() == untouched["body.weight"]!.doubles(), "frozen")
    let (best, bestHistory) = try train(averaging, .keepingBest())
    let least = try best.evaluate(data.prefix(10), loss: .crossEntropy).loss
    #expect(abs(least - bestHistory.validationLosses.min()!) < 1e-12)
  }
}
