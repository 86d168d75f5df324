/// A marked place on an axis.
struct Tick: Hashable {
  var value: Double
  var label: String
}

/// Round numbers for axes.
///
/// Steps are 1, 2 or 5 times a power of ten, as in Paul S. Heckbert, "Nice Numbers for Graph
/// Labels", Graphics Gems (Academic Press, 1990), pages 61–63. A tick is held as an integer times a
/// power of ten, so that 0.1 + 0.2 can never be printed as 0.30000000000000004.
enum Ticks {
  /// About `count` ticks for lower…upper.
  ///
  /// - Parameters:
  ///   - isLoose: Whether to add the ticks just outside of both ends.
  ///   - isIntegral: Whether the values are whole numbers, so that 2.5 would mean nothing.
  static func linear(
    from lower: Double, to upper: Double, count: Int, isLoose: Bool = false,
    isIntegral: Bool = false
  ) -> [Tick] {
    let span = upper - lower
    let widest = max(lower.magnitude, upper.magnitude)
    // Below this the positions of neighbouring doubles would be ticks.
    guard span.isFinite, span > 1e-290, span > 1e-12 * widest else {
      return [Tick(value: lower, label: Decimal.short(lower))]
    }
    let raw = span / Double(max(2, count) - 1)
    var exponent = Int(floorLog10(raw))
    let fraction = raw / power10(exponent)
    var mantissa = fraction < 1.5 ? 1 : fraction < 3 ? 2 : fraction < 7 ? 5 : 10
    if mantissa == 10 { (mantissa, exponent) = (1, exponent + 1) }
    if isIntegral, exponent < 0 { (mantissa, exponent) = (1, 0) }

    let step = Decimal(coefficient: mantissa, exponent: exponent).value
    // The tolerance keeps an end that is a tick but for its last bit.
    let tolerance = 1e-9
    let (first, last) =
      isLoose
      ? ((lower / step + tolerance).rounded(.down), (upper / step - tolerance).rounded(.up))
      : ((lower / step - tolerance).rounded(.up), (upper / step + tolerance).rounded(.down))
    guard first <= last else { return [] }
    let isScientific = widest >= 1e6 || exponent < -4
    return (Int(first)...Int(last)).map { index in
      let place = Decimal(coefficient: index * mantissa, exponent: exponent)
      return Tick(value: place.value, label: isScientific ? place.scientific : place.plain)
    }
  }

  /// Ticks for equal ratios: powers of ten, joined by their 2 and 5 fold where there is room.
  static func logarithmic(from lower: Double, to upper: Double, count: Int) -> [Tick] {
    let bottom = Int(floorLog10(lower))
    let top = Int(floorLog10(upper))
    let decades = logarithm10(upper) - logarithm10(lower)
    let perDecade = Double(max(2, count)) / max(decades, 1e-9)
    let mantissas = perDecade >= 3 ? [1, 2, 5] : [1]
    let stride = max(1, Int((1 / perDecade).rounded(.up)))
    var ticks: [Tick] = []
    for exponent in bottom...max(bottom, top) where exponent.isMultiple(of: stride) {
      for mantissa in mantissas {
        let place = Decimal(coefficient: mantissa, exponent: exponent)
        if place.value >= lower, place.value <= upper {
          ticks.append(Tick(value: place.value, label: place.short))
        }
      }
    }
    guard ticks.count < 2 else { return ticks }
    return linear(from: lower, to: upper, count: count).filter { $0.value > 0 }
  }
}
