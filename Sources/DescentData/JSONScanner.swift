/// A strict reader of the small JSON in file headers: objects, strings, lists of whole numbers.
///
/// It keeps the order of names, sees repeated ones, and does not recurse.
struct JSONScanner {
  private let bytes: ArraySlice<UInt8>
  private var offset: Int
  let path: String

  init(_ bytes: ArraySlice<UInt8>, path: String) {
    self.bytes = bytes
    self.path = path
    offset = bytes.startIndex
  }

  /// Reads an object, calling `body` with each name when its value is next.
  mutating func members(_ body: (inout JSONScanner, String) throws -> Void) throws {
    try expect("{")
    if skip("}") { return }
    repeat {
      let name = try string()
      try expect(":")
      try body(&self, name)
    } while skip(",")
    try expect("}")
  }

  /// Reads a list of whole numbers that are not negative.
  mutating func integers() throws -> [Int] {
    var values: [Int] = []
    try expect("[")
    if skip("]") { return [] }
    repeat { values.append(try integer()) } while skip(",")
    try expect("]")
    return values
  }

  /// Reads a string.
  mutating func string() throws -> String {
    try expect("\"")
    var text: [UInt8] = []
    while true {
      guard let byte = next() else { throw failure("the end", "a closing quote") }
      switch byte {
      case UInt8(ascii: "\""):
        guard let string = String(validating: text, as: UTF8.self) else {
          throw failure("a string that is not UTF-8", "UTF-8")
        }
        return string
      case UInt8(ascii: "\\"): text += try escape()
      case ..<0x20: throw failure("a control character in a string", "\\u00\(hex(byte))")
      default: text.append(byte)
      }
    }
  }

  /// Checks that only white space is left.
  mutating func end() throws {
    skipSpace()
    guard offset == bytes.endIndex else { throw failure(found, "the end of the header") }
  }

  /// The error of a wrong header, at the place where the reader is.
  func failure(_ found: String, _ expected: String) -> DataError {
    .malformed(
      path: path, format: "safetensors", place: .byte(offset), found: found, expected: expected)
  }

  private mutating func integer() throws -> Int {
    skipSpace()
    let start = offset
    var value = 0
    while offset < bytes.endIndex, (0x30...0x39).contains(bytes[offset]) {
      let (tens, first) = value.multipliedReportingOverflow(by: 10)
      let (sum, second) = tens.addingReportingOverflow(Int(bytes[offset] - 0x30))
      guard !first && !second else { throw failure("a number beyond 2⁶³", "a smaller one") }
      value = sum
      offset += 1
    }
    let hasLeadingZero = offset - start > 1 && bytes[start] == 0x30
    guard offset > start, !hasLeadingZero else { throw failure(found, "a whole number from 0") }
    return value
  }

  private mutating func escape() throws -> [UInt8] {
    guard let byte = next() else { throw failure("the end", "an escaped character") }
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
    case UInt8(ascii: "b"): return [0x08]
    case UInt8(ascii: "f"): return [0x0C]
    case UInt8(ascii: "n"): return [0x0A]
    case UInt8(ascii: "r"): return [0x0D]
    case UInt8(ascii: "t"): return [0x09]
    case UInt8(ascii: "u"):
      var units = [try codeUnit()]
      if UTF16.isLeadSurrogate(units[0]), next() == UInt8(ascii: "\\"), next() == UInt8(ascii: "u")
      {
        units.append(try codeUnit())
      }
      guard let text = String(validating: units, as: UTF16.self) else {
        throw failure("half of a surrogate pair", "both halves")
      }
      return Array(text.utf8)
    default: throw failure("an unknown escape", "one of \" \\ / b f n r t u")
    }
  }

  private mutating func codeUnit() throws -> UInt16 {
    var value: UInt16 = 0
    for _ in 0..<4 {
      guard let byte = next(), let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw failure("an incomplete \\u", "four hexadecimal digits")
      }
      value = value << 4 | UInt16(digit)
    }
    return value
  }

  private mutating func expect(_ character: Unicode.Scalar) throws {
    guard skip(character) else { throw failure(found, "\(character)") }
  }

  private mutating func skip(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    guard offset < bytes.endIndex, bytes[offset] == UInt8(ascii: character) else { return false }
    offset += 1
    return true
  }

  private mutating func skipSpace() {
    while offset < bytes.endIndex, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[offset]) { offset += 1 }
  }

  private mutating func next() -> UInt8? {
    guard offset < bytes.endIndex else { return nil }
    defer { offset += 1 }
    return bytes[offset]
  }

  private var found: String {
    guard offset < bytes.endIndex else { return "the end" }
    return String(decoding: [bytes[offset]], as: UTF8.self).quoted
  }
}

/// A text as a JSON string, in quotes.
public func jsonString(_ text: String) -> String {
  var result = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"": result += "\\\""
    case "\\": result += "\\\\"
    case "\n": result += "\\n"
    case "\r": result += "\\r"
    case "\t": result += "\\t"
    case _ where scalar.value < 0x20: result += "\\u" + hex(UInt16(scalar.value))
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result + "\""
}
