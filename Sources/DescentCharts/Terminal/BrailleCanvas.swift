/// A raster of 2 × 4 dots per character, drawn with Unicode's Braille patterns.
struct BrailleCanvas {
  let columns: Int
  let rows: Int
  private var dots: [UInt8]
  private var owners: [Int]
  private var characters: [Int: Character] = [:]

  /// An empty canvas of the given size in characters.
  init(columns: Int, rows: Int) {
    self.columns = max(1, columns)
    self.rows = max(1, rows)
    dots = Array(repeating: 0, count: self.columns * self.rows)
    owners = Array(repeating: 0, count: self.columns * self.rows)
  }

  /// Dots across.
  var width: Int { columns * 2 }
  /// Dots down.
  var height: Int { rows * 4 }

  /// Sets a dot, counted from the top left; dots outside are not drawn.
  mutating func plot(_ x: Int, _ y: Int, owner: Int) {
    guard 0..<width ~= x, 0..<height ~= y else { return }
    // Bits of U+2800 … U+28FF: the two columns count down 1 2 3 and 4 5 6; the last row came later.
    let bits: [[UInt8]] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]]
    let cell = y / 4 * columns + x / 2
    dots[cell] |= bits[y % 4][x % 2]
    owners[cell] = owner
  }

  /// The dot of a place from 0 to 1, counted upwards, on both axes.
  func dot(_ position: (x: Double, y: Double)) -> (x: Int, y: Int) {
    func cell(_ position: Double, of count: Int) -> Int {
      Int((min(max(position, 0), 1) * Double(count - 1)).rounded())
    }
    return (cell(position.x, of: width), cell(1 - position.y, of: height))
  }

  /// Puts a character in place of the dots around a place.
  mutating func mark(_ character: Character, _ x: Int, _ y: Int, owner: Int) {
    guard 0..<width ~= x, 0..<height ~= y else { return }
    let cell = y / 4 * columns + x / 2
    characters[cell] = character
    dots[cell] = 0xFF
    owners[cell] = owner
  }

  /// Draws a line by Bresenham's algorithm, keeping the dots that the dash pattern keeps.
  ///
  /// - Parameter phase: Dots of the pattern already used, carried from one segment to the next.
  mutating func line(
    from start: (x: Int, y: Int), to end: (x: Int, y: Int), dash: Dash, phase: inout Int, owner: Int
  ) {
    let (dx, dy) = (abs(end.x - start.x), -abs(end.y - start.y))
    let (stepX, stepY) = (start.x < end.x ? 1 : -1, start.y < end.y ? 1 : -1)
    var (x, y, error) = (start.x, start.y, dx + dy)
    while true {
      if dash.isInk(at: phase) { plot(x, y, owner: owner) }
      if x == end.x, y == end.y { return }
      phase += 1
      let doubled = 2 * error
      if doubled >= dy {
        error += dy
        x += stepX
      }
      if doubled <= dx {
        error += dx
        y += stepY
      }
    }
  }

  /// The characters of a row; runs of one owner are painted together.
  func line(_ row: Int, paint: (String, Int) -> String) -> String {
    var result = ""
    var run = ""
    var owner = 0
    for cell in row * columns..<(row + 1) * columns {
      if dots[cell] != 0, owners[cell] != owner {
        result += paint(run, owner)
        run = ""
        owner = owners[cell]
      }
      run.append(
        characters[cell]
          ?? Character(
            dots[cell] == 0 ? " " : Unicode.Scalar(0x2800 + UInt32(dots[cell])) ?? " "))
    }
    return result + paint(run.trimmedEnd, owner)
  }
}
