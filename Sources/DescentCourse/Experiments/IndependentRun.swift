import Foundation

/// A run of a published experiment by a program that has nothing in common with Descent:
/// `docs/experiments/independent.py`.
struct IndependentRun: Decodable {
  var experiment: String
  var seed: Int
  /// By the names of the experiment's quantities.
  var values: [String: Double]

  subscript(name: String) -> Double? { values[name] }

  /// The runs that are part of the program.
  static func committed(of experiment: String) throws -> [IndependentRun] {
    let text = Asset.text("Experiments/independent.json")
    return try JSONDecoder().decode([IndependentRun].self, from: Data(text.utf8))
      .filter { $0.experiment == experiment }
  }
}
