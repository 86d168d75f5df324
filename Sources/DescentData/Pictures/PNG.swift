/// The PNG format (ISO/IEC 15948): all kinds of pixels, interlaced or not.
public enum PNG {
  private static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

  /// Whether `bytes` begin like a PNG file.
  public static func isPNG(_ bytes: [UInt8]) -> Bool { bytes.starts(with: signature) }

  /// Reads a picture; what is transparent becomes white, 16 bits become 8.
  ///
  /// - Throws: `DataError`.
  public static func decode(_ bytes: [UInt8], path: String) throws -> Picture {
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
    var pixels = [UInt8](repeating: 0, count: header.width * header.height * colours.outputs)
    try rows.withUnsafeMutableBufferPointer { rows in
      try pixels.withUnsafeMutableBufferPointer { pixels in
        try fill(pixels, from: rows, header: header, colours: colours, reader: reader)
      }
    }
    return Picture(
      width: header.width, height: header.height, channels: colours.outputs, pixels: pixels)
  }

  private static func fill(
    _ pixels: UnsafeMutableBufferPointer<UInt8>, from rows: UnsafeMutableBufferPointer<UInt8>,
    header: Header, colours: Colours, reader: ByteReader
  ) throws {
    var offset = 0
    for pass in header.passes where pass.width > 0 {
      let rowBytes = header.rowBytes(pass.width)
      for row in 0..<pass.height {
        try unfilter(
          rows, row: offset, above: row == 0 ? nil : offset - rowBytes - 1, count: rowBytes,
          step: max(1, header.bitsPerPixel / 8), reader: reader)
        let y = pass.y + row * pass.dy
        let wrong = colours.write(
          UnsafeBufferPointer(rebasing: rows[(offset + 1)..<(offset + 1 + rowBytes)]),
          count: pass.width, to: pixels,
          at: (y * header.width + pass.x) * colours.outputs, step: pass.dx * colours.outputs)
        if let wrong {
          throw reader.malformed(
            place: .part("pixel (\(pass.x + wrong * pass.dx), \(y))"),
            found: "a colour beyond the palette", expected: "less than \(colours.paletteCount)")
        }
        offset += rowBytes + 1
      }
    }
  }

  /// Undoes the filter of one row in place: differences to the left, above, or both.
  private static func unfilter(
    _ rows: UnsafeMutableBufferPointer<UInt8>, row: Int, above: Int?, count: Int, step: Int,
    reader: ByteReader
  ) throws {
    let filter = rows[row]
    guard filter <= 4 else {
      throw reader.malformed(
        place: .part("picture data"), found: "row filter \(filter)", expected: "0 to 4")
    }
    let first = row + 1
    let end = first + count
    let body = min(first + step, end)
    let up = (above ?? row) + 1 - first
    switch filter {
    case 1:
      for index in body..<end { rows[index] &+= rows[index - step] }
    case 2 where above != nil:
      for index in first..<end { rows[index] &+= rows[index + up] }
    case 3:
      for index in first..<end {
        let left = index < body ? 0 : UInt16(rows[index - step])
        let over = above == nil ? 0 : UInt16(rows[index + up])
        rows[index] &+= UInt8((left + over) / 2)
      }
    case 4 where above == nil:
      for index in body..<end { rows[index] &+= rows[index - step] }
    case 4:
      for index in first..<body { rows[index] &+= rows[index + up] }
      for index in body..<end {
        // Paeth: whichever neighbour is nearest to left + over - corner.
        let left = Int16(rows[index - step])
        let over = Int16(rows[index + up])
        let corner = Int16(rows[index + up - step])
        let (a, b) = (abs(over - corner), abs(left - corner))
        let c = abs(left + over - 2 * corner)
        let guess = a <= b && a <= c ? left : b <= c ? over : corner
        rows[index] &+= UInt8(truncatingIfNeeded: guess)
      }
    default: break
    }
  }

