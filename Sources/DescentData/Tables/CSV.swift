/// A table of comma-separated text (RFC 4180), with the line number of every row.
///
/// ```swift
/// let table = try CSV(bytes: Array("x,y\n1,2\n".utf8))
/// let y = try table.numbers(["y"])  // [2.0]
/// ```
/// Quoted fields may hold separators, quotes and line breaks; lines end by LF, CRLF or CR; a byte
/// order mark and empty lines are skipped. All rows have equally many fields.
public struct CSV: Sendable {
  /// The name of the file in errors.
  public let path: String
  /// The names of the columns, or "1", "2", … without a header.
  public private(set) var columnNames: [String] = []
  /// Whether the names come from the file.
  public private(set) var hasHeader = false
  /// The number of the line in which each row begins, from 1.
  public private(set) var lines: [Int] = []

  // All fields, unquoted, one after the other, and where each ends.
  private var text: [UInt8] = []
  private var ends: [Int] = []

  /// Reads the file at `path`.
  ///
  /// - Throws: `DataError`, with the line for wrong quotes and rows of another length.
  public init(
    contentsOf path: String, separator: Character = ",", hasHeader: Bool? = true
  ) throws {
    try self.init(
      bytes: try readFile(path), path: path, separator: separator, hasHeader: hasHeader)
  }

  /// Reads the bytes of a file; `path` is its name in errors, `separator` an ASCII character.
  ///
  /// The first line is a header if `hasHeader` says so, or with nil, if none of its fields is a
  /// number or empty.
  ///
  /// - Throws: `DataError`, with the line for wrong quotes and rows of another length.
  public init(
    bytes: [UInt8], path: String = "table", separator: Character = ",", hasHeader: Bool? = true
  ) throws {
    self.path = path
    guard let comma = separator.asciiValue, !"\"\r\n".contains(separator) else {
      throw DataError.mismatch(
        path: "separator of \(path)", found: "\"\(separator)\"", expected: "an ASCII character",
        remedy: "Use , or ; or a tab")
    }
    if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
      throw DataError.unsupported(
        path: path, format: "CSV", feature: "UTF-16 text", remedy: "Save it as UTF-8")
    }
    try parse(bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes[3...] : bytes[...], comma: comma)
    let isNamed =
      !lines.isEmpty
      && columnNames.indices.allSatisfy {
        !field(0, $0).isEmpty && number(field(0, $0)) == nil
      }
    if hasHeader ?? isNamed {
      guard !lines.isEmpty else {
        throw malformed(1, found: "an empty file", expected: "a line with the column names")
      }
      columnNames = (0..<columnNames.count).map { self[0, $0] }
      text.removeFirst(ends[columnNames.count - 1])
      let headerEnd = ends[columnNames.count - 1]
      ends = ends.dropFirst(columnNames.count).map { $0 - headerEnd }
      lines.removeFirst()
      self.hasHeader = true
    }
  }

  /// The number of rows, without the header.
  public var rowCount: Int { lines.count }

  /// The field in a row and a column, both from 0.
  public subscript(row: Int, column: Int) -> String {
    String(decoding: field(row, column), as: UTF8.self)
  }

  /// The fields of a row.
  public func row(_ row: Int) -> [String] {
    columnNames.indices.map { self[row, $0] }
  }

  /// The position of the column called `name`.
  ///
  /// - Throws: `DataError.mismatch` with the names that there are.
  public func column(_ name: String) throws -> Int {
    guard let index = columnNames.firstIndex(of: name) else {
      throw DataError.mismatch(
        path: path, found: "no column \(name.quoted)",
        expected: "one of " + columnNames.prefix(20).map(\.shortened).joined(separator: ", "),
        remedy: "Check the spelling, or the first line of the file")
    }
    return index
  }

  /// The numbers in the named columns, or in all: `[rowCount × columns]` in row-major order.
  ///
  /// - Throws: `DataError.notANumber` for the first field that is none (nan and inf are none), and
  ///   `.mismatch` for an unknown column.
  public func numbers(_ names: [String]? = nil) throws -> [Float] {
    let columns = try names?.map { try column($0) } ?? Array(columnNames.indices)
    var values: [Float] = []
    values.reserveCapacity(rowCount * columns.count)
    for row in 0..<rowCount {
      for column in columns {
        guard let value = number(field(row, column)) else {
          throw DataError.notANumber(
            path: path, line: lines[row], column: columnNames[column].shortened,
            text: self[row, column].shortened)
        }
        values.append(value)
      }
    }
    return values
  }

  /// A table of numbers alone.
  public struct Numbers: Equatable, Sendable {
    /// The names of the columns, or none without a header.
    public let names: [String]
    /// The number of columns.
    public let columnCount: Int
    /// The numbers: `[rows × columnCount]`, row after row.
    public let values: [Float]
  }

  /// The numbers in the bytes of a file, with or without a line of names; `path` is its name in
  /// errors.
  ///
  /// - Throws: `DataError`, with line and column for what is not a number.
  public static func numbers(_ bytes: [UInt8], path: String) throws -> Numbers {
    let table = try CSV(bytes: bytes, path: path, hasHeader: nil)
    guard !table.columnNames.isEmpty else {
      throw table.malformed(1, found: "an empty file", expected: "rows of numbers")
    }
    return Numbers(
      names: table.hasHeader ? table.columnNames : [], columnCount: table.columnNames.count,
      values: try table.numbers())
  }

  // MARK: Parsing

  private mutating func parse(_ bytes: ArraySlice<UInt8>, comma: UInt8) throws {
    text.reserveCapacity(bytes.count)
    try bytes.withUnsafeBufferPointer { bytes in
      var scanner = FieldScanner(bytes, separator: comma, path: path)
      var fields: [FieldScanner.Field] = []
      while let line = try scanner.nextRow(&fields) {
        if lines.isEmpty { columnNames = (1...fields.count).map { "\($0)" } }
        guard fields.count == columnNames.count else {
          throw malformed(line, found: "\(fields.count) fields", expected: "\(columnNames.count)")
        }
        for field in fields {
          if field.hasEscapes {
            text += scanner.bytes(of: field)
          } else {
            text += bytes[field.start..<field.end]
          }
          ends.append(text.count)
        }
        lines.append(line)
      }
    }
  }

  private func field(_ row: Int, _ column: Int) -> ArraySlice<UInt8> {
    let index = row * columnNames.count + column
    return text[(index == 0 ? 0 : ends[index - 1])..<ends[index]]
  }

  private func malformed(_ line: Int, found: String, expected: String) -> DataError {
    .malformed(path: path, format: "CSV", place: .line(line), found: found, expected: expected)
  }

  /// The finite number that a field spells in decimal, blanks around it ignored, or nil.
  private func number(_ field: ArraySlice<UInt8>) -> Float? {
    field.withUnsafeBufferPointer { bytes in
      guard
        case .number(let value) = DecimalNumber.read(
          bytes, 0, bytes.count, point: UInt8(ascii: "."))
      else { return nil }
      let number = Float(value)
      return number.isFinite ? number : nil
    }
  }
}
