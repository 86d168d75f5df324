/// Rows of text in aligned columns.
///
/// ```swift
/// var table = TextTable([.leading("layer"), .trailing("parameters")])
/// table.append(["Dense 128", "100480"])
/// table.append(["Dense 10", "1290"])
/// table.footer = ["total", "101770"]
/// print(table)
/// // layer      parameters
/// // ─────────────────────
/// // Dense 128      100480
/// // Dense 10         1290
/// // ─────────────────────
/// // total          101770
/// ```
///
/// Widths are counted in characters, and control characters are removed.
public struct TextTable: Hashable, Sendable {
  /// The columns from left to right.
  public private(set) var columns: [Column]
  /// The rows from top to bottom.
  public private(set) var rows: [[String]]
  /// A row below a second rule: totals, say.
  public var footer: [String]?

  /// Where the text of a column stands in its width.
  public enum Alignment: Hashable, Sendable {
    /// At the left.
    case leading
    /// In the middle.
    case center
    /// At the right, as numbers should be.
    case trailing
  }

  /// A heading and an alignment.
  public struct Column: Hashable, Sendable {
    /// The heading.
    public var title: String
    /// Where the column's text stands.
    public var alignment: Alignment

    /// A column with the given heading.
    public init(_ title: String, alignment: Alignment = .leading) {
      self.title = title
      self.alignment = alignment
    }

    /// A column whose text stands at the left.
    public static func leading(_ title: String) -> Column { Column(title) }

    /// A column whose text stands at the right, as numbers should.
    public static func trailing(_ title: String) -> Column { Column(title, alignment: .trailing) }
  }

  /// A table of the given columns and rows.
  public init(_ columns: [Column], rows: [[String]] = [], footer: [String]? = nil) {
    self.columns = columns
    self.rows = rows
    self.footer = footer
  }

  /// Adds a row at the bottom; missing cells are empty, cells beyond the last column are not shown.
  public mutating func append(_ row: [String]) {
    rows.append(row)
  }

  /// Adds a column at the right, one cell for each row.
  public mutating func append(column: Column, cells: [String]) {
    for index in rows.indices {
      let missing = max(0, columns.count - rows[index].count)
      rows[index] = rows[index].prefix(columns.count) + Array(repeating: "", count: missing)
      rows[index].append(index < cells.count ? cells[index] : "")
    }
    columns.append(column)
  }
}

extension TextTable: CustomStringConvertible {
  /// The table as lines of text, without a final newline.
  public var description: String { lines().joined(separator: "\n") }
}

extension TextTable {
  /// The characters that the table is wide.
  var width: Int { widths.reduce(0, +) + 2 * max(0, columns.count - 1) }

  /// The table line by line.
  ///
  /// - Parameter paint: Colours a padded cell, given its row and column; widths do not change.
  func lines(paint: (_ cell: String, _ row: Int, _ column: Int) -> String = { cell, _, _ in cell })
    -> [String]
  {
    let widths = widths
    func line(_ cells: [String], paint: (String, Int) -> String = { cell, _ in cell }) -> String {
      columns.indices.map { column in
        let text = column < cells.count ? printable(cells[column]) : ""
        return paint(text.padded(to: widths[column], columns[column].alignment), column)
      }.joined(separator: "  ").trimmedEnd
    }
    let rule = String(repeating: "─", count: width)
    var result = [line(columns.map(\.title)), rule]
    for (index, row) in rows.enumerated() {
      result.append(line(row) { cell, column in paint(cell, index, column) })
    }
    if let footer { result += [rule, line(footer)] }
    return result
  }

  private var widths: [Int] {
    columns.indices.map { column in
      ([columns.map(\.title)] + rows + (footer.map { [$0] } ?? [])).reduce(0) { widest, row in
        column < row.count ? max(widest, printable(row[column]).count) : widest
      }
    }
  }
}
