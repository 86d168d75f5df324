/// The PNG format (ISO/IEC 15948): all kinds of pixels, interlaced or not, to shades of grey.
public enum PNG {
  private static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

  /// Whether `bytes` begin like a PNG file.
  public static func isPNG(_ bytes: [UInt8]) -> Bool { bytes.starts(with: signature) }

  /// Reads a picture; colours become shades, transparency white.
  ///
  /// - Throws: `DataError`.
  public static func decode(_ bytes: [UInt8], path: String) throws -> GrayImage {
    var reader = ByteReader(bytes, path: path, format: "PNG")
    try reader.skip(signature.count)
    var header: Header?
    var palette: [UInt8] = []
    var transparency: [UInt8] = []
    var packed: [UInt8] = []
    chunks: while true {
      let start = reader.offset
      let length = Int(try reader.uint32(.big))
      guard length <= reader.remaining - 8 else { throw reader.truncated }
      let kind = String(decoding: try reader.take(4), as: UTF8.self)
      let body = try reader.take(length)
      let found = CRC32.of(bytes[start + 4..<reader.offset])
      let check = try reader.uint32(.big)
      guard check == found else {
        throw DataError.checksum(
          path: path, algorithm: "CRC-32 of part \(kind.quoted)", found: hex(found),
          expected: hex(check))
      }
      switch kind {
      case "IHDR" where header == nil && start == signature.count:
        header = try Header(Array(body), path: path)
      case "PLTE" where palette.isEmpty && body.count % 3 == 0 && body.count <= 768:
        palette = Array(body)
      case "tRNS" where transparency.isEmpty: transparency = Array(body)
      case "IDAT": packed += body
      case "IEND": break chunks
      default:
        // A capital first letter marks what a reader must understand.
        guard bytes[start + 4] & 0x20 != 0 else {
          throw reader.malformed(
            at: start, found: "part \(kind.quoted)", expected: "IHDR first, PLTE once, IDAT, IEND")
        }
      }
    }
    guard let header else {
      throw reader.malformed(at: 8, found: "no part IHDR", expected: "it first")
    }
    let size = header.passes.reduce(0) { $0 + $1.height * (header.rowBytes($1.width) + 1) }
    // Deflate expands at most 1,032 times: a larger picture cannot be in so few bytes.
    guard size / 1032 <= packed.count else { throw reader.truncated }
    var rows = try Gzip.zlib(packed, limit: size, path: path, format: "PNG")
    guard rows.count == size else {
      throw reader.malformed(
        place: .part("picture data"), found: "\(rows.count) bytes", expected: "\(size)")
    }
    let colours = try Colours(
      header: header, palette: palette, transparency: transparency, reader: reader)
    var pixels = [UInt8](repeating: 0, count: header.width * header.height)
    var offset = 0
    for pass in header.passes where pass.width > 0 {
      let rowBytes = header.rowBytes(pass.width)
      for row in 0..<pass.height {
        try unfilter(
          &rows, row: offset, above: row == 0 ? nil : offset - rowBytes - 1, count: rowBytes,
          step: max(1, header.bitsPerPixel / 8), reader: reader)
        for column in 0..<pass.width {
          let (x, y) = (pass.x + column * pass.dx, pass.y + row * pass.dy)
          guard let shade = colours.shade(rows, row: offset + 1, column: column) else {
            throw reader.malformed(
              place: .part("pixel (\(x), \(y))"), found: "a colour beyond the palette",
              expected: "less than \(palette.count / 3)")
          }
          pixels[y * header.width + x] = shade
        }
        offset += rowBytes + 1
      }
    }
    return GrayImage(width: header.width, height: header.height, pixels: pixels)
  }

