import Testing

@testable import Descent

/// Masks: how often, which, and what they leave in the mean.
@Suite struct DropoutTests {
  /// Takes a step by hand and gives back what the model's output was.
  private func output(_ model: inout Model, _ x: Tensor) throws -> [Double] {
    try valueWithGradient(at: &model) { model in
      let y = try model(x)
      return (y.sum(), y)
    }.auxiliary.doubles()
  }

  @Test func evaluationAndRateZeroAreTheIdentity() throws {
    let x = Tensor.normal([7, 50], key: RandomKey(seed: 1))
    var model = try Model(Dropout(0.3), input: [50])
    #expect(try model(x).scalars() == x.scalars())
    #expect(try Predictor(model, batchSize: 7)(x).scalars() == x.scalars())
    #expect(model.randomState.step == 0)
    _ = try valueWithGradient(at: &model, isTraining: false) { try $0(x).sum() }
    #expect(model.randomState.step == 0)
    var zero = try Model(Dropout(0), input: [50])
    #expect(try output(&zero, x) == x.doubles())
  }

  @Test(arguments: [0.1, 0.5, 0.9]) func theMeanStays(_ rate: Double) throws {
    var model = try Model(Dropout(rate), input: [1_000], seed: 5)
    let x = Tensor.ones([100, 1_000])
    let y = try output(&model, x)
    let kept = 1 / (1 - rate)
    #expect(y.allSatisfy { $0 == 0 || abs($0 - kept) < 1e-6 })
    let dropped = Double(y.count { $0 == 0 }) / Double(y.count)
    // Five standard deviations of a count of 10⁵.
    #expect(abs(dropped - rate) < 5 * (rate * (1 - rate) / 1e5).squareRoot())
  }

  /// Over all masks a linear network's mean is that of the whole network.
  @Test func theMeanOverMasksIsTheWholeNetwork() throws {
    let network = Sequential {
      Dropout(0.5)
      Dense(3)
    }
    var model = try Model(network, input: [20], seed: 2)
    let x = Tensor.normal([4, 20], key: RandomKey(seed: 3))
    let whole = try model(x).doubles()
    let steps = 4_000
    var sums = [Double](repeating: 0, count: whole.count)
    var squares = sums
    for _ in 0..<steps {
      for (index, value) in try output(&model, x).enumerated() {
        sums[index] += value
        squares[index] += value * value
      }
    }
    for index in whole.indices {
      let mean = sums[index] / Double(steps)
      let variance = squares[index] / Double(steps) - mean * mean
      #expect(abs(mean - whole[index]) < 4.5 * (variance / Double(steps)).squareRoot())
    }
  }

  @Test func masksDifferByStepLayerAndSeedAndOnlyByThose() throws {
    let network = Sequential {
      Dropout(0.5)
      Activate(.identity)
    }
    let x = Tensor.ones([8, 64])
    var model = try Model(network, input: [64], seed: 1)
    let first = try output(&model, x)
    let second = try output(&model, x)
    #expect(first != second && model.randomState == RandomState(seed: 1, step: 2))
    var again = try Model(network, input: [64], seed: 1)
    #expect(try output(&again, x) == first)
    _ = try again(x)
    #expect(try output(&again, x) == second)
    var other = try Model(network, input: [64], seed: 2)
    #expect(try output(&other, x) != first)
    // Another layer before it moves it to another path; one behind it changes nothing.
    var longer = try Model(
      Sequential(network.layers + [Dropout(0), BatchNorm(), Activate(.identity)]), input: [64],
      seed: 1)
    var seen: [Double] = []
    _ = try valueWithGradient(at: &longer) { model in
      try model.run(x) { layer, y in if layer.path == "0" { seen = y.doubles() } }.sum()
    }
    #expect(seen == first)
    var moved = try Model(Sequential([Activate(.identity)] + network.layers), input: [64], seed: 1)
    #expect(try output(&moved, x) != first)
  }

