extension LineChart: Chart {
  /// The chart in Braille dots, with a legend above and tick labels at the axes.
  func lines(style: TerminalStyle) -> [String] {
    let plot = TerminalPlot(x: x, y: y, places: drawable, style: style)
    var canvas = BrailleCanvas(columns: plot.columns, rows: plot.rows)
    for index in series.indices { drawSeries(index, in: plot, on: &canvas) }
    let legend = series.count > 1 ? style.legend(series.map { ($0.name, .line) }) : []
    return legend + plot.lines { canvas.line($0) { style.paint($0, .series($1)) } }
      + (note.map { [$0.truncated(to: plot.width)] } ?? [])
  }

  /// Draws one series with its colour and dashes.
  func drawSeries(_ index: Int, in plot: TerminalPlot, on canvas: inout BrailleCanvas) {
    guard let across = plot.across, let up = plot.up else { return }
    for run in runs(of: series[index], across, up) {
      let dots = run.map(canvas.dot)
      var phase = 0
      for (start, end) in zip(dots, dots.dropFirst()) {
        canvas.line(from: start, to: end, dash: .series(index), phase: &phase, owner: index)
      }
      if let only = dots.first, dots.count == 1 { canvas.plot(only.x, only.y, owner: index) }
    }
  }
}
