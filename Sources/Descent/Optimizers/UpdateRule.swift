/// How a parameter takes a step along its gradient: one formula, written in tensors.
///
/// ```swift
/// /// A step of fixed size, in the direction of the gradient's sign.
/// struct SignDescent: UpdateRule {
///   func update(
///     _ parameter: Tensor, gradient: Tensor, state: [Tensor], context: UpdateContext
///   ) -> (parameter: Tensor, state: [Tensor]) {
///     (parameter - context.learningRate * sign(gradient), [])
///   }
/// }
/// ```
public protocol UpdateRule: Sendable {
  /// How many tensors of the parameter's shape the rule remembers; they begin as zeros.
  var stateCount: Int { get }

  /// The parameter and the state after a step.
  func update(
    _ parameter: Tensor, gradient: Tensor, state: [Tensor], context: UpdateContext
  ) -> (parameter: Tensor, state: [Tensor])
}

extension UpdateRule {
  public var stateCount: Int { 0 }
}

/// What a step depends on besides the gradient.
public struct UpdateContext: Sendable {
  /// The learning rate of this step: a scalar, or a number for each element of the parameter.
  public let learningRate: Tensor
  /// The number of this step, counted from 1, a scalar.
  public let step: Tensor
}

/// Stochastic gradient descent, plain, with momentum (Polyak, 1964) or Nesterov's (1983).
public struct SGD: UpdateRule {
  /// How much of the last step goes on.
  public var momentum: Double
  /// Whether the gradient is taken where momentum will carry us.
  public var isNesterov: Bool

  /// Creates the rule.
  public init(momentum: Double = 0, nesterov: Bool = false) {
    self.momentum = momentum
    isNesterov = nesterov
  }

  public var stateCount: Int { momentum == 0 ? 0 : 1 }

  public func update(
    _ parameter: Tensor, gradient: Tensor, state: [Tensor], context: UpdateContext
  ) -> (parameter: Tensor, state: [Tensor]) {
    if momentum == 0 { return (parameter - context.learningRate * gradient, []) }
    let velocity = momentum * state[0] + gradient
    let direction = isNesterov ? gradient + momentum * velocity : velocity
    return (parameter - context.learningRate * direction, [velocity])
  }
}

/// Steps scaled by a running mean of squared gradients (Tieleman and Hinton, 2012).
public struct RMSProp: UpdateRule {
  /// How slowly the running mean forgets.
  public var decay: Double
  /// Keeps the division finite.
  public var epsilon: Double

  /// Creates the rule.
  public init(decay: Double = 0.99, epsilon: Double = 1e-8) {
    self.decay = decay
    self.epsilon = epsilon
  }

  public var stateCount: Int { 1 }

  public func update(
    _ parameter: Tensor, gradient: Tensor, state: [Tensor], context: UpdateContext
  ) -> (parameter: Tensor, state: [Tensor]) {
    let square = decay * state[0] + (1 - decay) * (gradient * gradient)
    let step = gradient / (sqrt(square) + epsilon)
    return (parameter - context.learningRate * step, [square])
  }
}

/// Steps scaled by the sum of all squared gradients so far (Duchi, Hazan and Singer, 2011).
public struct Adagrad: UpdateRule {
  /// Keeps the division finite.
  public var epsilon: Double

  /// Creates the rule.
  public init(epsilon: Double = 1e-10) { self.epsilon = epsilon }

  public var stateCount: Int { 1 }

  public func update(
    _ parameter: Tensor, gradient: Tensor, state: [Tensor], context: UpdateContext
  ) -> (parameter: Tensor, state: [Tensor]) {
    let sum = state[0] + gradient * gradient
    return (parameter - context.learningRate * gradient / (sqrt(sum) + epsilon), [sum])
  }
}

/// Running means of the gradient and of its square, both corrected for their start at zero
/// (Kingma and Ba, 2015).
public struct Adam: UpdateRule {
  /// How slowly the mean of the gradient forgets.
  public var beta1: Double
  /// How slowly the mean of the squared gradient forgets.
  public var beta2: Double
  /// Keeps the division finite.
  public var epsilon: Double

  /// Creates the rule.
  public init(beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8) {
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
  }

  public var stateCount: Int { 2 }

  public func update(
    _ parameter: Tensor, gradient: Tensor, state: [Tensor], context: UpdateContext
  ) -> (parameter: Tensor, state: [Tensor]) {
    let mean = (beta1 * state[0]).addingProduct(1 - beta1, gradient)
    let square = (beta2 * state[1]).addingProduct(1 - beta2, gradient * gradient)
    let rate = context.learningRate / missing(beta1, context)
    let root = 1 / sqrt(missing(beta2, context))
    let scale = parameter.number(epsilon).addingProduct(root, sqrt(square))
    return (parameter.addingProduct(-rate, mean / scale), [mean, square])
  }

  /// 1 − βᵗ, without the cancellation that a subtraction in float32 would bring.
  private func missing(_ beta: Double, _ context: UpdateContext) -> Tensor {
    -expMinusOne(context.step * naturalLogarithm(beta))
  }
}
