/// One line of JSON whose keys stay in the order in which they were added.
struct JSONLine: CustomStringConvertible {
  private var parts: [String] = []

  init(event: String) { add("event", event) }
  init() {}

  mutating func add(_ key: String, _ value: String) { append(key, Self.quoted(value)) }
  mutating func add(_ key: String, _ value: Int) { append(key, "\(value)") }
  mutating func add(_ key: String, _ value: Bool) { append(key, "\(value)") }
  /// JSON has no word for infinite and undefined numbers: they become null.
  mutating func add(_ key: String, _ value: Double) {
    append(key, value.isFinite ? "\(value)" : "null")
  }
  mutating func add(_ key: String, _ value: JSONLine) { append(key, value.description) }
  mutating func add(_ key: String, _ values: [JSONLine]) {
    append(key, "[" + values.map(\.description).joined(separator: ",") + "]")
  }
  mutating func add(_ key: String, _ values: [Int]) {
    append(key, "[" + values.map(String.init).joined(separator: ",") + "]")
  }
  mutating func add(_ key: String, _ values: [Double]) {
    append(key, "[" + values.map { $0.isFinite ? "\($0)" : "null" }.joined(separator: ",") + "]")
  }

  private mutating func append(_ key: String, _ text: String) {
    parts.append(Self.quoted(key) + ":" + text)
  }

  var description: String { "{" + parts.joined(separator: ",") + "}" }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      case "\r": result += "\\r"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
