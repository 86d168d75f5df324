/// The axes of a chart in a terminal, and where things lie between them.
struct TerminalPlot {
  let across: AxisMap?
  let up: AxisMap?
  /// Characters across, the labels included.
  let width: Int
  /// Characters between the axes, across and down.
  let columns: Int
  let rows: Int
  private let x: Axis
  private let y: Axis
  private let labelWidth: Int

  /// - Parameter isPicture: Whether the ends of the data are the ends of the axes.
  init(x: Axis, y: Axis, places: [Series.Point], style: TerminalStyle, isPicture: Bool = false) {
    (self.x, self.y) = (x, y)
    width = min(style.width, 100)
    rows = isPicture ? max(8, min(20, width / 4)) : max(6, min(14, width / 5))
    let up = AxisMap(y, over: places.lazy.map(\.y), isLoose: !isPicture, count: rows / 3 + 1)
    labelWidth = min(up?.ticks.map(\.label.count).max() ?? 0, width - 10)
    // A character is about twice as high as wide: a picture stays near a square.
    columns = max(8, min(width - labelWidth - 2, isPicture ? rows * 3 : width))
    across = AxisMap(x, over: places.lazy.map(\.x), isLoose: false, count: columns / 12 + 2)
    self.up = up
  }

  /// Where a point in the units of the axes lies from 0 to 1, or nil if it has no place.
  func position(_ point: Series.Point) -> (x: Double, y: Double)? {
    guard let x = across?.position(of: point.x), let y = up?.position(of: point.y) else {
      return nil
    }
    return (x, y)
  }

  /// The axes with the given rows between them.
  func lines(_ row: (Int) -> String) -> [String] {
    var labels = Array(repeating: "", count: rows)
    for tick in up?.ticks ?? [] {
      guard let row = up?.position(of: tick.value).map({ cell(1 - $0, of: rows * 4) / 4 }) else {
        continue
      }
      if labels[row].isEmpty { labels[row] = tick.label.truncated(to: labelWidth) }
    }
    var result = y.label.isEmpty ? [] : [printable(y.label).truncated(to: width)]
    for index in 0..<rows {
      let edge = labels[index].isEmpty ? "│" : "┤"
      result.append(labels[index].padded(to: labelWidth, .trailing) + " " + edge + row(index))
    }
    return result + axis(indent: labelWidth + 1)
  }

  /// The ruled line below the chart, its tick labels, and the axis label.
  private func axis(indent: Int) -> [String] {
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

  /// The cell of a place from 0 to 1.
  private func cell(_ position: Double, of count: Int) -> Int {
    Int((min(max(position, 0), 1) * Double(count - 1)).rounded())
  }
}

extension TerminalStyle {
  /// What stands for a series in a legend.
  enum LegendSample {
    case line
    case mark
  }

  /// The marks of groups of points, counted from zero; Braille has none that differ.
  static let marks: [Character] = ["●", "▲", "■", "◆"]

  /// Samples with their names, wrapped to the width.
  func legend(_ entries: [(name: String, sample: LegendSample)]) -> [String] {
    let width = min(width, 100)
    var result = [""]
    var used = 0
    for (index, entry) in entries.enumerated() {
      let (sample, room) = legendSample(entry.sample, index)
      let name = printable(entry.name).truncated(to: max(1, width - room - 1))
      let size = room + 1 + name.count
      if used > 0, used + 3 + size > width {
        result.append("")
        used = 0
      }
      let gap = used > 0 ? "   " : ""
      result[result.count - 1] += gap + sample + " " + name
      used += gap.count + size
    }
    return result
  }

  private func legendSample(_ sample: LegendSample, _ index: Int) -> (String, Int) {
    switch sample {
    case .mark:
      return (paint(String(Self.marks[index % Self.marks.count]), .series(index)), 1)
    case .line:
      var canvas = BrailleCanvas(columns: 10, rows: 1)
      var phase = 0
      canvas.line(from: (0, 2), to: (19, 2), dash: .series(index), phase: &phase, owner: index)
      return (canvas.line(0) { paint($0, .series($1)) }, 10)
    }
  }
}
