import ArgumentParser
import Foundation

/// `descent`: the program.
@main
struct DescentCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "descent",
    abstract: "Train, examine and use neural networks.",
    discussion: """
      Examples:
        descent train digits                  a classifier of handwritten digits, in seconds
        descent train houses.csv --target price
        descent predict runs/digits seven.png what is on this picture?

      Results go to standard output, progress to standard error. Exit codes: 0 done, 3 training \
      diverged, 4 a check was not met, 64 wrong usage, 65 bad data, 66 input missing, 73 output \
      cannot be written, 74 reading or writing failed, 130 and 143 interrupted.
      """,
    version: "descent 0.1.0",
    subcommands: [
      TrainCommand.self, DoctorCommand.self, EvaluateCommand.self, PredictCommand.self,
      InspectCommand.self,
      DataCommand.self, CourseCommand.self,
    ])

  static func main() {
    let typed = Array(CommandLine.arguments.dropFirst())
    do {
      var arguments = typed
      try reportingErrors {
        arguments = try Configuration(
          typed, environment: ProcessInfo.processInfo.environment
        ).arguments
      }
      main(arguments)
    } catch {
      exit(withError: error)
    }
  }
}
