/// A picture in shades of grey or in red, green and blue, 0 dark to 255 bright.
///
/// ```swift
/// let photo = try Picture(contentsOf: "cat.jpg")
/// let small = photo.resized(width: 64, height: 64)
/// small.pixels.count                       // 64 × 64 × 3
/// ```
public struct Picture: Equatable, Sendable {
  /// The number of columns.
  public let width: Int
  /// The number of rows.
  public let height: Int
  /// 1 for shades of grey, 3 for red, green and blue.
  public let channels: Int
  /// The bytes row by row from the top, `[height, width, channels]`.
  public let pixels: [UInt8]

  /// The most pixels that a picture may have: 64 million.
  public static let pixelLimit = 1 << 26

  /// The most bytes that the file of a picture may have.
  static let fileLimit = 1 << 30

  /// Creates a picture from `width × height × channels` bytes; at most `pixelLimit` pixels.
  public init(width: Int, height: Int, channels: Int = 1, pixels: [UInt8]) {
    precondition(
      (channels == 1 || channels == 3) && Self.isWithinLimit(width, height)
        && width * height * channels == pixels.count,
      "a picture of \(width) × \(height) in \(channels) channels from \(pixels.count) bytes")
    self.width = width
    self.height = height
    self.channels = channels
    self.pixels = pixels
  }

  /// Whether a picture may have these sizes, both positive.
  static func isWithinLimit(_ width: Int, _ height: Int) -> Bool {
    let (count, overflow) = width.multipliedReportingOverflow(by: height)
    return width > 0 && height > 0 && !overflow && count <= pixelLimit
  }

  /// Reads a PNG, JPEG, PGM or PPM picture; what is transparent becomes white.
  ///
  /// - Throws: `DataError`; `.missingLibrary` for JPEG where the system's libturbojpeg is missing.
  public init(contentsOf path: String) throws {
    try self.init(bytes: try readFile(path, limit: Self.fileLimit), path: path)
  }

  /// Reads the bytes of a PNG, JPEG, PGM or PPM picture; `path` is its name in errors.
  ///
  /// - Throws: `DataError`; `.missingLibrary` for JPEG where the system's libturbojpeg is missing.
  public init(bytes: [UInt8], path: String = "picture") throws {
    try self.init(bytes: bytes, path: path, atLeast: nil)
  }

  /// Reads a picture of which no more than the given size is needed: a large JPEG then comes out
  /// smaller, but at least twice that size.
  init(bytes: [UInt8], path: String, atLeast size: (width: Int, height: Int)?) throws {
    if PNG.isPNG(bytes) {
      self = try PNG.decode(bytes, path: path)
    } else if JPEG.isJPEG(bytes) {
      self = try JPEG.decode(bytes, path: path, atLeast: size)
    } else if PGM.isPGM(bytes) {
      self = try PGM.decode(bytes, path: path)
    } else {
      throw DataError.unsupported(
        path: path, format: "picture",
        feature: bytes.isEmpty ? "no bytes in it" : "an unknown beginning",
        remedy: "Save it as PNG, JPEG, PGM or PPM")
    }
  }

  /// Whether `bytes` begin like a picture that can be read.
  public static func isPicture(_ bytes: [UInt8]) -> Bool {
    PNG.isPNG(bytes) || JPEG.isJPEG(bytes) || PGM.isPGM(bytes)
  }

  /// The bytes of a PNG file with this picture.
  public func png() -> [UInt8] { PNG.encode(self) }

  // MARK: Colours

  /// Whether all pixels are shades of grey, whatever they are stored as.
  public var isGray: Bool {
    if channels == 1 { return true }
    return pixels.withUnsafeBufferPointer { pixels in
      for index in stride(from: 0, to: pixels.count, by: 3) {
        if pixels[index] != pixels[index + 1] || pixels[index] != pixels[index + 2] { return false }
      }
      return true
    }
  }

  /// The picture in shades of grey, by the weights of ITU-R BT.601.
  public var gray: Picture {
    guard channels == 3 else { return self }
    let shades = [UInt8](unsafeUninitializedCapacity: width * height) { shades, count in
      pixels.withUnsafeBufferPointer { pixels in
        for index in 0..<(width * height) {
          shades[index] = Self.shade(
            red: pixels[3 * index], green: pixels[3 * index + 1], blue: pixels[3 * index + 2])
        }
      }
      count = width * height
    }
    return Picture(width: width, height: height, pixels: shades)
  }

  /// The shade of a colour, by the weights of ITU-R BT.601.
  static func shade(red: UInt8, green: UInt8, blue: UInt8) -> UInt8 {
    let sum = UInt32(red) * 19595 + UInt32(green) * 38470 + UInt32(blue) * 7471
    return UInt8((sum + 32768) >> 16)
  }

  /// The picture with dark and bright exchanged.
  public var inverted: Picture {
    Picture(width: width, height: height, channels: channels, pixels: pixels.map { 255 - $0 })
  }

  /// Writes the bytes channel by channel, `[channels, height, width]`, as networks want them.
  func writePlanes(to output: UnsafeMutablePointer<UInt8>, channels wanted: Int) {
    let area = width * height
    pixels.withUnsafeBufferPointer { pixels in
      for channel in 0..<wanted {
        let first = channels == 1 ? 0 : channel
        for index in 0..<area {
          output[channel * area + index] = pixels[index * channels + first]
        }
      }
    }
  }
}
