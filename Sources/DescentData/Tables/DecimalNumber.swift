/// What a field of a table spells.
enum DecimalNumber {
  /// A number, off by one unit of the last place of a Double at most.
  case number(Double)
  /// Digits for a number that no Double holds.
  case tooLarge
  /// Something else.
  case text

  /// Reads a decimal number, blanks around it ignored; `point` is the decimal sign.
  ///
  /// Up to 19 digits are taken as one whole number, and shifted by an exact power of ten (Clinger,
  /// 1990); the few numbers beyond that take the slow way.
  @inline(__always)
  static func read(
    _ text: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int, point: UInt8
  ) -> DecimalNumber {
    var (index, end) = (start, end)
    while index < end, text[index] == 0x20 || text[index] == 0x09 { index += 1 }
    while end > index, text[end - 1] == 0x20 || text[end - 1] == 0x09 { end -= 1 }
    let first = index
    var isNegative = false
    if index < end, text[index] == UInt8(ascii: "-") || text[index] == UInt8(ascii: "+") {
      isNegative = text[index] == UInt8(ascii: "-")
      index += 1
    }
    var mantissa: UInt64 = 0
    var exponent = 0
    var digits = 0
    var significant = 0
    var hasPoint = false
    while index < end {
      let byte = text[index]
      let digit = byte &- 0x30
      if digit < 10 {
        digits += 1
        if significant > 0 || digit > 0 { significant += 1 }
        mantissa = mantissa &* 10 &+ UInt64(digit)
        if hasPoint { exponent -= 1 }
      } else if byte == point && !hasPoint {
        hasPoint = true
      } else {
        break
      }
      index += 1
    }
    guard digits > 0 else { return .text }
    if index < end {
      guard text[index] | 0x20 == UInt8(ascii: "e") else { return .text }
      index += 1
      var isSmall = false
      if index < end, text[index] == UInt8(ascii: "-") || text[index] == UInt8(ascii: "+") {
        isSmall = text[index] == UInt8(ascii: "-")
        index += 1
      }
      guard index < end else { return .text }
      var power = 0
      while index < end {
        let digit = text[index] &- 0x30
        guard digit < 10 else { return .text }
        power = min(power * 10 + Int(digit), 100_000)
        index += 1
      }
      exponent += isSmall ? -power : power
    }
    guard significant <= 19, (-22...22).contains(exponent) else {
      return slow(text, first, end, point: point)
    }
    let magnitude = Double(mantissa)
    let value = exponent < 0 ? magnitude / powers[-exponent] : magnitude * powers[exponent]
    return .number(isNegative ? -value : value)
  }

  private static let powers: [Double] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
  ]

  @inline(never)
  private static func slow(
    _ text: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int, point: UInt8
  ) -> DecimalNumber {
    // No one writes a number with more digits; a megabyte of them is not worth the time.
    guard end - start <= 1_000 else { return .text }
    let digits = text[start..<end].map { $0 == point ? UInt8(ascii: ".") : $0 }
    guard let value = Double(String(decoding: digits, as: UTF8.self)) else { return .text }
    return value.isFinite ? .number(value) : .tooLarge
  }
}
