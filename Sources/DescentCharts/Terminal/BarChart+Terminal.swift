extension BarChart: Chart {
  /// What a screen reader is told if the author says nothing.
  var summary: String {
    "Bar chart" + (label.isEmpty ? "" : " of " + printable(label)) + ": "
      + bars.map { "\(printable($0.label)) \(printable($0.text))" }.joined(separator: ", ") + "."
  }

  /// The bars in eighths of a character.
  func lines(style: TerminalStyle) -> [String] {
    guard !bars.isEmpty else { return ["no data"] }
    let width = min(style.width, 100)
    let names = bars.map { printable($0.label).truncated(to: width / 3) }
    let texts = bars.map { printable($0.text).truncated(to: width / 3) }
    let nameWidth = names.map(\.count).max() ?? 0
    let room = max(4, width - nameWidth - 2 - (texts.map(\.count).max() ?? 0) - 1)
    let zero = Int((position(of: 0) * Double(room)).rounded())
    var result = label.isEmpty ? [] : [printable(label).truncated(to: width)]
    for (index, bar) in bars.enumerated() {
      let ink = ink(bar.value, zero: zero, room: room)
      let shown = ink.isEmpty ? "" : style.paint(ink, .series(0))
      let gap = ink.isEmpty ? String(repeating: " ", count: zero) : ""
      result.append(
        names[index].padded(to: nameWidth, .leading) + " │" + gap + shown + " " + texts[index])
    }
    return result
  }

  private func ink(_ value: Double, zero: Int, room: Int) -> String {
    guard isDrawable(value), value != 0 else { return "" }
    if value > 0 {
      let full = Double(room - zero) * value / max(extent.upper, .leastNonzeroMagnitude)
      let eighths = max(1, Int((full * 8).rounded()))
      let parts = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
      return String(repeating: " ", count: zero) + String(repeating: "█", count: eighths / 8)
        + parts[eighths % 8]
    }
    // Unicode has eighths that grow from the left only; towards the left there are halves.
    let full = Double(zero) * value / min(extent.lower, -.leastNonzeroMagnitude)
    let halves = max(1, Int((full * 2).rounded()))
    let bar = (halves % 2 == 1 ? "▐" : "") + String(repeating: "█", count: halves / 2)
    return bar.padded(to: zero, .trailing)
  }
}
