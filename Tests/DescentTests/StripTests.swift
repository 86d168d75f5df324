import Descent
import Testing

/// Large batches go through their plan strip by strip; what comes out is what smaller batches give.
@Suite struct StripTests {
  let rows = 20_000

  /// The step on all rows is the mean of the steps on two halves, which are too small for strips.
  func check(_ network: any Layer, _ loss: Loss, _ targets: Tensor, features: Int) throws {
    let inputs = Tensor.normal([rows, features], dtype: .float64, key: RandomKey(seed: 1))
    let start = try Model(network, input: [features], seed: 3, dtype: .float64)
    func step(_ range: Range<Int>) throws -> (loss: Double, weights: [Double]) {
      let data = Dataset(inputs: inputs[range], targets: targets[range])
      var model = start
      let step = try TrainingStep(model, data, loss: loss, optimizer: .sgd(learningRate: 1))
      let result = try step(&model)
      let moved = start.parameters.flatMap {
        (model[$0.name]! - start[$0.name]!).scalars(as: Double.self)
      }
      return (result.loss, moved)
    }
    let whole = try step(0..<rows)
    let (first, second) = (try step(0..<rows / 2), try step(rows / 2..<rows))
    #expect(abs(whole.loss - (first.loss + second.loss) / 2) < 1e-11)
    for (index, moved) in whole.weights.enumerated() {
      #expect(abs(moved - (first.weights[index] + second.weights[index]) / 2) < 1e-11)
    }
  }

  @Test func linearRegression() throws {
    let targets = Tensor.normal([rows, 1], dtype: .float64, key: RandomKey(seed: 2))
    try check(Dense(1), .meanSquaredError, targets, features: 10)
    try check(Dense(1), .l1, targets, features: 40)
    try check(Dense(1), .huber(), targets, features: 3)
  }

  @Test func severalOutputs() throws {
    let targets = Tensor.normal([rows, 3], dtype: .float64, key: RandomKey(seed: 2))
    try check(Dense(3, activation: .tanh), .l2, targets, features: 5)
  }

  @Test func aNetworkOfClasses() throws {
    let classes = Tensor((0..<rows).map { Int32($0 * 7 % 5) })
    let network = Sequential {
      Dense(8, activation: .tanh)
      Dense(6, activation: .sigmoid)
      Dense(5)
    }
    try check(network, .crossEntropy, classes, features: 4)
  }

  @Test func threadsDoNotChangeABit() throws {
    let inputs = Tensor.normal([rows, 6], key: RandomKey(seed: 1))
    let targets = inputs.sum(over: [1], keepingAxes: true)
    var results: [[Float]] = []
    let before = Execution.threads
    defer { Execution.threads = before }
    for threads in 1...3 {
      Execution.threads = threads
      var model = try Model(Dense(1), input: [6], seed: 3)
      let step = try TrainingStep(
        model, Dataset(inputs: inputs, targets: targets), loss: .meanSquaredError,
        optimizer: .adam())
      for _ in 0..<5 { try step(&model) }
      results.append(model["weight"]!.scalars())
    }
    #expect(results[0] == results[1])
    #expect(results[0] == results[2])
  }
}
