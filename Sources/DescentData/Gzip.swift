/// Reading of gzip files (RFC 1952) and of the zlib streams inside PNG (RFC 1950).
public enum Gzip {
  /// Whether `bytes` begin like a gzip file.
  public static func isGzip(_ bytes: [UInt8]) -> Bool {
    bytes.count >= 2 && bytes[0] == 0x1F && bytes[1] == 0x8B
  }

  /// The unpacked contents of a gzip file, its checksums verified.
  ///
  /// Never holds more memory than a small multiple of what was unpacked so far.
  /// - Parameters:
  ///   - bytes: the whole file, of one member or several.
  ///   - limit: the most bytes to unpack.
  ///   - path: the name of the file in errors.
  /// - Throws: `DataError.malformed`, `.unsupported` or `.tooLarge`.
  public static func decompress(
    _ bytes: [UInt8], limit: Int = 1 << 31, path: String = "gzip data"
  ) throws -> [UInt8] {
    var reader = ByteReader(bytes, path: path, format: "gzip")
    var output: [UInt8] = []
    repeat {
      try readHeader(&reader)
      let hint = bytes.suffix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
      let member = try unpack(
        &reader, limit: limit - output.count, expected: hint, total: limit)
      let check = try reader.uint32(.little)
      let found = CRC32.of(member)
      guard check == found else {
        throw DataError.checksum(
          path: path, algorithm: "CRC-32", found: hex(found), expected: hex(check))
      }
      let size = try reader.uint32(.little)
      guard size == UInt32(truncatingIfNeeded: member.count) else {
        throw reader.malformed(
          at: reader.offset - 4, found: "a length of \(size)", expected: "\(member.count)")
      }
      if output.isEmpty { output = member } else { output += member }
    } while reader.offset < bytes.count
    return output
  }

  private static func readHeader(_ reader: inout ByteReader) throws {
    let start = reader.offset
    let (first, second) = (try reader.uint8(), try reader.uint8())
    guard first == 0x1F && second == 0x8B else {
      throw reader.malformed(
        at: start, found: "bytes \(hex(first)) \(hex(second))", expected: "1f 8b")
    }
    let method = try reader.uint8()
    guard method == 8 else {
      throw reader.malformed(
        at: start + 2, found: "compression method \(method)", expected: "8 (deflate)")
    }
    let flags = try reader.uint8()
    guard flags & 0xE0 == 0 else {
      throw reader.malformed(at: start + 3, found: "flags \(hex(flags))", expected: "at most 1f")
    }
    try reader.skip(6)
    if flags & 4 != 0 { try reader.skip(Int(try reader.uint16(.little))) }
    for flag: UInt8 in [8, 16] where flags & flag != 0 {
      while try reader.uint8() != 0 {}
    }
    if flags & 2 != 0 {
      let found = UInt16(truncatingIfNeeded: CRC32.of(reader.bytes[start..<reader.offset]))
      let check = try reader.uint16(.little)
      guard check == found else {
        throw DataError.checksum(
          path: reader.path, algorithm: "header CRC-16", found: hex(found), expected: hex(check))
      }
    }
  }

  /// The contents of a zlib stream, its checksum verified.
  static func zlib(_ bytes: [UInt8], limit: Int, path: String, format: String) throws -> [UInt8] {
    var reader = ByteReader(bytes, path: path, format: format)
    let header = try reader.uint16(.big)
    guard header >> 8 & 0x0F == 8, header >> 12 <= 7, header % 31 == 0, header & 0x20 == 0 else {
      throw reader.malformed(
        place: .part("compressed data"), found: "bytes \(hex(header))", expected: "a zlib header")
    }
    let output = try unpack(&reader, limit: limit, expected: limit, total: limit)
    let (check, found) = (try reader.uint32(.big), adler32(output))
    guard check == found else {
      throw DataError.checksum(
        path: path, algorithm: "Adler-32", found: hex(found), expected: hex(check))
    }
    return output
  }

  private static func unpack(
    _ reader: inout ByteReader, limit: Int, expected: Int, total: Int
  ) throws -> [UInt8] {
    let start = reader.offset
    do {
      let (output, end) = try reader.bytes.withUnsafeBytes { bytes in
        try Inflate.inflate(bytes, start: start, limit: limit, expected: expected)
      }
      reader.offset = end
      return output
    } catch let error as Inflate.Failure {
      switch error.reason {
      case .overLimit: throw DataError.tooLarge(path: reader.path, limit: total)
      case .truncated: throw reader.truncated
      case .invalid(let what):
        throw reader.malformed(at: error.offset, found: "wrong bits", expected: "a valid \(what)")
      }
    }
  }
}
