import Foundation
import Testing

@testable import Descent

// Values, gradients and optimiser steps against PyTorch's, which Fixtures/make_fixtures.py wrote.

/// A float64 tensor of a fixture.
struct StoredTensor: Decodable {
  let shape: [Int]
  let values: [Double]
  var tensor: Tensor { Tensor(values, shape: Shape(shape)) }
}

/// An operation's inputs and what PyTorch made of them.
struct OperationFixture: Decodable {
  let name: String
  let inputs: [StoredTensor]
  let value: StoredTensor
  let cotangent: StoredTensor
  let gradients: [StoredTensor?]
}

/// A few steps of an optimiser.
struct OptimizerFixture: Decodable {
  let name: String
  let x: StoredTensor
  let target: StoredTensor
  let labels: [Int32]
  let start: [StoredTensor]
  let losses: [Double]
  /// The parameters after each step, or after the last one only.
  let steps: [[StoredTensor]]
}

func fixture<Content: Decodable>(_ name: String, as type: Content.Type) -> Content {
  let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
  let file = folder.appendingPathComponent("Fixtures/\(name).json")
  do {
    return try JSONDecoder().decode(type, from: Data(contentsOf: file))
  } catch {
    fatalError("the fixture \(file.path) cannot be read: \(error)")
  }
}

@Suite struct OperationFixtureTests {
  static let fixtures = fixture("operations", as: [OperationFixture].self)

  static let labels = Tensor([Int32(2), 0, 3, 3, 1])

  /// The library's counterparts of the functions in the script.
  static let functions = simple.merging(reductions) { first, _ in first }

  private static let simple: [String: @Sendable ([Tensor]) -> Tensor] = [
    "negate": { -$0[0] }, "exp": { exp($0[0]) }, "expMinusOne": { expMinusOne($0[0]) },
    "log": { log($0[0]) }, "logOnePlus": { log(onePlus: $0[0]) }, "sqrt": { sqrt($0[0]) },
    "sin": { sin($0[0]) }, "cos": { cos($0[0]) }, "tanh": { tanh($0[0]) },
    "sigmoid": { sigmoid($0[0]) }, "softplus": { softplus($0[0]) }, "erf": { erf($0[0]) },
    "relu": { relu($0[0]) }, "abs": { abs($0[0]) }, "leakyRelu": { Activation.leakyRelu($0[0]) },
    "gelu": { gelu($0[0]) }, "square": { $0[0] * $0[0] }, "cube": { power($0[0], 3) },
    "powerOneAndAHalf": { power($0[0], 1.5) }, "clip": { $0[0].clipped(to: -1.5...2.5) },
    "add": { $0[0] + $0[1] }, "subtract": { $0[0] - $0[1] }, "multiply": { $0[0] * $0[1] },
    "divide": { $0[0] / $0[1] }, "minimum": { minimum($0[0], $0[1]) },
    "maximum": { maximum($0[0], $0[1]) }, "power": { power($0[0], $0[1]) },
    "select": { select($0[0] .> $0[1], $0[0] * $0[0], $0[1]) },
    "addingProduct": { $0[0].addingProduct($0[1], $0[2]) },
    "matmulVectors": { $0[0].matmul($0[1]) }, "matmulMatrices": { $0[0].matmul($0[1]) },
    "matmulBatch": { $0[0].matmul($0[1]) }, "matmulVectorBatch": { $0[0].matmul($0[1]) },
    "matmulBatchVector": { $0[0].matmul($0[1]) }, "matmulLarge": { $0[0].matmul($0[1]) },
    "softmax": { softmax($0[0]) }, "softmaxFirst": { softmax($0[0], over: 0) },
    "logSoftmax": { logSoftmax($0[0]) }, "logSumExp": { logSumExp($0[0]) },
    "permute": { $0[0].permuted([2, 0, 1]) },
    "transposeReshape": { $0[0].transposed().reshaped([2, 6]) },
    "step": { $0[0].slice(0, 1..<7, step: 2).slice(1, 0..<7, step: 3) },
    "pad": { $0[0].padded([(0, 1), (1, 2)]) },
    "concatenate": { Tensor.concatenate([$0[0], $0[1]], along: 1) },
    "gather": { $0[0].gather(Tensor([Int32(3), 0, 3, 1])) },
    "crossEntropy": { crossEntropy($0[0], labels) },
    "crossEntropySmoothed": { crossEntropy($0[0], labels, labelSmoothing: 0.1) },
    "crossEntropySoft": { crossEntropy($0[0], $0[1]) },
    "binaryCrossEntropy": { binaryCrossEntropy($0[0], $0[1]) },
    "l2": { halfSquaredError($0[0], $0[1]) }, "mse": { meanSquaredError($0[0], $0[1]) },
    "l1": { absoluteError($0[0], $0[1]) }, "huber": { huberLoss($0[0], $0[1]) },
    "huberQuarter": { huberLoss($0[0], $0[1], delta: 0.25) },
  ]

