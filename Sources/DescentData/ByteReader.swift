/// A place in bytes of foreign origin: every read is checked.
struct ByteReader {
  enum Order { case big, little }

  let bytes: [UInt8]
  let path: String
  let format: String
  var offset = 0

  init(_ bytes: [UInt8], path: String, format: String) {
    self.bytes = bytes
    self.path = path
    self.format = format
  }

  /// The number of bytes that are left.
  var remaining: Int { bytes.count - offset }

  mutating func skip(_ count: Int) throws {
    guard count <= remaining else { throw truncated }
    offset += count
  }

  mutating func take(_ count: Int) throws -> ArraySlice<UInt8> {
    let start = offset
    try skip(count)
    return bytes[start..<offset]
  }

  mutating func uint8() throws -> UInt8 {
    guard remaining > 0 else { throw truncated }
    defer { offset += 1 }
    return bytes[offset]
  }

  mutating func uint16(_ order: Order) throws -> UInt16 { try integer(order) }
  mutating func uint32(_ order: Order) throws -> UInt32 { try integer(order) }
  mutating func uint64(_ order: Order) throws -> UInt64 { try integer(order) }

  private mutating func integer<T: FixedWidthInteger>(_ order: Order) throws -> T {
    let field = try take(MemoryLayout<T>.size)
    let value = field.reduce(T.zero) { $0 << 8 | T($1) }
    return order == .big ? value : value.byteSwapped
  }

  /// The error of a file that ends too early.
  var truncated: DataError {
    malformed(
      at: bytes.count, found: "the end of the file",
      expected: "more data (was it copied completely?)")
  }

  func malformed(at offset: Int, found: String, expected: String) -> DataError {
    malformed(place: .byte(offset), found: found, expected: expected)
  }

  func malformed(place: DataError.Place, found: String, expected: String) -> DataError {
    .malformed(path: path, format: format, place: place, found: found, expected: expected)
  }
}

/// The hexadecimal digits of a number, with leading zeros.
func hex<T: FixedWidthInteger & UnsignedInteger>(_ value: T) -> String {
  let digits = String(value, radix: 16)
  return String(repeating: "0", count: T.bitWidth / 4 - digits.count) + digits
}
