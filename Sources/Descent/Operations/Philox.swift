import func Foundation.cos
import func Foundation.log

/// Random numbers computed from their place in a sequence: Philox4x32-10 (Salmon et al., 2011).
///
/// Equal seeds and streams give equal numbers on every machine; different streams of one seed
/// are independent.
/// ```swift
/// var generator = Philox(seed: 1)
/// let order = generator.permutation(of: 3)
/// ```
public struct Philox: RandomNumberGenerator, Sendable {
  private let key: (UInt32, UInt32)
  private let stream: UInt64
  private var position: UInt64 = 0
  private var spare: UInt64?

  /// Creates the generator of one of the 2⁶⁴ streams of `seed`.
  public init(seed: UInt64, stream: UInt64 = 0) {
    key = (UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
    self.stream = stream
  }

  /// The four words that belong to `counter` under `key`: ten rounds of multiply and mix.
  public static func block(
    key: (UInt32, UInt32), counter: (UInt32, UInt32, UInt32, UInt32)
  ) -> SIMD4<UInt32> {
    var (k0, k1) = key
    var (c0, c1, c2, c3) = counter
    for _ in 0..<10 {
      let first = UInt64(c0) * 0xD251_1F53
      let second = UInt64(c2) * 0xCD9E_8D57
      (c0, c2) = (
        UInt32(truncatingIfNeeded: second >> 32) ^ c1 ^ k0,
        UInt32(truncatingIfNeeded: first >> 32) ^ c3 ^ k1
      )
      c1 = UInt32(truncatingIfNeeded: second)
      c3 = UInt32(truncatingIfNeeded: first)
      k0 &+= 0x9E37_79B9
      k1 &+= 0xBB67_AE85
    }
    return SIMD4(c0, c1, c2, c3)
  }

  /// The next 64 random bits.
  public mutating func next() -> UInt64 {
    if let word = spare {
      spare = nil
      return word
    }
    let words = Self.block(
      key: key,
      counter: (
        UInt32(truncatingIfNeeded: position), UInt32(truncatingIfNeeded: position >> 32),
        UInt32(truncatingIfNeeded: stream), UInt32(truncatingIfNeeded: stream >> 32)
      ))
    position &+= 1
    spare = UInt64(words.w) << 32 | UInt64(words.z)
    return UInt64(words.y) << 32 | UInt64(words.x)
  }

  /// A number in [0, 1), one of 2⁵³ evenly spaced ones.
  public mutating func uniform() -> Double {
    Double(next() >> 11) * 0x1p-53
  }

  /// A number of the standard normal distribution, by Box and Muller's transformation.
  public mutating func normal() -> Double {
    let radius = (-2 * log(1 - uniform())).squareRoot()
    return radius * cos(2 * .pi * uniform())
  }

  /// The numbers 0 ..< `n` in random order, each order equally likely (Fisher and Yates).
  public mutating func permutation(of n: Int) -> [Int32] {
    precondition(n >= 0 && n <= Int32.max, "permutation: a count of \(n)")
    var order = Array(0..<Int32(n))
    for last in stride(from: n - 1, to: 0, by: -1) {
      order.swapAt(last, Int(below(UInt64(last) + 1)))
    }
    return order
  }

  /// A number in 0 ..< `bound` without bias: draws from the incomplete last run are repeated.
  private mutating func below(_ bound: UInt64) -> UInt64 {
    let excess = (0 &- bound) % bound
    while true {
      let word = next()
      if word >= excess { return word % bound }
    }
  }
}