  private static var reductions: [String: @Sendable ([Tensor]) -> Tensor] {
    var result: [String: @Sendable ([Tensor]) -> Tensor] = [:]
    let places = [("All", [0, 1, 2]), ("First", [0]), ("Middle", [1]), ("Ends", [0, 2])]
    for (name, axes) in places {
      result["sum" + name] = { $0[0].sum(over: axes) }
      result["mean" + name] = { $0[0].mean(over: axes) }
      result["variance" + name] = { $0[0].variance(over: axes) }
      result["unbiased" + name] = { $0[0].variance(over: axes, unbiased: true) }
      result["max" + name] = { $0[0].max(over: axes) }
      result["min" + name] = { $0[0].min(over: axes) }
    }
    return result
  }

  @Test func everyFixtureHasItsFunction() {
    #expect(Set(Self.fixtures.map(\.name)) == Set(Self.functions.keys))
  }

  @Test(arguments: fixtures.map(\.name)) func agreesWithPyTorch(_ name: String) throws {
    let fixture = try #require(Self.fixtures.first { $0.name == name })
    let function = try #require(Self.functions[name])
    let inputs = fixture.inputs.map(\.tensor)
    let value = function(inputs)
    #expect(value.shape.sizes == fixture.value.shape)
    #expect(value.dtype == .float64)
    expectEqual(value.doubles(), fixture.value.values, relative: 1e-12, absolute: 1e-14, name)

    let cotangent = fixture.cotangent.tensor
    let gradients = valueWithGradient(at: inputs) { (function($0) * cotangent).sum() }.gradients
    for (argument, expected) in fixture.gradients.enumerated() {
      guard let expected else { continue }
      expectEqual(
        gradients[argument].doubles(), expected.values, relative: 1e-10, absolute: 1e-13,
        "the gradient of \(name) with respect to argument \(argument)")
    }

    let single = function(inputs.map { $0.cast(to: .float32) })
    #expect(single.dtype == .float32)
    expectEqual(
      single.doubles(), fixture.value.values, relative: 2e-6, absolute: 2e-6, name + " in float32")
  }
}

@Suite struct OptimizerFixtureTests {
  static let fixtures = fixture("optimizers", as: [OptimizerFixture].self)

  static let optimizers: [String: Optimizer] = [
    "sgd": .sgd(learningRate: 0.1),
    "momentum": .momentum(learningRate: 0.1),
    "nesterov": .nesterov(learningRate: 0.1, momentum: 0.8),
    "rmsprop": .rmsProp(learningRate: 0.01),
    "adagrad": .adagrad(learningRate: 0.1),
    "adam": .adam(learningRate: 0.01),
    "adamBetas": .adam(learningRate: 0.02, beta1: 0.8, beta2: 0.95),
    "adamw": .adamW(learningRate: 0.01),
    "adamwStrong": .adamW(learningRate: 0.05, weightDecay: 0.3),
    "sgdDecay": .sgd(learningRate: 0.1).decayingWeights(by: 0.1),
    "momentumDecay": .momentum(learningRate: 0.1).decayingWeights(by: 0.05),
    "adamDecay": .adam(learningRate: 0.01).decayingWeights(by: 0.1),
    "sgdClipNorm": .sgd(learningRate: 0.1).clipping(norm: 0.1),
    "adamClipNorm": .adam(learningRate: 0.01).clipping(norm: 0.1),
    "sgdClipValue": .sgd(learningRate: 0.1).clipping(value: 0.05),
    "network": .adam(learningRate: 0.01),
  ]

