import Descent

/// Weights that a model begins with: those in a safetensors file of descent's or of PyTorch's.
///
/// ```swift
/// let weights = try PretrainedWeights(contentsOf: "resnet18.safetensors")
/// var network = NamedNetwork(.resnet18, classes: 2)
/// network.pixels = weights.pixels
/// var model = try Model(network, input: [3, 64, 64])
/// let transfer = try weights.load(into: &model)
/// print(transfer)  // what was loaded, what begins anew, what was not used
/// model.freeze("layer1.*")
/// ```
public struct PretrainedWeights: Sendable {
  /// The network that the file describes, if descent wrote it and all its layers are built in.
  public let network: (any Layer)?
  /// What pictures were made for it, if the file says so.
  public let image: ImageContract?
  /// The names of the classes that it was trained for, if the file says so.
  public let classNames: [String]
  private let isForeign: Bool
  private let path: String
  private let tensors: [SafetensorsFile.Entry]

  /// Reads a file.
  ///
  /// Throws `DataError` if it is missing or damaged.
  public init(contentsOf path: String) throws {
    let file = try SafetensorsFile(contentsOf: path)
    let card = file.metadata["descent"] == nil ? nil : try FileCard.read(file, path)
    (network, image) = (card?.network?.network, card?.card.image)
    classNames = card?.card.classNames ?? []
    isForeign = card == nil
    (self.path, tensors) = (path, file.tensors)
  }

  /// What came of loading weights into a model.
  public struct Transfer: Sendable {
    /// The parameters and the state that were taken over.
    public var loaded: [String] = []
    /// Those that begin anew, each with the reason.
    public var renewed: [(name: String, reason: String)] = []
    /// What in the file the model has no place for.
    public var unused: [String] = []
  }

  /// Gives the model the value of every parameter, and of all state, that the file has under the same
  /// name and in the same shape; the others stay as they are, and so do those whose names match `pattern`.
  ///
  /// Throws `DataError`, and changes nothing, if that is none.
  public func load(into model: inout Model, sparing pattern: String? = nil) throws -> Transfer {
    var transfer = Transfer()
    var result = model
    let entries = Dictionary(uniqueKeysWithValues: tensors.map { ($0.name, $0) })
    let places = model.parameters + model.state
    for place in places {
      guard let entry = entries[place.name] else {
        transfer.renewed.append((place.name, "not in the file"))
        continue
      }
      if let pattern, place.matches(pattern) {
        transfer.renewed.append((place.name, "for other classes"))
        continue
      }
      guard entry.shape == place.shape.sizes else {
        transfer.renewed.append((place.name, "\(entry.shape) in the file, \(place.shape) here"))
        continue
      }
      result[place.name] = try entry.tensor()
      transfer.loaded.append(place.name)
    }
    guard !transfer.loaded.isEmpty else {
      throw DataError.mismatch(
        path: path, found: "tensors such as \(list(tensors.map(\.name)))",
        expected: "some that the network has: \(list(places.map(\.name)))",
        remedy: remedy)
    }
    let names = Set(places.map(\.name))
    transfer.unused = tensors.map(\.name).filter { !names.contains($0) }
    model = result
    return transfer
  }

  /// The named networks whose parameters, but for the last ones, the file has.
  public var candidates: [NamedNetwork.Name] {
    let shapes = Dictionary(uniqueKeysWithValues: tensors.map { ($0.name, $0.shape) })
    return NamedNetwork.Name.allCases.filter { name in
      guard name != .perceptron && name != .mlp else { return false }
      guard let parameters = NamedNetwork(name, classes: 1).parameterShapes() else { return false }
      return parameters.dropLast(2).allSatisfy { shapes[$0.name] == $0.shape.sizes }
    }
  }

  /// The network that the file describes, or the one whose names its tensors have.
  public var anyNetwork: (any Layer)? {
    network ?? candidates.last.map { NamedNetwork($0, classes: 1) }
  }

  /// What the weights expect of pixels: what the file says, if descent wrote it, and ImageNet's mean and
  /// deviation if its tensors are those of one of torchvision's networks, which were learned so.
  public var pixels: NamedNetwork.Pixels {
    guard isForeign else { return (network as? NamedNetwork)?.pixels ?? .plain }
    return candidates.contains { $0.usualInput[0] == 3 } ? .imagenet : .plain
  }

  private var remedy: String {
    guard let name = candidates.last?.rawValue else {
      return "Build the network that the file is of"
    }
    return "It is a file of \(name): use that network"
  }

  private func list(_ names: [String]) -> String {
    names.prefix(3).map(\.quoted).joined(separator: ", ") + (names.count > 3 ? ", …" : "")
  }
}

extension PretrainedWeights.Transfer: CustomStringConvertible {
  /// A line for each of the three kinds that there are.
  public var description: String {
    var lines = ["loaded   \(loaded.count): \(Self.shortened(loaded))"]
    if !renewed.isEmpty {
      let reasons = renewed.prefix(4).map { "\($0.name) (\($0.reason))" }
      let more = renewed.count > 4 ? ", and \(renewed.count - 4) more" : ""
      lines.append("renewed  \(renewed.count): \(reasons.joined(separator: ", "))\(more)")
    }
    if !unused.isEmpty { lines.append("not used \(unused.count): \(Self.shortened(unused))") }
    return lines.joined(separator: "\n")
  }

  /// The first names and the last.
  private static func shortened(_ names: [String]) -> String {
    let names = names.map(\.shortened)
    guard names.count > 5 else { return names.joined(separator: ", ") }
    return names.prefix(3).joined(separator: ", ") + ", …, " + names[names.count - 1]
  }
}
