import Foundation

/// The program under test, run as a user would.
enum Program {
  struct Result {
    let status: Int32
    let output: String
    let errors: String
  }

  /// Beside the test runner, where the package manager puts it.
  static let path: String = {
    let runner = URL(fileURLWithPath: CommandLine.arguments[0])
    return runner.deletingLastPathComponent().appendingPathComponent("descent").path
  }()

  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  /// Runs `descent` with the given arguments in a folder of its own, and waits for its end.
  static func run(
    _ arguments: [String], in folder: URL, environment: [String: String] = [:],
    interruptAfter seconds: Double? = nil
  ) throws -> Result {
    let program = try Running(arguments, in: folder, environment: environment)
    if let seconds {
      Thread.sleep(forTimeInterval: seconds)
      program.send(SIGINT)
    }
    return try program.end()
  }

  /// The program while it runs.
  final class Running {
    private let process = Process()
    private let output: URL
    private let errors: URL

    init(_ arguments: [String], in folder: URL, environment: [String: String] = [:]) throws {
      output = folder.appendingPathComponent("\(UUID()).out")
      errors = folder.appendingPathComponent("\(UUID()).err")
      process.executableURL = URL(fileURLWithPath: Program.path)
      process.arguments = arguments
      process.currentDirectoryURL = folder
      process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
      for file in [output, errors] {
        _ = FileManager.default.createFile(atPath: file.path, contents: nil)
      }
      process.standardOutput = try FileHandle(forWritingTo: output)
      process.standardError = try FileHandle(forWritingTo: errors)
      process.standardInput = FileHandle.nullDevice
      try process.run()
    }

    /// Waits until the program has written one of `texts` on standard error, or has ended.
    func wait(for texts: String...) {
      let deadline = Date().addingTimeInterval(60)
      while process.isRunning, Date() < deadline {
        let written = (try? String(contentsOf: errors, encoding: .utf8)) ?? ""
        if texts.contains(where: written.contains) { return }
        Thread.sleep(forTimeInterval: 0.002)
      }
    }

    func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

    /// Waits for the end; a program that hangs fails its test and does not hold up the others.
    func end() throws -> Program.Result {
      let deadline = Date().addingTimeInterval(60)
      while process.isRunning && Date() < deadline { Thread.sleep(forTimeInterval: 0.005) }
      if process.isRunning { kill(process.processIdentifier, SIGKILL) }
      process.waitUntilExit()
      defer { for file in [output, errors] { try? FileManager.default.removeItem(at: file) } }
      return Program.Result(
        status: process.terminationStatus,
        output: String(decoding: try Data(contentsOf: output), as: UTF8.self),
        errors: String(decoding: try Data(contentsOf: errors), as: UTF8.self))
    }
  }

  /// Runs a body with a temporary folder, which is removed afterwards.
  static func withFolder<T>(_ body: (URL) throws -> T) throws -> T {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("descent-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder)
  }
}
