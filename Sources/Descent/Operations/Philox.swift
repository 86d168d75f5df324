/// Temporary
public struct Philox: RandomNumberGenerator, Sendable {
  public init(seed: UInt64, stream: UInt64 = 0) { s = seed &* 6364136223846793005 &+ stream }
  var s: UInt64
  public mutating func next() -> UInt64 { s = s &* 6364136223846793005 &+ 1442695040888963407; return s }
  public mutating func permutation(of n: Int) -> [Int32] { (0..<Int32(n)).shuffled(using: &self) }
}
