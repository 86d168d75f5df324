import Foundation
import Testing

@testable import Descent

/// Values, derivatives and trainings against an independent implementation: PyTorch in float64
/// (Fixtures/make_fixtures.py).
@Suite struct FixtureTests {
  struct Packed: Decodable {
    let shape: [Int]
    let values: [Double]
    var tensor: Tensor { Tensor(values, shape: Shape(shape)) }
  }

  struct Case: Decodable {
    let name: String
    let inputs: [Packed]
    let output: Packed
    let gradients: [Packed]?
  }

  static func load<Content: Decodable>(_ name: String) throws -> Content {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    let data = try Data(contentsOf: folder.appendingPathComponent("Fixtures/\(name).json"))
    return try JSONDecoder().decode(Content.self, from: data)
  }

  static let labels = Tensor([Int32(2), 0, 3])

  static let functions: [String: @Sendable ([Tensor]) -> Tensor] = [
    "exp": { exp($0[0]) }, "expm1": { expMinusOne($0[0]) }, "sin": { sin($0[0]) },
    "cos": { cos($0[0]) }, "tanh": { tanh($0[0]) }, "sigmoid": { sigmoid($0[0]) },
    "softplus": { softplus($0[0]) }, "erf": { erf($0[0]) }, "gelu": { gelu($0[0]) },
    "relu": { relu($0[0]) }, "abs": { abs($0[0]) }, "leaky-relu": { Activation.leakyRelu($0[0]) },
    "negate": { -$0[0] }, "clip": { $0[0].clipped(to: -1...1) }, "sign": { sign($0[0]) },
    "floor": { floor($0[0]) }, "cube": { power($0[0], 3) }, "log": { log($0[0]) },
    "log1p": { log(onePlus: $0[0]) }, "sqrt": { sqrt($0[0]) }, "power1.7": { power($0[0], 1.7) },
    "add": { $0[0] + $0[1] }, "subtract": { $0[0] - $0[1] }, "multiply": { $0[0] * $0[1] },
    "divide": { $0[0] / $0[1] }, "maximum": { maximum($0[0], $0[1]) },
    "minimum": { minimum($0[0], $0[1]) }, "power": { power($0[0], $0[1]) },
    "select": { select($0[0] .> $0[1], $0[0] * 2, $0[1]) }, "matmul": { $0[0].matmul($0[1]) },
    "matmul batched": { $0[0].matmul($0[1]) }, "matmul vector": { $0[0].matmul($0[1]) },
    "sum": { $0[0].sum(over: [0, 2]) }, "mean": { $0[0].mean(over: [1]) },
    "variance": { $0[0].variance(over: [2]) },
    "unbiased variance": { $0[0].variance(over: [0], unbiased: true) },
    "max": { $0[0].max(over: [1]) }, "min": { $0[0].min(over: [0, 1]) },
    "argmax": { $0[0].argmax(over: 1) }, "softmax": { softmax($0[0]) },
    "softmax 0": { softmax($0[0], over: 0) }, "logSoftmax": { logSoftmax($0[0]) },
    "logSumExp": { logSumExp($0[0], over: 1) }, "permute": { $0[0].permuted([2, 0, 1]) },
    "step": { $0[0].slice(1, 1..<3).slice(2, 0..<5, step: 2) },
    "pad": { $0[0].padded([(0, 1), (1, 2)]) },
    "concatenate": { Tensor.concatenate([$0[0], $0[1], $0[0]], along: 1) },
    "gather": { $0[0].gather(Tensor([Int32(2), 0, 2])) },
    "crossEntropy": { crossEntropy($0[0], labels) },
    "crossEntropy smoothed": { crossEntropy($0[0], labels, labelSmoothing: 0.1) },
    "crossEntropy distribution": { crossEntropy($0[0], $0[1]) },
    "binaryCrossEntropy": { binaryCrossEntropy($0[0], $0[1]) },
    "halfSquaredError": { halfSquaredError($0[0], $0[1]) },
    "meanSquaredError": { meanSquaredError($0[0], $0[1]) },
    "absoluteError": { absoluteError($0[0], $0[1]) },
    "huber": { huberLoss($0[0], $0[1], delta: 0.7) },
  ]

