/// A published set of images in four IDX files, which MNIST began.
///
/// ```swift
/// let data = try ImageSet.mnist.read(from: "mnist")
/// data.training.labels.prefix(4)  // [5, 0, 4, 1]
/// ```
public struct ImageSet: Equatable, Sendable {
  /// The name: of the set on the command line, and of its folder in the cache.
  public let name: String
  /// The name of each class.
  public let classNames: [String]
  /// The address of the folder that has the four files.
  public let host: String
  /// The four files: training images and labels, test images and labels.
  public let files: [File]

  /// One of the four files, as it was published.
  public struct File: Equatable, Sendable {
    /// The name at the host, such as `train-images-idx3-ubyte.gz`.
    public let name: String
    /// The number of bytes at the host.
    public let size: Int
    /// The SHA-256, of the file as it is or of what is packed in it.
    public let digest: Digest
  }

  /// What a file is known by.
  public enum Digest: Equatable, Sendable {
    /// The SHA-256 of the packed file.
    case packed(String)
    /// The SHA-256 of the unpacked contents; the packing may differ between hosts.
    case unpacked(String)
  }

  /// Handwritten digits, by LeCun, Cortes and Burges: 60,000 and 10,000 of 28 × 28.
  public static let mnist = ImageSet(
    name: "mnist", classNames: (0...9).map { "\($0)" },
    host: "https://ossci-datasets.s3.amazonaws.com/mnist/",
    sizes: [9_912_422, 28_881, 1_648_877, 4_542],
    digests: [
      .unpacked("ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"),
      .unpacked("65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"),
      .unpacked("0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"),
      .unpacked("ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
    ])

  /// Pictures of clothes, by Xiao, Rasul and Vollgraf: the sizes and files of MNIST, harder.
  public static let fashionMNIST = ImageSet(
    name: "fashion-mnist",
    classNames: [
      "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag",
      "Ankle boot",
    ],
    // The host serves this address without TLS; the digests make up for it.
    host: "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    sizes: [26_421_880, 29_515, 4_422_102, 5_148],
    digests: [
      .packed("3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"),
      .packed("a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"),
      .packed("346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"),
      .packed("67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"),
    ])

  private init(
    name: String, classNames: [String], host: String, sizes: [Int], digests: [Digest]
  ) {
    let stems = ["train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"]
    self.init(
      name: name, classNames: classNames, host: host,
      files: zip(stems, zip(sizes, digests)).map {
        File(name: "\($0)-ubyte.gz", size: $1.0, digest: $1.1)
      })
  }

  init(name: String, classNames: [String], host: String, files: [File]) {
    (self.name, self.classNames, self.host, self.files) = (name, classNames, host, files)
  }

  /// The most bytes that one of the files may unpack to: twenty times MNIST.
  private static let limit = 1 << 30

  /// Reads the four files in `folder`, packed by gzip or not, with any number of images of any
  /// one size.
  ///
  /// - Throws: `DataError`: a file is missing or wrong, or the four do not agree.
  public func read(from folder: String) throws -> (training: LabelledImages, test: LabelledImages) {
    let training = try read(images: files[0], labels: files[1], in: folder)
    let test = try read(images: files[2], labels: files[3], in: folder)
    guard training.height == test.height && training.width == test.width else {
      throw DataError.mismatch(
        path: folder, found: "test images of \(test.height) × \(test.width)",
        expected: "\(training.height) × \(training.width) as in training",
        remedy: "Put the four files of one set there")
    }
    return (training, test)
  }

  /// Whether all four files are in `folder`, under any of their names.
  public func isPresent(in folder: String) -> Bool {
    files.allSatisfy { find($0, in: folder) != nil }
  }

  private func read(images: File, labels: File, in folder: String) throws -> LabelledImages {
    let (imagePath, labelPath) = (try require(images, in: folder), try require(labels, in: folder))
    let pixels = try IDXArray(contentsOf: imagePath, limit: Self.limit)
    let classes = try IDXArray(contentsOf: labelPath, limit: Self.limit)
    for (array, path, rank) in [(pixels, imagePath, 3), (classes, labelPath, 1)]
    where array.dtype != .uint8 || array.shape.count != rank {
      throw DataError.mismatch(
        path: path, found: "\(array.dtype) of shape \(array.shape)",
        expected: "uint8 with \(rank) \(rank == 1 ? "axis" : "axes")",
        remedy: "Check that images and labels are not exchanged")
    }
    guard pixels.shape[0] == classes.shape[0], pixels.shape[0] > 0 else {
      throw DataError.mismatch(
        path: labelPath, found: "\(classes.shape[0]) labels",
        expected: "\(pixels.shape[0]), one for each image of \(imagePath)",
        remedy: "Use the image file and the label file of one set")
    }
    return try LabelledImages(
      height: pixels.shape[1], width: pixels.shape[2], pixels: pixels.bytes,
      labels: classes.bytes, classNames: classNames, name: labelPath)
  }

  private func find(_ file: File, in folder: String) -> String? {
    // "train-images-idx3-ubyte.gz", also without packing and as "train-images.idx3-ubyte".
    let plain = file.name.hasSuffix(".gz") ? String(file.name.dropLast(3)) : file.name
    var dotted = Array(plain)
    if let index = plain.indices.last(where: { plain[$0...].hasPrefix("-idx") }) {
      dotted[plain.distance(from: plain.startIndex, to: index)] = "."
    }
    return [plain, String(dotted)].flatMap { ["\(folder)/\($0).gz", "\(folder)/\($0)"] }
      .first { FileSystem.size(of: $0) != nil }
  }

  private func require(_ file: File, in folder: String) throws -> String {
    guard let path = find(file, in: folder) else {
      throw DataError.missing(path: "\(folder)/\(file.name)", remedy: manualRemedy)
    }
    return path
  }

  /// What a person can do where the program cannot fetch the files.
  var manualRemedy: String {
    "Fetch these files from \(host) on any machine: "
      + files.map(\.name).joined(separator: ", ")
      + "; put them into one folder and name it with --data FOLDER"
  }
}
