extension ConfusionMatrix: Chart {
  /// What a screen reader is told if the author says nothing.
  var summary: String {
    var (right, total) = (0.0, 0.0)
    for row in classes.indices {
      for column in classes.indices { total += Double(max(0, count(row, column))) }
      right += Double(max(0, count(row, row)))
    }
    return "Confusion matrix of \(classes.count) classes: \(Decimal.short(right)) of "
      + "\(Decimal.short(total)) examples lie on the diagonal."
  }

  /// The counts as a table: a row for each true class, a column for each predicted one.
  ///
  /// Zeros are shown as "·", so that mistakes stand out. Columns of the caller's, such as the recall
  /// of each class, can be added with ``TextTable/append(column:cells:)``.
  public func table() -> TextTable { table(numbered: false) }

  func lines(style: TerminalStyle) -> [String] {
    guard !classes.isEmpty else { return ["no classes"] }
    // Names that make the table too wide are kept in the rows, and numbered there.
    let named = table()
    let table = named.width <= style.width ? named : self.table(numbered: true)
    return table.lines { cell, row, column in
      guard column > 0, self.count(row, column - 1) != 0 else { return cell }
      return style.paint(cell, row == column - 1 ? .right : .wrong)
    }
  }

  private func table(numbered: Bool) -> TextTable {
    let names = classes.enumerated().map { numbered ? "\($0 + 1) \($1)" : $1 }
    let headings = numbered ? classes.indices.map { "\($0 + 1)" } : classes
    return TextTable(
      [.leading("true \\ predicted")] + headings.map { .trailing($0) },
      rows: names.enumerated().map { row, name in
        [name] + classes.indices.map { count(row, $0) == 0 ? "·" : "\(count(row, $0))" }
      })
  }
}
