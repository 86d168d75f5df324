import Testing

@testable import DescentCharts

@Suite("Terminal text")
struct TerminalTests {
  @Test("Without colours there are no control characters, and no line is too wide")
  func plain() {
    for figure in Samples.all {
      for width in [20, 80] {
        let lines = figure.text(style: TerminalStyle(width: width)).split(separator: "\n")
        for line in lines {
          #expect(!line.unicodeScalars.contains { $0.properties.generalCategory == .control })
          if case .confusion = figure.content { continue }  // a table is as wide as its cells
          #expect(line.count <= width, "\(figure.title): \(line)")
        }
      }
    }
  }

  @Test("Colours change nothing but the escapes")
  func colours() {
    for figure in Samples.all {
      switch figure.content {
      // With colours their pixels are blocks, without they are ink.
      case .images, .heatMap: continue
      default: break
      }
      let colored = figure.text(style: TerminalStyle(colors: .palette))
      #expect(colored.contains("\u{1B}["))
      let bare = colored.replacing(/\u{1B}\[[0-9;]*m/, with: "")
      #expect(bare.replacing(/[ ]+\n/, with: "\n") == figure.text())
    }
  }

  @Test("Escapes in labels never reach the terminal")
  func hostileLabels() {
    let label = "a\u{1B}[2Jb\rc\u{9B}d"
    for style in [TerminalStyle.plain, TerminalStyle(colors: .full)] {
      let series = Series(label, values: [1, 2])
      let contents: [Figure.Content] = [
        .bars(BarChart([.init(label, 1, text: label)], label: label)),
        .lines(LineChart([series, series], x: Axis(label))),
        .confusion(ConfusionMatrix(classes: [label], counts: [[1]])),
        .images(ImageGrid(height: 1, width: 1, images: [.init(pixels: [], caption: label)])),
      ]
      for content in contents {
        let text = Figure(title: label, content: content).text(style: style)
        #expect(!text.contains("\u{1B}[2J") && !text.contains("\r") && !text.contains("\u{9B}"))
      }
    }
  }

  @Test("Bars are measured in eighths")
  func bars() {
    let chart = BarChart([.init("a", 8), .init("bc", 4), .init("d", 0.001), .init("e", .nan)])
    // 20 characters less 2 of the names, 2 of the axis, 5 of the values and a space leave 10.
    #expect(
      Figure(title: "", content: .bars(chart)).text(style: TerminalStyle(width: 20)) == """
        a  │██████████ 8
        bc │█████ 4
        d  │▏ 0.001
        e  │ nan
        """)
  }

