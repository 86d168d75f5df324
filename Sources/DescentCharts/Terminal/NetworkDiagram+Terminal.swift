extension NetworkDiagram: Chart {
  /// Layer by layer, each unit with what comes into it.
  func lines(style: TerminalStyle) -> [String] {
    guard layers.contains(where: { !$0.isEmpty }) else { return ["no units"] }
    let width = min(style.width, 100)
    var result: [String] = []
    for (layer, units) in layers.enumerated() {
      if isPlain(layer) {
        // Said once; a line for each unit would say the same again and again.
        let names = units.map { ($0.isActive ? "◉ " : "○ ") + printable($0.text) }
        let source = layer == 0 ? "" : " ← each from all \(layers[layer - 1].count) before"
        let line = names.joined(separator: " ").truncated(to: max(2, width - source.count)) + source
        result.append(style.paint(line, .series(4)))
        if layer < layers.count - 1 { result.append("") }
        continue
      }
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

  /// Whether a layer's units have no names of their own and many connections, all alike.
  private func isPlain(_ layer: Int) -> Bool {
    let units = layers[layer]
    guard units.allSatisfy(\.label.isEmpty) else { return false }
    guard layer > 0 else { return layers.count > 1 && isPlain(1) }
    let incoming = drawable.filter { $0.end.layer == layer }
    let isWhole = incoming.count == units.count * layers[layer - 1].count
    return isWhole && incoming.count > 12 && incoming.allSatisfy { $0.label.isEmpty }
      && Set(incoming.map(\.weight)).count == 1
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
