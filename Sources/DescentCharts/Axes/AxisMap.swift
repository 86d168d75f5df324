/// A fitted axis: where values lie between its ends, and its ticks.
struct AxisMap {
  let scale: Axis.Scale
  let lower: Double
  let upper: Double
  let ticks: [Tick]

  /// The axis that holds all drawable values of the data, or nil if there are none.
  ///
  /// - Parameters:
  ///   - isLoose: Whether a linear axis is extended to ticks at both ends.
  ///   - count: About how many ticks there is room for.
  init?(_ axis: Axis, over values: some Sequence<Double>, isLoose: Bool, count: Int) {
    scale = axis.scale
    var low = Double.infinity
    var high = -Double.infinity
    var isIntegral = true
    for value in values where AxisMap.canPlace(value, scale: axis.scale) {
      low = min(low, value)
      high = max(high, value)
      isIntegral = isIntegral && value == value.rounded()
    }
    guard low <= high else { return nil }
    switch axis.scale {
    case .linear:
      if high - low <= 1e-12 * max(low.magnitude, high.magnitude) || high - low < 1e-280 {
        // One value only: give it room on both sides.
        let margin = isIntegral ? max(1, high.magnitude * 1e-6) : max(high.magnitude * 0.1, 1e-270)
        (low, high) = (low - margin, high + margin)
      }
      // Whole losses 3, 2, 1 still want a tick at 2.5; whole epochs, the tight axis, do not.
      ticks = Ticks.linear(
        from: low, to: high, count: count, isLoose: isLoose, isIntegral: isIntegral && !isLoose)
      lower = isLoose ? ticks.first?.value ?? low : low
      upper = isLoose ? ticks.last?.value ?? high : high
    case .logarithmic:
      if high / low < 1.0001 { (low, high) = (low / 2, high * 2) }
      let margin = isLoose ? 0.03 * (logarithm10(high) - logarithm10(low)) : 0
      let factor = 1 + margin * 2.302585  // 10ᵐ ≈ 1 + m ln 10; only a margin, so near is enough
      (lower, upper) = (low / factor, high * factor)
      ticks = Ticks.logarithmic(from: lower, to: upper, count: count)
    }
  }

  /// The place of a value from 0 to 1 between the ends, or nil if it has none.
  func position(of value: Double) -> Double? {
    guard AxisMap.canPlace(value, scale: scale) else { return nil }
    switch scale {
    case .linear: return (value - lower) / (upper - lower)
    case .logarithmic:
      return (logarithm10(value) - logarithm10(lower)) / (logarithm10(upper) - logarithm10(lower))
    }
  }

  static func canPlace(_ value: Double, scale: Axis.Scale) -> Bool {
    // Beyond 1e-290 the lower end of a margin would fall among the subnormal numbers.
    isDrawable(value) && (scale == .linear || value > 1e-290)
  }
}
