extension NetworkDiagram {
  func draw(on canvas: inout SVGCanvas) {
    let tallest = layers.map(\.count).max() ?? 0
    guard tallest > 0 else { return canvas.note("no units") }
    let margin = SVGCanvas.margin
    let widestText = layers.joined().map { SVGCanvas.width(of: printable($0.text)) }.max() ?? 0
    let radius = min(30, max(14, widestText / 2 + 4))
    let pitch = 2 * radius + (layers.joined().contains { !$0.label.isEmpty } ? 36 : 22)
    let inset = max(
      radius, (layers.joined().map { SVGCanvas.width(of: printable($0.label)) }.max() ?? 0) / 2)
    let top = canvas.height + 4
    let middle = top + Double(tallest) * pitch / 2
    func place(_ place: Place) -> (x: Double, y: Double) {
      let gaps = Double(max(1, layers.count - 1))
      let x =
        layers.count == 1
        ? canvas.width / 2
        : margin + inset + Double(place.layer) / gaps * (canvas.width - 2 * margin - 2 * inset)
      let units = Double(layers[place.layer].count)
      return (x, middle + (Double(place.unit) + 0.5 - units / 2) * pitch - 8)
    }

    // Weights that are all alike say nothing: thin lines.
    let isUniform = connections.count > 1 && Set(connections.map(\.weight)).count == 1
    let heaviest = isUniform ? 3 * heaviest : heaviest
    for connection in drawable {
      let (start, end) = (place(connection.start), place(connection.end))
      let share =
        heaviest > 0 && isDrawable(connection.weight)
        ? connection.weight.magnitude / heaviest : 0
      canvas.path(
        [start, end],
        class: "edge s\(connection.weight < 0 ? 1 : 0) w\(Int((share * 4).rounded()))",
        dash: .series(connection.weight < 0 ? 1 : 0))
    }
    // Labels stand at different parts of their lines, so that those that cross do not collide.
    for connection in drawable where !connection.label.isEmpty {
      let (start, end) = (place(connection.start), place(connection.end))
      // Parts are counted between the circles.
      let length = ((end.x - start.x) * (end.x - start.x) + (end.y - start.y) * (end.y - start.y))
        .squareRoot()
      let inside = connection.end.unit.isMultiple(of: 2) ? 0.3 : 0.42
      let part = length > 2 * radius ? (radius + inside * (length - 2 * radius)) / length : 0.5
      canvas.text(
        connection.label, x: start.x + part * (end.x - start.x),
        y: start.y + part * (end.y - start.y) + (end.y < start.y ? -6 : 4), class: "tag",
        anchor: .middle)
    }
    for (layer, units) in layers.enumerated() {
      for (index, unit) in units.enumerated() {
        let center = place(Place(layer, index))
        canvas.dot(
          x: center.x, y: center.y, radius: radius, class: unit.isActive ? "unit lit" : "unit")
        canvas.text(
          unit.text, x: center.x, y: center.y + 4, class: unit.isActive ? "on-lit" : "text",
          anchor: .middle)
        canvas.text(
          unit.label, x: center.x, y: center.y + radius + 15, class: "quiet tag",
          anchor: .middle)
      }
    }
    canvas.height = top + Double(tallest) * pitch
  }
}
