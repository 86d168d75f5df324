/// How a parameter's first values are drawn.
///
/// Values depend on the seed and on the parameter's path alone, so that adding a layer changes no
/// other layer's.
public struct Initializer: Sendable, Hashable, Codable, CustomStringConvertible {
  enum Kind: String, Codable, Sendable {
    case constant, normal, uniform, xavierUniform, xavierNormal, heUniform, heNormal, lecunUniform
    case lecunNormal
  }
  let kind: Kind
  /// The constant; the standard deviation; or the bound.
  ///
  /// NaN where the shape decides.
  let scale: Double?

  private init(_ kind: Kind, _ scale: Double? = nil) {
    self.kind = kind
    self.scale = scale
  }

  /// All zeros, as for biases.
  public static let zeros = Initializer(.constant, 0)
  /// All ones, as for gains.
  public static let ones = Initializer(.constant, 1)
  /// One number everywhere.
  public static func constant(_ value: Double) -> Initializer { Initializer(.constant, value) }
  /// Normal with mean 0.
  public static func normal(standardDeviation: Double = 1) -> Initializer {
    Initializer(.normal, standardDeviation)
  }
  /// Even between −bound and bound.
  public static func uniform(bound: Double = 1) -> Initializer { Initializer(.uniform, bound) }
  /// Normal with variance 2 / inputs, for ReLU (He, Zhang, Ren and Sun, 2015).
  public static let he = Initializer(.heNormal)
  /// Even with variance 2 / inputs, for ReLU (He, Zhang, Ren and Sun, 2015).
  public static let heUniform = Initializer(.heUniform)
  /// Normal with variance 2 / (inputs + outputs), for tanh and sigmoid (Glorot and Bengio, 2010).
  public static let xavierNormal = Initializer(.xavierNormal)
  /// Even with variance 2 / (inputs + outputs), for tanh and sigmoid (Glorot and Bengio, 2010).
  public static let xavier = Initializer(.xavierUniform)
  /// Normal with variance 1 / inputs (LeCun, Bottou, Orr and Müller, 1998).
  public static let lecun = Initializer(.lecunNormal)
  /// Even with variance 1 / inputs (LeCun, Bottou, Orr and Müller, 1998).
  public static let lecunUniform = Initializer(.lecunUniform)

  public var description: String {
    let name = kind.rawValue
    return scale.map { "\(name)(\($0))" } ?? name
  }

  /// Initialisers by the names of the command line.
  public static func named(_ name: String) -> Initializer? {
    switch name {
    case "zeros": .zeros
    case "ones": .ones
    case "normal": .normal()
    case "uniform": .uniform()
    case "he": .he
    case "he-uniform": .heUniform
    case "xavier", "glorot": .xavier
    case "xavier-normal": .xavierNormal
    case "lecun": .lecun
    case "lecun-uniform": .lecunUniform
    default: nil
    }
  }

  /// The names that `named(_:)` knows.
  public static let names = [
    "zeros", "ones", "normal", "uniform", "he", "he-uniform", "xavier", "xavier-normal", "lecun",
    "lecun-uniform",
  ]

  /// Values for a parameter of PyTorch's layout, `[outputs, inputs, …]`.
  func values(_ shape: Shape, dtype: DType, key: RandomKey) -> Tensor {
    let field = shape.dropFirst(2).reduce(1, *)
    let inputs = Double((shape.rank > 1 ? shape[1] : shape.elementCount) * field)
    let outputs = Double((shape.rank > 0 ? shape[0] : 1) * (shape.rank > 1 ? field : 1))
    switch kind {
    case .constant: return Tensor(repeating: scale ?? 0, shape: shape, dtype: dtype)
    case .normal: return normal(shape, (scale ?? 1) * (scale ?? 1), dtype, key)
    case .uniform: return uniform(shape, (scale ?? 1) * (scale ?? 1) / 3, dtype, key)
    case .heNormal: return normal(shape, 2 / inputs, dtype, key)
    case .heUniform: return uniform(shape, 2 / inputs, dtype, key)
    case .xavierNormal: return normal(shape, 2 / (inputs + outputs), dtype, key)
    case .xavierUniform: return uniform(shape, 2 / (inputs + outputs), dtype, key)
    case .lecunNormal: return normal(shape, 1 / inputs, dtype, key)
    case .lecunUniform: return uniform(shape, 1 / inputs, dtype, key)
    }
  }

  private func normal(_ shape: Shape, _ variance: Double, _ dtype: DType, _ key: RandomKey)
    -> Tensor
  {
    .normal(shape, standardDeviation: variance.squareRoot(), dtype: dtype, key: key)
  }

  private func uniform(_ shape: Shape, _ variance: Double, _ dtype: DType, _ key: RandomKey)
    -> Tensor
  {
    let bound = (3 * variance).squareRoot()
    return .uniform(shape, in: -bound..<bound.nextUp, dtype: dtype, key: key)
  }
}
