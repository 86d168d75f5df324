import ArgumentParser
import Descent
import DescentData
import Foundation

/// Where samples come from: a table or pictures of one's own, or an embedded, downloaded or
/// generated set.
struct DataSource: ParsableArguments {
  @Argument(
    help: ArgumentHelp(
      "The data: a CSV, TSV, .npz or .npy file, a folder of pictures, or a set by name.",
      discussion:
        "A folder has one sub-folder of pictures for each class, or train and test with those in "
        + "them. Sets: \(Self.names.joined(separator: ", ")).", valueName: "set"))
  var typed: String?

  /// The data as typed; empty where none was named.
  var set: String { typed ?? "" }

  @OptionGroup(title: "Tables") var tableOptions: TableOptions
  @OptionGroup(title: "Pictures") var imageOptions: ImageOptions

  @Option(help: "The folder of mnist's or fashion's IDX files, compressed or not.")
  var data: String?

  @Option(help: "How many samples of a generated set.")
  var count: Int?

  @Option(help: "How noisy a generated set is.")
  var noise: Double?

  /// A data set with what suits it where the user did not choose.
  struct Loaded {
    let name: String
    let summary: String
    let training: Dataset
    let test: Dataset
    /// What one image is, if the samples are images.
    var image: ImageContract?
    var layers = "128:relu"
    var optimizer = "adam"
    var learningRate: Double?
    var schedule: String?
    var weightDecay: Double?
    var labelSmoothing = 0.0
    var epochs = 10
    var batchSize = 128
    /// The share of the training samples that validation takes.
    var validationShare = 0.1
    /// The samples that each epoch is checked on, where the set has them apart.
    var validation: Dataset?
    /// The table that the samples come from.
    var table: TableSet?
    /// The files that the samples come from.
    var pictures: PictureSet?
    var classNames: [String] { training.classNames }
    var outputCount: Int { training.targets.rank > 1 ? training.targets.shape[1] : 1 }
  }

  static var names: [String] { ["digits", "mnist", "fashion"] + GeneratedSet.names }

  /// Whether the data is a folder of pictures.
  var isFolder: Bool { !Self.names.contains(set) && PictureFolder.isFolder(set) }

  /// Reads or makes the samples; `isQuiet` says nothing meanwhile.
  func load(seed: UInt64, isQuiet: Bool = false) throws -> Loaded {
    guard !set.isEmpty else {
      throw UsageError(
        "name the data: a CSV or TSV file, a folder of pictures, or one of "
          + Self.names.joined(separator: ", "))
    }
    if imageOptions.isGiven && !isFolder {
      throw UsageError("--image-size, --grayscale and --color belong to folders of pictures")
    }
    switch set {
    case "digits":
      let (training, test) = try Digits.load()
      var loaded = Loaded(
        name: set, summary: "5,000 handwritten digits of MNIST, 28×28, 10 classes",
        training: Dataset(training), test: Dataset(test),
        image: .init(channels: 1, height: training.height, width: training.width))
      loaded.layers = "256:relu"
      loaded.labelSmoothing = 0.1
      loaded.epochs = 30
      loaded.batchSize = 32
      return loaded
    case "mnist", "fashion":
      let isFashion = set == "fashion"
      let folder = try data ?? download(isFashion: isFashion)
      let (training, test) = try MNIST.load(folder: folder, isFashion: isFashion)
      var loaded = Loaded(
        name: set, summary: "images from \(folder)", training: Dataset(training),
        test: Dataset(test),
        image: .init(channels: 1, height: training.height, width: training.width))
      loaded.validationShare = 1.0 / 6
      return loaded
    case _ where GeneratedSet.names.contains(set): return try generated(seed: seed)
    case _ where isFolder:
      return try imageOptions.load(set, tableOptions, seed: seed, isQuiet: isQuiet)
    default: return try tableOptions.load(set, seed: seed)
    }
  }

  private func download(isFashion: Bool) throws -> String {
    let isTerminal = isatty(STDERR_FILENO) == 1
    var announced = ""
    let folder = try Download.folder(isFashion: isFashion) { progress in
      let total = progress.total.map { " of \($0 / 1024)" } ?? ""
      if isTerminal {
        writeError(
          "\rdownloading \(progress.file): \(progress.bytes / 1024)\(total) KiB\u{1B}[K")
      } else if announced != progress.file {
        writeError("downloading \(progress.file)\n")
      }
      announced = progress.file
    }
    if isTerminal && !announced.isEmpty { writeError("\r\u{1B}[K") }
    return folder
  }

  private func generated(seed: UInt64) throws -> Loaded {
    let count = count ?? 1_000
    guard (10...10_000_000).contains(count) else {
      throw UsageError("--count is from 10 to 10,000,000, not \(count)")
    }
    if let noise, !(noise >= 0 && noise.isFinite) {
      throw UsageError("--noise is not negative, unlike \(noise)")
    }
    guard let training = GeneratedSet.named(set, count: count, noise: noise, seed: seed),
      let test = GeneratedSet.named(set, count: max(count / 4, 10), noise: noise, seed: seed &+ 1)
    else { throw unknown("data set", set, Self.names) }
    var loaded = Loaded(
      name: set, summary: "\(count) samples, generated", training: Dataset(training),
      test: Dataset(test))
    loaded.layers = set == "line" ? "none" : "64:relu,64:relu"
    loaded.learningRate = 0.01
    loaded.epochs = 200
    loaded.batchSize = 32
    return loaded
  }
}
