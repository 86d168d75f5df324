#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Android)
  import Android
#elseif canImport(Darwin)
  import Darwin
#endif

/// The logarithm to base ten.
func logarithm10(_ value: Double) -> Double { log10(value) }

/// The exponent of the leading digit: 2 for 345, -2 for 0.034.
func floorLog10(_ value: Double) -> Double { log10(value).rounded(.down) }

/// Ten to the given power, correctly rounded.
func power10(_ exponent: Int) -> Double { Decimal(coefficient: 1, exponent: exponent).value }

/// Whether a coordinate can be drawn: finite, and so far from overflow that differences are finite.
func isDrawable(_ value: Double) -> Bool { value.magnitude < 1e300 }
