/// Grey pictures of equal size, each with its class.
public struct LabelledImages: Sendable {
  /// The number of pictures.
  public let count: Int
  /// Rows of a picture.
  public let height: Int
  /// Pixels in a row.
  public let width: Int
  /// The pixels, `[count, height, width]`; 0 is the background.
  public let pixels: [UInt8]
  /// The class of each picture, `[count]`.
  public let labels: [UInt8]
  /// The names of the classes.
  public let classNames: [String]
}
