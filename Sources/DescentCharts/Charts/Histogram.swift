/// How many values lie in each of equally wide intervals, for one group of values or more.
public struct Histogram: Hashable, Sendable {
  /// The groups of values.
  public var groups: [Group]
  /// The axis of the values.
  public var x: Axis
  /// How many intervals.
  public var bins: Int

  /// Values with a name.
  public struct Group: Hashable, Sendable {
    /// The name shown in the legend.
    public var name: String
    /// The values in any order.
    public var values: [Double]

    /// A group of values.
    public init(_ name: String, _ values: [Double]) { (self.name, self.values) = (name, values) }
  }

  /// A histogram of the given groups; the axis is linear.
  public init(_ groups: [Group], x: Axis = Axis(), bins: Int = 30) {
    (self.groups, self.x, self.bins) = (groups, Axis(x.label), bins)
  }
}

extension Histogram {
  /// The counts as outlines, each a series of steps.
  var outlines: LineChart {
    let drawable = groups.flatMap(\.values).filter(isDrawable)
    let count = min(max(1, bins), 1000)
    guard var low = drawable.min(), var high = drawable.max() else {
      return LineChart(groups.map { Series($0.name, values: $0.values) }, x: x, y: Axis("count"))
    }
    if high - low <= 1e-9 * max(low.magnitude, high.magnitude) || high - low < 1e-280 {
      let margin = max(0.5, high.magnitude * 1e-6)
      (low, high) = (low - margin, high + margin)
    }
    let width = (high - low) / Double(count)
    let series = groups.map { group in
      var counts = [Int](repeating: 0, count: count)
      for value in group.values where isDrawable(value) {
        counts[min(count - 1, Int((value - low) / width))] += 1
      }
      var points = [Series.Point(x: low, y: 0)]
      for (index, count) in counts.enumerated() {
        for edge in [index, index + 1] {
          points.append(.init(x: low + Double(edge) * width, y: Double(count)))
        }
      }
      return Series(group.name, points: points + [.init(x: high, y: 0)])
    }
    return LineChart(series, x: x, y: Axis("count"))
  }

  /// What the reader should know about values that are not drawn, or nil if all are.
  var note: String? {
    let count = groups.reduce(0) { $0 + $1.values.count }
    let skipped = groups.reduce(0) { $0 + $1.values.filter { !isDrawable($0) }.count }
    if count == 0 { return "no data" }
    return skipped == 0 ? nil : "\(skipped) of \(count) values not drawn: not finite"
  }
}
