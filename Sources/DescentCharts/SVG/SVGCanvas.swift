/// An SVG document in the making: elements are added downwards and the height follows.
///
/// Colours are classes, defined once in the style sheet for light and for dark readers.
struct SVGCanvas {
  /// Width in pixels; contents may widen it.
  var width: Double
  /// Where the next content begins; at the end, the height of the document.
  var height: Double = margin
  private var body = ""

  /// The empty border on all sides.
  static let margin = 12.0

  init(width: Double) {
    self.width = width
  }

  /// Text that stands at a place.
  enum Anchor: String {
    case start, middle, end
  }

  /// Adds an element; attributes are escaped and written in the given order.
  mutating func element(
    _ name: String, _ attributes: KeyValuePairs<String, String>, text: String? = nil
  ) {
    body += "<" + name
    for (key, value) in attributes where !value.isEmpty {
      body += " \(key)=\"\(SVGCanvas.escaped(value))\""
    }
    body += text.map { ">\(SVGCanvas.escaped($0))</\(name)>\n" } ?? "/>\n"
  }

  /// Adds a rectangle.
  mutating func rectangle(
    x: Double, y: Double, width: Double, height: Double, class name: String, opacity: Double = 1
  ) {
    element(
      "rect",
      [
        "x": number(x), "y": number(y), "width": number(max(0, width)),
        "height": number(max(0, height)), "class": name,
        "fill-opacity": opacity < 1 ? number(opacity) : "",
      ])
  }

  /// Adds a straight line.
  mutating func line(
    from start: (x: Double, y: Double), to end: (x: Double, y: Double), class name: String,
    dash: Dash? = nil
  ) {
    path([start, end], class: name, dash: dash)
  }

  /// Adds a line through the given points.
  mutating func path(_ points: [(x: Double, y: Double)], class name: String, dash: Dash? = nil) {
    let places = points.map { "\(number($0.x)) \(number($0.y))" }
    let lengths = (dash?.lengths ?? []).map { "\($0)" }
    element(
      "path",
      [
        "d": "M" + places.joined(separator: "L"), "class": name,
        "stroke-dasharray": lengths.joined(separator: " "),
      ])
  }

  /// Adds several lines as one element; closed ones are filled, by a colour or by their class.
  mutating func path(
    runs: [[(x: Double, y: Double)]], class name: String, dash: Dash? = nil, isClosed: Bool = false,
    fill: Palette.Color? = nil
  ) {
    let lines = runs.filter { $0.count > 1 }.map { run in
      "M" + run.map { "\(number($0.x)) \(number($0.y))" }.joined(separator: "L")
        + (isClosed ? "Z" : "")
    }
    guard !lines.isEmpty else { return }
    let lengths = (dash?.lengths ?? []).map { "\($0)" }
    element(
      "path",
      [
        "d": lines.joined(), "class": name, "stroke-dasharray": lengths.joined(separator: " "),
        "style": fill.map { "fill:rgb(\($0.red),\($0.green),\($0.blue))" } ?? "",
      ])
  }

  /// Adds a picture, which fills the rectangle.
  mutating func image(
    _ png: [UInt8], x: Double, y: Double, width: Double, height: Double, class name: String = ""
  ) {
    element(
      "image",
      [
        "x": number(x), "y": number(y), "width": number(width), "height": number(height),
        "preserveAspectRatio": "none", "class": name,
        "href": "data:image/png;base64," + PNG.base64(png),
      ])
  }

  /// What is added until `endClip` is seen only inside of the plot.
  mutating func clip(to area: PlotArea) {
    // A nested document clips by itself: no identifier that another figure of a page might have.
    body +=
      "<svg x=\"\(number(area.left))\" y=\"\(number(area.top))\" "
      + "width=\"\(number(area.right - area.left))\" "
      + "height=\"\(number(area.bottom - area.top))\" viewBox=\"\(number(area.left)) "
      + "\(number(area.top)) \(number(area.right - area.left)) "
      + "\(number(area.bottom - area.top))\">\n"
  }

  /// Ends what `clip` began.
  mutating func endClip() { body += "</svg>\n" }

  /// Adds a circle.
  mutating func dot(x: Double, y: Double, radius: Double, class name: String) {
    element("circle", ["cx": number(x), "cy": number(y), "r": number(radius), "class": name])
  }

  /// Adds a line of text whose baseline is at y.
  mutating func text(
    _ text: String, x: Double, y: Double, class name: String = "text", anchor: Anchor = .start,
    angle: Double = 0
  ) {
    let shown = printable(text)
    guard !shown.isEmpty else { return }
    element(
      "text",
      [
        "x": number(x), "y": number(y), "class": name,
        "text-anchor": anchor == .start ? "" : anchor.rawValue,
        "transform": angle == 0 ? "" : "rotate(\(number(angle)) \(number(x)) \(number(y)))",
      ], text: shown)
  }

  /// Adds the title, wrapped to the width.
  mutating func heading(_ title: String) {
    // Bold letters are about a tenth wider.
    for line in wrapped(title, size: 17 * 1.1) {
      text(line, x: SVGCanvas.margin, y: height + 15, class: "title")
      height += 22
    }
    if height > SVGCanvas.margin { height += 8 }
  }

  /// Adds a remark below the content, wrapped to the width.
  mutating func note(_ note: String) {
    for line in wrapped(note, size: 12) {
      text(line, x: SVGCanvas.margin, y: height + 14, class: "quiet")
      height += 16
    }
    height += 6
  }

  /// The lines of a text that is broken at spaces to fit between the margins.
  private func wrapped(_ text: String, size: Double) -> [String] {
    var lines: [String] = []
    for word in printable(text).split(separator: " ") {
      let longer = (lines.last.map { $0 + " " } ?? "") + word
      if lines.isEmpty || SVGCanvas.width(of: longer, size: size) > width - 2 * SVGCanvas.margin {
        lines.append(String(word))
      } else {
        lines[lines.count - 1] = longer
      }
    }
    return lines
  }

  /// The whole document.
  func document(title: String, description: String) -> String {
    let (w, h) = (number(width.rounded(.up)), number((height + SVGCanvas.margin).rounded(.up)))
    let name = SVGCanvas.escaped(printable(title.isEmpty ? "Figure" : title))
    return """
      <svg xmlns="http://www.w3.org/2000/svg" class="descent-figure" role="img" width="\(w)" \
      height="\(h)" viewBox="0 0 \(w) \(h)">
      <title>\(name)</title>
      <desc>\(SVGCanvas.escaped(printable(description)))</desc>
      <style>\(SVGCanvas.styleSheet)</style>
      <rect width="100%" height="100%" class="paper"/>
      \(body)</svg>

      """
  }

  /// The number as SVG writes it.
  func number(_ value: Double) -> String { Decimal.coordinate(value) }

  /// The text with the five characters replaced that mean something to XML.
  static func escaped(_ text: String) -> String {
    var result = ""
    for character in text.unicodeScalars {
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      default: result.unicodeScalars.append(character)
      }
    }
    return result
  }

  /// About how wide a text is; the reader's font is unknown, so the estimate is on the wide side.
  static func width(of text: String, size: Double = 12) -> Double {
    size
      * text.unicodeScalars.reduce(0) { sum, scalar in
        switch scalar {
        case "i", "j", "l", "I", "t", "f", ".", ",", ":", ";", "'", "|", "!", "(", ")", " ":
          sum + 0.38
        case "m", "w", "M", "W", "@", "%", "—": sum + 0.95
        case "A"..."Z": sum + 0.72
        case "\u{2E80}"...: sum + 1.05
        default: sum + 0.62
        }
      }
  }
}
