/// The SHA-256 digest (FIPS 180-4). A library for it would add minutes to every first build.
enum SHA256 {
  /// The digest of some bytes, as 64 hexadecimal digits.
  static func hexadecimal(_ bytes: [UInt8]) -> String {
    var state: [UInt32] = [
      0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab,
      0x5be0_cd19,
    ]
    var words = [UInt32](repeating: 0, count: 64)
    let whole = bytes.count / 64 * 64
    for start in stride(from: 0, to: whole, by: 64) { mix(bytes, start, &words, &state) }
    var rest = Array(bytes[whole...]) + [0x80]
    rest += repeatElement(0, count: (120 - rest.count) % 64)
    rest += (0..<8).map { UInt8(truncatingIfNeeded: (bytes.count * 8) >> (56 - 8 * $0)) }
    for start in stride(from: 0, to: rest.count, by: 64) { mix(rest, start, &words, &state) }
    return state.map { word in
      let digits = String(word, radix: 16)
      return String(repeating: "0", count: 8 - digits.count) + digits
    }.joined()
  }

  private static func mix(
    _ bytes: [UInt8], _ start: Int, _ words: inout [UInt32], _ state: inout [UInt32]
  ) {
    func turned(_ x: UInt32, _ n: UInt32) -> UInt32 { (x >> n) | (x << (32 - n)) }
    for index in 0..<16 {
      words[index] = (0..<4).reduce(0) { $0 << 8 | UInt32(bytes[start + 4 * index + $1]) }
    }
    for index in 16..<64 {
      let (x, y) = (words[index - 15], words[index - 2])
      let first = turned(x, 7) ^ turned(x, 18) ^ (x >> 3)
      let second = turned(y, 17) ^ turned(y, 19) ^ (y >> 10)
      words[index] = words[index - 16] &+ first &+ words[index - 7] &+ second
    }
    var s = SIMD8<UInt32>(state)
    for index in 0..<64 {
      let sigma = turned(s[4], 6) ^ turned(s[4], 11) ^ turned(s[4], 25)
      let choice = (s[4] & s[5]) ^ (~s[4] & s[6])
      let first = s[7] &+ sigma &+ choice &+ constants[index] &+ words[index]
      let sum = turned(s[0], 2) ^ turned(s[0], 13) ^ turned(s[0], 22)
      let majority = (s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2])
      let second = sum &+ majority
      s = SIMD8(first &+ second, s[0], s[1], s[2], s[3] &+ first, s[4], s[5], s[6])
    }
    for index in 0..<8 { state[index] &+= s[index] }
  }

  /// The first 32 bits of the fractional parts of the cube roots of the first 64 primes.
  private static let constants: [UInt32] = {
    var primes: [Int] = []
    var candidate = 2
    while primes.count < 64 {
      if primes.allSatisfy({ candidate % $0 != 0 }) { primes.append(candidate) }
      candidate += 1
    }
    return primes.map { prime in
      // The cube root times 2³², as the largest whole number whose cube is not too large.
      var (low, high) = (UInt64(0), UInt64(8) << 32)
      while high - low > 1 {
        let middle = (low + high) / 2
        let square = middle.multipliedFullWidth(by: middle)
        // middle³ ≤ prime · 2⁹⁶, compared after division by 2⁶⁴.
        let cube = (square.high << 32 | square.low >> 32).multipliedFullWidth(by: middle)
        let isBelow = (cube.high << 32 | cube.low >> 32) < UInt64(prime) << 32
        if isBelow { low = middle } else { high = middle }
      }
      return UInt32(truncatingIfNeeded: low)
    }
  }()
}
