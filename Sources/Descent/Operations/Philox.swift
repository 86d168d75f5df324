/// Random numbers that are a function of a key and a counter: Philox4x32-10 (Salmon, Moraes, Dror
/// and Shaw, 2011).
///
/// The same seed and stream give the same numbers everywhere, and streams are independent of each
/// other.
public struct Philox: RandomNumberGenerator, Sendable {
  private let key: SIMD2<UInt32>
  private let stream: SIMD2<UInt32>
  private var counter: UInt64 = 0
  private var words = SIMD4<UInt32>()
  private var isHalfUsed = false

  /// The numbers of one stream of a seed.
  public init(seed: UInt64, stream: UInt64 = 0) {
    key = SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
    self.stream = SIMD2(
      UInt32(truncatingIfNeeded: stream), UInt32(truncatingIfNeeded: stream >> 32))
  }

  /// The four words for a key and a counter: ten rounds of multiplication and exchange.
  public static func block(key: SIMD2<UInt32>, counter: SIMD4<UInt32>) -> SIMD4<UInt32> {
    var (key, words) = (key, counter)
    for _ in 0..<10 {
      let first = UInt64(words[0]) * 0xD251_1F53
      let second = UInt64(words[2]) * 0xCD9E_8D57
      words = SIMD4(
        UInt32(second >> 32) ^ words[1] ^ key[0], UInt32(truncatingIfNeeded: second),
        UInt32(first >> 32) ^ words[3] ^ key[1], UInt32(truncatingIfNeeded: first))
      key &+= SIMD2(0x9E37_79B9, 0xBB67_AE85)
    }
    return words
  }

  /// 64 random bits.
  public mutating func next() -> UInt64 {
    defer { isHalfUsed.toggle() }
    if isHalfUsed { return UInt64(words[3]) << 32 | UInt64(words[2]) }
    let low = SIMD2(
      UInt32(truncatingIfNeeded: counter), UInt32(truncatingIfNeeded: counter >> 32))
    words = Self.block(key: key, counter: SIMD4(lowHalf: low, highHalf: stream))
    counter &+= 1
    return UInt64(words[1]) << 32 | UInt64(words[0])
  }

  /// A number from 0 to 1, 1 excluded.
  public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// A number of a normal distribution with mean 0 and standard deviation 1, by the polar method
  /// (Marsaglia and Bray, 1964).
  public mutating func normal() -> Double {
    while true {
      let (x, y) = (2 * uniform() - 1, 2 * uniform() - 1)
      let square = x * x + y * y
      if square > 0 && square < 1 {
        return x * (-2 * naturalLogarithm(square) / square).squareRoot()
      }
    }
  }

  /// The numbers 0 ..< count in random order (Fisher and Yates; Durstenfeld, 1964).
  public mutating func permutation(of count: Int) -> [Int32] {
    var order = (0..<Int32(count)).map { $0 }
    for last in stride(from: count - 1, to: 0, by: -1) {
      order.swapAt(last, Int(next(upperBound: UInt64(last + 1))))
    }
    return order
  }
}
