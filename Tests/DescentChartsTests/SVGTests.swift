import DescentCharts
import Foundation
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

@Suite("SVG")
struct SVGTests {
  @Test("Every figure is well-formed, has a name and a role, and refers to nothing outside")
  func structure() throws {
    for figure in Samples.all {
      let svg = figure.svg()
      let document = try #require(Document(svg), "\(figure.title) is not well-formed")
      #expect(document.elements.first == "svg")
      #expect(document.elements.dropFirst().prefix(3) == ["title", "desc", "style"])
      #expect(document.texts["title"] == figure.title)
      #expect(document.texts["desc"]?.isEmpty == false)
      #expect(svg.contains("role=\"img\""))
      #expect(svg.contains("prefers-color-scheme:dark"))
      #expect(!svg.replacing("http://www.w3.org/2000/svg", with: "").contains("http"))
      // Words may say "nan", coordinates may not.
      let drawing = svg.replacing(/base64,[^"]*|>[^<]*</, with: "")
      #expect(!drawing.contains("nan") && !drawing.contains("inf "), "\(figure.title)")
    }
  }

  @Test("The same figure gives the same bytes")
  func deterministic() {
    for (first, second) in zip(Samples.all, Samples.all) { #expect(first.svg() == second.svg()) }
  }

  @Test("Markup and control characters in labels are data")
  func escaping() throws {
    let label = "<b a=\"x\">&'\u{0}\u{1B}[31m\u{FFFE}\n]]>"
    let figure = Figure(
      title: label, description: label,
      content: .lines(LineChart([Series(label, values: [1]), Series(label, values: [2])])))
    let document = try #require(Document(figure.svg()))
    #expect(document.texts["title"] == "<b a=\"x\">&'[31m ]]>")
    #expect(!document.elements.contains("b"))
  }

  @Test("A series is one path with its own colour and dashes, broken where a point is missing")
  func series() throws {
    let whole = Series("whole", values: [1, 2, 3, 4])
    let broken = Series("broken", values: [1, 2, .nan, 4, 5])
    let svg = Figure(title: "t", content: .lines(LineChart([whole, broken]))).svg()
    #expect(svg.components(separatedBy: "class=\"series s0\"").count - 1 == 2)  // one in the legend
    #expect(svg.components(separatedBy: "class=\"series s1\" stroke-dash").count - 1 == 3)
    #expect(svg.contains("1 of 9 points not drawn: not finite"))
  }

  @Test("Everything of a chart lies inside the document")
  func inside() throws {
    for width in [240.0, 360, 720, 1200] {
      for figure in [Samples.loss] + Samples.plane {
        let document = try #require(Document(figure.svg(width: width)))
        let right = document.places.map(\.x).max() ?? 0
        let bottom = document.places.map(\.y).max() ?? 0
        #expect(right <= width && bottom <= document.height, "\(figure.title) at \(width)")
      }
    }
  }

  @Test("A long series is thinned to what its columns of pixels can show, extremes included")
  func thinning() {
    var values = (0..<200_000).map { Double($0 % 7) }
    values[123_456] = 1000
    let svg = Figure(title: "t", content: .lines(LineChart([Series("s", values: values)]))).svg()
    #expect(svg.utf8.count < 60_000)
    #expect(svg.contains("1000"))
  }

  @Test("Images are PNG data with the bytes of the format")
  func image() throws {
    let svg = Samples.images.svg()
    let marker = "data:image/png;base64,"
    let start = try #require(svg.range(of: marker)).upperBound
    let text = String(svg[start...].prefix { $0 != "\"" })
    let bytes = [UInt8](try #require(Data(base64Encoded: text)))
    #expect(bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]))
    // 8 signature, 25 header, 12 + 2 + 5 + 3·(1 + 4) + 4 data, 12 end.
    #expect(bytes.count == 8 + 25 + 38 + 12)
    // The end chunk is always the same, with the checksum that the specification prints.
    #expect(bytes.suffix(4) == [0xAE, 0x42, 0x60, 0x82])
    #expect(svg.contains("✗ nine"))
  }
}

/// The elements of an XML document in order, their texts, and the places that they name.
private final class Document: NSObject, XMLParserDelegate {
  var elements: [String] = []
  var texts: [String: String] = [:]
  var places: [(x: Double, y: Double)] = []
  var height = 0.0
  private var open: [String] = []

  init?(_ text: String) {
    super.init()
    let parser = XMLParser(data: Data(text.utf8))
    parser.delegate = self
    guard parser.parse() else { return nil }
  }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
    qualifiedName: String?, attributes: [String: String]
  ) {
    elements.append(name)
    open.append(name)
    if name == "svg", open.count == 1 { height = attributes["height"].flatMap { Double($0) } ?? 0 }
    let numbers = (attributes["d"] ?? "").split { "MLZ ".contains($0) }.compactMap { Double($0) }
    for index in stride(from: 0, to: numbers.count - 1, by: 2) {
      places.append((numbers[index], numbers[index + 1]))
    }
    if let x = attributes["x"].flatMap({ Double($0) }),
      let y = attributes["y"].flatMap({ Double($0) })
    {
      places.append((x, y))
    }
  }

  func parser(
    _ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?
  ) {
    open.removeLast()
  }

  func parser(_ parser: XMLParser, foundCharacters text: String) {
    if let element = open.last { texts[element, default: ""] += text }
  }
}
