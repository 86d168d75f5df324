/// The cyclic redundancy check of gzip and PNG, eight bytes at a time.
struct CRC32 {
  private var remainder: UInt32 = .max

  /// The checksum of all bytes so far.
  var value: UInt32 { ~remainder }

  /// The checksum of `bytes`.
  static func of(_ bytes: some Collection<UInt8>) -> UInt32 {
    var check = CRC32()
    if bytes.withContiguousStorageIfAvailable({ check.update(UnsafeRawBufferPointer($0)) }) == nil {
      Array(bytes).withUnsafeBytes { check.update($0) }
    }
    return check.value
  }

  /// Adds `bytes`.
  mutating func update(_ bytes: UnsafeRawBufferPointer) {
    Self.tables.withUnsafeBufferPointer { table in
      var crc = remainder
      var index = 0
      while index + 8 <= bytes.count {
        let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
        let mixed = word ^ UInt64(crc)
        crc = table[1792 + Int(mixed & 0xFF)]
        crc ^= table[1536 + Int(mixed >> 8 & 0xFF)]
        crc ^= table[1280 + Int(mixed >> 16 & 0xFF)]
        crc ^= table[1024 + Int(mixed >> 24 & 0xFF)]
        crc ^= table[768 + Int(mixed >> 32 & 0xFF)]
        crc ^= table[512 + Int(mixed >> 40 & 0xFF)]
        crc ^= table[256 + Int(mixed >> 48 & 0xFF)]
        crc ^= table[Int(mixed >> 56)]
        index += 8
      }
      while index < bytes.count {
        crc = table[Int((crc ^ UInt32(bytes[index])) & 0xFF)] ^ crc >> 8
        index += 1
      }
      remainder = crc
    }
  }

  /// Eight tables of 256: the effect of a byte that is followed by 0 to 7 others.
  private static let tables: [UInt32] = {
    var table = [UInt32](repeating: 0, count: 8 * 256)
    for byte in 0..<256 {
      var crc = UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
      table[byte] = crc
    }
    for index in 256..<table.count {
      let earlier = table[index - 256]
      table[index] = table[Int(earlier & 0xFF)] ^ earlier >> 8
    }
    return table
  }()
}

/// The checksum of zlib streams (RFC 1950).
func adler32(_ bytes: [UInt8]) -> UInt32 {
  var (low, high): (UInt32, UInt32) = (1, 0)
  var start = 0
  // 5,552 bytes are the most that cannot overflow 32 bits between two divisions.
  while start < bytes.count {
    let end = min(start + 5552, bytes.count)
    for byte in bytes[start..<end] {
      low &+= UInt32(byte)
      high &+= low
    }
    (low, high) = (low % 65521, high % 65521)
    start = end
  }
  return high << 16 | low
}
