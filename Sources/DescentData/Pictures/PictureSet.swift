import Descent

/// A folder of pictures made ready for training: decoded, brought to one size, and split.
///
/// ```swift
/// let photos = try PictureSet(contentsOf: "photos")
/// photos.training.inputs.shape             // [210, 3, 64, 64], bytes
/// try model.fit(photos.training, validation: photos.validation, loss: .crossEntropy,
///   optimizer: .adam())
/// ```
public struct PictureSet: Sendable {
  /// The pictures for training.
  public let training: Dataset
  /// The pictures that each epoch is checked on, if there are enough for that.
  public let validation: Dataset?
  /// The pictures for the end.
  public let test: Dataset
  /// The files of the pictures for the end.
  public let testPaths: [String]
  /// What pictures become.
  public let contract: ImageContract
  /// The files that could not be read, and were left out.
  public let unreadable: [PictureReader.Unreadable]
  /// What was found, for a person: numbers, sizes.
  public let facts: [String]
  /// What is odd, for a person: files left out, duplicates, tiny classes.
  public let warnings: [String]

  /// What a user may say; the rest is inferred.
  public struct Options: Sendable {
    /// The size that pictures get: without it their own, if all have the same one that is at most
    /// 128 × 128, or else 64 × 64.
    public var size: (height: Int, width: Int)?
    /// 1 for shades of grey, 3 for colours; without it grey where all pictures are.
    public var channels: Int?
    /// A folder with the pictures for the end.
    public var testPath: String?
    /// The share of the pictures for the end; without it a tenth of fewer than 2,000, a fifth of more.
    public var testShare: Double?
    /// The share of the other pictures that each epoch is checked on.
    public var validationShare = 0.15
    /// The seed of the draw.
    public var seed: UInt64 = 1
    /// How many threads decode.
    public var threads = Execution.threads
    /// The most bytes that the decoded pictures may take.
    public var memoryLimit: Int
    /// Creates the usual options; `memoryLimit` is what the machine can hold.
    public init(memoryLimit: Int) { self.memoryLimit = memoryLimit }
  }

  /// The fewest pictures that anything can be learned from.
  private static let fewest = 10

  /// Reads the folder at `path`, laid out as `PictureFolder` says, and makes it ready.
  ///
  /// `progress` hears on the calling thread how many pictures of how many are decoded; what it throws
  /// ends the reading.
  ///
  /// - Throws: `DataError` for what cannot be read, held in memory, or learned from.
  public init(
    contentsOf path: String, _ options: Options,
    progress: (_ done: Int, _ total: Int) throws -> Void = { _, _ in }
  ) throws {
    let folder = try PictureFolder(path, testPath: options.testPath)
    guard folder.classNames.count > 1 else {
      throw DataError.mismatch(
        path: folder.path, found: "one class, \(folder.classNames[0].quoted)",
        expected: "at least two sub-folders with pictures",
        remedy: "Add a folder of pictures that are something else")
    }
    let lists = [folder.training, folder.validation, folder.test]
    let total = lists.reduce(0) { $0 + $1.count }
    let (size, reason) = try Self.size(folder, options)
    let wanted = ImageContract(
      channels: options.channels ?? 3, height: size.height, width: size.width)
    try Self.checkMemory(total, wanted, options, folder.path)

    // All parts are decoded before any is made a data set: a colour in one decides for all.
    let reader = PictureReader(wanted, threads: options.threads)
    var done = 0
    var results: [PictureReader.Result] = []
    for list in lists {
      results.append(try reader.read(list.map(\.path)) { try progress(done + $0, total) })
      done += list.count
    }
    var contract = wanted
    if options.channels == nil && results.allSatisfy(\.isGray) {
      contract.channels = 1
      results = results.map { $0.withOneChannel(area: size.height * size.width) }
    }
    self.contract = contract
    unreadable = results.flatMap(\.unreadable)
    guard results.reduce(0, { $0 + $1.positions.count }) >= Self.fewest else {
      let first = unreadable.first.map { " (\($0.reason))" } ?? ""
      throw DataError.mismatch(
        path: folder.path,
        found: "\(total - unreadable.count) of \(total) pictures that can be read\(first)",
        expected: "at least \(Self.fewest)",
        remedy: "Add pictures: nothing can be learned from so few")
    }

    var sources = zip(lists, results).map { Samples($0, $1, contract, folder.classNames) }
    results = []
    var split = Split(sources[0], identities: sources[0].identities())
    if sources[2].files.isEmpty {
      let count = sources[0].files.count
      sources[2] = split.draw(share: options.testShare ?? (count < 2_000 ? 0.1 : 0.2), options.seed)
    }
    if sources[1].files.isEmpty {
      sources[1] = split.draw(share: options.validationShare, options.seed &+ 1)
    }
    sources[0] = split.rest
    training = sources[0].data
    validation = sources[1].files.isEmpty ? nil : sources[1].data
    test = sources[2].data
    testPaths = sources[2].files.map(\.path)
    guard test.count > 0, training.count > 0 else {
      throw DataError.mismatch(
        path: folder.path, found: "no pictures for \(test.count > 0 ? "training" : "testing")",
        expected: "at least one", remedy: "Add pictures, or change --test-share")
    }
    facts = Self.facts(folder, sources, contract, reason)
    var odd = folder.remarks
    odd += Self.complaints(unreadable)
    odd += split.remarks
    odd += Self.duplicates(sources, folder.classNames)
    odd += Self.counts(sources, folder.classNames)
    warnings = odd
  }

