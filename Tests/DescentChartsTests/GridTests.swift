import Testing

@testable import DescentCharts

@Suite("Grids and their level sets")
struct GridTests {
  @Test("A level set of a bowl is one closed line whose points have that value")
  func rings() throws {
    let grid = Grid(x: -2...2, y: -2...2, columns: 81, rows: 81) { x, y in x * x + 3 * y * y }
    for level in [0.3, 1, 2.5] {
      let lines = grid.lines(at: level)
      let line = try #require(lines.first)
      #expect(lines.count == 1)
      #expect(line.first! == line.last!)
      // Between places the function is taken as straight: the error is a quarter of the second
      // derivative times the square of a step, at most.
      for place in line {
        #expect(abs(place.x * place.x + 3 * place.y * place.y - level) < 6 * 0.05 * 0.05)
      }
    }
  }

  @Test("Lines of a plane are straight and go from edge to edge; a saddle has two branches")
  func open() throws {
    let plane = Grid(x: 0...1, y: 0...1, columns: 11, rows: 11) { x, y in x + 2 * y }
    let line = try #require(plane.lines(at: 1.03).first)
    #expect(plane.lines(at: 1.03).count == 1)
    for place in line { #expect(abs(place.x + 2 * place.y - 1.03) < 1e-12) }
    let saddle = Grid(x: -1...1, y: -1...1, columns: 20, rows: 20) { x, y in x * y }
    #expect(saddle.lines(at: 0.1).count == 2)
    #expect(saddle.lines(at: 5).isEmpty)
  }

  @Test("Places and values are where they were said to be")
  func places() {
    let grid = Grid(x: -1...1, y: 0...4, columns: 3, rows: 5) { x, y in 10 * y + x }
    #expect(grid.x(of: 0) == -1 && grid.x(of: 1) == 0 && grid.y(of: 4) == 4)
    #expect(grid[2, 3] == 31 && grid.values.count == 15)
    #expect(grid.position(of: 41) == 1 && grid.position(of: -1) == 0)
  }

  @Test("Default levels hold equal parts of the plane, even where a wall is steep")
  func quantiles() {
    let wall = Grid(x: 0...1, y: 0...1) { x, _ in x < 0.5 ? x : 1e6 * x }
    let levels = ContourChart(wall).levels
    #expect(levels.count == 10 && levels.filter { $0 < 0.5 }.count == 5)
  }

  @Test("Lightness of the palette rises, so that greyscale keeps the order")
  func palette() {
    let lightness = (0...100).map { place -> Double in
      let color = Palette.color(Double(place) / 100)
      return 0.2126 * Double(color.red) + 0.7152 * Double(color.green) + 0.0722 * Double(color.blue)
    }
    for (lower, upper) in zip(lightness, lightness.dropFirst()) { #expect(lower < upper) }
    #expect(Palette.index(nil) == 255 && Palette.index(1) == 254 && Palette.index(-3) == 0)
  }

  @Test("Counts of a histogram add up to the values that can be drawn")
  func histogram() {
    let values: [Double] = [0, 0.1, 0.5, 0.9, 1, .nan]
    let outline = Histogram([.init("g", values)], bins: 4).outlines.series[0].points
    let counts = stride(from: 1, to: outline.count - 1, by: 2).map { outline[$0].y }
    #expect(counts == [2, 0, 1, 2])
  }

  @Test("A path lies on its surface")
  func surface() throws {
    let chart = SurfaceChart(Samples.bowl)
    let height = try #require(chart.height(atX: 1, y: 0.5))
    // The bowl is 2 of at most 8 there.
    #expect(abs(height - 0.25) < 1e-12)
    #expect(chart.height(atX: 3, y: 0) == nil)
  }
}
