/// The plain picture formats of Netpbm: PGM (P2, P5) and PPM (P3, P6), which becomes grey.
public enum PGM {
  /// Whether bytes begin like such a picture.
  public static func isPGM(_ bytes: [UInt8]) -> Bool {
    bytes.count > 2 && bytes[0] == UInt8(ascii: "P") && "2356".utf8.contains(bytes[1])
      && isSpace(bytes[2])
  }

  /// Reads a picture. Throws `DataError.malformed`.
  public static func decode(_ bytes: [UInt8], path: String) throws -> GrayImage {
    guard isPGM(bytes) else {
      throw malformed(path, 0, "something else", "P2, P3, P5 or P6")
    }
    let isColor = bytes[1] == UInt8(ascii: "3") || bytes[1] == UInt8(ascii: "6")
    let isText = bytes[1] == UInt8(ascii: "2") || bytes[1] == UInt8(ascii: "3")
    var position = 2
    let width = try number(bytes, &position, path)
    let height = try number(bytes, &position, path)
    let largest = try number(bytes, &position, path)
    guard width > 0, height > 0, width <= GrayImage.pixelLimit / max(height, 1) else {
      throw malformed(path, 2, "a picture of \(width) × \(height)", "up to 100 megapixels")
    }
    guard (1...65_535).contains(largest) else {
      throw malformed(path, position, "a largest value of \(largest)", "1 to 65535")
    }
    let count = width * height * (isColor ? 3 : 1)
    // Each sample is at least one byte, or in text a digit and a space.
    let least = isText ? count * 2 - 1 : count * (largest > 255 ? 2 : 1)
    position += isText ? 0 : 1
    guard bytes.count - position >= least else {
      throw malformed(path, bytes.count, "the end of the file", "\(count) samples")
    }
    var samples = [Int](repeating: 0, count: count)
    for index in 0..<count {
      if isText {
        samples[index] = try number(bytes, &position, path)
      } else if largest > 255 {
        samples[index] = Int(bytes[position]) << 8 | Int(bytes[position + 1])
        position += 2
      } else {
        samples[index] = Int(bytes[position])
        position += 1
      }
      samples[index] = min(samples[index], largest) * 255 / largest
    }
    let pixels = isColor
      ? (0..<(width * height)).map {
        GrayImage.luminance(samples[3 * $0], samples[3 * $0 + 1], samples[3 * $0 + 2])
      } : samples.map { UInt8($0) }
    return GrayImage(width: width, height: height, pixels: pixels)
  }

  /// The picture as a PGM file.
  public static func encode(_ image: GrayImage) -> [UInt8] {
    Array("P5\n\(image.width) \(image.height)\n255\n".utf8) + image.pixels
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) }

  /// The next number, after spaces and comments.
  private static func number(
    _ bytes: [UInt8], _ position: inout Int, _ path: String
  ) throws -> Int {
    while position < bytes.count {
      if bytes[position] == UInt8(ascii: "#") {
        while position < bytes.count && bytes[position] != 10 { position += 1 }
      } else if isSpace(bytes[position]) {
        position += 1
      } else {
        break
      }
    }
    var (value, digits) = (0, 0)
    while position < bytes.count, (48...57).contains(bytes[position]), digits < 10 {
      value = value * 10 + Int(bytes[position] - 48)
      position += 1
      digits += 1
    }
    guard (1..<10).contains(digits) else {
      throw malformed(path, position, "no number", "a whole number of at most nine digits")
    }
    return value
  }

  private static func malformed(
    _ path: String, _ place: Int, _ found: String, _ expected: String
  ) -> DataError {
    .malformed(
      path: path, format: "PGM", place: "byte \(place)", found: found, expected: expected)
  }
}
