import ArgumentParser
import Descent
import DescentData
import Foundation

/// The options that say what pictures become.
struct ImageOptions: ParsableArguments {
  /// Whether pictures are grey or in colour.
  enum Colors: String, EnumerableFlag { case grayscale, color }

  @Option(
    help: ArgumentHelp(
      "The size that pictures get: the side of a square, or height x width.",
      discussion:
        "Unless said otherwise their own, if all have the same one that is at most 128x128, or "
        + "else 64x64. Both directions are stretched on their own.", valueName: "64|48x64"))
  var imageSize: String?

  @Flag(help: "Shades of grey or colours; unless said otherwise grey where all pictures are.")
  var colors: Colors?

  /// Whether something was said about pictures.
  var isGiven: Bool { imageSize != nil || colors != nil }

  /// Takes the size and the colours of a model's pictures where nothing else was said.
  mutating func suit(_ image: ImageContract) {
    imageSize = imageSize ?? "\(image.height)x\(image.width)"
    colors = colors ?? (image.channels == 1 ? .grayscale : .color)
  }

  /// The shape of samples for a network that is looked at without pictures.
  func shape(instead usual: Shape) throws -> Shape {
    let (height, width) = try imageSize.map(size) ?? (usual[1], usual[2])
    return [colors.map { $0 == .grayscale ? 1 : 3 } ?? usual[0], height, width]
  }

  /// Reads the folder at `path` and makes it ready.
  func load(
    _ path: String, _ table: TableOptions, seed: UInt64, isQuiet: Bool
  ) throws -> DataSource.Loaded {
    for (option, value) in [
      ("target", table.target), ("task", table.task), ("categorical", table.categorical),
      ("drop", table.drop), ("separator", table.separator),
    ] where value != nil {
      throw UsageError(
        "--\(option) belongs to tables, and \(path) is a folder: its sub-folders are the classes")
    }
    var options = PictureSet.Options(memoryLimit: memoryLimit)
    options.size = try imageSize.map(size)
    options.channels = colors.map { $0 == .grayscale ? 1 : 3 }
    options.testPath = table.testData
    options.testShare = try table.share()
    options.seed = seed
    var progress = DecodingProgress(isQuiet: isQuiet)
    let set = try PictureSet(contentsOf: path, options) { try progress.show($0, of: $1) }
    var loaded = DataSource.Loaded(
      name: URL(fileURLWithPath: path).standardizedFileURL.lastPathComponent,
      summary: ([path] + set.facts + set.warnings).joined(separator: "\n  "),
      training: set.training, test: set.test)
    loaded.validation = set.validation
    loaded.image = set.contract
    loaded.pictures = set
    loaded.suit(pictures: set.training.count)
    return loaded
  }

  private func size(_ text: String) throws -> (height: Int, width: Int) {
    let sides = text.lowercased().split(separator: "x", omittingEmptySubsequences: false)
      .map { Int($0) ?? 0 }
    guard (1...2).contains(sides.count), sides.allSatisfy({ (1...4096).contains($0) }) else {
      throw UsageError(
        "--image-size is a side such as 64, or height x width such as 48x64, each up to 4096; not "
          + "\"\(text)\"")
    }
    return (sides[0], sides[sides.count - 1])
  }
}

extension DataSource.Loaded {
  /// Chooses what suits so many training pictures: the one place where the default network for
  /// pictures is chosen.
  mutating func suit(pictures count: Int) {
    optimizer = "adamw"
    schedule = "cosine"
    (layers, learningRate, weightDecay) = ("256:relu,64:relu", 1e-4, 0.05)
    batchSize = count < 5_000 ? 32 : 128
    epochs = count < 5_000 ? 60 : 30
    labelSmoothing = 0.1
  }
}

extension DataSource.Loaded {
  /// Chooses what suits a network with a name that learns pictures from the beginning: its weights are
  /// few and shared, or it has batch norm; and it ends better with small steps.
  mutating func suitNamedNetwork() {
    if pictures != nil { learningRate = 1e-3 }
    schedule = "cosine"
  }
}

/// The most bytes that pictures may take: three quarters of the machine's memory, or of the part
/// that a container may use.
var memoryLimit: Int {
  var limit = Int(clamping: ProcessInfo.processInfo.physicalMemory)
  if let bytes = try? readFile("/sys/fs/cgroup/memory.max"),
    let allowed = Int(String(decoding: bytes, as: UTF8.self).filter(\.isNumber)), allowed > 0
  {
    limit = min(limit, allowed)
  }
  return limit / 4 * 3
}

/// Shows how far the decoding of pictures is, on standard error; Ctrl-C ends it.
struct DecodingProgress {
  let isQuiet: Bool
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private var lastShown = ContinuousClock.now
  private var isShown = false

  init(isQuiet: Bool) { self.isQuiet = isQuiet }

  mutating func show(_ done: Int, of total: Int) throws {
    if let code = Interruption.exitCode { throw ExitCode(code) }
    guard !isQuiet else { return }
    if done == total {
      if isTerminal && isShown { writeError("\r\u{1B}[K") }
      isShown = false
      return
    }
    // A bar on a terminal, and elsewhere a line now and then, for a person who waits.
    let now = ContinuousClock.now
    guard now - lastShown >= .milliseconds(isTerminal ? 100 : 10_000) else { return }
    lastShown = now
    isShown = true
    let text = "reading pictures: \(grouped(done)) of \(grouped(total))"
    writeError(isTerminal ? "\r\(text)\u{1B}[K" : text + "\n")
  }
}
