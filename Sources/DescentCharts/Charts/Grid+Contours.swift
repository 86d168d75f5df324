extension Grid {
  /// A line through the plane, in the units of the axes.
  typealias Line = [(x: Double, y: Double)]

  /// The lines on which the function has a value, by marching squares.
  ///
  /// See William E. Lorensen and Harvey E. Cline, "Marching Cubes", SIGGRAPH (1987), in two
  /// dimensions. Where the value is passed on all four sides of a cell, its middle decides.
  func lines(at level: Double) -> [Line] {
    guard columns > 1, rows > 1, isDrawable(level) else { return [] }
    var segments: [(Int, Int)] = []
    for row in 0..<rows - 1 {
      for column in 0..<columns - 1 { segments += self.segments(column, row, at: level) }
    }
    return chained(segments).map { $0.map { crossing($0, at: level) } }
  }

  // A side of a cell has a number: twice that of the place at its left or lower end, and one more
  // if it goes upwards.
  private func segments(_ column: Int, _ row: Int, at level: Double) -> [(Int, Int)] {
    let corners = [
      self[column, row], self[column + 1, row], self[column + 1, row + 1], self[column, row + 1],
    ]
    guard corners.allSatisfy(isDrawable) else { return [] }
    let place = row * columns + column
    let sides = [2 * place, 2 * (place + 1) + 1, 2 * (place + columns), 2 * place + 1]
    let isAbove = corners.map { $0 > level }
    let crossed = (0..<4).filter { isAbove[$0] != isAbove[($0 + 1) % 4] }
    if crossed.count == 2 { return [(sides[crossed[0]], sides[crossed[1]])] }
    guard crossed.count == 4 else { return [] }
    let middle = corners.reduce(0) { $0 + $1 / 4 } > level
    return middle == isAbove[0]
      ? [(sides[0], sides[1]), (sides[2], sides[3])] : [(sides[3], sides[0]), (sides[1], sides[2])]
  }

  /// Where a side of a cell meets the level.
  private func crossing(_ side: Int, at level: Double) -> (x: Double, y: Double) {
    let (column, row) = (side / 2 % columns, side / 2 / columns)
    let (nextColumn, nextRow) = side.isMultiple(of: 2) ? (column + 1, row) : (column, row + 1)
    let (first, second) = (self[column, row], self[nextColumn, nextRow])
    let part = (level - first) / (second - first)
    return (
      x(of: column) * (1 - part) + x(of: nextColumn) * part,
      y(of: row) * (1 - part) + y(of: nextRow) * part
    )
  }

  /// The segments joined to lines where they share a side.
  private func chained(_ segments: [(Int, Int)]) -> [[Int]] {
    var neighbours: [Int: [Int]] = [:]
    for (first, second) in segments {
      neighbours[first, default: []].append(second)
      neighbours[second, default: []].append(first)
    }
    func follow(_ start: Int) -> [Int] {
      var (line, place) = ([start], start)
      while let next = neighbours[place]?.popLast() {
        if let back = neighbours[next]?.firstIndex(of: place) { neighbours[next]?.remove(at: back) }
        line.append(next)
        place = next
      }
      return line
    }
    // Open lines begin at the edge of the grid; what is left then are rings.
    var lines: [[Int]] = []
    let places = neighbours.keys.sorted()
    for place in places where neighbours[place]?.count == 1 { lines.append(follow(place)) }
    for place in places where neighbours[place]?.isEmpty == false { lines.append(follow(place)) }
    return lines
  }
}
