/// A table of named columns, each of numbers or of words, read from delimited text.
///
/// ```swift
/// let table = try Table(contentsOf: "cars.csv")
/// print(table.columns.map(\.name), table.rowCount)
/// ```
public struct Table: Sendable {
  /// The name of the file in errors.
  public let path: String
  /// How the text was delimited.
  public let dialect: Dialect
  /// The columns, in the order of the file; all have `rowCount` values.
  public var columns: [Column]
  /// The number of the line in which each row begins, from 1.
  public let lines: [Int32]
  /// The number of rows, without the header.
  public var rowCount: Int { lines.count }

  /// How a text is delimited.
  public struct Dialect: Sendable, Equatable {
    /// The ASCII character between two fields.
    public var separator: Character
    /// The decimal sign: a comma where it is no separator, and numbers are written with it.
    public var point: Character = "."

    /// Creates a dialect.
    public init(separator: Character, point: Character = ".") {
      (self.separator, self.point) = (separator, point)
    }
  }

  /// One column.
  public struct Column: Sendable {
    /// The name in the first line.
    public let name: String
    /// The values.
    public var values: Values
    /// Fields that are no numbers in a column that otherwise is: how many, and the first of them.
    public var strays: (count: Int, line: Int, text: String)?

    /// Creates a column.
    public init(
      name: String, values: Values, strays: (count: Int, line: Int, text: String)? = nil
    ) {
      (self.name, self.values, self.strays) = (name, values, strays)
    }

    /// The number of rows without a value.
    public var missingCount: Int {
      switch values {
      case .numbers(let numbers): numbers.count { $0.isNaN }
      case .words(let codes, _): codes.count { $0 < 0 }
      }
    }
  }

  /// The values of a column.
  public enum Values: Sendable {
    /// A number each; NaN where it is missing.
    case numbers([Double])
    /// A word each, as the position in a list of the different words; −1 where it is missing.
    case words([Int32], [String])
  }

  /// What stands for a value that is not there.
  public static let missingWords: Set<String> = [
    "", "NA", "N/A", "n/a", "na", "NaN", "nan", "-nan", "NULL", "null", "None", "none", "NONE",
    "#N/A", "#NA", "<NA>", "?", "-", "missing", "nil",
  ]

  /// The column called `name`.
  ///
  /// - Throws: `DataError.mismatch` with the nearest of the names that there are.
  public func column(_ name: String) throws -> Column { columns[try index(of: name)] }

  /// The position of the column called `name`.
  ///
  /// - Throws: `DataError.mismatch` with the nearest of the names that there are.
  public func index(of name: String) throws -> Int {
    if let index = columns.firstIndex(where: { $0.name == name }) { return index }
    let names = columns.map(\.name)
    let near = nearest(to: name, among: names).map { " Did you mean \"\($0)\"?" } ?? ""
    throw DataError.mismatch(
      path: path, found: "no column \(name.quoted)",
      expected: "one of " + names.prefix(20).map(\.shortened).joined(separator: ", "),
      remedy: "Check the spelling.\(near)")
  }

  /// The rows at the given positions, in that order.
  public subscript(rows: [Int]) -> Table {
    Table(
      path: path, dialect: dialect,
      columns: columns.map { column in
        var column = column
        switch column.values {
        case .numbers(let numbers): column.values = .numbers(rows.map { numbers[$0] })
        case .words(let codes, let words): column.values = .words(rows.map { codes[$0] }, words)
        }
        return column
      }, lines: rows.map { lines[$0] })
  }

  /// The value in a row, as text.
  public func text(row: Int, column: Int) -> String {
    switch columns[column].values {
    case .numbers(let numbers):
      let number = numbers[row]
      if number.isNaN { return "" }
      return number == number.rounded() && abs(number) < 1e15 ? "\(Int(number))" : "\(number)"
    case .words(let codes, let words): return codes[row] < 0 ? "" : words[Int(codes[row])]
    }
  }
}

/// The number of single-character edits between two words (Levenshtein, 1966).
public func editDistance(_ a: String, _ b: String) -> Int {
  let (a, b) = (Array(a), Array(b))
  var row = Array(0...b.count)
  for i in 0..<a.count {
    var previous = row[0]
    row[0] = i + 1
    for j in 0..<b.count {
      let replaced = previous + (a[i] == b[j] ? 0 : 1)
      previous = row[j + 1]
      row[j + 1] = min(replaced, row[j] + 1, row[j + 1] + 1)
    }
  }
  return row[b.count]
}

/// The known name nearest to what was typed, if it is near: for "did you mean".
public func nearest(to typed: String, among names: [String]) -> String? {
  guard typed.count <= 100 else { return nil }
  let known = names.filter { $0.count <= 100 }.map { (name: $0, distance: editDistance(typed, $0)) }
  guard let best = known.min(by: { $0.distance < $1.distance }) else { return nil }
  // Words without a letter in common are not near, however short.
  let isNear = best.distance <= max(2, typed.count / 3) && best.distance < best.name.count
  return isNear ? best.name : nil
}
