import Testing

@testable import Descent

/// Names chosen by pattern: what is frozen, and what learns at a rate of its own.
@Suite struct FineTuningTests {
  @Test(arguments: [
    ("a.weight", "a.weight", true), ("a.weight", "a.*", true), ("a.weight", "*", true),
    ("a.weight", "*.weight", true), ("a.weight", "a.b*", false), ("a.weight", "*.bias", false),
    ("layer1.0.bn2.bias", "layer*.bn*", true), ("layer1.0.bn2.bias", "layer*.bn*.weight", false),
    ("layer1.0.bn2.bias", "*bn*bias", true), ("aab", "*ab", true), ("ab", "*ab*", true),
    ("abab", "ab*ab", true), ("ab", "ab*ab", false), ("", "*", true), ("", "", true),
    ("a", "", false), ("a", "**", true), ("abcbd", "a*b*d", true), ("fc.weight", "f.*", false),
  ])
  func patterns(_ name: String, _ pattern: String, _ expected: Bool) {
    #expect(matches(name, pattern) == expected)
  }

  private let data = Dataset(
    inputs: .normal([12, 5], dtype: .float64, key: RandomKey(seed: 1)),
    targets: Tensor((0..<12).map { Int32($0 % 3) }))

  private static let optimizers: [(String, Optimizer)] = [
    ("sgd", .sgd(learningRate: 0.1)), ("momentum", .momentum(learningRate: 0.1)),
    ("adam", .adam(learningRate: 0.01)), ("rmsprop", .rmsProp(learningRate: 0.01)),
    ("adagrad", .adagrad(learningRate: 0.01)),
    ("adamw", .adamW(learningRate: 0.01, weightDecay: 0.3)),
    ("decay", .sgd(learningRate: 0.1).decayingWeights(by: 0.2)),
  ]

  private func moves(_ optimizer: Optimizer) throws -> [String: [Double]] {
    var model = try modelWithNamedLayers()
    let before = model
    let step = try TrainingStep(model, data, loss: .crossEntropy, optimizer: optimizer)
    try step(&model, positions: [0, 1, 2, 3, 4, 5])
    return model.parameters.reduce(into: [:]) {
      $0[$1.name] = (model[$1.name]! - before[$1.name]!).doubles()
    }
  }

  @Test(arguments: optimizers.map(\.0))
  func ratesByName(_ name: String) throws {
    let optimizer = try #require(Self.optimizers.first { $0.0 == name }).1
    let plain = try moves(optimizer)
    let scaled = try moves(
      optimizer.scalingLearningRate(of: "body.*", by: 0.25)
        .scalingLearningRate(of: "body.bias", by: 100)
        .scalingLearningRate(of: "norm.*", by: 0))
    for (name, steps) in plain {
      let factor = name.hasPrefix("body") ? 0.25 : name.hasPrefix("norm") ? 0 : 1
      #expect(steps.contains { abs($0) > 1e-6 })
      for (one, other) in zip(steps, scaled[name]!) {
        #expect(abs(other - factor * one) < 1e-14, "\(name)")
      }
    }
  }

  @Test func theLoopByHandAgrees() throws {
    var optimizer = Optimizer.adam(learningRate: 0.01).scalingLearningRate(of: "head.*", by: 3)
    let compiled = try moves(optimizer)
    var model = try modelWithNamedLayers()
    let before = model
    let (_, gradient) = try valueWithGradient(at: &model) { model in
      Loss.crossEntropy(try model(data[0..<6].inputs), data[0..<6].targets)
    }
    optimizer.update(&model, along: gradient)
    for (name, steps) in compiled {
      let byHand = (model[name]! - before[name]!).doubles()
      for (one, other) in zip(steps, byHand) { #expect(abs(one - other) < 1e-13, "\(name)") }
    }
  }

  @Test func whatIsFrozenStays() throws {
    var model = try modelWithNamedLayers()
    try model.fit(data, loss: .crossEntropy, optimizer: .adam(), epochs: 1, batchSize: 6)
    model.freeze("body.*")
    model.freeze("norm.*")
    #expect(
      model.frozenNames == [
        "body.weight", "body.bias", "norm.weight", "norm.bias", "norm.running_mean",
        "norm.running_var",
      ])
    let before = model
    try model.fit(
      data, loss: .crossEntropy, optimizer: .adamW(learningRate: 0.1, weightDecay: 1), epochs: 3,
      batchSize: 6)
    for name in model.frozenNames {
      #expect(model[name]!.doubles() == before[name]!.doubles(), "\(name)")
    }
    #expect(model["head.weight"]!.doubles() != before["head.weight"]!.doubles())
    // Frozen statistics are what normalises: the loss of a step is that of an evaluation.
    let step = try TrainingStep(model, data, loss: .crossEntropy, optimizer: .sgd(learningRate: 0))
    let evaluated = try model.evaluate(data, loss: .crossEntropy).loss
    #expect(abs(try step(&model).loss - evaluated) < 1e-12)

    model.unfreeze()
    let thawed = try TrainingStep(
      model, data, loss: .crossEntropy, optimizer: .sgd(learningRate: 0))
    #expect(abs(try thawed(&model).loss - evaluated) > 1e-4)
    #expect(model["norm.running_mean"]!.doubles() != before["norm.running_mean"]!.doubles())
  }
}