  /// The bytes of a PNG file with this picture, not compressed.
  public static func encode(_ image: Picture) -> [UInt8] {
    let rowSize = image.width * image.channels
    var rows: [UInt8] = []
    for y in 0..<image.height {
      rows.append(0)
      rows += image.pixels[y * rowSize..<(y + 1) * rowSize]
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
      bigEndian(UInt32(image.width)) + bigEndian(UInt32(image.height))
      + [8, image.channels == 3 ? 2 : 0, 0, 0, 0]
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
      guard Picture.isWithinLimit(width, height) else {
        throw reader.malformed(
          place: .part("IHDR"), found: "\(width) × \(height) pixels",
          expected: "1 to \(Picture.pixelLimit)")
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

  /// How the samples of a pixel become a shade or a colour.
  fileprivate struct Colours {
    /// The bytes that a pixel becomes: 1 for a shade, 3 for a colour.
    let outputs: Int
    private let depth: Int
    private let kind: Int
    private let channels: Int
    private let palette: [UInt8]
    /// The samples that stand for transparency in pictures without an alpha channel.
    private let transparentKey: [Int]

    init(header: Header, palette: [UInt8], transparency: [UInt8], reader: ByteReader) throws {
      (depth, kind, channels) = (header.depth, header.kind, header.channels)
      outputs = kind == 0 || kind == 4 ? 1 : 3
      self.palette = palette.indices.map { index in
        let alpha = index / 3 < transparency.count ? transparency[index / 3] : 255
        return Self.overWhite(palette[index], alpha: alpha)
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

    var paletteCount: Int { palette.count / 3 }

    /// Writes `count` pixels of a row, each `step` bytes behind the one before it; the result is the
    /// first pixel beyond the palette, if there is one.
    func write(
      _ row: UnsafeBufferPointer<UInt8>, count: Int, to output: UnsafeMutableBufferPointer<UInt8>,
      at start: Int, step: Int
    ) -> Int? {
      if depth == 8, transparentKey.isEmpty, kind == 0 || kind == 2, step == channels {
        for index in 0..<(count * channels) { output[start + index] = row[index] }
        return nil
      }
      let hasAlpha = kind == 4 || kind == 6
      for column in 0..<count {
        let place = start + column * step
        if kind == 3 {
          let index = 3 * sample(row, column)
          guard index < palette.count else { return column }
          for channel in 0..<3 { output[place + channel] = palette[index + channel] }
          continue
        }
        let first = column * channels
        let isTransparent =
          !transparentKey.isEmpty
          && (0..<channels).allSatisfy { sample(row, first + $0) == transparentKey[$0] }
        let alpha = isTransparent ? 0 : hasAlpha ? byte(row, first + channels - 1) : 255
        for channel in 0..<outputs {
          let value = byte(row, first + channel)
          output[place + channel] = alpha == 255 ? value : Self.overWhite(value, alpha: alpha)
        }
      }
      return nil
    }

    /// The sample of this number in a row, as it is stored.
    private func sample(_ row: UnsafeBufferPointer<UInt8>, _ index: Int) -> Int {
      switch depth {
      case 8: return Int(row[index])
      case 16: return Int(row[2 * index]) << 8 | Int(row[2 * index + 1])
      default:
        let bit = index * depth
        let shift = 8 - depth - bit % 8
        return Int(row[bit / 8]) >> shift & (1 << depth - 1)
      }
    }

    /// The same as one of 256 shades.
    private func byte(_ row: UnsafeBufferPointer<UInt8>, _ index: Int) -> UInt8 {
      if depth == 8 { return row[index] }
      let maximum = 1 << depth - 1
      return UInt8((sample(row, index) * 255 + maximum / 2) / maximum)
    }

    private static func overWhite(_ value: UInt8, alpha: UInt8) -> UInt8 {
      let sum = Int(value) * Int(alpha) + 255 * (255 - Int(alpha))
      return UInt8((sum + 127) / 255)
    }
  }
}
