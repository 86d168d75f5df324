/// Groups of points over common axes, and lines among them.
public struct ScatterChart: Hashable, Sendable {
  /// The groups; they differ by colour and by mark.
  public var groups: [Series]
  /// Lines, such as a fit.
  public var lines: [Series]
  /// The horizontal axis.
  public var x: Axis
  /// The vertical axis.
  public var y: Axis

  /// A scatter chart of the given groups and lines.
  public init(_ groups: [Series], lines: [Series] = [], x: Axis = Axis(), y: Axis = Axis()) {
    (self.groups, self.lines, self.x, self.y) = (groups, lines, x, y)
  }
}

extension ScatterChart {
  /// All of it as a line chart, groups first: the same axes, notes and order of colours.
  var asLines: LineChart { LineChart(groups + lines, x: x, y: y) }
}
