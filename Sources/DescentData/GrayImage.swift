/// A grey picture: one byte for each pixel, row by row, 0 is black.
public struct GrayImage: Sendable, Equatable {
  /// Pixels in a row.
  public let width: Int
  /// Rows.
  public let height: Int
  /// The pixels, `[height, width]`.
  public let pixels: [UInt8]

  /// The most pixels that a picture from a file may have.
  static let pixelLimit = 100_000_000

  /// Creates a picture.
  public init(width: Int, height: Int, pixels: [UInt8]) {
    precondition(
      width > 0 && height > 0 && pixels.count == width * height,
      "a picture of \(width) × \(height) does not have \(pixels.count) pixels")
    self.width = width
    self.height = height
    self.pixels = pixels
  }

  /// The picture in another size: each new pixel is the mean of the area that it covers.
  public func resized(width newWidth: Int, height newHeight: Int) -> GrayImage {
    let across = Self.shares(from: width, to: newWidth)
    let down = Self.shares(from: height, to: newHeight)
    var result = [UInt8](repeating: 0, count: newWidth * newHeight)
    for (row, rows) in down.enumerated() {
      for (column, columns) in across.enumerated() {
        var sum = 0.0
        for (y, vertical) in rows {
          for (x, horizontal) in columns {
            sum += vertical * horizontal * Double(pixels[y * width + x])
          }
        }
        result[row * newWidth + column] = UInt8(min(255, max(0, sum.rounded())))
      }
    }
    return GrayImage(width: newWidth, height: newHeight, pixels: result)
  }

  /// For each new position: the old ones that it covers, and how much of it each is.
  private static func shares(from old: Int, to new: Int) -> [[(Int, Double)]] {
    let step = Double(old) / Double(new)
    return (0..<new).map { index in
      let (start, end) = (Double(index) * step, Double(index + 1) * step)
      let last = min(old - 1, max(Int(start), Int(end.rounded(.up)) - 1))
      let covered = (Int(start)...last).map { position in
        (position, min(end, Double(position + 1)) - max(start, Double(position)))
      }
      let total = covered.reduce(0) { $0 + $1.1 }
      return covered.map { ($0.0, $0.1 / total) }
    }
  }

  /// The grey of a colour as the eye sees it (ITU-R BT.601).
  static func luminance(_ red: Int, _ green: Int, _ blue: Int) -> UInt8 {
    UInt8(clamping: (299 * red + 587 * green + 114 * blue + 500) / 1000)
  }
}
