import Descent

import func Foundation.cos
import func Foundation.sin

/// Small sets of points, drawn by a rule, to learn and to test with.
///
/// ```swift
/// let data = try GeneratedSet.moons.make(count: 200, noise: 0.1, seed: 1)
/// ```
/// Every sample has its own random numbers: more samples leave the first ones as they are.
public enum GeneratedSet: String, CaseIterable, Sendable {
  /// Points around y = 2x + 1, x in [-1, 1): a regression.
  case line
  /// Three clouds around (0, 2), (-2, -1) and (2, -1): linearly separable while noise is small.
  case blobs
  /// Two half circles of radius 1 that interlock.
  case moons
  /// A circle of radius 0.5 inside one of radius 1.
  case circles
  /// Two spirals around each other, one and a half turns.
  case spirals
  /// The square [-1, 1)²: one class where both coordinates have one sign, one where they differ.
  case xor

  /// Draws samples, class after class in turn, with normal noise of the given deviation.
  ///
  /// - Throws: `DataError.mismatch` where `count` is not 1 to 10 million, or where `noise` is
  ///   negative or not finite.
  public func make(count: Int, noise: Float = 0.1, seed: UInt64 = 0) throws -> GeneratedData {
    guard (1...10_000_000).contains(count) else {
      throw DataError.mismatch(
        subject: "set \(rawValue)", found: "a count of \(count)", expected: "1 to 10000000",
        remedy: "Choose another count")
    }
    guard noise.isFinite && noise >= 0 else {
      throw DataError.mismatch(
        subject: "set \(rawValue)", found: "a noise of \(noise)", expected: "0 or more",
        remedy: "Choose another noise")
    }
    var features: [Float] = []
    var values: [Float] = []
    var labels: [Int32] = []
    let classCount = self == .blobs ? 3 : 2
    for index in 0..<count {
      var random = Philox(seed: seed, stream: UInt64(index))
      let label = index % classCount
      let sample = point(label, at: random.uniform(), random.uniform())
      let x = sample.x + (self == .line ? 0 : random.normal() * Double(noise))
      let y = sample.y + random.normal() * Double(noise)
      features.append(Float(x))
      if self == .line {
        values.append(Float(y))
      } else {
        features.append(Float(y))
        labels.append(Int32(label))
      }
    }
    let isLine = self == .line
    return GeneratedData(
      count: count, featureNames: isLine ? ["x"] : ["x", "y"], features: features,
      targets: isLine
        ? .values(values) : .classes(labels, names: (0..<classCount).map { "\($0)" }))
  }

  /// The place of a sample without noise, for two numbers in [0, 1).
  private func point(_ label: Int, at u: Double, _ v: Double) -> (x: Double, y: Double) {
    let sign: Double = label == 0 ? 1 : -1
    switch self {
    case .line:
      let x = 2 * u - 1
      return (x, 2 * x + 1)
    case .blobs: return [(0, 2), (-2, -1), (2, -1)][label]
    case .moons:
      let angle = Double.pi * u
      return label == 0 ? (cos(angle), sin(angle)) : (1 - cos(angle), 0.5 - sin(angle))
    case .circles:
      let angle = 2 * Double.pi * u
      let radius = label == 0 ? 1 : 0.5
      return (radius * cos(angle), radius * sin(angle))
    case .spirals:
      let (radius, angle) = (0.1 + 0.9 * u, 3 * Double.pi * u)
      return (sign * radius * cos(angle), sign * radius * sin(angle))
    case .xor:
      let (x, y) = (2 * u - 1, v)
      // The other coordinate has the same sign for class 0 and the opposite one for class 1.
      return (x, x < 0 ? -sign * y : sign * y)
    }
  }
}
