import Descent
import Foundation

/// What a model file says in its metadata, as JSON under the key `descent`.
private struct FileCard: Codable {
  var version = 1
  var network: NetworkDescription?
  var input: [Int]
  var card: ModelCard
}

extension Model {
  /// Stores the model as one `.safetensors` file: the parameters under their names, and in the
  /// metadata the network, the input's shape and scale, the class names and how it was trained.
  ///
  /// The file appears whole or not at all. Throws `DataError` if it cannot be written.
  public func save(to path: String) throws {
    let description = NetworkDescription(network)
    let card = FileCard(
      network: description.isComplete ? description : nil, input: input.sizes, card: card)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let tensors = parameters.map { parameter in
      let tensor = self[parameter.name]!
      return SafetensorsFile.Entry(
        name: parameter.name, dtype: dtype == .float64 ? .float64 : .float32,
        shape: parameter.shape.sizes, bytes: tensor.withUnsafeBytes { Array($0) })
    }
    let file = SafetensorsFile(
      metadata: [
        "descent": String(decoding: try encoder.encode(card), as: UTF8.self), "format": "pt",
      ], tensors: tensors)
    try file.write(to: path)
  }

  /// Reads a model that `save(to:)` stored.
  ///
  /// A network with layers of one's own is not in the file: give it as `network`. Throws
  /// `DataError` if the file is missing, damaged, or holds something else.
  public init(contentsOf path: String, network given: (any Layer)? = nil) throws {
    let file = try SafetensorsFile(contentsOf: path)
    let stored = try FileCard.read(file, path)
    guard let network = given ?? stored.network?.network else {
      throw DataError.malformed(
        path: path, format: "model", place: "metadata",
        found: "a network with layers that are not built in",
        expected: "a network given in code: Model(contentsOf:network:)")
    }
    var entries: [String: SafetensorsFile.Entry] = [:]
    for entry in file.tensors { entries[entry.name] = entry }
    let isDouble = file.tensors.contains { $0.dtype == .float64 }
    do {
      try self.init(
        network, input: Shape(stored.input), dtype: isDouble ? .float64 : .float32
      ) { parameter in
        guard let entry = entries[parameter.name] else {
          throw DataError.malformed(
            path: path, format: "model", place: "tensors",
            found: "no tensor \"\(parameter.name)\"",
            expected: "\(parameter.name) \(parameter.shape), which the network asks for")
        }
        return try entry.tensor(of: parameter, path)
      }
    } catch let error as ShapeError {
      throw DataError.malformed(
        path: path, format: "model", place: "network", found: error.description,
        expected: "layers that fit each other")
    }
    card = stored.card
  }
}

extension FileCard {
  static func read(_ file: SafetensorsFile, _ path: String) throws -> FileCard {
    func malformed(_ found: String) -> DataError {
      .malformed(
        path: path, format: "model", place: "metadata", found: found,
        expected: "the description that descent writes")
    }
    guard let text = file.metadata["descent"] else {
      throw malformed("no key \"descent\": the file was not written by descent")
    }
    let card: FileCard
    do {
      card = try JSONDecoder().decode(FileCard.self, from: Data(text.utf8))
    } catch {
      throw malformed("\(error)")
    }
    // Shapes are multiplied later on: what a file claims must stay within what a machine holds.
    var count = 1
    for size in card.input {
      guard (1...1 << 24).contains(size), count * size <= 1 << 28 else {
        throw malformed("an input of \(card.input)")
      }
      count *= size
    }
    guard card.card.scale.isFinite else { throw malformed("a scale of \(card.card.scale)") }
    return card
  }
}

extension SafetensorsFile.Entry {
  /// The values for a parameter, if they have its shape and are floating point.
  fileprivate func tensor(of parameter: Model.Parameter, _ path: String) throws -> Tensor {
    guard shape == parameter.shape.sizes, dtype == .float32 || dtype == .float64 else {
      throw DataError.malformed(
        path: path, format: "model", place: "tensor \"\(name)\"", found: "\(dtype) \(shape)",
        expected: "float32 or float64 \(parameter.shape), which the network asks for")
    }
    return dtype == .float64
      ? Tensor(bytes.elements(of: Double.self), shape: parameter.shape)
      : Tensor(bytes.elements(of: Float.self), shape: parameter.shape)
  }
}

extension ArraySlice<UInt8> {
  /// The bytes as numbers in the machine's byte order.
  fileprivate func elements<Scalar>(of type: Scalar.Type) -> [Scalar] {
    withUnsafeBytes { bytes in
      (0..<(count / MemoryLayout<Scalar>.size)).map {
        bytes.loadUnaligned(fromByteOffset: $0 * MemoryLayout<Scalar>.size, as: type)
      }
    }
  }
}
