/// PNG pictures (W3C, third edition, 2025), read as grey.
///
/// Every colour type and depth without interlacing; transparent pixels count as lying on white.
public enum PNG {
  private static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

  /// Whether bytes begin like a PNG picture.
  public static func isPNG(_ bytes: [UInt8]) -> Bool { bytes.starts(with: signature) }

  private struct Header {
    let width: Int
    let height: Int
    let depth: Int
    let colorType: Int
    var channels: Int {
      switch colorType {
      case 2: 3
      case 4: 2
      case 6: 4
      default: 1
      }
    }
    var rowBytes: Int { (width * channels * depth + 7) / 8 }
    var pixelBytes: Int { max(1, channels * depth / 8) }
  }

  /// Reads a picture. Throws `DataError.malformed`.
  public static func decode(_ bytes: [UInt8], path: String) throws -> GrayImage {
    func malformed(_ place: Int, _ found: String, _ expected: String) -> DataError {
      .malformed(
        path: path, format: "PNG", place: "byte \(place)", found: found, expected: expected)
    }
    guard isPNG(bytes) else { throw malformed(0, "something else", "a PNG signature") }
    var position = 8
    var header: Header?
    var palette: [UInt8] = []
    var compressed: [UInt8] = []
    var isEnded = false
    while !isEnded {
      guard bytes.count - position >= 12 else {
        throw malformed(bytes.count, "the end of the file", "another chunk")
      }
      let length = number(bytes, position)
      guard length <= bytes.count - position - 12 else {
        throw malformed(position, "a chunk of \(length) bytes", "one that ends within the file")
      }
      let body = bytes[(position + 8)..<(position + 8 + length)]
      let checked = bytes[(position + 4)..<(position + 8 + length)]
      guard CRC32.checksum(checked) == UInt32(number(bytes, position + 8 + length)) else {
        throw malformed(position, "a chunk that does not match its checksum", "an undamaged one")
      }
      switch String(decoding: bytes[(position + 4)..<(position + 8)], as: UTF8.self) {
      case "IHDR": header = try self.header(Array(body), position, malformed)
      case "PLTE": palette = Array(body)
      case "IDAT": compressed += body
      case "IEND": isEnded = true
      default: break
      }
      position += 12 + length
    }
    guard let header else { throw malformed(8, "no IHDR chunk", "one") }
    let raw = try inflate(compressed, header, malformed)
    return try picture(try unfiltered(raw, header, malformed), header, palette, malformed)
  }

  private typealias Malformed = (Int, String, String) -> DataError

  private static func number(_ bytes: [UInt8], _ position: Int) -> Int {
    (0..<4).reduce(0) { $0 << 8 | Int(bytes[position + $1]) }
  }

  private static func header(
    _ body: [UInt8], _ place: Int, _ malformed: Malformed
  ) throws -> Header {
    guard body.count == 13 else { throw malformed(place, "\(body.count) bytes of IHDR", "13") }
    let header = Header(
      width: number(body, 0), height: number(body, 4), depth: Int(body[8]),
      colorType: Int(body[9]))
    guard header.width > 0, header.height > 0,
      header.width <= GrayImage.pixelLimit / header.height
    else {
      throw malformed(place, "\(header.width) × \(header.height)", "up to 100 megapixels")
    }
    let depths = [0: [1, 2, 4, 8, 16], 2: [8, 16], 3: [1, 2, 4, 8], 4: [8, 16], 6: [8, 16]]
    guard depths[header.colorType]?.contains(header.depth) == true else {
      throw malformed(
        place, "colour type \(header.colorType), depth \(header.depth)", "a pair that PNG has")
    }
    guard body[10] == 0, body[11] == 0, body[12] == 0 else {
      throw malformed(
        place, body[12] == 1 ? "an interlaced picture" : "an unknown compression",
        "one without interlacing: save it again without")
    }
    return header
  }

  private static func inflate(
    _ data: [UInt8], _ header: Header, _ malformed: Malformed
  ) throws -> [UInt8] {
    let size = (header.rowBytes + 1) * header.height
    guard data.count >= 6, data[0] & 15 == 8, (Int(data[0]) << 8 | Int(data[1])) % 31 == 0 else {
      throw malformed(8, "no compressed data", "a zlib stream")
    }
    let raw = try data.withUnsafeBytes { buffer in
      do throws(Inflate.Failure) {
        return try Inflate.decompress(buffer, from: 2, limit: size).output
      } catch {
        throw malformed(8, error.rawValue, "a compressed stream")
      }
    }
    guard raw.count == size else {
      throw malformed(8, "\(raw.count) bytes of pixels", "\(size)")
    }
    return raw
  }

