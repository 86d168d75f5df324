import Descent
import Foundation

/// A small data set of points that a formula draws, with noise, from a seed.
public struct GeneratedSet: Sendable {
  /// Which one.
  public let name: String
  /// The inputs, `[samples, featureCount]`.
  public let features: [Float]
  /// The number of inputs of a sample.
  public let featureCount: Int
  /// The class of each sample, for a classification.
  public let labels: [Int32]?
  /// The target of each sample, for a regression.
  public let targets: [Float]?
  /// The names of the classes.
  public let classNames: [String]

  private struct Recipe {
    let summary: String
    let noise: Double
    let classes: Int
    /// A point of a class, without noise; `t` runs from 0 to 1 along it.
    let point: @Sendable (_ label: Int, _ t: Double, _ random: inout Philox) -> (Double, Double)
  }

  private static let recipes: [(name: String, recipe: Recipe)] = [
    (
      "blobs",
      Recipe(summary: "three round clouds of points", noise: 0.5, classes: 3) { label, _, _ in
        let angle = 2 * .pi * Double(label) / 3
        return (2 * cos(angle), 2 * sin(angle))
      }
    ),
    (
      "moons",
      Recipe(summary: "two crescents, one in the other", noise: 0.1, classes: 2) { label, t, _ in
        label == 0
          ? (cos(.pi * t), sin(.pi * t)) : (1 - cos(.pi * t), 0.5 - sin(.pi * t))
      }
    ),
    (
      "circles",
      Recipe(summary: "a ring around a ring", noise: 0.05, classes: 2) { label, t, _ in
        let radius = label == 0 ? 1 : 0.5
        return (radius * cos(2 * .pi * t), radius * sin(2 * .pi * t))
      }
    ),
    (
      "spirals",
      Recipe(summary: "two arms wound around each other", noise: 0.02, classes: 2) { label, t, _ in
        let angle = 3.5 * .pi * t.squareRoot() + .pi * Double(label)
        return (t.squareRoot() * cos(angle), t.squareRoot() * sin(angle))
      }
    ),
    (
      "xor",
      Recipe(summary: "the corners of a square, each like its opposite", noise: 0, classes: 2) {
        label, _, random in
        let x = 0.05 + 0.95 * random.uniform()
        let y = 0.05 + 0.95 * random.uniform()
        let side = random.uniform() < 0.5 ? 1.0 : -1
        return label == 0 ? (side * x, side * y) : (side * x, -side * y)
      }
    ),
  ]

  /// The names of all sets.
  public static let names = ["line"] + recipes.map(\.name)

  /// What a set is, in a few words.
  public static func summary(of name: String) -> String? {
    name == "line"
      ? "a straight line, y = 2x + 1, with noise"
      : recipes.first { $0.name == name }?.recipe.summary
  }

  /// The set of this name, if there is one. `noise` is the standard deviation of what is added to
  /// each coordinate (for the line: to the target).
  public static func named(
    _ name: String, count: Int, noise: Double? = nil, seed: UInt64
  ) -> GeneratedSet? {
    let key = RandomKey(seed: seed, name: "set " + name)
    var random = Philox(seed: key.seed, stream: key.stream)
    if name == "line" { return line(count, noise ?? 0.1, &random) }
    guard let recipe = recipes.first(where: { $0.name == name })?.recipe else { return nil }
    var features: [Float] = []
    var labels: [Int32] = []
    for index in 0..<count {
      let label = index % recipe.classes
      let (x, y) = recipe.point(label, random.uniform(), &random)
      let deviation = noise ?? recipe.noise
      features.append(Float(x + deviation * random.normal()))
      features.append(Float(y + deviation * random.normal()))
      labels.append(Int32(label))
    }
    return GeneratedSet(
      name: name, features: features, featureCount: 2, labels: labels, targets: nil,
      classNames: (0..<recipe.classes).map { String(UnicodeScalar(UInt8(65 + $0))) })
  }

  private static func line(_ count: Int, _ noise: Double, _ random: inout Philox) -> GeneratedSet {
    let x = (0..<count).map { _ in 2 * random.uniform() - 1 }
    return GeneratedSet(
      name: "line", features: x.map { Float($0) }, featureCount: 1, labels: nil,
      targets: x.map { Float(2 * $0 + 1 + noise * random.normal()) }, classNames: [])
  }
}
