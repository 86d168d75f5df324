/// A pattern of strokes and gaps, so that series differ without colour.
struct Dash {
  /// Alternating lengths of strokes and gaps; empty is a solid line.
  let lengths: [Int]

  /// The pattern of a series, counted from zero.
  ///
  /// There are six patterns and five colours, so thirty series differ.
  static func series(_ index: Int) -> Dash {
    let patterns = [[], [8, 4], [2, 3], [10, 3, 2, 3], [5, 2], [12, 3, 2, 3, 2, 3]]
    return Dash(lengths: patterns[index % patterns.count])
  }

  /// Whether a place along the line is drawn.
  func isInk(at place: Int) -> Bool {
    guard !lengths.isEmpty else { return true }
    var rest = place % lengths.reduce(0, +)
    for (index, length) in lengths.enumerated() {
      if rest < length { return index.isMultiple(of: 2) }
      rest -= length
    }
    return true
  }
}
