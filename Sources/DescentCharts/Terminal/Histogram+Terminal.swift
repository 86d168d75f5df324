extension Histogram: Chart {
  /// What a screen reader is told if the author says nothing.
  var summary: String {
    let names = groups.map { "\(printable($0.name)) (\($0.values.count) values)" }
    return "Histogram" + (x.label.isEmpty ? "" : " of " + printable(x.label)) + ": "
      + names.joined(separator: ", ") + "."
  }

  /// The outlines of the counts.
  func lines(style: TerminalStyle) -> [String] {
    let outlines = outlines
    // What the chart of the outlines says of missing points is not what is missing here.
    return outlines.lines(style: style).filter { $0 != outlines.note }
      + (note.map { [$0.truncated(to: style.width)] } ?? [])
  }
}
