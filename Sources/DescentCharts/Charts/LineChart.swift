/// Several series of points over common axes.
public struct LineChart: Hashable, Sendable {
  /// The series, drawn in order.
  public var series: [Series]
  /// The horizontal axis.
  public var x: Axis
  /// The vertical axis.
  public var y: Axis

  /// A line chart of the given series.
  public init(_ series: [Series], x: Axis = Axis(), y: Axis = Axis()) {
    self.series = series
    self.x = x
    self.y = y
  }
}

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

/// A label and a scale.
public struct Axis: Hashable, Sendable {
  /// The quantity, with its unit if it has one.
  public var label: String
  /// How values become positions.
  public var scale: Scale

  /// How values become positions.
  public enum Scale: Hashable, Sendable {
    /// Equal steps for equal differences.
    case linear
    /// Equal steps for equal ratios; values that are not positive are not drawn.
    case logarithmic
  }

  /// An axis, linear unless said otherwise.
  public init(_ label: String = "", scale: Scale = .linear) {
    self.label = label
    self.scale = scale
  }
}
