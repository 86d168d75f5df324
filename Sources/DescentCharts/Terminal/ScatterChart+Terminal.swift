extension ScatterChart: Chart {
  /// What a screen reader is told if the author says nothing.
  var summary: String {
    let names = (groups + lines).map { printable($0.name) }.joined(separator: ", ")
    let axes = [y.label, x.label].map(printable).filter { !$0.isEmpty }
    return "Scatter chart" + (axes.isEmpty ? "" : " of " + axes.joined(separator: " against "))
      + (names.isEmpty ? "." : ": \(names).")
  }

  /// Marks for the points, Braille dots for the lines.
  func lines(style: TerminalStyle) -> [String] {
    let all = asLines
    let plot = TerminalPlot(x: x, y: y, places: all.drawable, style: style)
    var canvas = BrailleCanvas(columns: plot.columns, rows: plot.rows)
    for index in groups.count..<max(groups.count, all.series.count) {
      all.drawSeries(index, in: plot, on: &canvas)
    }
    for (index, group) in groups.enumerated() {
      for dot in group.points.compactMap(plot.position).map(canvas.dot) {
        canvas.mark(
          TerminalStyle.marks[index % TerminalStyle.marks.count], dot.x, dot.y, owner: index)
      }
    }
    let entries: [(name: String, sample: TerminalStyle.LegendSample)] =
      groups.map { ($0.name, .mark) } + lines.map { ($0.name, .line) }
    return (entries.count > 1 ? style.legend(entries) : [])
      + plot.lines { canvas.line($0) { style.paint($0, .series($1)) } }
      + (all.note.map { [$0.truncated(to: plot.width)] } ?? [])
  }
}