  // MARK: Sizes

  /// The size that pictures get, and why.
  private static func size(
    _ folder: PictureFolder, _ options: Options
  ) throws -> (size: (height: Int, width: Int), reason: String) {
    if let size = options.size { return (size, "as asked for") }
    let files = folder.training
    let step = max(1, files.count / 32)
    var sizes: Set<[Int]> = []
    for index in stride(from: 0, to: files.count, by: step) {
      do {
        let picture = try Picture(contentsOf: files[index].path)
        sizes.insert([picture.height, picture.width])
      } catch let error as DataError {
        if case .missingLibrary = error { throw error }
      }
      if sizes.count > 1 { return ((64, 64), "theirs differ") }
    }
    guard let one = sizes.first else { return ((64, 64), "unless --image-size says otherwise") }
    if one[0] <= 128 && one[1] <= 128 { return ((one[0], one[1]), "their own size") }
    return ((64, 64), "theirs is \(one[0]) × \(one[1])")
  }

  private static func checkMemory(
    _ count: Int, _ contract: ImageContract, _ options: Options, _ path: String
  ) throws {
    let area = Double(contract.height * contract.width)
    // Once as they are decoded, once as they are dealt out.
    let needed = 2 * Double(count) * area * Double(contract.channels)
    guard needed > Double(options.memoryLimit) else { return }
    let side = Int((area * Double(options.memoryLimit) / needed).squareRoot())
    let good = [512, 384, 256, 192, 128, 96, 64, 48, 32, 24, 16].first { $0 <= side }
    throw DataError.mismatch(
      path: path,
      found: "\(count) pictures, which at \(contract.height) × \(contract.width) in "
        + "\(contract.channels == 3 ? "colour" : "grey") need \(gigabytes(needed)) of memory",
      expected: "at most \(gigabytes(Double(options.memoryLimit)))",
      remedy: good.map { "Use a smaller size: --image-size \($0)" }
        ?? "Use fewer pictures" + (contract.channels == 3 ? ", or --grayscale" : ""))
  }

  private static func gigabytes(_ bytes: Double) -> String {
    let tenths = (bytes / 1e8).rounded(.up) / 10
    return "\(tenths) GB"
  }

  // MARK: Words

  private static func facts(
    _ folder: PictureFolder, _ sources: [Samples], _ contract: ImageContract, _ reason: String
  ) -> [String] {
    let counts = sources[0].counts(folder.classNames.count)
    let list = zip(folder.classNames, counts).prefix(20).map { "\($0.shortened) \($1)" }
    let more = folder.classNames.count > 20 ? ", …" : ""
    let total = sources.reduce(0) { $0 + $1.files.count }
    let stretched =
      "\(contract.height) × \(contract.width) in \(contract.channels == 3 ? "colour" : "grey")"
    return [
      "\(total) pictures in \(folder.classNames.count) classes, made \(stretched) (\(reason))",
      "for training: \(list.joined(separator: ", "))\(more)",
    ]
  }

