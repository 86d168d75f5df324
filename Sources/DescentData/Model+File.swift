import Descent
import Foundation

/// What a model file says in its metadata, as JSON under the key `descent`.
struct FileCard: Codable {
  var version = 1
  /// Missing where layers or functions of one's own are in it.
  var network: StoredNetwork?
  var input: [Int]
  var card: ModelCard
  /// Missing in files of models that had none.
  var randomState: RandomState?
}

/// A network in a file: one that cannot be rebuilt is no reason to refuse its numbers.
struct StoredNetwork: Codable {
  /// The network, unless it cannot be rebuilt.
  private(set) var network: (any Layer)?
  /// Why it cannot.
  private(set) var problem: String?

  init(_ network: any Layer) { self.network = network }

  init(from decoder: any Decoder) throws {
    do {
      network = try NetworkDescription(from: decoder).network
    } catch { problem = "\(error)" }
  }

  func encode(to encoder: any Encoder) throws {
    if let network { try NetworkDescription(network).encode(to: encoder) }
  }
}

extension Model {
  /// Stores the model as one `.safetensors` file: parameters and state under their names, and in the
  /// metadata the network, the input's shape and scale, the class names and how it was trained.
  ///
  /// The file appears whole or not at all. Throws `DataError` if it cannot be written.
  public func save(to path: String) throws {
    try SafetensorsFile(metadata: try fileMetadata(), tensors: fileEntries()).write(to: path)
  }

  /// What a file says about the model besides its numbers.
  func fileMetadata() throws -> [String: String] {
    let isComplete = NetworkDescription(network).isComplete
    var file = FileCard(
      network: isComplete ? StoredNetwork(network) : nil, input: input.sizes, card: card,
      randomState: randomState)
    // A function of one's own could not be read again: the loss says what comes nearest.
    if Activation.named(card.outputActivation.name) == nil {
      file.card.outputActivation = .contained(inLoss: card.loss)
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return [
      "descent": String(decoding: try encoder.encode(file), as: UTF8.self), "format": "pt",
    ]
  }

  /// Parameters and state under their names, with `prefix` before them.
  func fileEntries(prefix: String = "") -> [SafetensorsFile.Entry] {
    (parameters + state).map { parameter in
      SafetensorsFile.Entry(prefix + parameter.name, self[parameter.name]!)
    }
  }

  /// Reads a model that `save(to:)` stored.
  ///
  /// A network with layers or activations of one's own is not in the file: give it as `network`.
  /// Throws `DataError` if the file is missing, damaged, or holds something else.
  public init(contentsOf path: String, network given: (any Layer)? = nil) throws {
    let file = try SafetensorsFile(contentsOf: path)
    let stored = try FileCard.read(file, path)
    guard let network = given ?? stored.network?.network else {
      throw DataError.malformed(
        path: path, format: "model", place: "metadata",
        found: stored.network?.problem ?? "a network with layers that are not built in",
        expected: "a network given in code: Model(contentsOf:network:)")
    }
    try self.init(network, file, stored, prefix: "", path)
  }

  /// The model whose parameters are in a file under their names with `prefix` before them.
  fileprivate init(
    _ network: any Layer, _ file: SafetensorsFile, _ stored: FileCard, prefix: String,
    _ path: String
  ) throws {
    var entries: [String: SafetensorsFile.Entry] = [:]
    for entry in file.tensors { entries[entry.name] = entry }
    let isDouble = file.tensors.contains { $0.dtype == .float64 }
    do {
      try self.init(
        network, input: Shape(stored.input), dtype: isDouble ? .float64 : .float32
      ) { parameter in
        guard let entry = entries[prefix + parameter.name] else {
          throw DataError.malformed(
            path: path, format: "model", place: "tensors",
            found: "no tensor \"\(prefix + parameter.name)\"",
            expected: "\(parameter.name) \(parameter.shape), which the network asks for")
        }
        return try entry.tensor(of: parameter.shape, path)
      }
    } catch let error as ShapeError {
      throw DataError.malformed(
        path: path, format: "model", place: "network", found: error.description,
        expected: "layers that fit each other")
    }
    card = stored.card
    if let random = stored.randomState { randomState = random }
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
    if let image = card.card.image {
      let sizes = [image.channels, image.height, image.width]
      guard sizes == card.input, image.channels == 1 || image.channels == 3,
        Picture.isWithinLimit(image.width, image.height)
      else { throw malformed("pictures of \(sizes) for an input of \(card.input)") }
    }
    guard card.card.scale.isFinite else { throw malformed("a scale of \(card.card.scale)") }
    // The classes of a table's rows are looked up by name.
    let names = card.card.classNames
    guard card.card.table == nil || Set(names).count == names.count else {
      throw malformed("two classes of one name")
    }
    return card
  }
}

// MARK: States of a training

extension TrainingState {
  /// Stores the state as one file, which is also one of the model with its weights of now.
  ///
  /// The file appears whole or not at all. Throws `DataError` if it cannot be written.
  public func save(to path: String) throws {
    var metadata = try model.fileMetadata()
    let encoder = JSONEncoder()
    encoder.nonConformingFloatEncodingStrategy = .words
    let stored = FileProgress(
      optimizer: optimizer.name, optimizerSteps: optimizer.stepCount, progress: progress)
    metadata["descent.training"] = String(decoding: try encoder.encode(stored), as: UTF8.self)
    var entries = model.fileEntries() + (best?.fileEntries(prefix: "best.") ?? [])
    for (index, tensor) in optimizer.memory.enumerated() {
      entries.append(SafetensorsFile.Entry("optimizer.\(index)", tensor))
    }
    try SafetensorsFile(metadata: metadata, tensors: entries).write(to: path)
  }

