import Descent

import func Foundation.cos
import func Foundation.sin

/// A small set of points that a rule draws, with noise, to learn and to test with.
///
/// ```swift
/// let moons = GeneratedSet.named("moons", count: 200, noise: 0.1, seed: 1)
/// ```
/// Every sample has its own random numbers: more samples leave the first ones as they are.
public struct GeneratedSet: Equatable, Sendable {
  /// Which set it is.
  public let name: String
  /// The features: `[samples, featureCount]`.
  public let features: [Float]
  /// The number of features of a sample.
  public let featureCount: Int
  /// The class of each sample, for a classification: `[samples]`.
  public let labels: [Int32]?
  /// The number that belongs to each sample, for a regression: `[samples]`.
  public let targets: [Float]?
  /// The names of the classes, or none for a regression.
  public let classNames: [String]

  /// The names of all sets.
  public static let names = Rule.allCases.map(\.rawValue)

  /// What a set is, in a few words, or nil if there is none of this name.
  public static func summary(of name: String) -> String? { Rule(rawValue: name)?.summary }

  /// The set of this name, or nil if there is none.
  ///
  /// - Parameters:
  ///   - count: how many samples, of which each class has its turn.
  ///   - noise: the standard deviation of what is added to each coordinate, for the line to the
  ///     target; by default what suits the set.
  ///   - seed: another one gives another set.
  public static func named(
    _ name: String, count: Int, noise: Double? = nil, seed: UInt64
  ) -> GeneratedSet? {
    guard let rule = Rule(rawValue: name) else { return nil }
    let noise = noise ?? rule.suitableNoise
    precondition(
      count >= 0 && noise >= 0 && noise.isFinite, "\(name): \(count) samples, noise \(noise)")
    let key = RandomKey(seed: seed, name: "set " + name)
    var features: [Float] = []
    var values: [Float] = []
    var labels: [Int32] = []
    let (isLine, classCount) = (rule == .line, rule.classCount)
    for index in 0..<count {
      var random = Philox(seed: key.seed, stream: key.stream &+ UInt64(index))
      let label = index % classCount
      let sample = rule.point(label, at: random.uniform(), random.uniform())
      let x = sample.x + (isLine ? 0 : random.normal() * noise)
      let y = sample.y + random.normal() * noise
      features.append(Float(x))
      if isLine {
        values.append(Float(y))
      } else {
        features.append(Float(y))
        labels.append(Int32(label))
      }
    }
    return GeneratedSet(
      name: name, features: features, featureCount: isLine ? 1 : 2, labels: isLine ? nil : labels,
      targets: isLine ? values : nil,
      classNames: isLine ? [] : ["A", "B", "C"].dropLast(3 - classCount))
  }
}

/// Where the samples of each set lie.
private enum Rule: String, CaseIterable {
  case line, blobs, moons, circles, spirals, xor

  var summary: String {
    switch self {
    case .line: "points around the line y = 2x + 1: a regression"
    case .blobs: "three round clouds of points"
    case .moons: "two half circles that interlock"
    case .circles: "a ring inside a ring"
    case .spirals: "two arms wound around each other, one and a half turns"
    case .xor: "a square in which a quarter is like the opposite one"
    }
  }

  var suitableNoise: Double {
    switch self {
    case .line, .moons: 0.1
    case .blobs: 0.5
    case .circles: 0.05
    case .spirals: 0.02
    case .xor: 0
    }
  }

  var classCount: Int { self == .blobs ? 3 : self == .line ? 1 : 2 }

  /// The place of a sample without noise, for two numbers in [0, 1).
  func point(_ label: Int, at u: Double, _ v: Double) -> (x: Double, y: Double) {
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
      // The other coordinate has the same sign for the first class, the opposite for the second.
      let (x, y) = (2 * u - 1, v)
      return (x, x < 0 ? -sign * y : sign * y)
    }
  }
}