  private static func unfiltered(
    _ raw: [UInt8], _ header: Header, _ malformed: Malformed
  ) throws -> [UInt8] {
    let (row, step) = (header.rowBytes, header.pixelBytes)
    var result = [UInt8](repeating: 0, count: row * header.height)
    for y in 0..<header.height {
      let filter = raw[y * (row + 1)]
      guard filter <= 4 else { throw malformed(8, "filter \(filter) in row \(y)", "0 to 4") }
      for x in 0..<row {
        let left = x >= step ? Int(result[y * row + x - step]) : 0
        let up = y > 0 ? Int(result[(y - 1) * row + x]) : 0
        let corner = x >= step && y > 0 ? Int(result[(y - 1) * row + x - step]) : 0
        let predicted =
          switch filter {
          case 1: left
          case 2: up
          case 3: (left + up) / 2
          case 4: paeth(left, up, corner)
          default: 0
          }
        result[y * row + x] = raw[y * (row + 1) + 1 + x] &+ UInt8(predicted)
      }
    }
    return result
  }

  private static func paeth(_ left: Int, _ up: Int, _ corner: Int) -> Int {
    let estimate = left + up - corner
    let (a, b, c) = (abs(estimate - left), abs(estimate - up), abs(estimate - corner))
    return a <= b && a <= c ? left : (b <= c ? up : corner)
  }

  private static func picture(
    _ rows: [UInt8], _ header: Header, _ palette: [UInt8], _ malformed: Malformed
  ) throws -> GrayImage {
    let largest = (1 << min(header.depth, 8)) - 1
    func sample(_ y: Int, _ index: Int) -> Int {
      let start = y * header.rowBytes
      if header.depth == 16 { return Int(rows[start + 2 * index]) }
      let bit = index * header.depth
      return Int(rows[start + bit / 8]) >> (8 - header.depth - bit % 8) & largest
    }
    var pixels = [UInt8](repeating: 0, count: header.width * header.height)
    for y in 0..<header.height {
      for x in 0..<header.width {
        let first = x * header.channels
        var gray: Int
        switch header.colorType {
        case 3:
          let color = 3 * sample(y, x)
          guard color + 2 < palette.count else {
            throw malformed(8, "colour \(color / 3)", "one of the palette's \(palette.count / 3)")
          }
          gray = Int(
            GrayImage.luminance(
              Int(palette[color]), Int(palette[color + 1]), Int(palette[color + 2])))
        case 2, 6:
          gray = Int(
            GrayImage.luminance(sample(y, first), sample(y, first + 1), sample(y, first + 2)))
        default: gray = sample(y, first) * 255 / largest
        }
        if header.colorType >= 4 {
          let alpha = sample(y, first + header.channels - 1)
          gray = (gray * alpha + 255 * (255 - alpha)) / 255
        }
        pixels[y * header.width + x] = UInt8(clamping: gray)
      }
    }
    return GrayImage(width: header.width, height: header.height, pixels: pixels)
  }

  // MARK: Writing

  /// The picture as a PNG file, without compression.
  public static func encode(_ image: GrayImage) -> [UInt8] {
    func bigEndian(_ number: Int) -> [UInt8] {
      (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) }
    }
    func chunk(_ name: String, _ body: [UInt8]) -> [UInt8] {
      let checked = Array(name.utf8) + body
      return bigEndian(body.count) + checked + bigEndian(Int(CRC32.checksum(checked)))
    }
    var raw: [UInt8] = []
    for row in 0..<image.height {
      raw.append(0)
      raw += image.pixels[(row * image.width)..<((row + 1) * image.width)]
    }
    var stream: [UInt8] = [0x78, 0x01]
    for start in stride(from: 0, to: raw.count, by: 65_535) {
      let part = raw[start..<min(start + 65_535, raw.count)]
      let length = part.count
      stream.append(start + length == raw.count ? 1 : 0)
      stream += [UInt8(length & 255), UInt8(length >> 8), UInt8(~length & 255), UInt8(~length >> 8 & 255)]
      stream += part
    }
    let (a, b) = raw.reduce((1, 0)) { sums, byte in
      let a = (sums.0 + Int(byte)) % 65_521
      return (a, (sums.1 + a) % 65_521)
    }
    stream += bigEndian(b << 16 | a)
    return signature
      + chunk("IHDR", bigEndian(image.width) + bigEndian(image.height) + [8, 0, 0, 0, 0])
      + chunk("IDAT", stream) + chunk("IEND", [])
  }
}
