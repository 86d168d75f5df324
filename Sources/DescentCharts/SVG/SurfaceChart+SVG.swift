extension SurfaceChart {
  func draw(on canvas: inout SVGCanvas) {
    if let note = grid.note { return canvas.note(note) }
    if paths.count > 1 { canvas.legend(paths.map { ($0.name, .line) }) }
    if !label.isEmpty {
      canvas.text(label, x: SVGCanvas.margin, y: canvas.height + 12, class: "quiet")
      canvas.height += 20
    }
    let projection = Projection()
    let scale = (canvas.width - 2 * SVGCanvas.margin) / 1.5
    let center = (x: canvas.width / 2, y: canvas.height + scale * 0.62)
    func place(_ x: Double, _ y: Double, _ z: Double) -> (x: Double, y: Double) {
      let seen = projection.place(x, y, z)
      return (center.x + seen.x * scale, center.y - seen.y * scale)
    }
    canvas.path([place(0, 1, 0), place(0, 0, 0), place(1, 0, 0)], class: "axis")
    drawFacets(on: &canvas, place)
    drawAxes(on: &canvas, place)
    drawPaths(on: &canvas, place)
    canvas.height = center.y + scale * 0.62 + 8
  }

  /// The cells of the surface from back to front, each with the colour of its mean height.
  private func drawFacets(
    on canvas: inout SVGCanvas, _ place: (Double, Double, Double) -> (x: Double, y: Double)
  ) {
    let positions = grid.positions
    // About thirty facets a side: more would only make the file larger.
    let columns = Array(stride(from: 0, to: grid.columns, by: max(1, (grid.columns + 29) / 30)))
    let rows = Array(stride(from: 0, to: grid.rows, by: max(1, (grid.rows + 29) / 30)))
    // Far rows first, and in a row the far side, which is the right one.
    for (row, nextRow) in zip(rows, rows.dropFirst()).reversed() {
      for (column, nextColumn) in zip(columns, columns.dropFirst()).reversed() {
        let corners = [
          (column, row), (nextColumn, row), (nextColumn, nextRow), (column, nextRow),
        ]
        let heights = corners.map { positions[$0.1 * grid.columns + $0.0] }
        guard heights.allSatisfy({ $0 != nil }) else { continue }
        let mean = heights.reduce(0) { $0 + ($1 ?? 0) / 4 }
        let outline = zip(corners, heights).map { corner, height in
          place(
            Double(corner.0) / Double(grid.columns - 1), Double(corner.1) / Double(grid.rows - 1),
            height ?? 0)
        }
        canvas.path(
          runs: [outline], class: "facet", isClosed: true, fill: Palette.color(mean))
      }
    }
  }

  private func drawAxes(
    on canvas: inout SVGCanvas, _ place: (Double, Double, Double) -> (x: Double, y: Double)
  ) {
    for (part, anchor) in [(0.0, grid.x.lowerBound), (1.0, grid.x.upperBound)] {
      let end = place(part, 0, 0)
      canvas.text(Decimal.short(anchor), x: end.x, y: end.y + 18, class: "quiet", anchor: .middle)
    }
    let middle = place(0.5, 0, 0)
    canvas.text(x.label, x: middle.x + 10, y: middle.y + 24, class: "quiet", anchor: .middle)
    for (part, anchor) in [(0.06, grid.y.lowerBound), (1.0, grid.y.upperBound)] {
      let end = place(0, part, 0)
      canvas.text(Decimal.short(anchor), x: end.x - 6, y: end.y + 8, class: "quiet", anchor: .end)
    }
    let side = place(0, 0.5, 0)
    canvas.text(y.label, x: side.x - 14, y: side.y + 16, class: "quiet", anchor: .end)
  }

  private func drawPaths(
    on canvas: inout SVGCanvas, _ place: (Double, Double, Double) -> (x: Double, y: Double)
  ) {
    for (index, path) in paths.enumerated() {
      let color = index % SVGCanvas.seriesColors
      let runs = path.points.split { height(atX: $0.x, y: $0.y) == nil }.map { run in
        run.map { point in
          place(
            (point.x - grid.x.lowerBound) / (grid.x.upperBound - grid.x.lowerBound),
            (point.y - grid.y.lowerBound) / (grid.y.upperBound - grid.y.lowerBound),
            height(atX: point.x, y: point.y) ?? 0)
        }
      }
      canvas.path(runs: runs, class: "halo")
      canvas.path(runs: runs, class: "series s\(color)", dash: .series(index))
      for run in runs where run.count <= 60 {
        for place in run { canvas.dot(x: place.x, y: place.y, radius: 2.5, class: "f\(color)") }
      }
      if let ball = runs.last?.last {
        canvas.dot(x: ball.x, y: ball.y - 6, radius: 8, class: "ball f\(color)")
      }
    }
  }
}
