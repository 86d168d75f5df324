/// A picture in shades of grey, 0 black to 255 white.
public struct GrayImage: Equatable, Sendable {
  /// The number of columns.
  public let width: Int
  /// The number of rows.
  public let height: Int
  /// The shades, row by row from the top: `[height × width]`.
  public let pixels: [UInt8]

  /// The most pixels that a picture may have: 64 million.
  public static let pixelLimit = 1 << 26

  /// Creates a picture from `width × height` shades, which are at most `pixelLimit`.
  public init(width: Int, height: Int, pixels: [UInt8]) {
    precondition(
      Self.isWithinLimit(width, height) && width * height == pixels.count,
      "a picture of \(width) × \(height) from \(pixels.count) pixels")
    (self.width, self.height, self.pixels) = (width, height, pixels)
  }

  /// Whether a picture may have these sizes, both positive.
  static func isWithinLimit(_ width: Int, _ height: Int) -> Bool {
    let (count, overflow) = width.multipliedReportingOverflow(by: height)
    return width > 0 && height > 0 && !overflow && count <= pixelLimit
  }

  /// Reads a PNG, PGM or PPM picture; colours become shades, transparency white.
  ///
  /// - Throws: `DataError`.
  public init(contentsOf path: String) throws {
    try self.init(bytes: try readFile(path, limit: 1 << 30), path: path)
  }

  /// Reads the bytes of a PNG, PGM or PPM picture; `path` is its name in errors.
  ///
  /// - Throws: `DataError`.
  public init(bytes: [UInt8], path: String = "picture") throws {
    if PNG.isPNG(bytes) {
      self = try PNG.decode(bytes, path: path)
    } else if PGM.isPGM(bytes) {
      self = try PGM.decode(bytes, path: path)
    } else {
      throw DataError.unsupported(
        path: path, format: "picture", feature: "an unknown beginning",
        remedy: "Save it as PNG or PGM")
    }
  }

  /// The bytes of a PNG file with this picture.
  public func png() -> [UInt8] { PNG.encode(self) }

  /// The picture at another size, at most `pixelLimit`: every new pixel is the mean of the area
  /// that it covers.
  public func resized(width newWidth: Int, height newHeight: Int) -> GrayImage {
    precondition(
      Self.isWithinLimit(newWidth, newHeight), "a picture of \(newWidth) × \(newHeight)")
    let columns = Self.coverage(from: width, to: newWidth)
    let rows = Self.coverage(from: height, to: newHeight)
    var result = [UInt8](repeating: 0, count: newWidth * newHeight)
    var sums = [Float](repeating: 0, count: width)
    for (y, row) in rows.enumerated() {
      for x in 0..<width { sums[x] = 0 }
      for (source, weight) in zip(row.first..., row.weights) {
        for x in 0..<width { sums[x] += weight * Float(pixels[source * width + x]) }
      }
      for (x, column) in columns.enumerated() {
        var sum: Float = 0
        for (source, weight) in zip(column.first..., column.weights) {
          sum += weight * sums[source]
        }
        result[y * newWidth + x] = UInt8(min(max(sum.rounded(), 0), 255))
      }
    }
    return GrayImage(width: newWidth, height: newHeight, pixels: result)
  }

  /// For each of `new` equal parts of a line of `old` pixels: the pixels that it covers, and the
  /// share that each has in it.
  private static func coverage(
    from old: Int, to new: Int
  ) -> [(first: Int, weights: [Float])] {
    (0..<new).map { part in
      // In units of 1/new of a pixel, part k covers k × old to (k + 1) × old.
      let (start, end) = (part * old, (part + 1) * old)
      let (first, last) = (start / new, (end - 1) / new)
      let weights = (first...last).map { pixel in
        Float(min(end, (pixel + 1) * new) - max(start, pixel * new)) / Float(old)
      }
      return (first, weights)
    }
  }

  /// The shade of a colour, by the weights of ITU-R BT.601.
  static func shade(red: UInt8, green: UInt8, blue: UInt8) -> UInt8 {
    let sum = UInt32(red) * 19595 + UInt32(green) * 38470 + UInt32(blue) * 7471
    return UInt8((sum + 32768) >> 16)
  }
}