  private static func complaints(_ unreadable: [PictureReader.Unreadable]) -> [String] {
    guard !unreadable.isEmpty else { return [] }
    let count = unreadable.count
    var lines = ["\(count) file\(count == 1 ? "" : "s") left out as unreadable:"]
    lines += unreadable.prefix(20).map { "  \($0.reason)" }
    if count > 20 { lines.append("  … and \(count - 20) more") }
    return lines
  }

  /// Pictures that are in two parts, or under two classes.
  private static func duplicates(_ sources: [Samples], _ classNames: [String]) -> [String] {
    var result: [String] = []
    let names = ["training", "validation", "test"]
    var known: [Samples.Content: Int] = [:]
    var contradictions: [(PictureFolder.File, PictureFolder.File)] = []
    let all = sources.flatMap(\.files)
    var position = 0
    for (part, source) in sources.enumerated() {
      var twins: [(PictureFolder.File, PictureFolder.File)] = []
      let before = position
      for content in source.contents() {
        if let first = known[content] {
          if first < before { twins.append((all[position], all[first])) }
          if all[first].label != all[position].label {
            contradictions.append((all[position], all[first]))
          }
        } else {
          known[content] = position
        }
        position += 1
      }
      guard !twins.isEmpty else { continue }
      result.append(
        "\(twins.count) \(names[part]) picture\(twins.count == 1 ? " is" : "s are") also in "
          + "another part, which flatters: \(Self.list(twins))")
    }
    if !contradictions.isEmpty {
      result.append(
        "\(contradictions.count) picture\(contradictions.count == 1 ? " is" : "s are") in two "
          + "classes at once: \(Self.list(contradictions))")
    }
    return result
  }

  private static func list(_ pairs: [(PictureFolder.File, PictureFolder.File)]) -> String {
    let shown = pairs.prefix(3).map { "\($0.path) = \($1.path)" }
    return (shown + (pairs.count > 3 ? ["…"] : [])).joined(separator: ", ")
  }

  private static func counts(_ sources: [Samples], _ classNames: [String]) -> [String] {
    var result: [String] = []
    for (part, name) in [(0, "training"), (2, "test")] {
      let counts = sources[part].counts(classNames.count)
      let missing = counts.indices.filter { counts[$0] == 0 }.map { classNames[$0].quoted }
      if !missing.isEmpty {
        result.append(
          "no \(name) picture of \(missing.prefix(10).joined(separator: ", "))"
            + (part == 0 ? ": the network cannot learn it" : ": how well it is told is not known"))
      }
      let few = counts.indices.filter { (1..<5).contains(counts[$0]) }
      if part == 0 && !few.isEmpty {
        let list = few.prefix(10).map { "\(classNames[$0].quoted) (\(counts[$0]))" }
        result.append("very few training pictures of \(list.joined(separator: ", ")): add some")
      }
    }
    return result
  }

  // MARK: A model's test

  /// The pictures of a folder for a model that knows these classes: those for the test where they
  /// have a folder of their own, or else all.
  ///
  /// - Throws: `DataError` for a folder without pictures, or with classes that the model does not know.
  public static func test(
    contentsOf path: String, contract: ImageContract, classNames: [String],
    threads: Int = Execution.threads, memoryLimit: Int,
    progress: (_ done: Int, _ total: Int) throws -> Void = { _, _ in }
  ) throws -> (data: Dataset, paths: [String], warnings: [String]) {
    let folder = try PictureFolder(path, classNames: classNames)
    let files = folder.test.isEmpty ? folder.training + folder.validation : folder.test
    try checkMemory(files.count, contract, Options(memoryLimit: memoryLimit), folder.path)
    let read = try PictureReader(contract, threads: threads).read(files.map(\.path)) {
      try progress($0, files.count)
    }
    let samples = Samples(files, read, contract, classNames)
    if samples.files.isEmpty, let first = read.unreadable.first { throw first.reason }
    return (samples.data, samples.files.map(\.path), folder.remarks + complaints(read.unreadable))
  }
}

