extension LineChart {
  func draw(on canvas: inout SVGCanvas) {
    let margin = SVGCanvas.margin
    if series.count > 1 { drawLegend(on: &canvas) }
    if !y.label.isEmpty {
      canvas.text(y.label, x: margin, y: canvas.height + 12, class: "quiet")
      canvas.height += 20
    }
    let plotHeight = min(320, (canvas.width * 0.5).rounded())
    let points = drawable
    let up = AxisMap(y, over: points.lazy.map(\.y), isLoose: true, count: Int(plotHeight / 55) + 1)
    let labelWidth = up?.ticks.map { SVGCanvas.width(of: $0.label) }.max() ?? 0
    // Half of the last tick's label hangs over the right end.
    let (left, right) = (margin + labelWidth.rounded(.up) + 6, canvas.width - margin - 14)
    let across = AxisMap(
      x, over: points.lazy.map(\.x), isLoose: false, count: Int((right - left) / 80) + 1)
    let top = canvas.height + 6
    let bottom = top + plotHeight
    func place(_ position: (x: Double, y: Double)) -> (x: Double, y: Double) {
      (left + position.x * (right - left), bottom - position.y * plotHeight)
    }

    for tick in up?.ticks ?? [] {
      let y = place((0, up?.position(of: tick.value) ?? 0)).y
      canvas.line(from: (left, y), to: (right, y), class: "grid")
      canvas.text(tick.label, x: left - 6, y: y + 4, class: "quiet", anchor: .end)
    }
    canvas.path([(left, top), (left, bottom), (right, bottom)], class: "axis")
    var free = -Double.infinity
    for tick in across?.ticks ?? [] {
      let x = place((across?.position(of: tick.value) ?? 0, 0)).x
      canvas.line(from: (x, bottom), to: (x, bottom + 5), class: "axis")
      let half = SVGCanvas.width(of: tick.label) / 2
      guard x - half > free else { continue }
      canvas.text(tick.label, x: x, y: bottom + 19, class: "quiet", anchor: .middle)
      free = x + half + 6
    }

    if let across, let up {
      for (index, series) in series.enumerated() {
        for run in runs(of: series, across, up) {
          let thin = LineChart.thinned(run, columns: Int(right - left)).map(place)
          drawRun(thin, index: index, on: &canvas)
        }
      }
    } else if let note {
      canvas.text(
        note, x: (left + right) / 2, y: (top + bottom) / 2, class: "quiet", anchor: .middle)
    }
    canvas.height = bottom + 26
    if !x.label.isEmpty {
      let center = (left + right) / 2
      canvas.text(x.label, x: center, y: canvas.height + 10, class: "quiet", anchor: .middle)
      canvas.height += 20
    }
    if !points.isEmpty, let note { canvas.note(note) }
  }

  /// Points are marked where there are few, or one that no line would show.
  private func drawRun(_ run: [(x: Double, y: Double)], index: Int, on canvas: inout SVGCanvas) {
    let color = index % SVGCanvas.seriesColors
    let weight = run.count > 400 ? "dense" : "series"
    if run.count > 1 { canvas.path(run, class: "\(weight) s\(color)", dash: .series(index)) }
    guard run.count <= 20 else { return }
    for point in run { canvas.dot(x: point.x, y: point.y, radius: 3, class: "f\(color)") }
  }

  private func drawLegend(on canvas: inout SVGCanvas) {
    let margin = SVGCanvas.margin
    var x = margin
    for (index, series) in series.enumerated() {
      let name = printable(series.name)
      let size = 38 + SVGCanvas.width(of: name) + 18
      if x > margin, x + size - 18 > canvas.width - margin {
        x = margin
        canvas.height += 20
      }
      let color = index % SVGCanvas.seriesColors
      let y = canvas.height + 8
      canvas.line(
        from: (x, y), to: (x + 32, y), class: "series s\(color)", dash: .series(index))
      canvas.text(name, x: x + 38, y: y + 4)
      x += size
    }
    canvas.height += 26
  }
}