  /// Undoes the filter of one row in place: differences to the left, above, or both.
  private static func unfilter(
    _ rows: inout [UInt8], row: Int, above: Int?, count: Int, step: Int, reader: ByteReader
  ) throws {
    let filter = rows[row]
    guard filter <= 4 else {
      throw reader.malformed(
        place: .part("picture data"), found: "row filter \(filter)", expected: "0 to 4")
    }
    if filter == 0 { return }
    rows.withUnsafeMutableBufferPointer { rows in
      for index in stride(from: 1, through: count, by: 1) {
        let left = index > step ? Int(rows[row + index - step]) : 0
        let up = above.map { Int(rows[$0 + index]) } ?? 0
        let corner = index > step ? above.map { Int(rows[$0 + index - step]) } ?? 0 : 0
        let guess: Int
        switch filter {
        case 1: guess = left
        case 2: guess = up
        case 3: guess = (left + up) / 2
        default:
          // Paeth: whichever neighbour is nearest to left + up - corner.
          let (a, b) = (abs(up - corner), abs(left - corner))
          let c = abs(left + up - 2 * corner)
          guess = a <= b && a <= c ? left : b <= c ? up : corner
        }
        rows[row + index] &+= UInt8(truncatingIfNeeded: guess)
      }
    }
  }

  /// The bytes of a PNG file with this picture, not compressed.
  public static func encode(_ image: GrayImage) -> [UInt8] {
    var rows: [UInt8] = []
    for y in 0..<image.height {
      rows.append(0)
      rows += image.pixels[y * image.width..<(y + 1) * image.width]
    }
    var packed: [UInt8] = [0x78, 0x01]
    for start in stride(from: 0, to: rows.count, by: 65535) {
      let block = rows[start..<min(start + 65535, rows.count)]
      let length = UInt16(block.count)
      packed.append(block.endIndex == rows.count ? 1 : 0)
      for field in [length, ~length] {
        packed += [UInt8(truncatingIfNeeded: field), UInt8(field >> 8)]
      }
      packed += block
    }
    packed += bigEndian(adler32(rows))
    let header =
      bigEndian(UInt32(image.width)) + bigEndian(UInt32(image.height)) + [8, 0, 0, 0, 0]
    return signature + chunk("IHDR", header) + chunk("IDAT", packed) + chunk("IEND", [])
  }

  private static func chunk(_ kind: String, _ body: [UInt8]) -> [UInt8] {
    let named = Array(kind.utf8) + body
    return bigEndian(UInt32(body.count)) + named + bigEndian(CRC32.of(named))
  }

  private static func bigEndian(_ value: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
  }
}

extension PNG {
  /// A rectangle of pixels at equal distances; a picture has one, an interlaced one seven.
  fileprivate struct Pass {
    let (x, y, dx, dy): (Int, Int, Int, Int)
    let (width, height): (Int, Int)

    init(_ x: Int, _ y: Int, _ dx: Int, _ dy: Int, of header: (width: Int, height: Int)) {
      (self.x, self.y, self.dx, self.dy) = (x, y, dx, dy)
      let columns = max(0, (header.width - x + dx - 1) / dx)
      width = columns
      height = columns == 0 ? 0 : max(0, (header.height - y + dy - 1) / dy)
    }
  }

  fileprivate struct Header {
    let (width, height): (Int, Int)
    let depth: Int
    let kind: Int
    let channels: Int
    let passes: [Pass]

    init(_ body: [UInt8], path: String) throws {
      var reader = ByteReader(body, path: path, format: "PNG")
      width = Int(try reader.uint32(.big))
      height = Int(try reader.uint32(.big))
      depth = Int(try reader.uint8())
      kind = Int(try reader.uint8())
      let methods = try reader.take(2)
      let interlace = try reader.uint8()
      let depths = [0: [1, 2, 4, 8, 16], 2: [8, 16], 3: [1, 2, 4, 8], 4: [8, 16], 6: [8, 16]]
      guard reader.remaining == 0, depths[kind]?.contains(depth) == true,
        methods.allSatisfy({ $0 == 0 }), interlace <= 1
      else {
        throw reader.malformed(
          place: .part("IHDR"),
          found: "kind \(kind), depth \(depth), methods \(Array(methods)) \(interlace)",
          expected: "a combination of the standard")
      }
      guard GrayImage.isWithinLimit(width, height) else {
        throw reader.malformed(
          place: .part("IHDR"), found: "\(width) × \(height) pixels",
          expected: "1 to \(GrayImage.pixelLimit)")
      }
      channels = [0: 1, 2: 3, 3: 1, 4: 2, 6: 4][kind] ?? 1
      let size = (width, height)
      passes =
        interlace == 0
        ? [Pass(0, 0, 1, 1, of: size)]
        : [
          Pass(0, 0, 8, 8, of: size), Pass(4, 0, 8, 8, of: size), Pass(0, 4, 4, 8, of: size),
          Pass(2, 0, 4, 4, of: size), Pass(0, 2, 2, 4, of: size), Pass(1, 0, 2, 2, of: size),
          Pass(0, 1, 1, 2, of: size),
        ]
    }

    var bitsPerPixel: Int { channels * depth }
    func rowBytes(_ width: Int) -> Int { (width * bitsPerPixel + 7) / 8 }
  }

