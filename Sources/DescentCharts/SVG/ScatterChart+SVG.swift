extension ScatterChart {
  func draw(on canvas: inout SVGCanvas) {
    let all = asLines
    if all.series.count > 1 {
      canvas.legend(groups.map { ($0.name, .mark) } + lines.map { ($0.name, .line) })
    }
    let points = all.drawable
    let plot = PlotArea(on: &canvas, x: x, y: y, places: points)
    for (index, group) in groups.enumerated() {
      for place in group.points.compactMap(plot.place) {
        canvas.mark(index, x: place.x, y: place.y)
      }
    }
    for index in groups.count..<max(groups.count, all.series.count) {
      all.drawSeries(index, in: plot, on: &canvas)
    }
    if points.isEmpty {
      if let note = all.note { plot.remark(note, on: &canvas) }
    } else if let note = all.note {
      canvas.note(note)
    }
  }
}