  @Test("A falling line falls, and has its ticks beside it")
  func lines() {
    let chart = LineChart([Series("s", values: [4, 3, 2, 1, 0])], x: Axis("epoch"))
    #expect(
      Figure(title: "Falling", content: .lines(chart)).text(style: TerminalStyle(width: 20)) == """
        Falling
        4 ┤⠑⠤⡀
          │  ⠈⠒⢄⡀
          │     ⠈⠒⢄⡀
        2 ┤        ⠈⠒⢄⡀
          │           ⠈⠑⢄⡀
        0 ┤              ⠈⠢⢄
          └────┬───────┬────
               2       4
                 epoch
        """)
  }

  @Test("Series differ by their dashes where there is no colour")
  func dashes() {
    let patterns = (0..<6).map { index in
      String((0..<24).map { Dash.series(index).isInk(at: $0) ? "#" : "." })
    }
    #expect(Set(patterns).count == 6)
    #expect(patterns[0].allSatisfy { $0 == "#" })
    #expect(patterns[1].hasPrefix("########....####"))
  }

  @Test("Images are ink where they are bright, two rows of pixels to a line")
  func density() {
    let rows: [UInt8] = [0, 255, 0, 255] + [0, 255, 255, 255] + [255, 0, 0, 0]
    let image = ImageGrid.Image(pixels: rows, caption: "ab")
    let grid = ImageGrid(height: 3, width: 4, images: [image, image])
    #expect(
      Figure(title: "", content: .images(grid)).text() == """
         @=@   @=@
        =     =
        ab    ab
        """)
  }

  @Test("Rows of images that belong together are halved, and cut into even lines, but not mixed")
  func rowsOfImages() {
    func captions(_ width: Int, columns: Int = 6) -> [String] {
      let images = (0..<12).map { index in
        ImageGrid.Image(
          pixels: [UInt8](repeating: 255, count: 24 * 24), caption: "\(index / 6).\(index % 6)")
      }
      let grid = ImageGrid(
        height: 24, width: 24, images: images, columns: columns, keepsRows: true)
      let lines = Figure(title: "", content: .images(grid)).text(style: TerminalStyle(width: width))
        .split(separator: "\n")
      #expect(lines.allSatisfy { $0.count <= width })
      return lines.filter { $0.contains(".") }
        .map { $0.split(separator: " ").joined(separator: " ") }
    }
    let whole = ["0.0 0.1 0.2 0.3 0.4 0.5", "1.0 1.1 1.2 1.3 1.4 1.5"]
    #expect(captions(200) == whole && captions(154) == whole)
    // Halved, six of twelve pixels and two between them fit into 82.
    #expect(captions(153) == whole && captions(82) == whole)
    // Five fit into 80: three and three are better than five and one.
    for width in [80, 60, 40] {
      #expect(captions(width) == ["0.0 0.1 0.2", "0.3 0.4 0.5", "1.0 1.1 1.2", "1.3 1.4 1.5"])
    }
    #expect(captions(30).count == 6 && captions(24).count == 12)
  }

  @Test("Images in colour keep their colours")
  func colors() {
    // A red and a blue pixel above a green and a white one: red, green and blue one after another.
    let image = ImageGrid.Image(pixels: [255, 0, 0, 255] + [0, 0, 255, 255] + [0, 200, 0, 255])
    let grid = ImageGrid(height: 2, width: 2, channels: 3, images: [image])
    let figure = Figure(title: "", content: .images(grid))
    let full = figure.text(style: TerminalStyle(colors: .full))
    #expect(full.contains("[38;2;255;0;0;48;2;0;255;0m") && full.contains("[38;2;0;0;200;48;2;255"))
    let palette = figure.text(style: TerminalStyle(colors: .palette))
    #expect(palette.contains("[38;5;196;48;5;46m") && palette.contains("[38;5;20;48;5;231m"))
    #expect(figure.svg().contains("data:image/png;base64,iVBORw0KGgo"))
  }

  @Test("With colours each half of a character is a pixel")
  func halfBlocks() {
    let image = ImageGrid.Image(pixels: [0, 255, 7, 128])
    let grid = ImageGrid(height: 2, width: 2, images: [image])
    let figure = Figure(title: "", content: .images(grid))
    let full = figure.text(style: TerminalStyle(colors: .full))
    #expect(
      full == "\u{1B}[38;2;0;0;0;48;2;7;7;7m▀\u{1B}[38;2;255;255;255;48;2;128;128;128m▀\u{1B}[0m")
    let palette = figure.text(style: TerminalStyle(colors: .palette))
    #expect(palette == "\u{1B}[38;5;16;48;5;232m▀\u{1B}[38;5;231;48;5;244m▀\u{1B}[0m")
  }

  @Test("A confusion matrix that is too wide numbers its columns and keeps its names")
  func confusion() {
    #expect(
      Samples.confusion.text(style: TerminalStyle(width: 20)) == """
        Confusion
        true \\ predicted   1   2  3
        ───────────────────────────
        1 cat             50   2  ·
        2 dog              1  47  4
        3 horse            3   ·  ·
        """)
    #expect(Samples.confusion.text().contains("true \\ predicted  cat  dog  horse"))
  }

  @Test("Colours need a terminal that wants them; the width is the user's, the window's, or 80")
  func detection() {
    func detect(
      _ environment: [String: String], isTerminal: Bool = true, window: Int = 0
    ) -> TerminalStyle {
      .detect(isTerminal: isTerminal, windowWidth: window) { environment[$0] }
    }
    #expect(detect([:]) == TerminalStyle(width: 80, colors: .palette))
    #expect(detect(["COLORTERM": "truecolor"]).colors == .full)
    #expect(detect(["NO_COLOR": "1", "COLORTERM": "truecolor"]).colors == .none)
    #expect(detect(["NO_COLOR": ""]).colors == .palette)
    #expect(detect(["TERM": "dumb"]).colors == .none)
    #expect(detect([:], isTerminal: false) == .plain)
    #expect(detect(["COLUMNS": "100"], window: 120).width == 100)
    #expect(detect(["COLUMNS": "x"], window: 120).width == 120)
  }

  @Test("No bit pattern of a double stops a chart")
  func anyDouble() {
    var state: UInt64 = 42
    func next() -> Double {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Double(bitPattern: state ^ (state >> 31))
    }
    for round in 0..<500 {
      let points = (0..<(1 + round % 5)).map { _ in Series.Point(x: next(), y: next()) }
      let axis = Axis(scale: round.isMultiple(of: 2) ? .linear : .logarithmic)
      let chart = LineChart([Series("s", points: points)], x: axis, y: axis)
      let bars = BarChart(points.map { .init("b", $0.y) })
      for content in [Figure.Content.lines(chart), .bars(bars)] {
        let figure = Figure(title: "t", content: content)
        #expect(!figure.svg(width: points[0].x).isEmpty && !figure.text().isEmpty)
      }
    }
  }
}