  /// How the samples of a pixel become a shade.
  fileprivate struct Colours {
    private let depth: Int
    private let kind: Int
    private let channels: Int
    private let paletteShades: [UInt8]
    /// The samples that stand for transparency in pictures without an alpha channel.
    private let transparentKey: [Int]

    init(header: Header, palette: [UInt8], transparency: [UInt8], reader: ByteReader) throws {
      (depth, kind, channels) = (header.depth, header.kind, header.channels)
      paletteShades = stride(from: 0, to: palette.count, by: 3).map { index in
        let shade = GrayImage.shade(
          red: palette[index], green: palette[index + 1], blue: palette[index + 2])
        let alpha = index / 3 < transparency.count ? transparency[index / 3] : 255
        return Self.overWhite(shade, alpha: alpha)
      }
      let keySize = kind == 0 || kind == 2 ? channels * 2 : 0
      let isKey = keySize > 0 && transparency.count == keySize
      transparentKey =
        isKey
        ? stride(from: 0, to: keySize, by: 2)
          .map { Int(transparency[$0]) << 8 | Int(transparency[$0 + 1]) } : []
      if kind == 3 && palette.isEmpty {
        throw reader.malformed(
          place: .part("PLTE"), found: "no palette", expected: "one before the picture data")
      }
    }

    /// The shade of a pixel in a row that begins at byte `row`, or nil beyond the palette.
    func shade(_ bytes: [UInt8], row: Int, column: Int) -> UInt8? {
      func sample(_ channel: Int) -> Int {
        let index = column * channels + channel
        switch depth {
        case 8: return Int(bytes[row + index])
        case 16: return Int(bytes[row + 2 * index]) << 8 | Int(bytes[row + 2 * index + 1])
        default:
          let bit = index * depth
          let shift = 8 - depth - bit % 8
          return Int(bytes[row + bit / 8]) >> shift & (1 << depth - 1)
        }
      }
      let maximum = 1 << depth - 1
      func byte(_ channel: Int) -> UInt8 {
        depth == 8
          ? bytes[row + column * channels + channel]
          : UInt8((sample(channel) * 255 + maximum / 2) / maximum)
      }
      if !transparentKey.isEmpty,
        transparentKey.indices.allSatisfy({
          sample($0) == transparentKey[$0]
        })
      {
        return 255
      }
      switch kind {
      case 0: return byte(0)
      case 3:
        let index = sample(0)
        return index < paletteShades.count ? paletteShades[index] : nil
      case 4: return Self.overWhite(byte(0), alpha: byte(1))
      default:
        let shade = GrayImage.shade(red: byte(0), green: byte(1), blue: byte(2))
        return kind == 6 ? Self.overWhite(shade, alpha: byte(3)) : shade
      }
    }

    private static func overWhite(_ shade: UInt8, alpha: UInt8) -> UInt8 {
      let sum = Int(shade) * Int(alpha) + 255 * (255 - Int(alpha))
      return UInt8((sum + 127) / 255)
    }
  }
}
