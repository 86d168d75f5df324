extension Histogram {
  func draw(on canvas: inout SVGCanvas) {
    let outlines = outlines
    if groups.count > 1 { canvas.legend(groups.map { ($0.name, .line) }) }
    let points = outlines.drawable
    let plot = PlotArea(on: &canvas, x: outlines.x, y: outlines.y, places: points)
    for (index, series) in outlines.series.enumerated() {
      let places = series.points.compactMap(plot.place)
      guard places.count == series.points.count, places.count > 1 else { continue }
      let color = index % SVGCanvas.seriesColors
      canvas.path(runs: [places], class: "area f\(color)", isClosed: true)
      canvas.path(places, class: "dense s\(color)", dash: .series(index))
    }
    if points.isEmpty {
      plot.remark(note ?? "no data", on: &canvas)
    } else if let note {
      canvas.note(note)
    }
  }
}
