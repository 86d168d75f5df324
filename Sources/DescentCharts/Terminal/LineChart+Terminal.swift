extension LineChart: Chart {
  /// The chart in Braille dots, with a legend above and tick labels at the axes.
  func lines(style: TerminalStyle) -> [String] {
    let width = min(style.width, 100)
    let rows = max(6, min(14, width / 5))
    let points = drawable
    let up = AxisMap(y, over: points.lazy.map(\.y), isLoose: true, count: rows / 3 + 1)
    let labelWidth = min(up?.ticks.map(\.label.count).max() ?? 0, width - 10)
    let columns = max(8, width - labelWidth - 2)
    let across = AxisMap(x, over: points.lazy.map(\.x), isLoose: false, count: columns / 12 + 2)

    var labels = Array(repeating: "", count: rows)
    for tick in up?.ticks ?? [] {
      guard let row = up?.position(of: tick.value).map({ cell(1 - $0, of: rows * 4) / 4 }) else {
        continue
      }
      if labels[row].isEmpty { labels[row] = tick.label.truncated(to: labelWidth) }
    }

    var canvas = BrailleCanvas(columns: columns, rows: rows)
    if let across, let up { draw(on: &canvas, across, up) }

    var result = series.count > 1 ? legend(style: style, width: width) : []
    if !y.label.isEmpty { result.append(printable(y.label).truncated(to: width)) }
    for row in 0..<rows {
      let edge = labels[row].isEmpty ? "│" : "┤"
      let ink = canvas.line(row) { style.paint($0, .series($1)) }
      result.append(labels[row].padded(to: labelWidth, .trailing) + " " + edge + ink)
    }
    result += axis(across, columns: columns, indent: labelWidth + 1)
    if let note { result.append(note.truncated(to: width)) }
    return result
  }

  private func draw(on canvas: inout BrailleCanvas, _ across: AxisMap, _ up: AxisMap) {
    for (index, series) in series.enumerated() {
      for run in runs(of: series, across, up) {
        let dots = run.map {
          (x: cell($0.x, of: canvas.width), y: cell(1 - $0.y, of: canvas.height))
        }
        var phase = 0
        for (start, end) in zip(dots, dots.dropFirst()) {
          canvas.line(
            from: start, to: end, dash: .series(index), phase: &phase, owner: index)
        }
        if let only = dots.first, dots.count == 1 { canvas.plot(only.x, only.y, owner: index) }
      }
    }
  }

  /// The ruled line below the chart, its tick labels, and the axis label.
  private func axis(_ across: AxisMap?, columns: Int, indent: Int) -> [String] {
    var rule = Array(repeating: Character("─"), count: columns)
    var labels = Array(repeating: Character(" "), count: columns + indent + 1)
    var free = 0
    for tick in across?.ticks ?? [] {
      guard let place = across?.position(of: tick.value).map({ cell($0, of: columns * 2) / 2 })
      else { continue }
      rule[place] = "┬"
      let middle = place + indent + 1 - tick.label.count / 2
      let start = min(max(0, middle), labels.count - tick.label.count)
      guard start >= free else { continue }
      labels.replaceSubrange(start..<start + tick.label.count, with: Array(tick.label))
      free = start + tick.label.count + 1
    }
    let margin = String(repeating: " ", count: indent)
    var result = [margin + "└" + String(rule), String(labels).trimmedEnd].filter { !$0.isEmpty }
    if !x.label.isEmpty {
      let label = printable(x.label).truncated(to: columns)
      result.append((margin + " " + label.padded(to: columns, .center)).trimmedEnd)
    }
    return result
  }

  /// Samples of the lines with their names, wrapped to the width.
  private func legend(style: TerminalStyle, width: Int) -> [String] {
    var result = [""]
    var used = 0
    for (index, series) in series.enumerated() {
      var sample = BrailleCanvas(columns: 10, rows: 1)
      var phase = 0
      sample.line(from: (0, 2), to: (19, 2), dash: .series(index), phase: &phase, owner: index)
      let name = printable(series.name).truncated(to: max(1, width - 11))
      let size = 11 + name.count
      if used > 0, used + 3 + size > width {
        result.append("")
        used = 0
      }
      let gap = used > 0 ? "   " : ""
      let line = sample.line(0) { style.paint($0, .series($1)) }
      result[result.count - 1] += gap + line + " " + name
      used += gap.count + size
    }
    return result
  }

  /// The cell of a place from 0 to 1.
  private func cell(_ position: Double, of count: Int) -> Int {
    Int((min(max(position, 0), 1) * Double(count - 1)).rounded())
  }
}
