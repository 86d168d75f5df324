extension LineChart {
  func draw(on canvas: inout SVGCanvas) {
    if series.count > 1 { canvas.legend(series.map { ($0.name, .line) }) }
    let points = drawable
    let plot = PlotArea(on: &canvas, x: x, y: y, places: points)
    for index in series.indices { drawSeries(index, in: plot, on: &canvas) }
    if points.isEmpty {
      if let note { plot.remark(note, on: &canvas) }
    } else if let note {
      canvas.note(note)
    }
  }

  /// Draws one series with its colour and dashes, and marks points where there are few.
  func drawSeries(_ index: Int, in plot: PlotArea, on canvas: inout SVGCanvas) {
    guard let across = plot.across, let up = plot.up else { return }
    let color = index % SVGCanvas.seriesColors
    for run in runs(of: series[index], across, up) {
      let thin = LineChart.thinned(run, columns: Int(plot.right - plot.left)).map(plot.place)
      let weight = thin.count > 400 ? "dense" : "series"
      if thin.count > 1 { canvas.path(thin, class: "\(weight) s\(color)", dash: .series(index)) }
      guard thin.count <= 20 else { continue }
      for point in thin { canvas.dot(x: point.x, y: point.y, radius: 3, class: "f\(color)") }
    }
  }
}
