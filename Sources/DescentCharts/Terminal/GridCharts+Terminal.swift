extension HeatMap: Chart {
  /// What a screen reader is told if the author says nothing.
  var summary: String { grid.summary("Heat map", x, y, label) }

  /// Colours in half blocks, or ink where there are no colours.
  func lines(style: TerminalStyle) -> [String] {
    guard let plot = grid.plot(x, y, style) else { return [grid.note ?? ""].fitted(style) }
    let rows = plot.lines { row in
      let pairs = (0..<plot.columns).map { column in
        let x = Double(column) / Double(plot.columns - 1)
        return [0.25, 0.75].map { half in
          grid.nearest(x, 1 - (Double(row) + half) / Double(plot.rows))
        }
      }
      if style.colors == .none {
        return String(pairs.map { TerminalStyle.density(($0[0] ?? 0) / 2 + ($0[1] ?? 0) / 2) })
          .trimmedEnd
      }
      let blocks = pairs.map { pair in
        let codes = pair.map { style.code(Palette.table[Int(Palette.index($0))]) }
        return "\u{1B}[38;\(codes[0]);48;\(codes[1])m▀"
      }
      return blocks.joined() + "\u{1B}[0m"
    }
    return rows + grid.scale(label).fitted(style)
  }
}

extension FieldChart: Chart {
  /// What a screen reader is told if the author says nothing.
  var summary: String { grid.summary("Arrows over a heat map", x, y, label) }

  /// Arrows in the eight directions that a terminal has, among ink for the values.
  func lines(style: TerminalStyle) -> [String] {
    guard let plot = grid.plot(x, y, style) else { return [grid.note ?? ""].fitted(style) }
    let heads: [Character] = ["→", "↗", "↑", "↖", "←", "↙", "↓", "↘"]
    let longest = arrows.map(length).filter(isDrawable).max() ?? 0
    var drawn: [Int: Character] = [:]
    for arrow in arrows {
      guard let place = plot.position(arrow.start), 0...1 ~= place.x, 0...1 ~= place.y,
        length(of: arrow) > longest * 0.02, isDrawable(length(of: arrow))
      else { continue }
      let column = Int((place.x * Double(plot.columns - 1)).rounded())
      let row = Int(((1 - place.y) * Double(plot.rows - 1)).rounded())
      drawn[row * plot.columns + column] = heads[octant(of: arrow.vector)]
    }
    let rows = plot.lines { row in
      let characters = (0..<plot.columns).map { column -> Character in
        let place = grid.nearest(
          Double(column) / Double(plot.columns - 1), 1 - Double(row) / Double(plot.rows - 1))
        return drawn[row * plot.columns + column] ?? TerminalStyle.density((place ?? 0) * 0.6)
      }
      return String(characters).trimmedEnd
    }
    return rows.map { style.paint($0, .series(0)) } + grid.scale(label).fitted(style)
  }

  /// Which of eight directions a vector has, counted from the right against the clock.
  private func octant(of vector: Series.Point) -> Int {
    let diagonal = 0.41421356  // the tangent of 22.5 degrees
    let (x, y) = (vector.x, vector.y)
    if y.magnitude <= diagonal * x.magnitude { return x < 0 ? 4 : 0 }
    if x.magnitude <= diagonal * y.magnitude { return y < 0 ? 6 : 2 }
    return x > 0 ? (y > 0 ? 1 : 7) : (y > 0 ? 3 : 5)
  }
}

extension ContourChart: Chart {
  /// What a screen reader is told if the author says nothing.
  var summary: String {
    let names = paths.map { printable($0.name) }.filter { !$0.isEmpty }.joined(separator: ", ")
    return grid.summary("Level sets", x, y, "") + (names.isEmpty ? "" : " Paths: \(names).")
  }

  /// Level sets and paths in Braille dots; letters mark where paths begin and end.
  func lines(style: TerminalStyle) -> [String] {
    guard let plot = grid.plot(x, y, style) else { return [grid.note ?? ""].fitted(style) }
    var canvas = BrailleCanvas(columns: plot.columns, rows: plot.rows)
    // The owner of the level sets is no path.
    let levelOwner = -1
    var phase = 0
    for line in levels.flatMap(grid.lines) {
      let dots = line.compactMap { plot.position(Series.Point(x: $0.x, y: $0.y)) }.map(canvas.dot)
      for (start, end) in zip(dots, dots.dropFirst()) {
        canvas.line(
          from: start, to: end, dash: Dash(lengths: [1, 2]), phase: &phase, owner: levelOwner)
      }
    }
    for (index, path) in paths.enumerated() {
      let places = path.points.compactMap(plot.position).filter {
        -1...2 ~= $0.x && -1...2 ~= $0.y
      }
      let dots = places.map(canvas.dot)
      phase = 0
      for (start, end) in zip(dots, dots.dropFirst()) {
        canvas.line(from: start, to: end, dash: .series(0), phase: &phase, owner: index)
      }
      if let first = dots.first { canvas.mark("○", first.x, first.y, owner: index) }
      if let last = dots.last {
        let mark = TerminalStyle.marks[index % TerminalStyle.marks.count]
        canvas.mark(mark, last.x, last.y, owner: index)
      }
    }
    return (paths.count > 1 ? style.legend(paths.map { ($0.name, .mark) }) : [])
      + plot.lines { canvas.line($0) { style.paint($0, $1 < 0 ? .faint : .series($1)) } }
  }
}

extension SurfaceChart: Chart {
  /// What a screen reader is told if the author says nothing.
  var summary: String { grid.summary("Surface", x, y, label) }

  /// The surface from straight above, as level sets: what a terminal can show of it.
  func lines(style: TerminalStyle) -> [String] {
    ContourChart(grid, paths: paths, x: x, y: y).lines(style: style)
  }
}

extension Grid {
  /// The value at a place from 0 to 1 on both axes, from 0 to 1; nil where it cannot be drawn.
  fileprivate func nearest(_ x: Double, _ y: Double) -> Double? {
    let column = Int((x * Double(columns - 1)).rounded())
    let row = Int((min(max(y, 0), 1) * Double(rows - 1)).rounded())
    return position(of: self[column, row])
  }

  fileprivate func plot(_ x: Axis, _ y: Axis, _ style: TerminalStyle) -> TerminalPlot? {
    guard note == nil else { return nil }
    return TerminalPlot(
      x: Axis(x.label), y: Axis(y.label),
      places: [
        Series.Point(x: self.x.lowerBound, y: self.y.lowerBound),
        Series.Point(x: self.x.upperBound, y: self.y.upperBound),
      ], style: style, isPicture: true)
  }

  fileprivate func summary(_ kind: String, _ x: Axis, _ y: Axis, _ label: String) -> String {
    let axes = [x.label, y.label].map(printable).filter { !$0.isEmpty }.joined(separator: " and ")
    let range = extent.map { " from \(Decimal.short($0.lower)) to \(Decimal.short($0.upper))" }
    return kind + (label.isEmpty ? "" : " of " + printable(label)) + (range ?? "")
      + (axes.isEmpty ? "." : " over \(axes).")
  }

  /// What the least and the most ink stand for.
  fileprivate func scale(_ label: String) -> [String] {
    guard let (lower, upper) = extent else { return [] }
    let name = label.isEmpty ? "" : printable(label) + ": "
    return ["\(name)\(Decimal.short(lower)) (low) to \(Decimal.short(upper)) (high)"]
  }
}

extension [String] {
  fileprivate func fitted(_ style: TerminalStyle) -> [String] {
    map { $0.truncated(to: style.width) }
  }
}
