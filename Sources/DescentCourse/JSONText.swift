/// A value that a page can be handed.
protocol JSONText {
  var json: String { get }
}

extension Double: JSONText {
  /// JSON has no infinities; a page reads null as one.
  var json: String { isFinite ? "\(self)" : "null" }
}

extension Int: JSONText {
  var json: String { "\(self)" }
}

extension Bool: JSONText {
  var json: String { self ? "true" : "false" }
}

extension Array: JSONText where Element: JSONText {
  var json: String { "[" + map(\.json).joined(separator: ",") + "]" }
}

extension String: JSONText {
  var json: String {
    var result = "\""
    for scalar in unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      default: result += scalar.value < 32 ? " " : String(scalar)
      }
    }
    return result + "\""
  }
}

extension Dictionary: JSONText where Key == String, Value == any JSONText {
  var json: String {
    "{"
      + sorted { $0.key < $1.key }.map { "\($0.key.json):\($0.value.json)" }
      .joined(separator: ",") + "}"
  }
}
