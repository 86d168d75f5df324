extension BarChart {
  func draw(on canvas: inout SVGCanvas) {
    let margin = SVGCanvas.margin
    guard !bars.isEmpty else { return canvas.note("no data") }
    if !label.isEmpty {
      canvas.text(label, x: margin, y: canvas.height + 12, class: "quiet")
      canvas.height += 22
    }
    // A third of the width is the most that names or values may take.
    let most = canvas.width / 3
    func fitted(_ text: String) -> String {
      let shown = printable(text)
      let wide = SVGCanvas.width(of: shown)
      return wide <= most ? shown : shown.truncated(to: Int(Double(shown.count) * most / wide))
    }
    let names = bars.map { fitted($0.label) }
    let texts = bars.map { fitted($0.text) }
    func widest(_ texts: [String]) -> Double { texts.map { SVGCanvas.width(of: $0) }.max() ?? 0 }
    let hasNegative = extent.lower < 0
    let left = margin + widest(names) + 8 + (hasNegative ? widest(texts) + 6 : 0)
    let right = max(left + 40, canvas.width - margin - widest(texts) - 6)
    func place(_ value: Double) -> Double { left + position(of: value) * (right - left) }
    let top = canvas.height
    for (index, bar) in bars.enumerated() {
      let y = canvas.height
      canvas.text(names[index], x: margin, y: y + 15)
      let value = isDrawable(bar.value) ? bar.value : 0
      let (start, end) = (place(min(0, value)), place(max(0, value)))
      if value != 0 {
        canvas.rectangle(x: start, y: y + 2, width: max(1, end - start), height: 18, class: "f0")
      }
      canvas.text(
        texts[index], x: value < 0 ? start - 5 : end + 5, y: y + 15,
        anchor: value < 0 ? .end : .start)
      canvas.height += 24
    }
    canvas.line(from: (place(0), top), to: (place(0), canvas.height - 2), class: "axis")
  }
}
