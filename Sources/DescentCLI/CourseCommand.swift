import ArgumentParser
import DescentCharts
import DescentCourse
import DescentData
import Foundation

/// `descent course`: the lessons, in the terminal or as a site.
struct CourseCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "course",
    abstract: "The crash course: every idea runs, is drawn, and can be poked at.",
    discussion: """
      Examples:
        descent course                              the list of lessons
        descent course derivative                   one lesson, in the terminal
        descent course --site course --open         all of them as pages, in the browser
        descent course check nand --answer 1,1,1,0  is that the answer?
        descent course experiment overfitting       a published experiment, done again
      """,
    subcommands: [CourseShow.self, CourseCheck.self, CourseExperiment.self],
    defaultSubcommand: CourseShow.self)
}

/// Lists the lessons, shows one, or writes them as a site.
struct CourseShow: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "List the lessons, show one, or write them as a site (default).")

  @Argument(help: "The lesson to show; without it, all are listed.")
  var lesson: String?

  @Option(help: "Write the lessons as pages into this folder.")
  var site: String?

  @Flag(help: "Open the site in the browser.")
  var open = false

  func run() throws {
    try reportingErrors {
      if let lesson {
        guard site == nil else {
          throw UsageError("--site writes all lessons; leave \(lesson) out")
        }
        return print(try Course.text(try find(lesson), style: .detect()))
      }
      if let site { return try write(site) }
      guard !open else { throw UsageError("--open needs --site FOLDER") }
      for (index, lesson) in Course.lessons.enumerated() {
        print("\(index < 9 ? " " : "")\(index + 1)  \(lesson.id)\n    \(lesson.summary)")
      }
      print("\nnext: descent course \(Course.lessons[0].id)")
    }
  }

  private func write(_ site: String) throws {
    try makeFolder(site)
    let isTerminal = isatty(STDERR_FILENO) == 1
    try Course.writeSite(to: site) { name in
      if isTerminal { writeError("\r\(name)\u{1B}[K") }
    }
    if isTerminal { writeError("\r\u{1B}[K") }
    let index = URL(fileURLWithPath: site).appendingPathComponent("index.html")
    print("\(Course.lessons.count) lessons in \(site); begin at \(index.path)")
    guard open else { return }
    #if os(macOS)
      let opener = "open"
    #else
      let opener = "xdg-open"
    #endif
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [opener, index.path]
    process.standardError = FileHandle.nullDevice
    try? process.run()
    process.waitUntilExit()
    if process.terminationStatus != 0 {
      writeError("no browser could be opened; open \(index.path) yourself\n")
    }
  }
}

/// Checks the answer to a lesson's question.
struct CourseCheck: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Check your answer to a lesson's question.",
    discussion: """
      Example:
        descent course check derivative --answer 2
      """)

  @Argument(help: "The lesson.")
  var lesson: String

  @Option(parsing: .unconditional, help: "The answer; several numbers with commas between them.")
  var answer: String

  func run() throws {
    try reportingErrors {
      let question = try find(lesson).question
      switch question.check(answer) {
      case .right: print("Right. \(question.explanation.plain)")
      case .wrong:
        print("Not yet. \(question.text.plain)")
        throw ExitCode(Exit.unmet)
      case .malformed(let wanted): throw UsageError("--answer \"\(answer)\": \(wanted)")
      }
    }
  }
}

/// Repeats a published experiment.
struct CourseExperiment: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "experiment", abstract: "Repeat a published experiment, and compare.",
    discussion: """
      Without --data it runs on the embedded digits with fewer epochs, in seconds: to see the \
      effect. With MNIST's folder it runs as published, in a minute or so for each seed.

      Examples:
        descent course experiment
        descent course experiment overfitting
        descent course experiment first --data MNIST_FOLDER --output first.json
      """)

  @Argument(help: "The experiment; without it, all are listed.")
  var name: String?

  @Option(help: "The folder of MNIST's four IDX files: run as published.")
  var data: String?

  @Option(help: "The first of the seeds.")
  var seed: UInt64 = 1

  @Option(help: "How many seeds; the median counts.")
  var seeds: Int = 3

  @Option(help: "Write the result into this file, as JSON.")
  var output: String?

  func validate() throws {
    guard (1...100).contains(seeds) else { throw ValidationError("--seeds must be 1 to 100") }
  }

  func run() throws {
    try reportingErrors {
      guard let name else {
        for experiment in Experiment.all {
          print("\(experiment.id)\n    \(experiment.summary)")
        }
        return print("\nnext: descent course experiment overfitting")
      }
      guard let experiment = Experiment.named(name) else {
        throw unknown("experiment", name, Experiment.all.map(\.id))
      }
      let isTerminal = isatty(STDERR_FILENO) == 1
      let all = (0..<seeds).map { seed &+ UInt64($0) }
      let isEmbedded = experiment.images == .embedded
      guard data == nil || !isEmbedded else {
        throw UsageError("the experiment \(name) is about the embedded digits: leave --data out")
      }
      let isQuick = data == nil && !isEmbedded
      let result = try experiment.result(isQuick ? .quick : .full, folder: data, seeds: all) {
        if isTerminal { writeError("\rseed \($0)\u{1B}[K") }
      }
      if isTerminal { writeError("\r\u{1B}[K") }
      if let output { try AtomicFile.write(try result.json(), to: output) }
      print(
        "\(result.summary)\n\(result.data), \(result.profile.rawValue) profile, ", terminator: "")
      print("seeds \(all.map { "\($0)" }.joined(separator: ", "))\n\n\(result.table)")
      if isQuick {
        print("\nas published: descent course experiment \(name) --data MNIST_FOLDER")
      }
    }
  }
}

/// The lesson of a name, or an error that names the nearest.
private func find(_ name: String) throws -> Lesson {
  guard let lesson = Course.lesson(name) else {
    // The nearest of all words under which a lesson is found; listed are the lessons alone.
    let words = Course.lessons.flatMap { [$0.id] + $0.keywords }
    throw UsageError(
      "there is no lesson called \"\(name)\".\(suggestion(for: name, among: words)) "
        + "Known: \(Course.lessons.map(\.id).joined(separator: ", "))")
  }
  return lesson
}
