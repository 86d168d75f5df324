/// The rectangle between two axes: it draws them, and says where a place on them lies.
struct PlotArea {
  let across: AxisMap?
  let up: AxisMap?
  let left: Double
  let right: Double
  let top: Double
  let bottom: Double

  /// How the vertical axis is fitted, and what is drawn of both.
  enum Kind {
    /// Extended to ticks, with a line across at each.
    case lines
    /// The ends of the data are the ends of the axes: pictures fill the plot.
    case picture
  }

  /// Draws the axes over the given data below what the canvas holds.
  init(
    on canvas: inout SVGCanvas, x: Axis, y: Axis, places: [Series.Point], kind: Kind = .lines,
    reserved: Double = 0
  ) {
    let margin = SVGCanvas.margin
    if !y.label.isEmpty {
      canvas.text(y.label, x: margin, y: canvas.height + 12, class: "quiet")
      canvas.height += 20
    }
    let height = min(
      kind == .lines ? 320 : 420, (canvas.width * (kind == .lines ? 0.5 : 0.62)).rounded())
    let up = AxisMap(
      y, over: places.lazy.map(\.y), isLoose: kind == .lines, count: Int(height / 55) + 1)
    let labelWidth = up?.ticks.map { SVGCanvas.width(of: $0.label) }.max() ?? 0
    // Half of the last tick's label hangs over the right end.
    left = margin + labelWidth.rounded(.up) + 6
    right = canvas.width - margin - 14 - reserved
    across = AxisMap(
      x, over: places.lazy.map(\.x), isLoose: false, count: Int((right - left) / 80) + 1)
    self.up = up
    top = canvas.height + 6
    bottom = top + height
    drawAxes(on: &canvas, hasGrid: kind == .lines)
    canvas.height = bottom + 26
    if !x.label.isEmpty {
      let center = (left + right) / 2
      canvas.text(x.label, x: center, y: canvas.height + 10, class: "quiet", anchor: .middle)
      canvas.height += 20
    }
  }

  /// Where a place from 0 to 1 on both axes lies.
  func place(_ position: (x: Double, y: Double)) -> (x: Double, y: Double) {
    (left + position.x * (right - left), bottom - position.y * (bottom - top))
  }

  /// Where a point in the units of the axes lies, or nil if it has no place.
  func place(_ point: Series.Point) -> (x: Double, y: Double)? {
    guard let x = across?.position(of: point.x), let y = up?.position(of: point.y) else {
      return nil
    }
    return place((x, y))
  }

  /// Draws a remark where the data would be.
  func remark(_ note: String, on canvas: inout SVGCanvas) {
    canvas.text(
      note, x: (left + right) / 2, y: (top + bottom) / 2, class: "quiet", anchor: .middle)
  }

  private func drawAxes(on canvas: inout SVGCanvas, hasGrid: Bool) {
    for tick in up?.ticks ?? [] {
      let y = place((0, up?.position(of: tick.value) ?? 0)).y
      if hasGrid {
        canvas.line(from: (left, y), to: (right, y), class: "grid")
      } else {
        canvas.line(from: (left - 4, y), to: (left, y), class: "axis")
      }
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
  }
}

extension SVGCanvas {
  /// What stands for a series in a legend.
  enum LegendSample {
    case line
    case mark
  }

  /// Draws names with samples, wrapped to the width, above the plot: no data lies under them.
  mutating func legend(_ entries: [(name: String, sample: LegendSample)]) {
    let margin = SVGCanvas.margin
    var x = margin
    for (index, entry) in entries.enumerated() {
      let name = printable(entry.name)
      let room = entry.sample == .line ? 38.0 : 16
      let size = room + SVGCanvas.width(of: name) + 18
      if x > margin, x + size - 18 > width - margin {
        x = margin
        height += 20
      }
      let y = height + 8
      switch entry.sample {
      case .line:
        line(
          from: (x, y), to: (x + 32, y), class: "series s\(index % SVGCanvas.seriesColors)",
          dash: .series(index))
      case .mark: mark(index, x: x + 5, y: y)
      }
      text(name, x: x + room, y: y + 4)
      x += size
    }
    if !entries.isEmpty { height += 26 }
  }

  /// Draws the mark of a group, counted from zero: groups differ by form as well as by colour.
  mutating func mark(_ index: Int, x: Double, y: Double) {
    let color = "f\(index % SVGCanvas.seriesColors)"
    switch index % 4 {
    case 0: dot(x: x, y: y, radius: 3.5, class: color)
    case 1:
      path(
        runs: [[(x, y - 4.5), (x + 4.5, y + 3.5), (x - 4.5, y + 3.5)]], class: "mark \(color)",
        isClosed: true)
    case 2: rectangle(x: x - 3, y: y - 3, width: 6, height: 6, class: color)
    default:
      path(
        runs: [[(x, y - 5), (x + 4, y), (x, y + 5), (x - 4, y)]], class: "mark \(color)",
        isClosed: true)
    }
  }
}
