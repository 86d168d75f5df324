import DescentData
import Foundation

/// One line of JSON whose keys stay in the order in which they were added.
struct JSONLine: CustomStringConvertible {
  private var parts: [String] = []

  init(event: String) { add("event", event) }
  init() {}

  mutating func add(_ key: String, _ value: String) { append(key, jsonString(value)) }
  mutating func add(_ key: String, _ value: Int) { append(key, "\(value)") }
  mutating func add(_ key: String, _ value: Bool) { append(key, "\(value)") }
  mutating func add(_ key: String, _ value: Double) { append(key, Self.text(value)) }
  mutating func add(_ key: String, _ value: JSONLine) { append(key, value.description) }
  mutating func add(_ key: String, _ values: [JSONLine]) {
    append(key, "[" + values.map(\.description).joined(separator: ",") + "]")
  }
  mutating func add(_ key: String, _ rows: [[Int]]) {
    let texts = rows.map { "[" + $0.map(String.init).joined(separator: ",") + "]" }
    append(key, "[" + texts.joined(separator: ",") + "]")
  }
  mutating func add(_ key: String, _ values: [Int]) {
    append(key, "[" + values.map(String.init).joined(separator: ",") + "]")
  }
  mutating func add(_ key: String, _ values: [String]) {
    append(key, "[" + values.map(jsonString).joined(separator: ",") + "]")
  }
  mutating func add(_ key: String, _ values: [Double]) {
    append(key, "[" + values.map(Self.text).joined(separator: ",") + "]")
  }

  /// Seven significant digits, as float32 has.
  ///
  /// JSON has no word for infinite and undefined numbers: they become null.
  private static func text(_ value: Double) -> String {
    guard value.isFinite else { return "null" }
    let rounded = Double(String(format: "%.7g", value)) ?? value
    return "\(rounded)"
  }

  private mutating func append(_ key: String, _ text: String) {
    parts.append(jsonString(key) + ":" + text)
  }

  var description: String { "{" + parts.joined(separator: ",") + "}" }
}
