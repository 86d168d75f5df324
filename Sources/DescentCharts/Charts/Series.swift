/// A named sequence of points; a point that cannot be drawn breaks the line.
public struct Series: Hashable, Sendable {
  /// The name shown in the legend.
  public var name: String
  /// The points in drawing order.
  public var points: [Point]

  /// A position in the units of the axes.
  public struct Point: Hashable, Sendable {
    /// Horizontal coordinate.
    public var x: Double
    /// Vertical coordinate.
    public var y: Double

    /// The point (x, y).
    public init(x: Double, y: Double) {
      self.x = x
      self.y = y
    }
  }

  /// A series of the given points.
  public init(_ name: String, points: [Point]) {
    self.name = name
    self.points = points
  }

  /// A series of values at first, first + 1, …: one per epoch, say.
  public init(_ name: String, values: [Double], first: Int = 1) {
    self.init(
      name, points: values.indices.map { Point(x: Double(first) + Double($0), y: values[$0]) })
  }
}
