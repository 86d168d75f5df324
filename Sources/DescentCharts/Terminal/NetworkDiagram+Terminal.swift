extension NetworkDiagram: Chart {
  /// Layer by layer, each unit with what comes into it.
  func lines(style: TerminalStyle) -> [String] {
    guard layers.contains(where: { !$0.isEmpty }) else { return ["no units"] }
    let width = min(style.width, 100)
    var result: [String] = []
    for (layer, units) in layers.enumerated() {
      for (index, unit) in units.enumerated() {
        let place = Place(layer, index)
        let incoming = drawable.filter { $0.end == place }
        let heading =
          (unit.isActive ? "◉ " : "○ ") + name(of: place)
          + (unit.label.isEmpty || unit.text.isEmpty ? "" : " = " + printable(unit.text))
        var line = heading.truncated(to: width)
        for (number, connection) in incoming.enumerated() {
          let weight = connection.label.isEmpty ? "" : printable(connection.label) + " · "
          let term = (number == 0 ? " ← " : " + ") + weight + name(of: connection.start)
          if line.count + term.count > width {
            result.append(paint(line, unit, style))
            line = "    " + term.truncated(to: width - 4)
          } else {
            line += term
          }
        }
        result.append(paint(line, unit, style))
      }
      if layer < layers.count - 1 { result.append("") }
    }
    return result
  }

  private func name(of place: Place) -> String {
    let unit = layers[place.layer][place.unit]
    let name = printable(unit.label.isEmpty ? unit.text : unit.label)
    return name.isEmpty ? "\(place.layer).\(place.unit)" : name
  }

  private func paint(_ line: String, _ unit: Unit, _ style: TerminalStyle) -> String {
    style.paint(line, unit.isActive ? .right : .series(4))
  }
}
