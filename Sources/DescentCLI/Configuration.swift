import DescentData
import Foundation
import Yams

/// Where the values of `train`'s options come from: a file, the environment, or what was typed.
///
/// File < environment < what was typed. All of them become arguments, so that there is one place
/// where they are understood, and one way to be wrong.
struct Configuration {
  /// Where a value comes from.
  enum Origin: String {
    case file = "the configuration file"
    case environment = "the environment"
    case typed = "the command line"
    case run = "the run that is resumed"
  }

  /// The arguments of `descent` with those of the file and of the environment among them.
  private(set) var arguments: [String]
  /// The origin of each option that has one, by name.
  private(set) var origins: [String: Origin] = [:]

  /// The options of `train` that a file may set, by name; `set` is the data.
  static let names = [
    "set", "data", "count", "noise", "target", "task", "categorical", "drop", "missing",
    "separator", "test-data", "test-share", "image-size", "grayscale", "color", "network", "layers",
    "output-activation", "loss",
    "label-smoothing", "initializer", "bias-initializer", "from", "freeze", "rates", "pixels",
    "optimizer", "learning-rate", "schedule",
    "warm-up", "momentum", "weight-decay", "clip-norm", "clip-value", "average-weights",
    "accumulate", "epochs", "precision", "batch-size", "augment",
    "training-samples", "validation", "monitor", "patience", "seed", "threads", "output",
    "progress", "checkpoint-every",
  ]

  /// Options that a resumed run may have other values of: they change no step that is left.
  static let changeableOnResume: Set<String> = [
    "epochs", "patience", "threads", "progress", "data", "checkpoint-every",
  ]

  /// Completes the arguments of the program.
  ///
  /// - Throws: `UsageError` for unknown names, and `DataError` for a file that cannot be read.
  init(_ typed: [String], environment: [String: String]) throws {
    arguments = typed
    guard typed.first == "train", !typed.contains("--help"), !typed.contains("-h") else { return }
    let said = Self.said(in: typed)
    for name in said.keys { origins[name] = .typed }

    var given: [(name: String, value: String, origin: Origin)] = []
    var begun: [String: String]?
    if let run = Self.value(of: "resume", in: typed) {
      let path = run + "/config.json"
      let remedy = "Name the folder of a run that was begun with descent train"
      var values = try Self.read(path, remedy: remedy)
      // A run goes on where it lies, wherever it was begun.
      values["output"] = run
      if let config = Self.value(of: "config", in: typed), config != path {
        throw UsageError(
          "--config \(config): a resumed run goes on with its own options (\(path)); "
            + "leave it out, or begin a new run")
      }
      for (name, value) in said.sorted(by: { $0.key < $1.key }) {
        try Self.checkResuming(
          values, name, value, from: name == "set" ? value : "--\(name) \(value)",
          remedy: "leave it out, or begin a new run")
      }
      begun = values
      given += values.map { ($0.key, $0.value, .run) }
    } else if let path = Self.value(of: "config", in: typed) {
      given += try Self.read(path, remedy: "Check the spelling of --config").map {
        ($0.key, $0.value, .file)
      }
    }
    for name in Self.names {
      let variable = "DESCENT_" + name.uppercased().replacingOccurrences(of: "-", with: "_")
      // The library itself looks at this one.
      guard name != "threads", origins[name] != .typed, let value = environment[variable] else {
        continue
      }
      if let begun {
        try Self.checkResuming(
          begun, name, value, from: "\(variable)=\(value)",
          remedy: "take it out of the environment")
      }
      given.append((name, value, .environment))
    }
    for (name, _, origin) in given where origins[name] != .typed { origins[name] = origin }
    for (name, value, origin) in given.sorted(by: { $0.name < $1.name })
    where origins[name] == origin {
      if name == "set" {
        arguments.insert(value, at: 1)
      } else {
        let typed = try argument(name, value)
        arguments += typed
      }
    }
  }

  /// Refuses a value that a resumed run was not begun with, unless it changes no step that is left.
  ///
  /// `source` says where it comes from.
  private static func checkResuming(
    _ begun: [String: String], _ name: String, _ value: String, from source: String, remedy: String
  ) throws {
    guard value != begun[name] else { return }
    let schedule = begun["schedule"] ?? "constant"
    if name == "epochs" && schedule != "constant" {
      throw UsageError(
        "\(source): with the schedule \(schedule) another number of epochs than "
          + "\(begun[name] ?? "before") changes every step; \(remedy)")
    }
    guard changeableOnResume.contains(name) else {
      throw UsageError(
        "\(source): a resumed run goes on with what it was begun with "
          + "(\(name) \(begun[name] ?? "not said")); \(remedy)")
    }
  }

  /// The options and values in a file of JSON or YAML.
  static func read(_ path: String, remedy: String) throws -> [String: String] {
    try parse(readFile(path, limit: 1 << 20, remedy: remedy), path: path)
  }

