extension SurfaceChart {
  /// A point of the unit cube, as it is seen: from the front, to the right and above.
  ///
  /// A parallel projection, in units of the cube's edge; `depth` grows away from the viewer.
  struct Projection {
    // The surface is turned by 30 degrees.
    private let sine = 0.5
    private let cosine = 0.866
    // How much of depth and of height is seen.
    private let tilt = 0.45
    private let rise = 0.62

    func place(_ x: Double, _ y: Double, _ z: Double) -> (x: Double, y: Double, depth: Double) {
      let right = cosine * (x - 0.5) - sine * (y - 0.5)
      let depth = sine * (x - 0.5) + cosine * (y - 0.5)
      return (right, tilt * depth + rise * (z - 0.5), depth)
    }
  }

  /// The height at a place between those of the grid, from 0 to 1, or nil outside or without a value.
  func height(atX x: Double, y: Double) -> Double? {
    guard grid.note == nil, isDrawable(x), isDrawable(y) else { return nil }
    let column = (x - grid.x.lowerBound) / (grid.x.upperBound - grid.x.lowerBound)
    let row = (y - grid.y.lowerBound) / (grid.y.upperBound - grid.y.lowerBound)
    guard 0...1 ~= column, 0...1 ~= row else { return nil }
    let (across, up) = (column * Double(grid.columns - 1), row * Double(grid.rows - 1))
    let (left, bottom) = (min(Int(across), grid.columns - 2), min(Int(up), grid.rows - 2))
    let (u, v) = (across - Double(left), up - Double(bottom))
    let low = grid[left, bottom] * (1 - u) + grid[left + 1, bottom] * u
    let high = grid[left, bottom + 1] * (1 - u) + grid[left + 1, bottom + 1] * u
    return grid.position(of: low * (1 - v) + high * v)
  }
}
