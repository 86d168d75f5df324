/// A function between layers, with a name by which it is printed, saved and typed.
public struct Activation: Sendable, Hashable, CustomStringConvertible {
  /// The name, such as `relu`.
  public let name: String
  private let function: @Sendable (Tensor) -> Tensor

  private init(_ name: String, _ function: @escaping @Sendable (Tensor) -> Tensor) {
    self.name = name
    self.function = function
  }

  /// x itself.
  public static let identity = Activation("identity") { $0 }
  /// 1 where x > 0, else 0: the perceptron's.
  ///
  /// Its derivative is 0 everywhere.
  public static let step = Activation("step") { ($0 .> $0.constant(0)).cast(to: $0.dtype) }
  /// 1 / (1 + e⁻ˣ).
  public static let sigmoid = Activation("sigmoid") { Descent.sigmoid($0) }
  /// The hyperbolic tangent.
  public static let tanh = Activation("tanh") { Descent.tanh($0) }
  /// max(x, 0).
  public static let relu = Activation("relu") { Descent.relu($0) }
  /// x held between 0 and 6 (Krizhevsky, 2010).
  public static let relu6 = Activation("relu6") { $0.clipped(to: 0...6) }
  /// x, or a hundredth of it below 0 (Maas, Hannun and Ng, 2013).
  public static let leakyRelu = Activation("leaky-relu") {
    select($0 .> $0.constant(0), $0, $0 * $0.constant(0.01))
  }
  /// x Φ(x) (Hendrycks and Gimpel, 2016).
  public static let gelu = Activation("gelu") { Descent.gelu($0) }
  /// ln(1 + eˣ).
  public static let softplus = Activation("softplus") { Descent.softplus($0) }
  /// Probabilities over the last axis.
  public static let softmax = Activation("softmax") { Descent.softmax($0) }

  /// A function of one's own.
  ///
  /// Models that use it are rebuilt from code, not from their file.
  public static func custom(
    _ name: String, _ function: @escaping @Sendable (Tensor) -> Tensor
  ) -> Activation {
    Activation(name, function)
  }

  /// Every activation that has a name of its own.
  public static let all: [Activation] = [
    identity, step, sigmoid, tanh, relu, relu6, leakyRelu, gelu, softplus, softmax,
  ]

  /// The activation of this name, if there is one.
  public static func named(_ name: String) -> Activation? { all.first { $0.name == name } }

  /// The initialiser of weights that suits what follows them.
  var suitableInitializer: Initializer {
    switch name {
    case "relu", "relu6", "leaky-relu", "gelu", "softplus": .he
    default: .xavier
    }
  }

  /// Applies the function, element by element (softmax: row by row).
  public func callAsFunction(_ x: Tensor) -> Tensor { function(x) }

  public var description: String { name }

  public static func == (a: Activation, b: Activation) -> Bool { a.name == b.name }
  public func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

extension Activation: Codable {
  public init(from decoder: Decoder) throws {
    let container = try decoder.singleValueContainer()
    let name = try container.decode(String.self)
    guard let activation = Activation.named(name) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "there is no activation called \"\(name)\"")
    }
    self = activation
  }

  public func encode(to encoder: Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(name)
  }
}

/// An activation as a layer of its own.
public struct Activate: StorableLayer, Hashable {
  public static let kind = "Activate"
  /// The function.
  public var activation: Activation

  /// Creates a layer that applies `activation`.
  public init(_ activation: Activation) { self.activation = activation }

  public func callAsFunction(_ x: Tensor, in scope: Scope) -> Tensor { activation(x) }
  public var summary: String { "Activate(\(activation))" }
}
