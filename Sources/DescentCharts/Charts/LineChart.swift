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
