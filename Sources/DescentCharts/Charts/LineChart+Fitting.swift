extension LineChart {
  /// What a screen reader is told if the author says nothing.
  var summary: String {
    let names = series.map { printable($0.name) }.joined(separator: ", ")
    let axes = [y.label, x.label].map(printable).filter { !$0.isEmpty }.joined(
      separator: " against ")
    return "Line chart" + (axes.isEmpty ? "" : " of " + axes)
      + (names.isEmpty ? "." : "; series: \(names).")
  }

  /// The points that both axes can place.
  var drawable: [Series.Point] { series.flatMap(\.points).filter(canPlace) }

  /// What the reader should know about points that are not drawn, or nil if all are.
  var note: String? {
    let count = series.reduce(0) { $0 + $1.points.count }
    let skipped = count - drawable.count
    if count == 0 { return "no data" }
    if skipped == 0 { return nil }
    let reason =
      [x, y].contains { $0.scale == .logarithmic }
      ? "not finite, or not positive on a log axis" : "not finite"
    return skipped == count
      ? "nothing to draw: every point is \(reason)"
      : "\(skipped) of \(count) points not drawn: \(reason)"
  }

  /// Whether both axes can place the point.
  func canPlace(_ point: Series.Point) -> Bool {
    AxisMap.canPlace(point.x, scale: x.scale) && AxisMap.canPlace(point.y, scale: y.scale)
  }

  /// The unbroken runs of a series, placed from 0 to 1 on both axes.
  func runs(of series: Series, _ across: AxisMap, _ up: AxisMap) -> [[(x: Double, y: Double)]] {
    series.points.split { !canPlace($0) }.map { run in
      run.map { (across.position(of: $0.x) ?? 0, up.position(of: $0.y) ?? 0) }
    }
  }

  /// Keeps of each column the first, lowest, highest and last point of a long run.
  ///
  /// The drawn line stays the same pixel by pixel: Jugel and others, "M4: A Visualization-Oriented
  /// Time Series Data Aggregation", Proceedings of the VLDB Endowment 7 (2014), pages 797–808.
  static func thinned(_ run: [(x: Double, y: Double)], columns: Int) -> [(x: Double, y: Double)] {
    guard run.count > 4 * columns else { return run }
    var result: [(x: Double, y: Double)] = []
    var start = 0
    while start < run.count {
      let column = (run[start].x * Double(columns)).rounded(.down)
      var end = start
      var (low, high) = (start, start)
      while end < run.count, (run[end].x * Double(columns)).rounded(.down) == column {
        if run[end].y < run[low].y { low = end }
        if run[end].y > run[high].y { high = end }
        end += 1
      }
      for index in Set([start, low, high, end - 1]).sorted() { result.append(run[index]) }
      start = end
    }
    return result
  }
}