  /// The options and values in the bytes of a file; `path` is its name in errors.
  static func parse(_ bytes: [UInt8], path: String) throws -> [String: String] {
    func malformed(_ place: DataError.Place, _ found: String, _ expected: String) -> DataError {
      .malformed(
        path: path, format: "configuration", place: place, found: found, expected: expected)
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw malformed(.file, "bytes that are not UTF-8", "JSON or YAML text")
    }
    // Without an anchor (&name) an asterisk is no alias, but the beginning of a pattern of names.
    guard count(of: "*", in: bytes) <= 8 || count(of: "&", in: bytes) == 0 else {
      throw malformed(.file, "more than 8 aliases (*name)", "values as they are")
    }
    let node: Node?
    do {
      node = try compose(yaml: text)
    } catch {
      throw malformed(
        .file, "\(error)".split(separator: "\n").joined(separator: " "), "JSON or YAML")
    }
    guard let mapping = node?.mapping else {
      throw malformed(.file, "no names with values", "lines such as epochs: 10")
    }
    var values: [String: String] = [:]
    for (key, value) in mapping {
      let place = key.mark.map { DataError.Place.line($0.line) } ?? .file
      guard let typed = key.scalar?.string else {
        throw malformed(place, "a name that is no word", "the name of an option")
      }
      let name = typed.replacingOccurrences(of: "_", with: "-")
      guard names.contains(name) else {
        throw UsageError(
          "\(path): there is no option called \"\(typed)\".\(suggestion(for: name, among: names)) "
            + "Known: \(names.joined(separator: ", "))")
      }
      guard values[name] == nil else {
        throw malformed(place, "\"\(typed)\" for the second time", "each option once")
      }
      if let scalar = value.scalar?.string {
        values[name] = scalar
      } else if let list = value.sequence, list.allSatisfy({ $0.scalar != nil }) {
        values[name] = list.compactMap { $0.scalar?.string }.joined(separator: ",")
      } else {
        throw malformed(place, "a nested value for \"\(typed)\"", "a word, a number or a list")
      }
    }
    return values
  }

  /// How many aliases (`*`) or anchors (`&`) of YAML there may be: each alias can double what a
  /// file stands for, and a few dozen fill any memory.
  private static func count(of sign: Unicode.Scalar, in bytes: [UInt8]) -> Int {
    // Some line breaks are not ASCII.
    let before = Set(" \t\r\n[,{:?-".utf8).union(UInt8(0x80)...0xFF)
    return bytes.indices.count { index in
      bytes[index] == UInt8(ascii: sign) && (index == 0 || before.contains(bytes[index - 1]))
    }
  }

  // MARK: What was typed

  private static func optionName(_ argument: String) -> String? {
    guard argument.hasPrefix("--"), argument.count > 2 else { return nil }
    return String(argument.dropFirst(2).prefix { $0 != "=" })
  }

  /// The value of an option; of one that was typed twice the last, as everywhere.
  private static func value(of name: String, in arguments: [String]) -> String? {
    for (index, argument) in arguments.enumerated().reversed() {
      if argument == "--\(name)", index + 1 < arguments.count { return arguments[index + 1] }
      if argument.hasPrefix("--\(name)=") { return String(argument.dropFirst(name.count + 3)) }
    }
    return nil
  }

  /// The values of what was typed of `names`, the data among them.
  private static func said(in arguments: [String]) -> [String: String] {
    var said: [String: String] = [:]
    for name in arguments.compactMap(optionName) where names.contains(name) {
      said[name] = flags.contains(name) ? "true" : value(of: name, in: arguments) ?? ""
    }
    if let data = positional(arguments) { said["set"] = data }
    return said
  }

  /// Options without a value, of which a file says `true` or `false`.
  static let flags: Set<String> = ["grayscale", "color"]

  /// The option as it is typed; one of two that exclude each other gives way to what comes before
  /// it.
  private func argument(_ name: String, _ value: String) throws -> [String] {
    guard Self.flags.contains(name) else { return ["--\(name)=\(value)"] }
    let ranks: [Origin?] = [.run, .file, .environment, .typed]
    let other = origins[name == "color" ? "grayscale" : "color"]
    let isOutranked =
      other != nil && ranks.firstIndex(of: other)! > ranks.firstIndex(of: origins[name])!
    switch value {
    case "true": return isOutranked ? [] : ["--\(name)"]
    case "false": return []
    default: throw UsageError("\(name) is true or false, not \"\(value)\"")
    }
  }

  private static let valueless = flags.union([
    "print-config", "dry-run", "find-rate", "help", "version",
  ])

  /// The argument beside the options and their values, if there is one.
  private static func positional(_ arguments: [String]) -> String? {
    var index = 1
    while index < arguments.count {
      let argument = arguments[index]
      guard let name = optionName(argument) else { return argument }
      index += argument.contains("=") || valueless.contains(name) ? 1 : 2
    }
    return nil
  }

  // MARK: What came of it

  /// The values that a run was begun with, in order, as a file that begins it again.
  static func json(_ settings: [(name: String, value: String)]) -> String {
    let lines = settings.map { "  \(jsonString($0.name)): \(jsonString($0.value))" }
    return "{\n" + lines.joined(separator: ",\n") + "\n}\n"
  }

  /// The same as YAML, with the origin of each value.
  func yaml(_ settings: [(name: String, value: String)]) -> String {
    settings.map { name, value in
      let origin = origins[name]?.rawValue ?? "default"
      return "\(name): \(jsonString(value))".padding(
        toLength: max(40, name.count + value.count + 5), withPad: " ", startingAt: 0)
        + "  # \(origin)"
    }.joined(separator: "\n")
  }
}
