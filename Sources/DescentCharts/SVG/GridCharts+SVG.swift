extension HeatMap {
  func draw(on canvas: inout SVGCanvas) {
    guard let plot = GridPlot(grid, x: x, y: y, on: &canvas, hasScale: true) else { return }
    plot.drawColors(on: &canvas, isSmooth: grid.columns > 24)
    plot.drawScale(label: label, on: &canvas)
  }
}

extension FieldChart {
  func draw(on canvas: inout SVGCanvas) {
    guard let plot = GridPlot(grid, x: x, y: y, on: &canvas, hasScale: true) else { return }
    plot.drawColors(on: &canvas, isSmooth: true)
    plot.drawScale(label: label, on: &canvas)
    let area = plot.area
    // As long as arrows are apart, if they lie evenly.
    let plotArea = (area.right - area.left) * (area.bottom - area.top)
    let unit = min(48, (plotArea / Double(max(1, arrows.count))).squareRoot())
    let longest = arrows.map { length(of: $0) }.filter(isDrawable).max() ?? 0
    guard longest > 0 else { return }
    canvas.clip(to: area)
    for arrow in arrows {
      guard let start = area.place(arrow.start), length(of: arrow) > longest * 0.02,
        isDrawable(length(of: arrow))
      else { continue }
      // The direction on paper: axes need not have the same scale.
      let width = grid.x.upperBound - grid.x.lowerBound
      let height = grid.y.upperBound - grid.y.lowerBound
      var (dx, dy) = (
        arrow.vector.x / width * (area.right - area.left),
        -arrow.vector.y / height * (area.bottom - area.top)
      )
      let norm = (dx * dx + dy * dy).squareRoot()
      guard norm > 0, norm.isFinite else { continue }
      let size = unit * 0.95 * length(of: arrow) / longest
      (dx, dy) = (dx / norm, dy / norm)
      let end = (x: start.x + dx * size, y: start.y + dy * size)
      let head = min(6, size * 0.45)
      let runs = [
        [start, end],
        [
          (end.x - head * (dx - 0.5 * dy), end.y - head * (dy + 0.5 * dx)), end,
          (end.x - head * (dx + 0.5 * dy), end.y - head * (dy - 0.5 * dx)),
        ],
      ]
      canvas.path(runs: runs, class: "halo")
      canvas.path(runs: runs, class: "arrow")
    }
    canvas.endClip()
  }

  func length(of arrow: Arrow) -> Double {
    (arrow.vector.x * arrow.vector.x + arrow.vector.y * arrow.vector.y).squareRoot()
  }
}

extension ContourChart {
  func draw(on canvas: inout SVGCanvas) {
    if paths.count > 1 { canvas.legend(paths.map { ($0.name, .line) }) }
    guard let plot = GridPlot(grid, x: x, y: y, on: &canvas, hasScale: false) else { return }
    plot.drawColors(on: &canvas, isSmooth: true, class: "ground")
    let area = plot.area
    canvas.clip(to: area)
    for level in levels {
      let runs = grid.lines(at: level).map { line in
        line.compactMap { area.place(Series.Point(x: $0.x, y: $0.y)) }
      }
      canvas.path(runs: runs, class: "level")
    }
    for (index, path) in paths.enumerated() {
      let color = index % SVGCanvas.seriesColors
      let places = path.points.compactMap(area.place)
      canvas.path(runs: [places], class: "halo")
      canvas.path(runs: [places], class: "series s\(color)", dash: .series(index))
      if places.count <= 60 {
        for place in places { canvas.dot(x: place.x, y: place.y, radius: 2.5, class: "f\(color)") }
      }
      if let first = places.first {
        canvas.dot(x: first.x, y: first.y, radius: 4.5, class: "ring s\(color)")
      }
      if let last = places.last {
        canvas.dot(x: last.x, y: last.y, radius: 5, class: "f\(color)")
      }
    }
    canvas.endClip()
  }
}

/// The axes around a grid, and its values as a picture between them.
struct GridPlot {
  let grid: Grid
  let area: PlotArea

  /// Draws the axes, or says why there is nothing to draw and returns nil.
  init?(_ grid: Grid, x: Axis, y: Axis, on canvas: inout SVGCanvas, hasScale: Bool) {
    guard grid.note == nil else {
      canvas.note(grid.note ?? "")
      return nil
    }
    self.grid = grid
    // A grid is of equal steps: its axes are linear.
    area = PlotArea(
      on: &canvas, x: Axis(x.label), y: Axis(y.label),
      places: [
        Series.Point(x: grid.x.lowerBound, y: grid.y.lowerBound),
        Series.Point(x: grid.x.upperBound, y: grid.y.upperBound),
      ], kind: .picture, reserved: hasScale ? 78 : 0)
  }

  func drawColors(on canvas: inout SVGCanvas, isSmooth: Bool, class name: String = "") {
    let positions = grid.positions
    // An image begins at the top, the grid at the bottom.
    let pixels = (0..<grid.rows).reversed().flatMap { row in
      positions[row * grid.columns..<(row + 1) * grid.columns].map(Palette.index)
    }
    // A place is the middle of its pixel: half a pixel hangs over each side.
    let stepX = (area.right - area.left) / Double(grid.columns - 1)
    let stepY = (area.bottom - area.top) / Double(grid.rows - 1)
    canvas.clip(to: area)
    canvas.image(
      PNG.indexed(height: grid.rows, width: grid.columns, pixels: pixels, palette: Palette.table),
      x: area.left - stepX / 2, y: area.top - stepY / 2,
      width: area.right - area.left + stepX, height: area.bottom - area.top + stepY,
      class: (isSmooth ? "smooth" : "") + (name.isEmpty ? "" : " " + name))
    canvas.endClip()
    canvas.rectangle(
      x: area.left, y: area.top, width: area.right - area.left, height: area.bottom - area.top,
      class: "frame")
  }

  /// The colours with their values, to the right of the plot.
  func drawScale(label: String, on canvas: inout SVGCanvas) {
    guard let (lower, upper) = grid.extent else { return }
    let (x, width) = (area.right + 14, 14.0)
    let height = area.bottom - area.top
    let pixels = (0..<64).reversed().map { Palette.index(Double($0) / 63) }
    canvas.image(
      PNG.indexed(height: 64, width: 1, pixels: pixels, palette: Palette.table), x: x, y: area.top,
      width: width, height: height, class: "smooth")
    canvas.rectangle(x: x, y: area.top, width: width, height: height, class: "frame")
    let ticks = Ticks.linear(from: lower, to: upper, count: 5)
    for tick in upper > lower ? ticks : [] {
      let y = area.bottom - (tick.value - lower) / (upper - lower) * height
      canvas.text(tick.label, x: x + width + 5, y: y + 4, class: "quiet")
    }
    if !label.isEmpty {
      canvas.text(
        label, x: canvas.width - SVGCanvas.margin, y: area.top - 10, class: "quiet", anchor: .end)
    }
  }
}
