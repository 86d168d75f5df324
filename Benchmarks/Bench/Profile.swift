// Where the time of a training step goes: the workloads' plans, each instruction timed by itself.
import Descent
import Foundation

/// Prints the plans of a step of W1 to W6, W8 and W10, with the time of each row.
///
/// Data are random; every instruction is waited for, so that the sum is a little more than a step
/// takes in a training.
func profile(_ settings: Settings) throws {
  let optimizers: [(String, [Int], Activation, Loss, Optimizer, batch: Int)] = [
    ("W1", [30, 10], .sigmoid, .l2, .sgd(learningRate: 3), 10),
    ("W2", [512, 512, 10], .relu, .crossEntropy, .adam(), 128),
    ("W3", [Int](repeating: 256, count: 8) + [10], .relu, .crossEntropy, .adam(), 64),
  ]
  for (name, sizes, activation, loss, optimizer, batch) in optimizers {
    let count = 4_096
    let data = Dataset(
      inputs: .uniform([count, 784], key: RandomKey(seed: 1)),
      targets: Tensor((0..<count).map { Int32($0 * 7 % 10) }))
    let positions = (0..<batch).map { Int32($0 * 31 % count) }
    try profile(name, perceptron(sizes, activation), data, loss, optimizer, positions)
  }
  try profile(
    "W6", lenet,
    Dataset(
      inputs: .uniform([512, 28, 28], key: RandomKey(seed: 1)),
      targets: Tensor((0..<512).map { Int32($0 * 7 % 10) })),
    .crossEntropy, .adam(), (0..<64).map { Int32($0 * 31 % 512) })
  try profile(
    "W10", convolutionalNetwork, randomImages(64), .crossEntropy, .momentum(learningRate: 0.01), nil
  )
  let large = Dataset(
    inputs: .normal([512, 1024], key: RandomKey(seed: 1)),
    targets: .normal([512, 1024], key: RandomKey(seed: 2)))
  try profile(
    "W4", perceptron([4096, 4096, 1024], .relu), large, .meanSquaredError, .sgd(learningRate: 0.01),
    nil)
  let small = Dataset(
    inputs: .normal([32, 4], key: RandomKey(seed: 1)),
    targets: Tensor((0..<32).map { Int32($0 * 7 % 3) }))
  try profile(
    "W5", perceptron([16, 16, 3], .tanh), small, .crossEntropy, .sgd(learningRate: 0.01), nil)
  let line = Dataset(
    inputs: .normal([1_000_000, 10], key: RandomKey(seed: 1)),
    targets: .normal([1_000_000, 1], key: RandomKey(seed: 2)))
  try profile(
    "W8", perceptron([1], .identity), line, .meanSquaredError, .sgd(learningRate: 0.1), nil)
}

private func profile(
  _ name: String, _ network: Sequential, _ data: Dataset, _ loss: Loss, _ optimizer: Optimizer,
  _ positions: [Int32]?
) throws {
  var model = try Model(network, input: data.sampleShape, seed: 1)
  let step = try TrainingStep(model, data, loss: loss, optimizer: optimizer)
  func take() throws {
    if let positions { try step(&model, positions: positions) } else { try step(&model) }
  }
  let whole = try timeSteps(3, target: 0.5, take).min()!
  let plan = try step.plan(batchSize: positions?.count)
  plan.startTiming()
  let runs = min(20_000, max(20, Int(0.5 / whole)))
  for _ in 0..<runs { try take() }
  let text =
    "\(name), \(Execution.threads) threads: \(String(format: "%.1f", whole * 1e6)) us a step\n\(plan)\n\n"
  FileHandle.standardOutput.write(Data(text.utf8))
}
