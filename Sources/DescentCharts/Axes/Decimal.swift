/// A number c · 10ᵉ, written out digit by digit: no locale, no binary rounding.
struct Decimal: Hashable {
  var coefficient: Int
  var exponent: Int

  /// The nearest double.
  var value: Double { Double("\(coefficient)e\(exponent)") ?? 0 }

  /// Digits with exactly the decimals that the exponent asks for: (25, -1) is "2.5".
  var plain: String {
    guard coefficient != 0 || exponent < 0 else { return "0" }
    if exponent >= 0 { return "\(coefficient)" + String(repeating: "0", count: exponent) }
    let digits = String(coefficient.magnitude)
    let padding = String(repeating: "0", count: max(0, 1 - exponent - digits.count))
    let padded = padding + digits
    let point = padded.index(padded.endIndex, offsetBy: exponent)
    return (coefficient < 0 ? "-" : "") + padded[..<point] + "." + padded[point...]
  }

  /// One digit before the point, as in "2.5e-7"; zero is "0".
  var scientific: String {
    let (c, e) = stripped
    if c == 0 { return "0" }
    let digits = String(c.magnitude)
    let fraction = digits.dropFirst()
    return (c < 0 ? "-" : "") + digits.prefix(1) + (fraction.isEmpty ? "" : "." + fraction)
      + "e\(e + digits.count - 1)"
  }

  /// The shorter reading of the two: scientific beyond a million and below a ten-thousandth.
  var short: String {
    let (c, e) = stripped
    let magnitude = String(c.magnitude).count + e
    return c != 0 && (magnitude > 7 || magnitude < -3)
      ? scientific : Decimal(coefficient: c, exponent: e).plain
  }

  /// The value to four significant digits: "0.1235", "60000", "1.5e-7", "nan".
  static func short(_ value: Double) -> String {
    guard value.isFinite else { return value.isNaN ? "nan" : value < 0 ? "-inf" : "inf" }
    guard value != 0, value.isNormal else { return "0" }
    // Integers keep all their digits: 60123 examples are not 60120.
    if value.magnitude < 1e7, value == value.rounded() { return "\(Int(value))" }
    let exponent = Int(floorLog10(value.magnitude)) - 3
    // Two factors, because 10 to the power of 310 is no double.
    let half = exponent / 2
    let scaled = value * power10(-half) * power10(half - exponent)
    return Decimal(coefficient: Int(scaled.rounded()), exponent: exponent).short
  }

  /// The value with a fixed number of decimals, trailing zeros dropped: the form of SVG coordinates.
  static func coordinate(_ value: Double) -> String {
    guard value.isFinite else { return "0" }
    let hundredths = (min(max(value, -1e9), 1e9) * 100).rounded()
    let (c, e) = Decimal(coefficient: Int(hundredths), exponent: -2).stripped
    return Decimal(coefficient: c, exponent: e).plain
  }

  /// The same number with no trailing zero before a fraction's end.
  private var stripped: (coefficient: Int, exponent: Int) {
    guard coefficient != 0 else { return (0, 0) }
    var (c, e) = (coefficient, exponent)
    while c % 10 == 0 {
      c /= 10
      e += 1
    }
    return (c, e)
  }
}
