// W1 to W5: training.
import Descent
import DescentData
import Foundation

func w1(_ settings: Settings) throws {
  let network = Sequential {
    Flatten()
    Dense(30, activation: .sigmoid, initializer: .normal(), biasInitializer: .normal())
    Dense(10, activation: .sigmoid, initializer: .normal(), biasInitializer: .normal())
  }
  try train("W1", network, .l2, .sgd(learningRate: 3), batchSize: 10, settings)
}

func w2(_ settings: Settings) throws {
  try train("W2", w2Network, .crossEntropy, .adam(), batchSize: 128, settings)
}

func w2sgd(_ settings: Settings) throws {
  let momentum = Optimizer.momentum(learningRate: 0.1)
  try train("W2sgd", w2Network, .crossEntropy, momentum, batchSize: 128, settings)
}

func w3(_ settings: Settings) throws {
  let network = perceptron([Int](repeating: 256, count: 8) + [10], .relu)
  try train("W3", network, .crossEntropy, .adam(), batchSize: 64, settings)
}

func w6(_ settings: Settings) throws {
  try train("W6", lenet, .crossEntropy, .adam(), batchSize: 64, settings)
}

/// LeNet with 28 × 28 images in a border of two, in the form that the peers have.
var lenet: Sequential {
  Sequential {
    Reshape([1, 28, 28])
    Conv2D(6, kernel: 5, padding: 2, activation: .relu)
    MaxPool2D(2)
    Conv2D(16, kernel: 5, activation: .relu)
    MaxPool2D(2)
    Conv2D(120, kernel: 5, activation: .relu)
    Flatten()
    Dense(84, activation: .relu)
    Dense(10)
  }
}

/// Milliseconds of a small modern network's training step, on one batch of images with CIFAR's shape.
func w10(_ settings: Settings) throws {
  var (model, data) = try (
    Model(convolutionalNetwork, input: [3, 32, 32], seed: 1), randomImages(64)
  )
  let step = try TrainingStep(
    model, data, loss: .crossEntropy, optimizer: .momentum(learningRate: 0.01))
  let times = try timeSteps(settings.repeats, target: 2) { try step(&model) }
  report("W10", "ms/step", times.map { $0 * 1e3 })
}

/// Colour images of noise, in ten classes.
func randomImages(_ count: Int) -> Dataset {
  Dataset(
    inputs: .normal([count, 3, 32, 32], key: RandomKey(seed: 1)),
    targets: Tensor((0..<count).map { Int32($0 * 7 % 10) }))
}

/// Two stages of two convolutions of 3 × 3, each with batch normalisation.
var convolutionalNetwork: Sequential {
  func block(_ filters: Int) -> [any Layer] {
    [Conv2D(filters, kernel: 3, padding: 1), BatchNorm(), Activate(.relu)]
  }
  return Sequential(
    block(32) + block(32) + [MaxPool2D(2)] + block(64) + block(64) + [MaxPool2D(2)]
      + [GlobalAveragePool2D(), Flatten(), Dense(10)])
}

var w2Network: Sequential { perceptron([512, 512, 10], .relu) }

/// A multi-layer perceptron without an activation at its end.
func perceptron(_ sizes: [Int], _ activation: Activation) -> Sequential {
  Sequential(
    [Flatten()] + sizes.dropLast().map { Dense($0, activation: activation) } + [Dense(sizes.last!)])
}

/// Seconds an epoch on MNIST's 60,000 images, and the accuracy after one epoch and after three.
///
/// Shuffling is in the time, and in the first epoch compiling. The last, smaller minibatch, which the
/// peers leave out, is trained on, too.
private func train(
  _ name: String, _ network: Sequential, _ loss: Loss, _ optimizer: Optimizer, batchSize: Int,
  _ settings: Settings
) throws {
  let sets = try MNIST.load(folder: settings.folder!)
  let test = Dataset(sets.test)
  var model = try Model(network, input: [28, 28], seed: 1)
  let evaluator = Evaluator(model, test, loss: loss, metrics: [.accuracy])
  var accuracies: [(epoch: Int, value: Double)] = []
  let history = try model.fit(
    Dataset(sets.training), loss: loss, optimizer: optimizer, epochs: max(settings.repeats, 3),
    batchSize: batchSize, seed: 1
  ) { event, model in
    if case .epoch(let result) = event, [1, 3].contains(result.epoch) {
      let accuracy = try? evaluator.evaluate(model)["accuracy"]
      accuracies.append((result.epoch, 100 * (accuracy ?? .nan)))
    }
  }
  report(name, "s/epoch", history.epochs.map(\.seconds))
  for (epoch, value) in accuracies { report(name, "test_acc_after_\(epoch)", [value]) }
}

/// Billions of operations a second of a large network's training step, on one batch of random data.
func w4(_ settings: Settings) throws {
  var training = try W4()
  let times = try timeSteps(settings.repeats, target: 2) { try training.run(1) }
  report("W4", "s/step", times)
  report("W4", "GFLOP/s (6PB)", times.map { 6 * Double(W4.weights) * 512 / $0 / 1e9 })
}

/// The large network, ready for its next step.
struct W4 {
  private static let sizes = [1024, 4096, 4096, 1024]
  static let weights = zip(sizes, sizes.dropFirst()).map(*).reduce(0, +)
  private var model: Model
  private let step: TrainingStep

  init(precision: Precision = .float32) throws {
    let data = Dataset(
      inputs: .normal([512, 1024], key: RandomKey(seed: 1)),
      targets: .normal([512, 1024], key: RandomKey(seed: 2)))
    model = try Model(perceptron(Array(Self.sizes.dropFirst()), .relu), input: [1024], seed: 1)
    model.trainingPrecision = precision
    step = try TrainingStep(
      model, data, loss: .meanSquaredError, optimizer: .sgd(learningRate: 0.01))
  }

  mutating func run(_ steps: Int) throws {
    for _ in 0..<steps { try step(&model) }
  }
}

/// Microseconds of a very small network's training step, on one batch.
func w5(_ settings: Settings) throws {
  let labels = Tensor((0..<32).map { Int32($0 * 7 % 3) })
  let data = Dataset(
    inputs: .normal([32, 4], key: RandomKey(seed: 1)), targets: labels)
  var model = try Model(perceptron([16, 16, 3], .tanh), input: [4], seed: 1)
  let step = try TrainingStep(
    model, data, loss: .crossEntropy, optimizer: .sgd(learningRate: 0.01))
  let times = try timeSteps(settings.repeats) { try step(&model) }
  report("W5", "us/step", times.map { $0 * 1e6 })
}
