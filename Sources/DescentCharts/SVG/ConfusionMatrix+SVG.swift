extension ConfusionMatrix {
  func draw(on canvas: inout SVGCanvas) {
    let margin = SVGCanvas.margin
    guard !classes.isEmpty else { return canvas.note("no classes") }
    let names = classes.map { printable($0).truncated(to: 24) }
    let widestName = names.map { SVGCanvas.width(of: $0) }.max() ?? 0
    let widestCount =
      classes.indices.flatMap { row in
        classes.indices.map { SVGCanvas.width(of: "\(count(row, $0))") }
      }.max() ?? 0
    let cell = max(30, widestCount + 12)
    // Names that are wider than their column are turned upwards.
    let isTurned = widestName > cell - 4
    let rise = isTurned ? widestName * 0.72 + 14 : 16
    let left = margin + 20 + widestName + 8
    let top = canvas.height + 24 + rise
    let size = cell * Double(classes.count)
    let tail = isTurned ? max(0, widestName * 0.72 - cell / 2) : 0
    canvas.width = max(canvas.width, left + size + tail + margin)

    canvas.text(
      "predicted", x: left + size / 2, y: canvas.height + 12, class: "quiet", anchor: .middle)
    canvas.text(
      "true", x: margin + 10, y: top + size / 2, class: "quiet", anchor: .middle, angle: -90)
    for (index, name) in names.enumerated() {
      let middle = (Double(index) + 0.5) * cell
      canvas.text(name, x: left - 8, y: top + middle + 4, anchor: .end)
      if isTurned {
        canvas.text(name, x: left + middle + 4, y: top - 6, angle: -45)
      } else {
        canvas.text(name, x: left + middle, y: top - 6, anchor: .middle)
      }
    }
    for row in classes.indices {
      for column in classes.indices {
        let (x, y) = (left + Double(column) * cell, top + Double(row) * cell)
        let isRight = row == column
        // The square root lets a mistake of one in a hundred be seen, and mistakes are shaded twice
        // as deep as hits; up to 0.6 the count stays readable.
        let depth = min(0.6, (isRight ? 0.6 : 1.2) * share(row, column).squareRoot())
        if depth > 0 {
          canvas.rectangle(
            x: x, y: y, width: cell, height: cell, class: isRight ? "hit" : "miss", opacity: depth)
        }
        canvas.rectangle(x: x, y: y, width: cell, height: cell, class: "frame")
        let isZero = count(row, column) == 0
        canvas.text(
          isZero ? "·" : "\(count(row, column))", x: x + cell / 2, y: y + cell / 2 + 4,
          class: isZero ? "quiet" : isRight ? "strong" : "text", anchor: .middle)
      }
    }
    canvas.height = top + size + 4
  }
}