/// Decoded pictures with their files.
private struct Samples {
  let files: [PictureFolder.File]
  let data: Dataset

  init(_ files: [PictureFolder.File], data: Dataset) { (self.files, self.data) = (files, data) }

  init(
    _ all: [PictureFolder.File], _ read: PictureReader.Result, _ contract: ImageContract,
    _ classNames: [String]
  ) {
    files = read.positions.map { all[$0] }
    data = Dataset(
      inputs: Tensor(read.pixels, shape: Shape([files.count] + contract.shape.sizes)),
      targets: Tensor(files.map { Int32($0.label) }), classNames: classNames)
  }

  subscript(positions: [Int]) -> Samples {
    Samples(positions.map { files[$0] }, data: data[positions])
  }

  /// How many pictures each class has.
  func counts(_ classCount: Int) -> [Int] {
    var counts = [Int](repeating: 0, count: classCount)
    for file in files { counts[file.label] += 1 }
    return counts
  }

  /// The bytes of a picture, to be compared with those of others.
  struct Content: Hashable {
    private let data: Tensor
    private let start: Int
    private let count: Int
    private let hash: Int

    init(_ data: Tensor, _ bytes: UnsafeRawBufferPointer, start: Int, count: Int) {
      (self.data, self.start, self.count) = (data, start, count)
      var hasher = Hasher()
      hasher.combine(bytes: UnsafeRawBufferPointer(rebasing: bytes[start..<(start + count)]))
      hash = hasher.finalize()
    }

    static func == (one: Content, other: Content) -> Bool {
      guard one.hash == other.hash, one.count == other.count else { return false }
      return one.data.withUnsafeBytes { mine in
        other.data.withUnsafeBytes { theirs in
          mine[one.start..<(one.start + one.count)].elementsEqual(
            theirs[other.start..<(other.start + other.count)])
        }
      }
    }

    func hash(into hasher: inout Hasher) { hasher.combine(hash) }
  }

  func contents() -> [Content] {
    let size = data.sampleShape.elementCount
    let inputs = data.inputs
    return inputs.withUnsafeBytes { bytes in
      files.indices.map { Content(inputs, bytes, start: $0 * size, count: size) }
    }
  }

  /// For each picture the position of the first that is the same.
  func identities() -> [Int] {
    var known: [Content: Int] = [:]
    return contents().enumerated().map { position, content in
      if let first = known[content] { return first }
      known[content] = position
      return position
    }
  }
}

/// Parts drawn at random from pictures, each class by its share; pictures that are the same stay
/// together.
private struct Split {
  private let all: Samples
  private let identities: [Int]
  private var positions: [Int]

  init(_ all: Samples, identities: [Int]) {
    (self.all, self.identities) = (all, identities)
    positions = Array(all.files.indices)
  }

  /// Takes a part out.
  mutating func draw(share: Double, _ seed: UInt64) -> Samples {
    let leaders = positions.filter { identities[$0] == $0 }
    let parts = Dataset.split(
      leaders.count, classes: leaders.map { Int32(all.files[$0].label) }, holdingOut: share,
      seed: seed)
    let drawn = Set(parts.heldOut.map { leaders[$0] })
    let taken = positions.filter { drawn.contains(identities[$0]) }
    positions = positions.filter { !drawn.contains(identities[$0]) }
    return all[taken]
  }

  /// What was not taken.
  var rest: Samples { positions.count == all.files.count ? all : all[positions] }

  var remarks: [String] {
    let twins = identities.indices.filter { identities[$0] != $0 }
    guard let first = twins.first else { return [] }
    return [
      "\(twins.count) picture\(twins.count == 1 ? " is the same as another" : "s are the same as others")"
        + ", such as \(all.files[first].path) and \(all.files[identities[first]].path)"
    ]
  }
}
