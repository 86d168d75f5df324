import DescentKernels

/// Random numbers that depend on nothing but their key and their place (Philox, Salmon et al.,
/// 2011): the same with any number of threads, and again after a restart.
struct Random: Operation {
  let distribution: descent_distribution
  var name: String { distribution == DESCENT_RANDOM_NORMAL ? "normal" : "uniform" }
  var attributes: [Int] { [Int(distribution.rawValue)] }
  var lowering: Lowering { .random(distribution) }
  func derivative(_ dy: Tensor, _ inputs: [Tensor], _ output: Tensor, wanted: [Bool]) -> [Tensor?] {
    [nil]
  }
}

/// The key of a stream of random numbers: a seed and the name of what draws from it.
///
/// Streams are told apart by name, so that a layer more changes no other layer's numbers.
public struct RandomKey: Sendable {
  /// The number that the user chose.
  public let seed: UInt64
  /// Which of the seed's streams.
  public let stream: UInt64
  /// Four int32 words that stand for the key in a compiled plan, where it changes with every step.
  private var input: Tensor?

  /// The stream of a seed with the given number.
  public init(seed: UInt64, stream: UInt64 = 0) {
    self.seed = seed
    self.stream = stream
  }

  /// The stream of a seed with the given name (FNV-1a hash, Fowler, Noll and Vo, 1991).
  public init(seed: UInt64, name: String) {
    var hash = ByteHash()
    for byte in name.utf8 { hash.add(UInt64(byte)) }
    self.init(seed: seed, stream: hash.value)
  }

  /// This key at one of 2⁶⁴ steps: a key like any other, made of the four words that Philox
  /// computes from the seed, the stream and the step.
  public func at(step: UInt64) -> RandomKey {
    let words = Philox.block(
      key: (UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32)),
      counter: (
        UInt32(truncatingIfNeeded: step), UInt32(truncatingIfNeeded: step >> 32),
        UInt32(truncatingIfNeeded: stream), UInt32(truncatingIfNeeded: stream >> 32)
      ))
    return RandomKey(
      seed: UInt64(words.y) << 32 | UInt64(words.x),
      stream: UInt64(words.w) << 32 | UInt64(words.z))
  }

  /// This key where a plan reads its words from an input instead.
  func read(from input: Tensor) -> RandomKey {
    var result = self
    result.input = input
    return result
  }

  /// What the kernel reads.
  var words: SIMD4<Int32> {
    SIMD4(
      Int32(truncatingIfNeeded: seed), Int32(truncatingIfNeeded: seed >> 32),
      Int32(truncatingIfNeeded: stream), Int32(truncatingIfNeeded: stream >> 32))
  }

  var tensor: Tensor { input ?? Tensor((0..<4).map { words[$0] }) }
}

extension Tensor {
  /// Numbers drawn evenly from a range.
  public static func uniform(
    _ shape: Shape, in range: Range<Double> = 0..<1, dtype: DType = .float32, key: RandomKey
  ) -> Tensor {
    let unit = random(DESCENT_RANDOM_UNIFORM, shape, dtype, key)
    return unit * (range.upperBound - range.lowerBound) + range.lowerBound
  }

  /// Numbers drawn from a normal (Gaussian) distribution.
  public static func normal(
    _ shape: Shape, mean: Double = 0, standardDeviation: Double = 1, dtype: DType = .float32,
    key: RandomKey
  ) -> Tensor {
    random(DESCENT_RANDOM_NORMAL, shape, dtype, key) * standardDeviation + mean
  }

  /// True with the given probability, drawn anew for each element.
  public static func bernoulli(
    _ shape: Shape, probability: Double, key: RandomKey
  ) -> Tensor {
    random(DESCENT_RANDOM_UNIFORM, shape, .float32, key) .< probability
  }

  /// The numbers 0 ..< count in random order, as int32.
  public static func permutation(_ count: Int, key: RandomKey) -> Tensor {
    var generator = Philox(seed: key.seed, stream: key.stream)
    return Tensor(generator.permutation(of: count))
  }

  private static func random(
    _ distribution: descent_distribution, _ shape: Shape, _ dtype: DType, _ key: RandomKey
  ) -> Tensor {
    precondition(dtype.isFloatingPoint, "random numbers are float32 or float64, not \(dtype)")
    return Tensor(Random(distribution: distribution), [key.tensor], shape: shape, dtype: dtype)
  }
}
