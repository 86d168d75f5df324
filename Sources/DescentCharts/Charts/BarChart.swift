/// Labelled horizontal bars from a common zero line.
public struct BarChart: Hashable, Sendable {
  /// The bars from top to bottom.
  public var bars: [Bar]
  /// The quantity that the lengths show, with its unit if it has one.
  public var label: String

  /// One bar.
  public struct Bar: Hashable, Sendable {
    /// The name at the left.
    public var label: String
    /// The length; a bar that is not finite has its value written and no length.
    public var value: Double
    /// The text at the bar's end.
    public var text: String

    /// A bar, its text being the value to four digits unless said otherwise.
    public init(_ label: String, _ value: Double, text: String? = nil) {
      self.label = label
      self.value = value
      self.text = text ?? Decimal.short(value)
    }
  }

  /// A bar chart of the given bars.
  public init(_ bars: [Bar], label: String = "") {
    self.bars = bars
    self.label = label
  }
}

extension BarChart {
  /// The ends of the axis: zero and the extreme values on both sides of it.
  var extent: (lower: Double, upper: Double) {
    let values = bars.lazy.map(\.value).filter(isDrawable)
    return (min(0, values.min() ?? 0), max(0, values.max() ?? 0))
  }

  /// Where a value lies between the ends of the axis, from 0 to 1.
  func position(of value: Double) -> Double {
    let (lower, upper) = extent
    return upper > lower ? (value - lower) / (upper - lower) : 0
  }
}
