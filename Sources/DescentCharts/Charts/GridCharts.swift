/// Values over a plane as colours.
public struct HeatMap: Hashable, Sendable {
  /// The values.
  public var grid: Grid
  /// The horizontal axis.
  public var x: Axis
  /// The vertical axis.
  public var y: Axis
  /// The quantity that the colours show, with its unit if it has one.
  public var label: String

  /// A heat map of the given values.
  public init(_ grid: Grid, x: Axis = Axis(), y: Axis = Axis(), label: String = "") {
    (self.grid, self.x, self.y, self.label) = (grid, x, y, label)
  }
}

/// Arrows of a vector field over the colours of a scalar one.
public struct FieldChart: Hashable, Sendable {
  /// The scalar field.
  public var grid: Grid
  /// The vector field; the longest arrow is drawn as long as arrows are apart.
  public var arrows: [Arrow]
  /// The horizontal axis.
  public var x: Axis
  /// The vertical axis.
  public var y: Axis
  /// The quantity that the colours show.
  public var label: String

  /// A vector at a place.
  public struct Arrow: Hashable, Sendable {
    /// Where it begins.
    public var start: Series.Point
    /// Its components.
    public var vector: Series.Point

    /// The vector at a place.
    public init(at start: Series.Point, _ vector: Series.Point) {
      (self.start, self.vector) = (start, vector)
    }
  }

  /// Arrows over colours.
  public init(
    _ grid: Grid, arrows: [Arrow], x: Axis = Axis(), y: Axis = Axis(), label: String = ""
  ) {
    (self.grid, self.arrows, self.x, self.y, self.label) = (grid, arrows, x, y, label)
  }
}

/// Level sets of a function of two variables, and paths over them.
public struct ContourChart: Hashable, Sendable {
  /// The function's values.
  public var grid: Grid
  /// The values whose level sets are drawn.
  public var levels: [Double]
  /// Paths over the plane, such as the steps of a descent; their first and last points are marked.
  public var paths: [Series]
  /// The horizontal axis.
  public var x: Axis
  /// The vertical axis.
  public var y: Axis

  /// Level sets with paths over them; without `levels`, ten that hold equal parts of the plane.
  public init(
    _ grid: Grid, levels: [Double]? = nil, paths: [Series] = [], x: Axis = Axis(), y: Axis = Axis()
  ) {
    (self.grid, self.paths, self.x, self.y) = (grid, paths, x, y)
    self.levels = levels ?? Self.quantiles(of: grid, count: 10)
  }

  /// Equal parts of the plane lie between neighbours: a steep wall does not take all the lines.
  private static func quantiles(of grid: Grid, count: Int) -> [Double] {
    let sorted = grid.values.filter(isDrawable).sorted()
    guard let last = sorted.last, sorted[0] < last else { return [] }
    let levels = (0..<count).map { sorted[(2 * $0 + 1) * sorted.count / (2 * count)] }
    return levels.reduce(into: []) { if $0.last != $1 { $0.append($1) } }
  }
}

/// A function of two variables as a surface, seen from above and aside.
public struct SurfaceChart: Hashable, Sendable {
  /// The function's values: heights.
  public var grid: Grid
  /// Paths that lie on the surface; a ball marks the end of each.
  public var paths: [Series]
  /// The axis to the right.
  public var x: Axis
  /// The axis to the back.
  public var y: Axis
  /// The quantity of the heights.
  public var label: String

  /// A surface with paths on it.
  public init(
    _ grid: Grid, paths: [Series] = [], x: Axis = Axis(), y: Axis = Axis(), label: String = ""
  ) {
    (self.grid, self.paths, self.x, self.y, self.label) = (grid, paths, x, y, label)
  }
}
