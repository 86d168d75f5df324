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
      if hasPoint, index + 8 <= end, let eight = eightDigits(text, at: index) {
        digits += 8
        significant += significant > 0 || eight > 0 ? 8 : 0
        mantissa = mantissa &* 100_000_000 &+ eight
        exponent -= 8
        index += 8
        continue
      }
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

  /// The number that eight digits spell, or nil if one of the eight bytes is none.
  ///
  /// Neighbours are joined to pairs, pairs to fours, fours to the whole (Lemire, 2018).
  @inline(__always)
  private static func eightDigits(_ text: UnsafeBufferPointer<UInt8>, at index: Int) -> UInt64? {
    let raw = UnsafeRawBufferPointer(text).loadUnaligned(fromByteOffset: index, as: UInt64.self)
    let word = UInt64(littleEndian: raw)
    let isDigits =
      word & 0xF0F0_F0F0_F0F0_F0F0 == 0x3030_3030_3030_3030
      && (word &+ 0x0606_0606_0606_0606) & 0xF0F0_F0F0_F0F0_F0F0 == 0x3030_3030_3030_3030
    guard isDigits else { return nil }
    let digits = word &- 0x3030_3030_3030_3030
    let pairs = (digits &* 10 &+ digits >> 8) & 0x00FF_00FF_00FF_00FF
    let fours = (pairs &* 100 &+ pairs >> 16) & 0x0000_FFFF_0000_FFFF
    return (fours &* 10_000 &+ fours >> 32) & 0xFFFF_FFFF
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
