import func Foundation.log

func naturalLogarithm(_ x: Double) -> Double { log(x) }

/// An update rule with its learning rate, what is done to the gradient before it, and what it
/// remembers.
///
/// Named optimisers are recipes of these parts:
///
/// ```swift
/// var optimizer = Optimizer.adam(learningRate: 1e-3).clipping(norm: 1).decayingWeights(by: 1e-4)
/// optimizer.update(&model, along: gradient)
/// ```
public struct Optimizer: Sendable {
  /// The name, such as `adam`.
  public let name: String
  /// The formula.
  public let rule: any UpdateRule
  /// The learning rate as training goes on.
  public var learningRate: Schedule
  /// How many steps have been taken.
  public internal(set) var stepCount = 0

  private var clippingNorm: Double?
  private var clippingValue: Double?
  private var weightDecay = 0.0
  private var isDecoupled = false
  private var averageDecay: Double?
  /// How many minibatches make a step.
  public private(set) var batchesPerStep = 1
  /// The minibatches so far of a step under way that is taken by hand.
  private var pendingBatches = 0
  private var rateFactors: [(pattern: String, factor: Double)] = []
  /// What the rule remembers, each as long as all parameters.
  var state: [Storage] = []
  /// The type of the numbers in it.
  var memoryType = DType.float32

  /// Creates an optimiser from a rule.
  public init(_ name: String, _ rule: some UpdateRule, learningRate: Schedule) {
    self.name = name
    self.rule = rule
    self.learningRate = learningRate
  }

  /// This optimiser with gradients scaled down so that their norm is at most `norm`.
  public func clipping(norm: Double) -> Optimizer { with { $0.clippingNorm = norm } }

  /// This optimiser with each element of the gradient held between −value and value.
  public func clipping(value: Double) -> Optimizer { with { $0.clippingValue = value } }

  /// This optimiser with weights, but not biases, drawn towards zero.
  ///
  /// `decay` · weight is added to the gradient (the derivative of ½ decay ‖w‖²); `decoupled`, it
  /// is taken off the weight beside the step instead (Loshchilov and Hutter, 2019).
  public func decayingWeights(by decay: Double, decoupled: Bool = false) -> Optimizer {
    with {
      $0.weightDecay = decay
      $0.isDecoupled = decoupled
    }
  }

  /// This optimiser with a learning rate `factor` times as large for every parameter whose name matches
  /// a pattern: `features.*`.
  ///
  /// The schedule, and decoupled weight decay, change with it. Of several patterns that match, the one
  /// that was given first counts.
  public func scalingLearningRate(of pattern: String, by factor: Double) -> Optimizer {
    with { $0.rateFactors.append((pattern, factor)) }
  }

  /// This optimiser with a running mean of the weights beside them, which forgets all but `decay` of
  /// itself at each step: 0.999 looks back over the last thousand.
  ///
  /// At first, while they are fewer, it is the mean of all steps (Polyak and Juditsky, 1992). `fit`
  /// checks the mean instead of the weights, and leaves it in the model: it is steadier, and often
  /// better. State such as running statistics is that of the last step.
  public func averagingWeights(decay: Double) -> Optimizer {
    precondition((0..<1).contains(decay), "averagingWeights: a decay of \(decay)")
    return with { $0.averageDecay = decay }
  }

  /// This optimiser with a step only after so many minibatches, along the mean of their gradients: as
  /// if they were one that need not fit into memory.
  ///
  /// `fit` takes the last step of an epoch with what is left. Layers that look at the whole minibatch,
  /// such as batch normalisation, still see each by itself.
  public func accumulating(batches: Int) -> Optimizer {
    precondition(batches > 0, "accumulating: \(batches) minibatches")
    return with { $0.batchesPerStep = batches }
  }

  /// How many tensors of all parameters' length it remembers: what the rule does, the mean of the
  /// weights, and the mean of the gradients of a step under way.
  public var stateCount: Int {
    rule.stateCount + (averageDecay == nil ? 0 : 1) + (batchesPerStep == 1 ? 0 : 1)
  }

  private func with(_ change: (inout Optimizer) -> Void) -> Optimizer {
    var result = self
    change(&result)
    return result
  }
}

// MARK: Recipes

extension Optimizer {
  /// Stochastic gradient descent.
  public static func sgd(
    learningRate: Schedule, momentum: Double = 0, nesterov: Bool = false
  ) -> Optimizer {
    Optimizer("sgd", SGD(momentum: momentum, nesterov: nesterov), learningRate: learningRate)
  }

  /// SGD with momentum.
  public static func momentum(learningRate: Schedule, momentum: Double = 0.9) -> Optimizer {
    Optimizer("momentum", SGD(momentum: momentum), learningRate: learningRate)
  }

  /// SGD with Nesterov's momentum.
  public static func nesterov(learningRate: Schedule, momentum: Double = 0.9) -> Optimizer {
    Optimizer("nesterov", SGD(momentum: momentum, nesterov: true), learningRate: learningRate)
  }

  /// RMSProp.
  public static func rmsProp(learningRate: Schedule, decay: Double = 0.99) -> Optimizer {
    Optimizer("rmsprop", RMSProp(decay: decay), learningRate: learningRate)
  }

  /// Adagrad.
  public static func adagrad(learningRate: Schedule) -> Optimizer {
    Optimizer("adagrad", Adagrad(), learningRate: learningRate)
  }

  /// Adam.
  public static func adam(
    learningRate: Schedule = 1e-3, beta1: Double = 0.9, beta2: Double = 0.999
  ) -> Optimizer {
    Optimizer("adam", Adam(beta1: beta1, beta2: beta2), learningRate: learningRate)
  }

