import Foundation

/// MNIST and its likes: four IDX files in a folder, compressed or not.
public enum MNIST {
  /// The names of the four files, without `.gz`.
  static let files = [
    "train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
  ]

  private static let garments = [
    "T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "boot",
  ]

  /// Reads the training and the test set.
  ///
  /// Throws `DataError` if a file is missing or damaged, if counts or sizes disagree, or if a
  /// label is not below 10.
  public static func load(
    folder: String, isFashion: Bool = false
  ) throws -> (training: LabelledImages, test: LabelledImages) {
    let missing = files.filter { path(of: $0, in: folder) == nil }
    guard missing.isEmpty else {
      throw DataError.missing(
        path: folder,
        remedy: "put these files there, with or without .gz: " + missing.joined(separator: ", "))
    }
    let names = isFashion ? garments : (0..<10).map(String.init)
    let training = try images(folder, files[0], files[1], names)
    let test = try images(folder, files[2], files[3], names)
    guard training.height == test.height, training.width == test.width else {
      throw DataError.mismatch(
        path: folder, found: "test images of \(test.height) × \(test.width)",
        expected: "\(training.height) × \(training.width), as for training",
        remedy: "use files that belong together")
    }
    return (training, test)
  }

  /// The file as it is spelt in this folder, if it is there.
  private static func path(of name: String, in folder: String) -> String? {
    let dotted = name.replacingOccurrences(of: "-idx", with: ".idx")
    return [name, name + ".gz", dotted, dotted + ".gz"].map { folder + "/" + $0 }
      .first { FileManager.default.fileExists(atPath: $0) }
  }

  private static func images(
    _ folder: String, _ imageFile: String, _ labelFile: String, _ names: [String]
  ) throws -> LabelledImages {
    let imagePath = path(of: imageFile, in: folder) ?? imageFile
    let labelPath = path(of: labelFile, in: folder) ?? labelFile
    let images = try IDXArray(bytes: try readFile(imagePath), path: imagePath)
    let labels = try IDXArray(bytes: try readFile(labelPath), path: labelPath)
    func malformed(_ path: String, _ found: String, _ expected: String) -> DataError {
      .malformed(path: path, format: "MNIST", place: "byte 2", found: found, expected: expected)
    }
    guard images.dtype == .uint8, images.shape.count == 3, images.shape.allSatisfy({ $0 > 0 }) else {
      throw malformed(imagePath, "\(images.dtype) \(images.shape)", "bytes, [count, height, width]")
    }
    guard labels.dtype == .uint8, labels.shape.count == 1 else {
      throw malformed(labelPath, "\(labels.dtype) \(labels.shape)", "bytes, [count]")
    }
    guard images.shape[0] == labels.shape[0] else {
      throw DataError.mismatch(
        path: labelPath, found: "\(labels.shape[0]) labels",
        expected: "\(images.shape[0]), one for each image", remedy: "use files that belong together")
    }
    if let position = labels.bytes.firstIndex(where: { $0 >= names.count }) {
      throw DataError.malformed(
        path: labelPath, format: "MNIST", place: "label \(position)",
        found: "the class \(labels.bytes[position])", expected: "0 to \(names.count - 1)")
    }
    return LabelledImages(
      count: images.shape[0], height: images.shape[1], width: images.shape[2],
      pixels: images.bytes, labels: labels.bytes, classNames: names)
  }
}
