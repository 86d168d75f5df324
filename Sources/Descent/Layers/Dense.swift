/// y = activation(x Wᵀ + b): every output unit sees every input.
///
/// Input `[batch, …, inputs]`, output `[batch, …, units]`, weight `[units, inputs]`, bias
/// `[units]`: PyTorch's layout, so that weights travel without transposition.
public struct Dense: StorableLayer, Hashable {
  public static let kind = "Dense"
  /// The number of outputs.
  public var units: Int
  /// What the sums go through.
  public var activation: Activation
  /// Whether a bias is added.
  public var hasBias: Bool
  /// How the weights begin; by default as suits the activation.
  public var initializer: Initializer
  /// How the biases begin.
  public var biasInitializer: Initializer

  /// Creates a layer of `units` outputs.
  public init(
    _ units: Int, activation: Activation = .identity, bias: Bool = true,
    initializer: Initializer? = nil, biasInitializer: Initializer = .zeros
  ) {
    precondition(units > 0, "Dense: \(units) units")
    self.units = units
    self.activation = activation
    hasBias = bias
    self.initializer = initializer ?? activation.suitableInitializer
    self.biasInitializer = biasInitializer
  }

  public func callAsFunction(_ x: Tensor, in scope: Scope) throws -> Tensor {
    guard x.rank >= 2 else {
      throw ShapeError(
        path: scope.path, layer: summary, expected: "features: [batch, …, features]",
        found: "\(x.shape)", remedy: "give the model an input of at least one axis, or Flatten()")
    }
    let weight = scope.parameter("weight", [units, x.shape.last], initializer: initializer)
    let product = x.matmul(weight.transposed())
    let sums =
      hasBias
      ? product + scope.parameter("bias", [units], initializer: biasInitializer) : product
    return scope.activated(sums, by: activation)
  }

  public var summary: String {
    activation == .identity ? "Dense(\(units))" : "Dense(\(units), \(activation))"
  }

  private enum CodingKeys: String, CodingKey {
    case units, activation, hasBias = "bias", initializer, biasInitializer
  }

  public init(from decoder: Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let units = try container.decode(Int.self, forKey: .units)
    guard units > 0 && units <= 1 << 24 else {
      throw DecodingError.dataCorruptedError(
        forKey: .units, in: container, debugDescription: "a Dense layer of \(units) units")
    }
    self.init(
      units, activation: try container.decode(Activation.self, forKey: .activation),
      bias: try container.decode(Bool.self, forKey: .hasBias),
      initializer: try container.decode(Initializer.self, forKey: .initializer),
      biasInitializer: try container.decode(Initializer.self, forKey: .biasInitializer))
  }
}

extension Dense {
  /// A perceptron (Rosenblatt, 1958): its output is 1 where the weighted sum exceeds `threshold`.
  ///
  /// A threshold is a bias with its sign turned: Σ wx > t is Σ wx − t > 0.
  public static func perceptrons(_ units: Int = 1, threshold: Double) -> Dense {
    Dense(
      units, activation: .step, initializer: .zeros, biasInitializer: .constant(-threshold))
  }
}
