/// Writes small images in the Portable Network Graphics format, without compression.
///
/// See the W3C recommendation "Portable Network Graphics (PNG) Specification", third edition, and
/// RFC 1950 and 1951 for the zlib stream of stored blocks.
enum PNG {
  /// The bytes of an 8-bit grey image; missing pixels are black.
  static func grey(height: Int, width: Int, pixels: [UInt8]) -> [UInt8] {
    image(height: height, width: width, pixels: pixels, colorType: 0)
  }

  /// The bytes of an 8-bit image of red, green and blue, one after the other for each pixel.
  static func colors(height: Int, width: Int, pixels: [UInt8]) -> [UInt8] {
    image(height: height, width: width, pixels: pixels, colorType: 2)
  }

  /// The bytes of an image of colours of a palette of at most 256; missing pixels have the first.
  static func indexed(
    height: Int, width: Int, pixels: [UInt8], palette: [Palette.Color]
  ) -> [UInt8] {
    let colors = palette.flatMap { [$0.red, $0.green, $0.blue] }
    return image(
      height: height, width: width, pixels: pixels, colorType: 3, between: chunk("PLTE", colors))
  }

  private static func image(
    height: Int, width: Int, pixels: [UInt8], colorType: UInt8, between: [UInt8] = []
  ) -> [UInt8] {
    var rows: [UInt8] = []
    let rowSize = colorType == 2 ? 3 * width : width
    rows.reserveCapacity(height * (rowSize + 1))
    for row in 0..<height {
      rows.append(0)  // the row is not filtered
      for place in row * rowSize..<(row + 1) * rowSize {
        rows.append(place < pixels.count ? pixels[place] : 0)
      }
    }
    let header = bytes(UInt32(width)) + bytes(UInt32(height)) + [8, colorType, 0, 0, 0]
    return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
      + chunk("IHDR", header) + between + chunk("IDAT", zlib(rows)) + chunk("IEND", [])
  }

  /// The bytes in the letters of RFC 4648.
  static func base64(_ bytes: [UInt8]) -> String {
    let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var result: [UInt8] = []
    result.reserveCapacity((bytes.count + 2) / 3 * 4)
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
      for index in 0..<4 {
        let letter = letters[bits >> (18 - 6 * index) & 63]
        result.append(index <= group.count ? letter : UInt8(ascii: "="))
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  private static func chunk(_ name: String, _ content: [UInt8]) -> [UInt8] {
    let checked = Array(name.utf8) + content
    return bytes(UInt32(content.count)) + checked + bytes(crc32(checked))
  }

  private static func zlib(_ content: [UInt8]) -> [UInt8] {
    var result: [UInt8] = [0x78, 0x01]
    var start = 0
    repeat {
      let end = min(start + 65535, content.count)
      let length = UInt16(end - start)
      result.append(end == content.count ? 1 : 0)
      for word in [length, ~length] { result += [UInt8(word & 255), UInt8(word >> 8)] }
      result += content[start..<end]
      start = end
    } while start < content.count
    var (a, b): (UInt32, UInt32) = (1, 0)
    for byte in content {
      a = (a + UInt32(byte)) % 65521
      b = (b + a) % 65521
    }
    return result + bytes(b << 16 | a)
  }

  private static func crc32(_ content: [UInt8]) -> UInt32 {
    var crc: UInt32 = 0xFFFF_FFFF
    for byte in content {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
    }
    return ~crc
  }

  private static func bytes(_ word: UInt32) -> [UInt8] {
    [UInt8(word >> 24), UInt8(word >> 16 & 255), UInt8(word >> 8 & 255), UInt8(word & 255)]
  }
}
