/// Values of a function of two variables at equally spaced places.
public struct Grid: Hashable, Sendable {
  /// The first and the last place across.
  public let x: ClosedRange<Double>
  /// The lowest and the highest place upwards.
  public let y: ClosedRange<Double>
  /// Places across.
  public let columns: Int
  /// Places upwards.
  public let rows: Int
  /// The values row by row from left to right, the row of the lowest y first.
  public let values: [Double]

  /// A grid of the given values; missing ones are not a number, and further ones are left out.
  public init(
    x: ClosedRange<Double>, y: ClosedRange<Double>, columns: Int, rows: Int, values: [Double]
  ) {
    (self.x, self.y) = (x, y)
    // A million places are beyond what any picture shows.
    (self.columns, self.rows) = (min(max(0, columns), 1000), min(max(0, rows), 1000))
    let count = self.columns * self.rows
    let missing = [Double](repeating: .nan, count: max(0, count - values.count))
    self.values = Array(values.prefix(count)) + missing
  }

  /// A grid of the values of a function.
  public init(
    x: ClosedRange<Double>, y: ClosedRange<Double>, columns: Int = 61, rows: Int = 61,
    of function: (_ x: Double, _ y: Double) throws -> Double
  ) rethrows {
    let empty = Grid(x: x, y: y, columns: columns, rows: rows, values: [])
    var values: [Double] = []
    for row in 0..<empty.rows {
      for column in 0..<empty.columns {
        values.append(try function(empty.x(of: column), empty.y(of: row)))
      }
    }
    self.init(x: x, y: y, columns: columns, rows: rows, values: values)
  }

  /// The place of a column.
  public func x(of column: Int) -> Double { Self.place(column, of: columns, in: x) }

  /// The place of a row.
  public func y(of row: Int) -> Double { Self.place(row, of: rows, in: y) }

  private static func place(_ index: Int, of count: Int, in range: ClosedRange<Double>) -> Double {
    let part = count > 1 ? Double(index) / Double(count - 1) : 0.5
    return range.lowerBound * (1 - part) + range.upperBound * part
  }
}

extension Grid {
  subscript(column: Int, row: Int) -> Double { values[row * columns + column] }

  /// The lowest and the highest value that can be drawn, or nil if there is none.
  var extent: (lower: Double, upper: Double)? {
    let drawable = values.lazy.filter(isDrawable)
    guard let lower = drawable.min(), let upper = drawable.max() else { return nil }
    return (lower, upper)
  }

  /// Where a value lies from 0, the lowest, to 1, or nil if it cannot be drawn.
  func position(of value: Double) -> Double? {
    guard isDrawable(value), let (lower, upper) = extent else { return nil }
    return upper > lower ? (value - lower) / (upper - lower) : 0.5
  }

  /// The places of all values from 0 to 1.
  var positions: [Double?] {
    guard let (lower, upper) = extent else { return values.map { _ in nil } }
    let scale = upper > lower ? 1 / (upper - lower) : 0
    return values.map { isDrawable($0) ? (scale > 0 ? ($0 - lower) * scale : 0.5) : nil }
  }

  /// Why nothing can be drawn, or nil if something can.
  var note: String? {
    if columns < 2 || rows < 2 { return "no data" }
    guard isDrawable(x.lowerBound), isDrawable(x.upperBound), isDrawable(y.lowerBound),
      isDrawable(y.upperBound), x.lowerBound < x.upperBound, y.lowerBound < y.upperBound
    else { return "nothing to draw: the ends of an axis are not finite, or the same" }
    return extent == nil ? "nothing to draw: no value is finite" : nil
  }
}
