/// Splits delimited text into rows of fields without copying it (RFC 4180).
///
/// Quoted fields may hold separators, quotes and line breaks; lines end by LF, CRLF or CR; empty
/// lines are skipped.
struct FieldScanner {
  /// The place of one field in the text, quotes apart.
  struct Field {
    var start: Int
    var end: Int
    /// Whether it holds doubled quotes, which stand for one each.
    var hasEscapes = false

    var isEmpty: Bool { start == end }
  }

  private let text: UnsafeBufferPointer<UInt8>
  private let separator: UInt8
  /// The separator in all eight bytes.
  private let separators: UInt64
  private let path: String
  /// Where the next row begins.
  private(set) var offset: Int
  /// The number of the line at `offset`.
  private(set) var line: Int

  /// Begins at `offset`, which is in line `line` of the file.
  init(
    _ text: UnsafeBufferPointer<UInt8>, separator: UInt8, path: String, offset: Int = 0,
    line: Int = 1
  ) {
    (self.text, self.separator, self.path) = (text, separator, path)
    separators = UInt64(separator) &* 0x0101_0101_0101_0101
    (self.offset, self.line) = (offset, line)
  }

  /// Reads the next row into `fields`, and returns the line that it begins in; nil at the end.
  ///
  /// - Throws: `DataError.malformed` for quotes that do not end, or end within a field.
  mutating func nextRow(_ fields: inout [Field]) throws -> Int? {
    let (lf, cr) = (UInt8(ascii: "\n"), UInt8(ascii: "\r"))
    while offset < text.count {
      fields.removeAll(keepingCapacity: true)
      let first = line
      var hasQuotes = false
      while true {
        var field: Field
        if offset < text.count, text[offset] == Self.quote {
          hasQuotes = true
          field = try quoted()
        } else {
          let start = offset
          let end = endOfField(from: start)
          field = Field(start: start, end: end)
          offset = end
        }
        fields.append(field)
        guard offset < text.count else {
          line += 1
          break
        }
        let follower = text[offset]
        offset += 1
        if follower == separator { continue }
        if follower == cr, offset < text.count, text[offset] == lf { offset += 1 }
        line += 1
        break
      }
      if fields.count > 1 || hasQuotes || !fields[0].isEmpty { return first }
    }
    return nil
  }

  /// Where a field that begins at `start`, and not by a quote, ends.
  @inline(__always)
  private func endOfField(from start: Int) -> Int {
    let (lf, cr) = (UInt8(ascii: "\n"), UInt8(ascii: "\r"))
    let bytes = UnsafeRawBufferPointer(text)
    var end = start
    // Eight bytes at a time: of a word that is 0 in a byte, the lowest such byte is found exactly
    // (Mycroft, 1987).
    while end + 8 <= text.count {
      let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: end, as: UInt64.self))
      let found =
        zeroBytes(word ^ separators) | zeroBytes(word ^ 0x0A0A_0A0A_0A0A_0A0A)
        | zeroBytes(word ^ 0x0D0D_0D0D_0D0D_0D0D)
      if found != 0 { return end + found.trailingZeroBitCount / 8 }
      end += 8
    }
    while end < text.count {
      let byte = text[end]
      if byte == separator || byte == lf || byte == cr { break }
      end += 1
    }
    return end
  }

  @inline(__always)
  private func zeroBytes(_ word: UInt64) -> UInt64 {
    (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080
  }

  private static let quote = UInt8(ascii: "\"")

  /// A field that begins with a quote; leaves `offset` behind its end.
  private mutating func quoted() throws -> Field {
    let (lf, cr) = (UInt8(ascii: "\n"), UInt8(ascii: "\r"))
    let opening = line
    offset += 1
    var field = Field(start: offset, end: offset)
    while true {
      guard offset < text.count else {
        throw malformed(opening, found: "a quote without its end", expected: "a second quote")
      }
      let byte = text[offset]
      offset += 1
      if byte == Self.quote {
        guard offset < text.count, text[offset] == Self.quote else { break }
        field.hasEscapes = true
        offset += 1
      } else if byte == lf || (byte == cr && !(offset < text.count && text[offset] == lf)) {
        line += 1
      }
    }
    field.end = offset - 1
    if offset < text.count, ![separator, lf, cr].contains(text[offset]) {
      throw malformed(
        line, found: "text after a closing quote", expected: "a separator or a new line")
    }
    return field
  }

  /// The bytes of a field as they were meant.
  func bytes(of field: Field) -> [UInt8] {
    let raw = text[field.start..<field.end]
    guard field.hasEscapes else { return Array(raw) }
    var result: [UInt8] = []
    var isSecond = false
    for byte in raw {
      isSecond = byte == Self.quote && !isSecond
      if !isSecond { result.append(byte) }
    }
    return result
  }

  /// The text of a field as it was meant.
  func string(_ field: Field) -> String { String(decoding: bytes(of: field), as: UTF8.self) }

  /// The error of a wrong line.
  func malformed(_ line: Int, found: String, expected: String) -> DataError {
    .malformed(path: path, format: "CSV", place: .line(line), found: found, expected: expected)
  }
}
