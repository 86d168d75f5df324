/// The plain picture formats PGM (P2, P5) and PPM (P3, P6).
public enum PGM {
  /// Whether `bytes` begin like one of these files, or one of their kin.
  public static func isPGM(_ bytes: [UInt8]) -> Bool {
    bytes.count >= 2 && bytes[0] == UInt8(ascii: "P") && (0x31...0x37).contains(bytes[1])
  }

  /// Reads a picture.
  ///
  /// - Throws: `DataError`.
  public static func decode(_ bytes: [UInt8], path: String) throws -> Picture {
    var reader = ByteReader(bytes, path: path, format: "PGM")
    let kind = try reader.take(2).last
    let isText = kind == UInt8(ascii: "2") || kind == UInt8(ascii: "3")
    let isColour = kind == UInt8(ascii: "3") || kind == UInt8(ascii: "6")
    guard isText || isColour || kind == UInt8(ascii: "5") else {
      throw DataError.unsupported(
        path: path, format: "PNM", feature: "another kind than P2, P3, P5 and P6",
        remedy: "Save it as PNG or PGM")
    }
    let width = try number(&reader)
    let height = try number(&reader)
    let maximum = try number(&reader)
    guard (1...65535).contains(maximum) else {
      throw reader.malformed(
        at: reader.offset, found: "a maximum of \(maximum)", expected: "1 to 65535")
    }
    guard Picture.isWithinLimit(width, height) else {
      throw reader.malformed(
        at: reader.offset, found: "\(width) × \(height) pixels",
        expected: "1 to \(Picture.pixelLimit)")
    }
    let samples = width * height * (isColour ? 3 : 1)
    let sampleSize = isText ? 1 : maximum > 255 ? 2 : 1
    // One white space ends the header; a sample of text takes a digit and a blank at least.
    if !isText { try reader.skip(1) }
    guard samples * sampleSize <= reader.remaining else { throw reader.truncated }
    let channels = isColour ? 3 : 1
    func picture(_ pixels: [UInt8]) -> Picture {
      Picture(width: width, height: height, channels: channels, pixels: pixels)
    }
    if !isText && maximum == 255 { return picture(Array(try reader.take(samples))) }
    var values: [UInt8] = []
    values.reserveCapacity(samples)
    for _ in 0..<samples {
      let value =
        isText
        ? try number(&reader)
        : sampleSize == 2 ? Int(try reader.uint16(.big)) : Int(try reader.uint8())
      guard value <= maximum else {
        throw reader.malformed(
          at: reader.offset, found: "a sample of \(value)", expected: "at most \(maximum)")
      }
      values.append(UInt8((value * 255 + maximum / 2) / maximum))
    }
    return picture(values)
  }

  /// The next number, after white space and comments.
  private static func number(_ reader: inout ByteReader) throws -> Int {
    while reader.remaining > 0 {
      let byte = reader.bytes[reader.offset]
      if byte == UInt8(ascii: "#") {
        while reader.remaining > 0, reader.bytes[reader.offset] != UInt8(ascii: "\n") {
          reader.offset += 1
        }
      } else if byte == 0x20 || (0x09...0x0D).contains(byte) {
        reader.offset += 1
      } else {
        break
      }
    }
    let start = reader.offset
    var value = 0
    while reader.remaining > 0, (0x30...0x39).contains(reader.bytes[reader.offset]) {
      value = value * 10 + Int(reader.bytes[reader.offset] - 0x30)
      guard value <= 1 << 32 else {
        throw reader.malformed(at: start, found: "a number beyond 2³²", expected: "a smaller one")
      }
      reader.offset += 1
    }
    guard reader.offset > start else {
      if reader.remaining == 0 { throw reader.truncated }
      throw reader.malformed(
        at: start, found: "byte \(hex(reader.bytes[start]))", expected: "a number")
    }
    return value
  }
}
