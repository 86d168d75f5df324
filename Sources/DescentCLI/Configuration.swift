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
    "label-smoothing", "initializer", "bias-initializer", "from", "freeze", "rates", "optimizer",
    "learning-rate", "schedule",
    "warm-up", "momentum", "weight-decay", "clip-norm", "clip-value", "average-weights",
    "accumulate", "epochs", "precision", "batch-size", "augment",
    "training-samples", "validation", "monitor", "patience", "seed", "threads", "output",
    "progress", "checkpoint-every",
  ]

  /// Options that a resumed run may have other values of: they change no step that is left.
  static let changeableOnResume: Set<String> = [
    "epochs", "patience", "threads", "progress", "output", "data", "checkpoint-every",
  ]

  /// Completes the arguments of the program.
  ///
  /// - Throws: `UsageError` for unknown names, and `DataError` for a file that cannot be read.
  init(_ typed: [String], environment: [String: String]) throws {
    arguments = typed
    guard typed.first == "train", !typed.contains("--help"), !typed.contains("-h") else { return }
    let names = Set(typed.compactMap(Self.optionName))
    for name in names where Self.names.contains(name) { origins[name] = .typed }
    if Self.hasPositional(typed) { origins["set"] = .typed }

    var given: [(name: String, value: String, origin: Origin)] = []
    var begun: [String: String]?
    if let run = Self.value(of: "resume", in: typed) {
      let path = run + "/config.json"
      let remedy = "Name the folder of a run that was begun with descent train"
      let values = try Self.read(path, remedy: remedy)
      for name in names where values[name] != nil && !Self.changeableOnResume.contains(name) {
        throw UsageError(
          "--\(name): a resumed run goes on with what it was begun with "
            + "(\(name) \(values[name]!)); begin a new one to change it")
      }
      let schedule = values["schedule"] ?? "constant"
      if schedule != "constant", let epochs = Self.value(of: "epochs", in: typed),
        epochs != values["epochs"]
      {
        throw UsageError(
          "--epochs: with the schedule \(schedule) another number of epochs changes every step; "
            + "begin a new run")
      }
      begun = values
      given += values.map { ($0.key, $0.value, .run) }
      if origins["output"] == nil { given.append(("output", run, .run)) }
    } else if let path = Self.value(of: "config", in: typed) {
      given += try Self.read(path, remedy: "Check the spelling of --config").map {
        ($0.key, $0.value, .file)
      }
    }
    for name in Self.names {
      let variable = "DESCENT_" + name.uppercased().replacingOccurrences(of: "-", with: "_")
      // The library itself looks at this one.
      guard name != "threads", let value = environment[variable] else { continue }
      if let begun, !Self.changeableOnResume.contains(name) {
        guard begun[name] == value else {
          throw UsageError(
            "\(variable): a resumed run goes on with what it was begun with "
              + "(\(name) \(begun[name] ?? "not said")); take it out of the environment")
        }
        continue
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
    guard aliasCount(bytes) <= 8 else {
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

  /// How many aliases of YAML there may be: each can double what a file stands for, and a few dozen
  /// fill any memory.
  private static func aliasCount(_ bytes: [UInt8]) -> Int {
    let before = Set(" \t\r\n[,{:?-".utf8)
    return bytes.indices.count { index in
      bytes[index] == UInt8(ascii: "*") && (index == 0 || before.contains(bytes[index - 1]))
    }
  }

  // MARK: What was typed

  private static func optionName(_ argument: String) -> String? {
    guard argument.hasPrefix("--"), argument.count > 2 else { return nil }
    return String(argument.dropFirst(2).prefix { $0 != "=" })
  }

  private static func value(of name: String, in arguments: [String]) -> String? {
    for (index, argument) in arguments.enumerated() {
      if argument == "--\(name)", index + 1 < arguments.count { return arguments[index + 1] }
      if argument.hasPrefix("--\(name)=") { return String(argument.dropFirst(name.count + 3)) }
    }
    return nil
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

  /// Whether there is an argument beside the options and their values.
  private static func hasPositional(_ arguments: [String]) -> Bool {
    var index = 1
    while index < arguments.count {
      let argument = arguments[index]
      guard let name = optionName(argument) else { return true }
      index += argument.contains("=") || valueless.contains(name) ? 1 : 2
    }
    return false
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