  private func expectClose(_ a: Tensor, _ b: Packed, _ tolerance: Double, _ what: String) {
    #expect(a.shape == Shape(b.shape), "\(what)")
    for (index, (x, y)) in zip(a.doubles(), b.values).enumerated() {
      if !(abs(x - y) <= tolerance * max(1, abs(y))) {
        Issue.record("\(what), element \(index): \(x), expected \(y)")
        return
      }
    }
  }

  @Test func valuesAndDerivatives() throws {
    let cases: [Case] = try Self.load("values")
    #expect(cases.count == Self.functions.count)
    for fixture in cases {
      let function = try #require(Self.functions[fixture.name], "\(fixture.name)")
      let inputs = fixture.inputs.map(\.tensor)
      expectClose(function(inputs), fixture.output, 1e-12, fixture.name)
      let single = function(inputs.map { $0.cast(to: .float32) })
      expectClose(single, fixture.output, 4e-6, fixture.name + " in float32")
      guard let expected = fixture.gradients else { continue }
      let found = valueWithGradient(at: inputs) { inputs in
        let y = function(inputs)
        let count = Double(y.shape.elementCount)
        let weights = cos(Tensor.range(to: count, dtype: .float64)).reshaped(y.shape)
        return (y * weights).sum()
      }.gradients
      for (index, gradient) in expected.enumerated() {
        expectClose(found[index], gradient, 1e-10, "\(fixture.name), derivative \(index)")
      }
    }
  }

  struct Training: Decodable {
    struct Run: Decodable {
      let name: String
      let losses: [Double]
      let parameters: [Packed]
    }
    let inputs: Packed
    let labels: [Int32]
    let start: [Packed]
    let runs: [Run]
  }

  private func optimizer(_ name: String) -> Optimizer {
    switch name {
    case "sgd decay": .sgd(learningRate: 0.02).decayingWeights(by: 0.1)
    case "sgd clip norm": .sgd(learningRate: 0.02).clipping(norm: 0.3)
    case "sgd clip value": .sgd(learningRate: 0.02).clipping(value: 0.05)
    default: Optimizer.named(name, learningRate: 0.02)!
    }
  }

  private func model(_ training: Training) throws -> Model {
    let network = Sequential {
      Dense(8, activation: .relu)
      Dense(8, activation: .relu)
      Dense(3)
    }
    var model = try Model(network, input: [5], dtype: .float64)
    for (parameter, value) in zip(model.parameters, training.start) {
      model[parameter.name] = value.tensor
    }
    return model
  }

  @Test func trainingByHand() throws {
    let training: Training = try Self.load("training")
    let (x, labels) = (training.inputs.tensor, Tensor(training.labels))
    for run in training.runs {
      var model = try model(training)
      var optimizer = optimizer(run.name)
      for expected in run.losses {
        let (loss, gradient) = try valueWithGradient(at: &model) { model in
          crossEntropy(try model(x), labels)
        }
        #expect(abs(loss.scalar - expected) < 1e-10, "\(run.name)")
        optimizer.update(&model, along: gradient)
      }
      for (parameter, expected) in zip(model.parameters, run.parameters) {
        expectClose(model[parameter.name]!, expected, 1e-9, "\(run.name), \(parameter.name)")
      }
    }
  }

  @Test func trainingByCompiledSteps() throws {
    let training: Training = try Self.load("training")
    let data = Dataset(inputs: training.inputs.tensor, targets: Tensor(training.labels))
    let positions = (0..<12).map { Int32($0) }
    for run in training.runs {
      var model = try model(training)
      let step = try TrainingStep(
        model, data, loss: .crossEntropy, optimizer: optimizer(run.name), metrics: [.accuracy])
      for expected in run.losses {
        let result = try step(&model, positions: positions)
        #expect(abs(result.loss - expected) < 1e-10, "\(run.name)")
      }
      for (parameter, expected) in zip(model.parameters, run.parameters) {
        expectClose(model[parameter.name]!, expected, 1e-9, "\(run.name), \(parameter.name)")
      }
    }
  }
}
