/// How a parameter's first values are drawn.
///
/// Values depend on the seed and on the parameter's path alone, so that adding a layer changes no
/// other layer's.
public struct Initializer: Sendable, Hashable, Codable, CustomStringConvertible {
  enum Kind: String, Codable, Sendable {
    case constant, normal, uniform, xavierUniform, xavierNormal, heUniform, heNormal, lecunUniform
    case lecunNormal, truncatedNormal, orthogonal
  }

  /// The number of a unit's connections by which a variance is divided.
  public enum Fan: String, Codable, Sendable {
    /// Those that lead in: activations keep their size going forward.
    case inputs
    /// Those that lead out: derivatives keep theirs going backward.
    case outputs
    /// The mean of both.
    case average
  }

  let kind: Kind
  /// The constant; the standard deviation; or the bound.
  ///
  /// NaN where the shape decides.
  let scale: Double?
  /// Which connections count, where that is not as the kind's authors had it.
  private var fan: Fan?

  private init(_ kind: Kind, _ scale: Double? = nil) {
    self.kind = kind
    self.scale = scale
  }

  /// This initialiser with its variance divided by other connections: `.he.over(.outputs)`.
  ///
  /// Only He's, Xavier's and LeCun's depend on connections.
  public func over(_ fan: Fan) -> Initializer {
    var result = self
    result.fan = fan
    return result
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
  /// Normal with mean 0, and drawn again where it is more than two standard deviations away.
  ///
  /// `standardDeviation` is that of the whole normal distribution, as in PyTorch; what is left
  /// has 0.88 of it.
  public static func truncatedNormal(standardDeviation: Double = 1) -> Initializer {
    Initializer(.truncatedNormal, standardDeviation)
  }
  /// Rows, or columns if there are fewer of them, at right angles to each other and of length
  /// `gain`, in a random direction (Saxe, McClelland and Ganguli, 2014).
  ///
  /// Takes rows² · columns steps: a second for 1,000 by 1,000.
  public static func orthogonal(gain: Double = 1) -> Initializer {
    Initializer(.orthogonal, gain)
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
    let name = kind.rawValue + (fan.map { "/\($0)" } ?? "")
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
    case "truncated-normal": .truncatedNormal()
    case "orthogonal": .orthogonal()
    case "he-outputs": .he.over(.outputs)
    default: nil
    }
  }

  /// The names that `named(_:)` knows.
  public static let names = [
    "zeros", "ones", "normal", "uniform", "he", "he-uniform", "xavier", "xavier-normal", "lecun",
    "lecun-uniform", "truncated-normal", "orthogonal", "he-outputs",
  ]

  /// Values for a parameter of PyTorch's layout, `[outputs, inputs, …]`.
  func values(_ shape: Shape, dtype: DType, key: RandomKey) -> Tensor {
    let field = shape.dropFirst(2).reduce(1, *)
    let inputs = Double((shape.rank > 1 ? shape[1] : shape.elementCount) * field)
    let outputs = Double((shape.rank > 0 ? shape[0] : 1) * (shape.rank > 1 ? field : 1))
    func connections(_ usual: Fan) -> Double {
      switch fan ?? usual {
      case .inputs: inputs
      case .outputs: outputs
      case .average: (inputs + outputs) / 2
      }
    }
    let scale = scale ?? 1
    switch kind {
    case .constant: return Tensor(repeating: scale, shape: shape, dtype: dtype)
    case .normal: return normal(shape, scale * scale, dtype, key)
    case .uniform: return uniform(shape, scale * scale / 3, dtype, key)
    case .heNormal: return normal(shape, 2 / connections(.inputs), dtype, key)
    case .heUniform: return uniform(shape, 2 / connections(.inputs), dtype, key)
    case .xavierNormal: return normal(shape, 1 / connections(.average), dtype, key)
    case .xavierUniform: return uniform(shape, 1 / connections(.average), dtype, key)
    case .lecunNormal: return normal(shape, 1 / connections(.inputs), dtype, key)
    case .lecunUniform: return uniform(shape, 1 / connections(.inputs), dtype, key)
    case .truncatedNormal: return truncatedNormal(shape, dtype, key) * scale
    case .orthogonal: return orthogonal(shape, dtype, key) * scale
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

  private func truncatedNormal(_ shape: Shape, _ dtype: DType, _ key: RandomKey) -> Tensor {
    var values = Tensor.normal(shape, dtype: dtype, key: key)
    // One in 22 is too large; after eight more draws one in 10¹².
    for draw in 1...8 {
      let next = Tensor.normal(shape, dtype: dtype, key: key.at(step: UInt64(draw)))
      values = select(abs(values) .<= 2, values, next)
    }
    return values.clipped(to: -2...2)
  }

  /// Gram and Schmidt's method on rows of normal numbers, each freed of the others twice, after
  /// which nothing is left of them (Giraud, Langou and Rozložník, 2005).
  private func orthogonal(_ shape: Shape, _ dtype: DType, _ key: RandomKey) -> Tensor {
    let (rows, columns) = (shape.first ?? 1, shape.dropFirst().reduce(1, *))
    let (count, length) = (min(rows, columns), max(rows, columns))
    var q = Tensor.normal([count, length], dtype: .float64, key: key).doubles()
    q.withUnsafeMutableBufferPointer { q in
      for row in 0..<count {
        let vector = UnsafeMutableBufferPointer(rebasing: q[(row * length)..<((row + 1) * length)])
        for _ in 0..<2 {
          for other in 0..<row {
            let start = other * length
            var product = 0.0
            for index in 0..<length { product += vector[index] * q[start + index] }
            for index in 0..<length { vector[index] -= product * q[start + index] }
          }
        }
        let norm = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
        for index in 0..<length { vector[index] /= norm }
      }
    }
    let matrix = Tensor(q, shape: [count, length])
    return (rows <= columns ? matrix : matrix.transposed()).reshaped(shape).cast(to: dtype)
  }
}
