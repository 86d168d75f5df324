/// Grey images of one size, each with the index of its class.
public struct LabelledImages: Equatable, Sendable {
  /// The number of images.
  public let count: Int
  /// The number of rows of each.
  public let height: Int
  /// The number of columns of each.
  public let width: Int
  /// The shades, 0 background to 255 ink: `[count, height, width]`.
  public let pixels: [UInt8]
  /// The index of the class of each image: `[count]`.
  public let labels: [UInt8]
  /// The name of each class.
  public let classNames: [String]

  /// Creates a set of images.
  ///
  /// - Throws: `DataError.mismatch` where the numbers of pixels and labels do not agree, or where
  ///   a label is beyond the classes; `name` is the set's name in errors.
  public init(
    height: Int, width: Int, pixels: [UInt8], labels: [UInt8], classNames: [String],
    name: String = "images"
  ) throws {
    guard height > 0, width > 0,
      byteCount(of: [labels.count, height, width], elementSize: 1) == pixels.count
    else {
      throw DataError.mismatch(
        path: name, found: "\(pixels.count) pixels",
        expected: "\(labels.count) labels × \(height) × \(width)",
        remedy: "Use the image file and the label file of one set")
    }
    if let index = labels.firstIndex(where: { $0 >= classNames.count }) {
      throw DataError.mismatch(
        path: "\(name), label \(index)", found: "\(labels[index])",
        expected: "0 to \(classNames.count - 1)",
        remedy: "Use the label file of this set, or say how many classes there are")
    }
    (self.height, self.width, self.pixels, self.labels) = (height, width, pixels, labels)
    (count, self.classNames) = (labels.count, classNames)
  }

  /// The image at `index` as a picture.
  public subscript(index: Int) -> Picture {
    let size = height * width
    return Picture(
      width: width, height: height, pixels: Array(pixels[index * size..<(index + 1) * size]))
  }
}
