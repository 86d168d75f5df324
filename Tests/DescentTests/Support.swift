import Foundation
import Testing

@testable import Descent

/// A seeded generator for the points and shapes of tests (SplitMix64, Steele, Lea and Flood, 2014):
/// the library's own random numbers are among what is tested.
struct TestRandom: RandomNumberGenerator {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed &+ 0x1234_5678_9abc_def1 }

  init(_ name: String) {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
    self.init(hash)
  }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  mutating func number(in range: ClosedRange<Double>) -> Double { .random(in: range, using: &self) }
  mutating func integer(in range: ClosedRange<Int>) -> Int { .random(in: range, using: &self) }
  mutating func chance(_ probability: Double) -> Bool { number(in: 0...1) < probability }
  mutating func pick<Element>(_ elements: [Element]) -> Element {
    elements[integer(in: 0...(elements.count - 1))]
  }

  mutating func numbers(_ count: Int, in range: ClosedRange<Double> = -2...2) -> [Double] {
    (0..<count).map { _ in number(in: range) }
  }

  /// A float64 tensor of numbers from a range.
  mutating func tensor(_ shape: Shape, in range: ClosedRange<Double> = -2...2) -> Tensor {
    Tensor(numbers(shape.elementCount, in: range), shape: shape)
  }

  /// A float64 tensor of numbers whose distance from 0 is in a range: away from a kink at 0.
  mutating func awayFromZero(_ shape: Shape, by range: ClosedRange<Double> = 0.1...2) -> Tensor {
    Tensor(
      (0..<shape.elementCount).map { _ in (chance(0.5) ? 1 : -1) * number(in: range) }, shape: shape
    )
  }

  /// A float64 tensor of numbers no two of which are close together, in random order.
  mutating func distinct(_ shape: Shape) -> Tensor {
    let count = shape.elementCount
    let order = (0..<count).shuffled(using: &self)
    let values = order.map { (Double($0) - Double(count) / 2) * 0.2 + number(in: -0.05...0.05) }
    return Tensor(values, shape: shape)
  }

  mutating func shape(rank: ClosedRange<Int>, size: ClosedRange<Int> = 1...4) -> Shape {
    Shape((0..<integer(in: rank)).map { _ in integer(in: size) })
  }
}

/// Whether two numbers agree within a relative tolerance (and an absolute one near 0); NaN agrees
/// with NaN.
func agree(_ a: Double, _ b: Double, relative: Double, absolute: Double = 0) -> Bool {
  if a.isNaN || b.isNaN { return a.isNaN && b.isNaN }
  if a == b { return true }
  return abs(a - b) <= absolute + relative * max(abs(a), abs(b))
}

/// Expects two lists of numbers to agree, and names the first place where they do not.
func expectEqual(
  _ found: [Double], _ expected: [Double], relative: Double = 0, absolute: Double = 0,
  _ name: @autoclosure () -> String = "", sourceLocation: SourceLocation = #_sourceLocation
) {
  guard found.count == expected.count else {
    Issue.record(
      "\(name()): \(found.count) numbers instead of \(expected.count)",
      sourceLocation: sourceLocation)
    return
  }
  let wrong = found.indices.first {
    !agree(found[$0], expected[$0], relative: relative, absolute: absolute)
  }
  if let wrong {
    Issue.record(
      "\(name()): element \(wrong) is \(found[wrong]) instead of \(expected[wrong])",
      sourceLocation: sourceLocation)
  }
}

/// Two dense layers and a batch normalisation between them, each with a name.
func modelWithNamedLayers() throws -> Model {
  try Model(
    Sequential {
      Dense(4, activation: .tanh).named("body")
      BatchNorm().named("norm")
      Dense(3).named("head")
    }, input: [5], seed: 2, dtype: .float64)
}