  /// Adam with decoupled weight decay (Loshchilov and Hutter, 2019).
  public static func adamW(learningRate: Schedule = 1e-3, weightDecay: Double = 0.01) -> Optimizer {
    Optimizer("adamw", Adam(), learningRate: learningRate)
      .decayingWeights(by: weightDecay, decoupled: true)
  }

  /// Optimisers by the names of the command line.
  public static func named(_ name: String, learningRate: Schedule) -> Optimizer? {
    switch name {
    case "sgd": sgd(learningRate: learningRate)
    case "momentum": momentum(learningRate: learningRate)
    case "nesterov": nesterov(learningRate: learningRate)
    case "rmsprop": rmsProp(learningRate: learningRate)
    case "adagrad": adagrad(learningRate: learningRate)
    case "adam": adam(learningRate: learningRate)
    case "adamw": adamW(learningRate: learningRate)
    default: nil
    }
  }

  /// The names that `named(_:learningRate:)` knows.
  public static let names = ["sgd", "momentum", "nesterov", "rmsprop", "adagrad", "adam", "adamw"]
}

// MARK: A step

extension Optimizer {
  /// Records a step of all parameters, which lie one after another in one vector.
  func record(
    _ parameters: Tensor, gradient: Tensor, state: [Tensor], context: UpdateContext,
    masks: Masks
  ) -> (parameters: Tensor, state: [Tensor]) {
    Label.$current.withValue(Label(path: name, layer: "", phase: .update)) {
      var gradient = gradient
      if let clippingValue { gradient = gradient.clipped(to: -clippingValue...clippingValue) }
      if let clippingNorm {
        let norm = sqrt((gradient * gradient).sum())
        gradient = gradient * minimum(clippingNorm / (norm + 1e-6), 1)
      }
      var parameters = parameters
      var context = context
      if let factors = masks.factors {
        context = UpdateContext(learningRate: context.learningRate * factors, step: context.step)
      }
      if weightDecay != 0, let decayed = masks.decayed {
        if isDecoupled {
          parameters = parameters - context.learningRate * weightDecay * (decayed * parameters)
        } else {
          gradient = gradient + weightDecay * (decayed * parameters)
        }
      }
      let result = rule.update(
        parameters, gradient: gradient, state: Array(state.prefix(rule.stateCount)),
        context: context)
      guard let averageDecay else { return (result.parameter, result.state) }
      let average = state[rule.stateCount]
      let share = maximum(1 / context.step, 1 - averageDecay)
      return (
        result.parameter, result.state + [average + share * (result.parameter - average)]
      )
    }
  }

  /// Records the mean of the gradients of a step under way: `share` is the part that the last
  /// minibatch has in its samples so far.
  func accumulate(_ gradient: Tensor, state: [Tensor], share: Tensor) -> Tensor {
    Label.$current.withValue(Label(path: name, layer: "", phase: .update)) {
      (1 - share) * state[stateCount - 1] + share * gradient
    }
  }

  /// What is not the same for all parameters, each a number for each of them, or nil where it is.
  struct Masks {
    /// 1 where weight decay draws to zero.
    var decayed: Tensor?
    /// What the learning rate is multiplied by.
    var factors: Tensor?
  }

  /// What `record` needs to know of a model's parameters.
  func masks(for model: Model) -> Masks {
    Masks(
      decayed: weightDecay != 0 ? model.decayMask : nil,
      factors: rateFactors.isEmpty ? nil : model.numbers(rateFactor))
  }

  private func rateFactor(of parameter: Model.Parameter) -> Double {
    rateFactors.first { parameter.matches($0.pattern) }?.factor ?? 1
  }

  /// The model with the mean of its weights over the steps so far, if the optimiser keeps it.
  public func averaged(_ model: Model) -> Model {
    guard averageDecay != nil, stepCount > 0 else { return model }
    let average = state[rule.stateCount]
    var result = model
    result.makeUnique()
    // The state behind the parameters stays.
    result.buffer.pointer.copyMemory(from: average.pointer, byteCount: average.byteCount)
    return result
  }

  /// Takes a step: moves the model's parameters against the gradient.
  ///
  /// With `accumulating(batches:)`, only at the last of so many calls.
  public mutating func update(_ model: inout Model, along gradient: Gradient) {
    let count = model.parameterCount
    if state.isEmpty {
      memoryType = model.dtype
      state = (0..<stateCount).map { _ in Storage.zeros(count, model.dtype) }
    }
    precondition(
      remembers(model), "\(name): this optimiser has trained another model; make a new one for it")
    let shape: Shape = [count]
    let states = state.map { Tensor(storage: $0, shape: shape, dtype: model.dtype) }
    let parameters = model.flatParameters
    var direction = gradient.flat
    if batchesPerStep > 1 {
      pendingBatches += 1
      let share = parameters.number(1 / Double(pendingBatches))
      direction = accumulate(direction, state: states, share: share)
      guard pendingBatches == batchesPerStep else {
        evaluate([direction])
        state[stateCount - 1] = direction.storage
        return
      }
      pendingBatches = 0
    }
    let context = UpdateContext(
      learningRate: parameters.number(learningRate.rate(at: stepCount)),
      step: parameters.number(Double(stepCount + 1)))
    let result = record(
      parameters, gradient: direction, state: states, context: context,
      masks: masks(for: model))
    evaluate([result.parameters] + result.state)
    model.replaceParameters(result.parameters.storage)
    for (index, tensor) in result.state.enumerated() { state[index] = tensor.storage }
    stepCount += 1
  }
}

extension Storage {
  static func zeros(_ count: Int, _ dtype: DType) -> Storage {
    let storage = Storage(byteCount: count * dtype.size)
    storage.pointer.initializeMemory(as: UInt8.self, repeating: 0, count: storage.byteCount)
    return storage
  }
}
