/// A network as data, for model files: the layers by type with their options.
///
/// Networks of built-in layers rebuild from their description. One with a layer of one's own is
/// rebuilt from code, and only its weights come from a file.
public struct NetworkDescription: Codable, Sendable {
  /// The network.
  public let network: any Layer

  /// Describes a network.
  public init(_ network: any Layer) { self.network = network }

  /// Whether every layer is built in, and every activation.
  public var isComplete: Bool {
    switch network {
    case let chain as Sequential: chain.layers.allSatisfy { NetworkDescription($0).isComplete }
    case let block as Residual:
      (block.body.layers + block.shortcut.layers).allSatisfy { NetworkDescription($0).isComplete }
    case let parallel as Parallel:
      parallel.branches.allSatisfy { NetworkDescription($0).isComplete }
    case let named as NamedLayer: NetworkDescription(named.layer).isComplete
    case let layer as any StorableLayer:
      Self.kinds.contains { $0 == type(of: layer) }
        && Activation.named(layer.activation.name) != nil
    default: false
    }
  }

  /// The built-in layers that have options and no children.
  private static let kinds: [any StorableLayer.Type] = [
    Activate.self, AdaptiveAveragePool2D.self, AveragePool2D.self, BatchNorm.self, Conv1D.self,
    Conv2D.self, ConvTranspose2D.self, Dense.self, Dropout.self, Dropout2D.self, EmbedColumns.self,
    Embedding.self, Flatten.self, GlobalAveragePool2D.self, GlobalMaxPool2D.self, GroupNorm.self,
    InstanceNorm.self, LayerNorm.self, MaxPool2D.self, NamedNetwork.self, Pad.self, Reshape.self,
    Upsample.self,
  ]

  private enum Key: String, CodingKey { case type, layers, shortcut, axis, name, layer }

  public func encode(to encoder: Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    switch network {
    case let chain as Sequential:
      try container.encode("Sequential", forKey: .type)
      try container.encode(chain.layers.map(NetworkDescription.init), forKey: .layers)
    case let block as Residual:
      try container.encode("Residual", forKey: .type)
      try container.encode(block.body.layers.map(NetworkDescription.init), forKey: .layers)
      if !block.shortcut.layers.isEmpty {
        try container.encode(block.shortcut.layers.map(NetworkDescription.init), forKey: .shortcut)
      }
    case let parallel as Parallel:
      try container.encode("Parallel", forKey: .type)
      try container.encode(parallel.branches.map(NetworkDescription.init), forKey: .layers)
      try container.encode(parallel.axis, forKey: .axis)
    case let named as NamedLayer:
      try container.encode("Named", forKey: .type)
      try container.encode(named.name, forKey: .name)
      try container.encode(NetworkDescription(named.layer), forKey: .layer)
    case let layer as any StorableLayer:
      try container.encode(type(of: layer).kind, forKey: .type)
      try layer.encode(to: encoder)
    default:
      try container.encode(network.summary, forKey: .type)
    }
  }

  public init(from decoder: Decoder) throws {
    guard decoder.codingPath.count < 100 else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "layers nested too deeply"))
    }
    let container = try decoder.container(keyedBy: Key.self)
    let type = try container.decode(String.self, forKey: .type)
    switch type {
    case "Sequential", "Residual", "Parallel":
      let layers = try container.decode([NetworkDescription].self, forKey: .layers).map(\.network)
      let shortcut = try container.decodeIfPresent([NetworkDescription].self, forKey: .shortcut)
      let axis = try container.decodeIfPresent(Int.self, forKey: .axis)
      network =
        switch type {
        case "Residual": Residual(layers, shortcut: (shortcut ?? []).map(\.network))
        case "Parallel": Parallel(layers, along: axis ?? 1)
        default: Sequential(layers)
        }
    case "Named":
      network = NamedLayer(
        try container.decode(String.self, forKey: .name),
        try container.decode(NetworkDescription.self, forKey: .layer).network)
    default:
      guard let kind = Self.kinds.first(where: { $0.kind == type }) else {
        throw DecodingError.dataCorruptedError(
          forKey: .type, in: container,
          debugDescription: "there is no built-in layer called \"\(type)\"")
      }
      network = try kind.init(from: decoder)
    }
  }
}