  private func model(_ fixture: OptimizerFixture, _ dtype: DType) throws -> Model {
    let activation: Activation = fixture.name == "network" ? .relu : .tanh
    let sizes = stride(from: 1, to: fixture.start.count, by: 2).map { fixture.start[$0].shape[0] }
    let layers = sizes.enumerated().map { index, size in
      Dense(size, activation: index == sizes.count - 1 ? .identity : activation)
    }
    var model = try Model(
      Sequential(layers), input: Shape(Array(fixture.x.shape.dropFirst())), dtype: dtype)
    #expect(model.parameters.map(\.shape.sizes) == fixture.start.map(\.shape))
    for (parameter, start) in zip(model.parameters, fixture.start) {
      model[parameter.name] = start.tensor
    }
    return model
  }

  private func compare(
    _ model: Model, _ expected: [StoredTensor], relative: Double, _ what: String
  ) throws {
    for (parameter, stored) in zip(model.parameters, expected) {
      let found = try #require(model[parameter.name])
      expectEqual(
        found.doubles(), stored.values, relative: relative, absolute: relative,
        "\(what), \(parameter.name)")
    }
  }

  private func loss(_ fixture: OptimizerFixture) -> Loss {
    fixture.name == "network" ? .crossEntropy : .meanSquaredError
  }

  private func targets(_ fixture: OptimizerFixture) -> Tensor {
    fixture.name == "network" ? Tensor(fixture.labels) : fixture.target.tensor
  }

  @Test func everyFixtureHasItsOptimizer() {
    #expect(Set(Self.fixtures.map(\.name)) == Set(Self.optimizers.keys))
  }

  /// The loop that users write: a gradient, then an update.
  @Test(arguments: fixtures.map(\.name)) func updatesAgreeWithPyTorch(_ name: String) throws {
    let fixture = try #require(Self.fixtures.first { $0.name == name })
    for (dtype, tolerance) in [(DType.float64, 1e-10), (.float32, 1e-4)] {
      var model = try model(fixture, dtype)
      var optimizer = try #require(Self.optimizers[name])
      for (step, expected) in fixture.losses.enumerated() {
        let (value, gradient) = try valueWithGradient(at: &model) { model in
          loss(fixture)(try model(fixture.x.tensor), targets(fixture))
        }
        optimizer.update(&model, along: gradient)
        let what = "\(name) in \(dtype), step \(step + 1)"
        #expect(agree(value.scalar, expected, relative: tolerance), "\(what): the loss")
        if fixture.steps.count == fixture.losses.count {
          try compare(model, fixture.steps[step], relative: tolerance, what)
        }
      }
      let last = try #require(fixture.steps.last)
      try compare(model, last, relative: tolerance, "\(name) in \(dtype), at the end")
    }
  }

  /// The compiled step, with everything in one plan.
  @Test(arguments: fixtures.map(\.name)) func compiledStepsAgreeWithPyTorch(_ name: String) throws {
    let fixture = try #require(Self.fixtures.first { $0.name == name })
    var model = try model(fixture, .float64)
    let data = Dataset(inputs: fixture.x.tensor, targets: targets(fixture))
    let step = try TrainingStep(
      model, data, loss: loss(fixture), optimizer: try #require(Self.optimizers[name]))
    let positions = (0..<Int32(data.count)).map { $0 }
    for expected in fixture.losses {
      let result = try step(&model, positions: positions)
      #expect(agree(result.loss, expected, relative: 1e-10), "\(name): the loss")
    }
    let last = try #require(fixture.steps.last)
    try compare(model, last, relative: 1e-10, "\(name), compiled")
  }

  /// `fit` visits all samples in one minibatch here, so its order makes no difference.
  @Test(arguments: fixtures.map(\.name)) func fittingAgreesWithPyTorch(_ name: String) throws {
    let fixture = try #require(Self.fixtures.first { $0.name == name })
    var model = try model(fixture, .float64)
    let data = Dataset(inputs: fixture.x.tensor, targets: targets(fixture))
    let history = try model.fit(
      data, loss: loss(fixture), optimizer: try #require(Self.optimizers[name]),
      epochs: fixture.losses.count, batchSize: data.count, stopping: .never)
    expectEqual(history.losses, fixture.losses, relative: 1e-10, "\(name): losses")
    let last = try #require(fixture.steps.last)
    try compare(model, last, relative: 1e-9, "\(name), fitted")
  }
}
