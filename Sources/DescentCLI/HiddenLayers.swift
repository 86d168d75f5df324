import Descent

/// The hidden layers that a user typed: `conv:32x3:relu,pool:2,128:relu`.
struct HiddenLayers {
  private(set) var layers: [any Layer] = []
  /// Whether the first of them see images, not rows of numbers.
  private(set) var lookAtImages = false

  init(_ text: String) throws {
    if text == "none" || text.isEmpty { return }
    var firstDense: Substring?
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let layer = try Self.layer(part)
      if layer is Conv2D || layer is MaxPool2D || layer is GlobalAveragePool2D {
        if let firstDense {
          throw UsageError(
            "--layers: \"\(part)\" looks at images, of which \"\(firstDense)\" has left a row of "
              + "numbers: place it before")
        }
        lookAtImages = true
      } else if layer is Dense, firstDense == nil {
        firstDense = part
        if lookAtImages { layers.append(Flatten()) }
      }
      layers.append(layer)
    }
    if lookAtImages && firstDense == nil { layers.append(Flatten()) }
  }

  /// What makes of a sample what the first layer reads.
  func start(for sample: Shape) throws -> [any Layer] {
    guard lookAtImages else { return sample.rank > 1 ? [Flatten()] : [] }
    switch sample.rank {
    case 2: return [Reshape([1] + sample.sizes)]
    case 3: return []
    default:
      throw UsageError(
        "--layers: convolutions and pools look at images, and these samples are rows of "
          + "\(sample.elementCount) numbers: use dense layers, such as 64:relu")
    }
  }

  private static func layer(_ part: Substring) throws -> any Layer {
    let pieces = part.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    let option = pieces.count > 1 ? pieces[1] : nil
    switch (pieces[0], option) {
    case ("conv", _): return try convolution(Array(pieces.dropFirst()), part)
    case _ where pieces.count > 2: throw noLayer(part)
    case ("pool", _):
      guard let size = Int(option ?? "2"), (1...1_000).contains(size) else {
        throw UsageError("--layers: \"\(part)\" needs a size in pixels: pool:2")
      }
      return MaxPool2D(Extent(height: size, width: size))
    case ("globalpool", nil): return GlobalAveragePool2D()
    case ("batchnorm", nil): return BatchNorm()
    case ("layernorm", nil): return LayerNorm()
    case ("dropout", _):
      guard let rate = Double(option ?? ""), rate >= 0 && rate < 1 else {
        throw UsageError(
          "--layers: \"\(part)\" needs a rate of at least 0 and less than 1: dropout:0.5")
      }
      return Dropout(rate)
    default: return try dense(pieces[0], option) ?? activate(pieces[0], option, part)
    }
  }

  /// FILTERSxKERNEL, and an activation.
  private static func convolution(_ pieces: [String], _ part: Substring) throws -> Conv2D {
    let numbers = (pieces.first ?? "").split(separator: "x", omittingEmptySubsequences: false)
      .map { Int($0) ?? 0 }
    guard (1...2).contains(pieces.count), numbers.count == 2, (1...100_000).contains(numbers[0]),
      (1...63).contains(numbers[1]), numbers[1] % 2 == 1
    else {
      throw UsageError(
        "--layers: \"\(part)\" is no convolution; write conv:FILTERSxKERNEL:activation with an odd "
          + "kernel of at most 63, for example conv:32x3:relu")
    }
    let size = Extent(height: numbers[1], width: numbers[1])
    let border = Extent(height: numbers[1] / 2, width: numbers[1] / 2)
    return Conv2D(
      numbers[0], kernel: size, padding: border,
      activation: try activation(pieces.count > 1 ? pieces[1] : "relu"))
  }

  private static func dense(_ units: String, _ name: String?) throws -> Dense? {
    guard let units = Int(units), (1...1_000_000).contains(units) else { return nil }
    return Dense(units, activation: try activation(name ?? "relu"))
  }

  private static func activation(_ name: String) throws -> Activation {
    guard let activation = Activation.named(name) else {
      throw unknown("activation", name, Activation.all.map(\.name))
    }
    return activation
  }

  private static func activate(
    _ name: String, _ option: String?, _ part: Substring
  ) throws -> Activate {
    guard option == nil, let activation = Activation.named(name) else { throw noLayer(part) }
    return Activate(activation)
  }

  private static func noLayer(_ part: Substring) -> UsageError {
    let names =
      ["conv:32x3", "pool:2", "globalpool", "dropout:0.5", "batchnorm", "layernorm"]
      + Activation.all.map(\.name)
    return UsageError(
      "--layers: \"\(part)\" is no layer; write units:activation, for example 128:relu, or one of "
        + "\(names.joined(separator: ", ")).\(suggestion(for: String(part), among: names))")
  }
}
