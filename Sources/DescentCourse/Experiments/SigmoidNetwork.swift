import Descent

/// The networks of the published experiments: sigmoid layers, minibatches of 10.
struct SigmoidNetwork {
  var hidden: [Int]
  var cost = Cost.crossEntropy
  var learningRate: Double
  /// λ of λ/2n · Σw², which is added to the cost.
  var lambda = 0.0
  /// Whether weights begin with the spread 1, and not 1/√inputs.
  var isWide = false
  var batchSize = 10
  /// The rate of dropout behind each hidden layer; without any there are no such layers.
  var dropout = 0.0

  enum Cost {
    case square, crossEntropy
    var loss: Loss { self == .square ? .l2 : .binaryCrossEntropy }
  }

  /// What is seen after an epoch.
  struct Observation {
    var testAccuracy = 0.0
    var testCost = 0.0
    var trainingAccuracy = 0.0
    var trainingCost = 0.0
    /// Classes of which less than a tenth of the test images are read.
    var lostClasses = 0
  }

  func model(seed: UInt64) throws -> Model {
    let initializer = isWide ? Initializer.normal() : .lecun
    // The square takes the sigmoid's output, the cross-entropy its logit.
    let last: Activation = cost == .square ? .sigmoid : .identity
    func dense(_ units: Int, _ activation: Activation) -> Dense {
      Dense(
        units, activation: activation, initializer: initializer, biasInitializer: .normal())
    }
    let layers: [any Layer] =
      hidden.flatMap { units -> [any Layer] in
        [dense(units, .sigmoid)] + (dropout > 0 ? [Dropout(dropout)] : [])
      } + [dense(10, last)]
    return try Model(Sequential([Flatten()] + layers), input: [28, 28], seed: seed)
  }

  func optimizer(samples: Int) -> Optimizer {
    let sgd = Optimizer.sgd(learningRate: .constant(learningRate))
    return lambda > 0 ? sgd.decayingWeights(by: lambda / Double(samples)) : sgd
  }

  /// Trains, and looks at a test set (and the training set) after every epoch, or after the last.
  func train(
    _ data: Dataset, test: Dataset, epochs: Int, seed: UInt64, watchesTraining: Bool = false,
    isLastOnly: Bool = false
  ) throws -> [Observation] {
    var model = try model(seed: seed)
    let testEvaluator = Evaluator(model, test, loss: cost.loss, metrics: [.accuracy])
    let trainingEvaluator = Evaluator(model, data, loss: cost.loss, metrics: [.accuracy])
    var observations: [Observation] = []
    var failure: (any Error)?
    try model.fit(
      data, loss: cost.loss, optimizer: optimizer(samples: data.count), epochs: epochs,
      batchSize: batchSize, stopping: .never, seed: seed
    ) { event, model in
      guard case .epoch(let epoch) = event, failure == nil else { return }
      if isLastOnly && epoch.epoch < epochs { return }
      do {
        var seen = Observation()
        let weights = lambda > 0 ? 0.5 * lambda * squaredWeights(of: model) : 0
        let tested = try testEvaluator.evaluate(model)
        seen.testAccuracy = 100 * (tested["accuracy"] ?? .nan)
        seen.testCost = tested.loss + weights / Double(test.count)
        seen.lostClasses = Self.lostClasses(of: tested.outputs, test.targets)
        if watchesTraining {
          let trained = try trainingEvaluator.evaluate(model)
          seen.trainingAccuracy = 100 * (trained["accuracy"] ?? .nan)
          seen.trainingCost = trained.loss + weights / Double(data.count)
        }
        observations.append(seen)
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return observations
  }

  private static func lostClasses(of outputs: Tensor, _ targets: Tensor) -> Int {
    let read = outputs.argmax().scalars(as: Int32.self)
    var (counts, right) = ([Int](repeating: 0, count: 10), [Int](repeating: 0, count: 10))
    for (truth, read) in zip(targets.scalars(as: Int32.self), read) {
      counts[Int(truth)] += 1
      if truth == read { right[Int(truth)] += 1 }
    }
    return zip(counts, right).filter { $0 > 10 * $1 }.count
  }

  private func squaredWeights(of model: Model) -> Double {
    model.parameters.filter { $0.name.hasSuffix("weight") }.reduce(0) { sum, parameter in
      sum + (model[parameter.name].map { ($0 * $0).sum().scalar } ?? 0)
    }
  }

  /// Lengths of the gradient by each hidden layer's biases, over all samples.
  func hiddenNorms(_ model: inout Model, _ data: Dataset) throws -> [Double] {
    let names = hidden.indices.map { "\($0 + 1).bias" }
    let inputs = data.inputs.cast(to: .float32) * data.scale
    let (_, gradient) = try valueWithGradient(at: &model) { model in
      cost.loss(try model(inputs), data.targets)
    }
    return names.map { gradient.norm(of: $0) ?? .nan }
  }
}