  /// The same masks in the loop by hand and in the compiled step, whatever the minibatch was before.
  @Test func compiledStepsHaveTheMasksOfTheLoopByHand() throws {
    let network = Sequential {
      Dense(8, activation: .relu)
      Dropout(0.5)
      Dense(8)
      Dropout(0.2)
      Dense(2)
    }
    let x = Tensor.normal([12, 3], dtype: .float64, key: RandomKey(seed: 4))
    let labels = Tensor((0..<12).map { Int32($0 % 2) })
    let start = try Model(network, input: [3], seed: 9, dtype: .float64)
    var byHand = start
    var optimizer = Optimizer.sgd(learningRate: 0.1)
    var compiled = start
    let step = try TrainingStep(
      start, Dataset(inputs: x, targets: labels), loss: .crossEntropy, optimizer: optimizer)
    for size in [12, 5, 12, 7] {
      let batch = (x[0..<size], labels[0..<size])
      let (value, gradient) = try valueWithGradient(at: &byHand) { model in
        crossEntropy(try model(batch.0), batch.1)
      }
      optimizer.update(&byHand, along: gradient)
      let result = try step(&compiled, positions: (0..<Int32(size)).map { $0 })
      #expect(agree(result.loss, value.scalar, relative: 1e-12))
    }
    #expect(compiled.randomState == RandomState(seed: 9, step: 4))
    for parameter in start.parameters {
      expectEqual(
        compiled[parameter.name]!.doubles(), byHand[parameter.name]!.doubles(), relative: 1e-11,
        parameter.name)
    }
  }

  @Test func twoCallsInOneStepHaveMasksOfTheirOwn() throws {
    var model = try Model(Dropout(0.5), input: [200], seed: 1)
    let x = Tensor.ones([1, 200])
    let (_, difference, _) = try valueWithGradient(at: &model) { model in
      let difference = try model(x) - model(x)
      return (difference.sum(), difference)
    }
    #expect(difference.doubles().contains { $0 != 0 })
    #expect(model.randomState.step == 2)
  }

  @Test func wholeChannelsAreDropped() throws {
    var model = try Model(Dropout2D(0.5), input: [40, 3, 3], seed: 6)
    let y = try output(&model, Tensor.ones([2, 40, 3, 3]))
    let channels = stride(from: 0, to: y.count, by: 9).map { Set(y[$0..<($0 + 9)]) }
    #expect(channels.allSatisfy { $0.count == 1 })
    #expect(Set(channels.map { $0.first! }) == [0, 2])
  }
}

/// State of layers of one's own.
@Suite struct StateTests {
  /// Counts its passes in training, and replaces a number that it does not read.
  struct Counter: Layer {
    func callAsFunction(_ x: Tensor, in scope: Scope) -> Tensor {
      let count = scope.state("count", [], initial: .zeros)
      _ = scope.state("largest", [x.shape.last], initial: .zeros)
      scope.update("count", to: count + 1)
      scope.update("largest", to: x.max(over: [0]))
      return x + count
    }
  }

  @Test func stateFollowsTheSteps() throws {
    let network = Sequential {
      Dense(2, initializer: .ones)
      Counter()
    }
    let inputs = Tensor(rows: [[1, 2], [5, 0]])
    let start = try Model(network, input: [2])
    #expect(start.parameterCount == 6 && start.stateCount == 3)
    var byHand = start
    var compiled = start
    let data = Dataset(inputs: inputs, targets: Tensor.zeros([2, 2]))
    let step = try TrainingStep(start, data, loss: .l2, optimizer: .sgd(learningRate: 0))
    for passes in 1...3 {
      _ = try valueWithGradient(at: &byHand) { try $0(inputs).sum() }
      try step(&compiled)
      for model in [byHand, compiled] {
        #expect(model["1.count"]!.scalar == Double(passes))
        #expect(model["1.largest"]!.scalars() == [5, 5])
        // Evaluation reads it, and leaves it.
        #expect(try model(inputs).scalars()[0] == Float(3 + passes))
        #expect(try Predictor(model, batchSize: 2)(inputs).scalars()[0] == Float(3 + passes))
        #expect(try model.evaluate(data, loss: .l2).outputs.scalars()[2] == Float(5 + passes))
        #expect(model["1.count"]!.scalar == Double(passes))
      }
    }
    #expect(start["1.count"]!.scalar == 0)
  }

  @Test func theOptimizerLeavesStateAlone() throws {
    let network = Sequential {
      Dense(3)
      BatchNorm()
    }
    let data = Dataset(
      inputs: Tensor.normal([20, 4], key: RandomKey(seed: 1)), targets: Tensor.zeros([20, 3]))
    for optimizer in [Optimizer.adamW(learningRate: 0.1, weightDecay: 0.5), .adam()] {
      var model = try Model(network, input: [4], seed: 1)
      try model.fit(data, loss: .l2, optimizer: optimizer, epochs: 2, batchSize: 6)
      let mean = model["1.running_mean"]!.doubles()
      #expect(mean.allSatisfy { $0 != 0 && abs($0) < 3 })
      var copy = model
      let (_, gradient) = try valueWithGradient(at: &copy) { try $0(data.inputs).sum() }
      var other = optimizer
      other.update(&model, along: gradient)
      #expect(model["1.running_mean"]!.doubles() == mean)
      #expect(copy["1.running_mean"]!.doubles() != mean)
    }
  }
}