  /// Reads a state that `save(to:)` stored, of a training of this model with this optimiser.
  ///
  /// Throws `DataError` if the file is missing, damaged, or of another training.
  public init(contentsOf path: String, model: Model, optimizer: Optimizer) throws {
    func malformed(_ found: String, _ expected: String) -> DataError {
      .malformed(
        path: path, format: "checkpoint", place: "metadata", found: found, expected: expected)
    }
    let file = try SafetensorsFile(contentsOf: path)
    let card = try FileCard.read(file, path)
    guard let text = file.metadata["descent.training"] else {
      throw malformed("no key \"descent.training\"", "the state of a training")
    }
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .words
    let stored: FileProgress
    do {
      stored = try decoder.decode(FileProgress.self, from: Data(text.utf8))
    } catch {
      throw malformed("\(error)", "the progress that descent writes")
    }
    let progress = stored.progress
    guard stored.optimizer == optimizer.name else {
      throw malformed("the state of \(stored.optimizer.quoted)", "of \(optimizer.name)")
    }
    let done = progress.epochs.count
    guard progress.epoch == done + 1, (0...done).contains(progress.bestEpoch),
      progress.bestEpoch == 0 || progress.bestScore.count == 2, !progress.totals.isEmpty,
      (0...1 << 53).contains(progress.step), (0...1 << 53).contains(stored.optimizerSteps)
    else {
      throw malformed(
        "epoch \(progress.epoch), the best \(progress.bestEpoch), step \(progress.step), "
          + "\(stored.optimizerSteps) in all, after \(done) epochs",
        "numbers that go with each other")
    }
    let current = try Model(model.network, file, card, prefix: "", path)
    guard current.input == model.input else {
      throw malformed("a model for samples of \(current.input)", "one for \(model.input)")
    }
    let best =
      try progress.bestEpoch == 0
      ? nil : Model(model.network, file, card, prefix: "best.", path)
    var memory: [Tensor] = []
    for index in 0..<optimizer.stateCount {
      guard let entry = file.tensors.first(where: { $0.name == "optimizer.\(index)" }) else {
        throw malformed(
          "no tensor \"optimizer.\(index)\"", "\(optimizer.stateCount), for \(optimizer.name)")
      }
      memory.append(try entry.tensor(of: [model.parameterCount], path))
    }
    // What goes on in memory is not converted.
    guard current.dtype == model.dtype, memory.allSatisfy({ $0.dtype == model.dtype }) else {
      throw malformed("numbers of other types than \(model.dtype)", "the type of the model")
    }
    self.init(
      model: current, optimizer: optimizer.resumed(after: stored.optimizerSteps, memory: memory),
      best: best, progress: progress)
  }
}

/// What a file says about a training besides its numbers.
private struct FileProgress: Codable {
  var optimizer: String
  var optimizerSteps: Int
  var progress: TrainingState.Progress
}

extension JSONEncoder.NonConformingFloatEncodingStrategy {
  fileprivate static var words: Self {
    .convertToString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
  }
}

extension JSONDecoder.NonConformingFloatDecodingStrategy {
  fileprivate static var words: Self {
    .convertFromString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
  }
}

extension SafetensorsFile.Entry {
  fileprivate init(_ name: String, _ tensor: Tensor) {
    self.init(
      name: name, dtype: tensor.dtype == .float64 ? .float64 : .float32,
      shape: tensor.shape.sizes, bytes: tensor.withUnsafeBytes { Array($0) })
  }

  /// The values, if they have this shape and are floating point.
  func tensor(of wanted: Shape, _ path: String) throws -> Tensor {
    guard shape == wanted.sizes, dtype == .float32 || dtype == .float64 else {
      throw DataError.malformed(
        path: path, format: "model", place: "tensor \"\(name)\"", found: "\(dtype) \(shape)",
        expected: "float32 or float64 \(wanted), which the network asks for")
    }
    return try tensor()
  }

  /// The values of floating-point numbers, those of less than 32 bits as float32.
  func tensor() throws -> Tensor {
    dtype == .float64
      ? Tensor(bytes.elements(of: Double.self), shape: Shape(shape))
      : Tensor(try floats(), shape: Shape(shape))
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
