/// Files compressed by gzip (RFC 1952).
public enum Gzip {
  /// Whether bytes begin like a gzip file.
  public static func isGzip(_ bytes: [UInt8]) -> Bool { bytes.prefix(2) == [0x1F, 0x8B] }

  /// The content of a gzip file, of at most `limit` bytes, with its checksum verified.
  ///
  /// Throws `DataError.malformed`.
  public static func decompress(
    _ bytes: [UInt8], path: String, limit: Int = 1 << 32
  ) throws -> [UInt8] {
    var result: [UInt8] = []
    var position = 0
    repeat {
      let (part, end) = try member(bytes, position, path, limit - result.count)
      if result.isEmpty { result = part } else { result += part }
      position = end
    } while position < bytes.count
    return result
  }

  /// One of the members that a file consists of; most have one.
  private static func member(
    _ bytes: [UInt8], _ start: Int, _ path: String, _ limit: Int
  ) throws -> (content: [UInt8], end: Int) {
    func malformed(_ place: Int, _ found: String, _ expected: String) -> DataError {
      .malformed(
        path: path, format: "gzip", place: "byte \(place)", found: found, expected: expected)
    }
    guard bytes.count - start >= 18, bytes[start] == 0x1F, bytes[start + 1] == 0x8B,
      bytes[start + 2] == 8
    else { throw malformed(start, "no gzip header", "1f 8b 08 and what follows") }
    let flags = bytes[start + 3]
    var position = start + 10
    func skip(_ number: Int) throws {
      position += number
      guard position <= bytes.count else {
        throw malformed(bytes.count, "the end of the file", "the rest of the header")
      }
    }
    func skipText() throws {
      guard let end = bytes[position...].firstIndex(of: 0) else {
        throw malformed(bytes.count, "the end of the file", "the rest of the header")
      }
      position = end + 1
    }
    if flags & 4 != 0 {
      try skip(2)
      try skip(Int(bytes[position - 2]) | Int(bytes[position - 1]) << 8)
    }
    if flags & 8 != 0 { try skipText() }
    if flags & 16 != 0 { try skipText() }
    if flags & 2 != 0 { try skip(2) }
    let (content, end) = try bytes.withUnsafeBytes { buffer in
      do throws(Inflate.Failure) {
        return try Inflate.decompress(buffer, from: position, limit: limit)
      } catch {
        throw malformed(position, error.rawValue, "a compressed stream")
      }
    }
    guard end + 8 <= bytes.count else {
      throw malformed(bytes.count, "the end of the file", "checksum and length")
    }
    func number(_ at: Int) -> UInt32 {
      (0..<4).reduce(0) { $0 | UInt32(bytes[at + $1]) << UInt32(8 * $1) }
    }
    guard number(end) == CRC32.checksum(content),
      number(end + 4) == UInt32(truncatingIfNeeded: content.count)
    else { throw malformed(end, "content that does not match its checksum", "undamaged content") }
    return (content, end + 8)
  }
}

/// The checksum of gzip and PNG (ISO 3309), eight bytes at a time ("slicing by 8", Kounavis and
/// Berry, 2005).
enum CRC32 {
  private static let tables: [[UInt32]] = {
    let first = (0..<256).map { index in
      var crc = UInt32(index)
      for _ in 0..<8 { crc = (crc >> 1) ^ (crc & 1 == 1 ? 0xEDB8_8320 : 0) }
      return crc
    }
    var tables: [[UInt32]] = [first]
    for _ in 1..<8 {
      let last = tables[tables.count - 1]
      tables.append(last.map { tables[0][Int($0 & 255)] ^ $0 >> 8 })
    }
    return tables
  }()

  static func checksum(_ bytes: some Collection<UInt8>) -> UInt32 {
    bytes.withContiguousStorageIfAvailable { checksum(UnsafeRawBufferPointer($0)) }
      ?? checksum(Array(bytes))
  }

  private static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    let flat = tables.flatMap { $0 }
    return flat.withUnsafeBufferPointer { table in
      var crc: UInt32 = 0xFFFF_FFFF
      var position = 0
      while position + 8 <= bytes.count {
        let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
        let low = crc ^ UInt32(truncatingIfNeeded: word)
        let high = UInt32(truncatingIfNeeded: word >> 32)
        crc = table[1792 + Int(low & 255)]
        crc ^= table[1536 + Int(low >> 8 & 255)]
        crc ^= table[1280 + Int(low >> 16 & 255)]
        crc ^= table[1024 + Int(low >> 24)]
        crc ^= table[768 + Int(high & 255)]
        crc ^= table[512 + Int(high >> 8 & 255)]
        crc ^= table[256 + Int(high >> 16 & 255)]
        crc ^= table[Int(high >> 24)]
        position += 8
      }
      while position < bytes.count {
        crc = table[Int((crc ^ UInt32(bytes[position])) & 255)] ^ crc >> 8
        position += 1
      }
      return ~crc
    }
  }
}
