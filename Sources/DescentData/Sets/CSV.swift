/// Comma-separated values (RFC 4180): quoted fields may hold commas, quotes and line ends.
public enum CSV {
  /// One row: its fields, and the line of the file on which it begins.
  public struct Row: Sendable, Equatable {
    /// The fields, without their quotes.
    public let fields: [String]
    /// The line, counted from 1.
    public let line: Int
  }

  /// Numbers in rows of equal length.
  public struct Numbers: Sendable {
    /// The names in the first line, if it has names.
    public let names: [String]
    /// How many numbers a row has.
    public let columnCount: Int
    /// The numbers, row by row.
    public let values: [Float]
  }

  /// The rows of a file. Empty lines are passed over.
  ///
  /// Throws `DataError.malformed` for a quote that does not end.
  public static func rows(_ bytes: [UInt8], path: String) throws -> [Row] {
    let (quote, comma) = (UInt8(ascii: "\""), UInt8(ascii: ","))
    let (newline, carriage) = (UInt8(ascii: "\n"), UInt8(ascii: "\r"))
    var rows: [Row] = []
    var fields: [String] = []
    var field: [UInt8] = []
    var (line, rowLine, quoteLine) = (1, 1, 1)
    var (isQuoted, hasContent) = (false, false)
    var position = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    func endField() {
      fields.append(String(decoding: field, as: UTF8.self))
      field.removeAll(keepingCapacity: true)
    }
    func endRow() {
      if hasContent {
        endField()
        rows.append(Row(fields: fields, line: rowLine))
      }
      fields = []
      hasContent = false
    }
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      if isQuoted {
        if byte == quote {
          if position < bytes.count && bytes[position] == quote {
            field.append(quote)
            position += 1
          } else {
            isQuoted = false
          }
        } else {
          if byte == newline { line += 1 }
          field.append(byte)
        }
        continue
      }
      switch byte {
      case quote where field.isEmpty:
        (isQuoted, hasContent, quoteLine) = (true, true, line)
      case comma:
        endField()
        hasContent = true
      case newline, carriage:
        if byte == carriage && position < bytes.count && bytes[position] == newline { position += 1 }
        endRow()
        line += 1
        rowLine = line
      default:
        field.append(byte)
        hasContent = true
      }
    }
    guard !isQuoted else {
      throw DataError.malformed(
        path: path, format: "CSV", place: "line \(quoteLine)", found: "a quote that does not end",
        expected: "another quote")
    }
    endRow()
    return rows
  }

  /// A file of numbers, with or without a line of names.
  ///
  /// Throws `DataError.malformed` for what is not a number, and for rows of differing length.
  public static func numbers(_ bytes: [UInt8], path: String) throws -> Numbers {
    var rows = try rows(bytes, path: path)[...]
    guard let first = rows.first else {
      throw DataError.malformed(
        path: path, format: "CSV", place: "line 1", found: "no rows", expected: "numbers")
    }
    let hasNames = first.fields.allSatisfy { number($0) == nil && !$0.isEmpty }
    if hasNames { rows = rows.dropFirst() }
    let count = first.fields.count
    var values: [Float] = []
    for row in rows {
      guard row.fields.count == count else {
        throw DataError.malformed(
          path: "\(path):\(row.line)", format: "CSV", place: "its end",
          found: "\(row.fields.count) fields", expected: "\(count), as in the first row")
      }
      for (index, field) in row.fields.enumerated() {
        guard let value = number(field) else {
          let name = hasNames ? first.fields[index] : "\(index + 1)"
          throw DataError.malformed(
            path: "\(path):\(row.line)", format: "CSV", place: "column \"\(name)\"",
            found: "\"\(field.prefix(40))\"", expected: "a number")
        }
        values.append(value)
      }
    }
    return Numbers(names: hasNames ? first.fields : [], columnCount: count, values: values)
  }

  private static func number(_ text: String) -> Float? {
    var text = text[...]
    while text.first == " " || text.first == "\t" { text = text.dropFirst() }
    while text.last == " " || text.last == "\t" { text = text.dropLast() }
    guard let value = Float(text), value.isFinite else { return nil }
    return value
  }
}
