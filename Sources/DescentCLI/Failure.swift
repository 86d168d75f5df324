import ArgumentParser
import Descent
import DescentData
import Foundation

/// A mistake in what was typed, with the remedy.
struct UsageError: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// Exit codes beyond ArgumentParser's own (sysexits.h and `../README.md`).
enum Exit {
  static let diverged: Int32 = 3
  static let unmet: Int32 = 4
  static let usage: Int32 = 64
  static let data: Int32 = 65
  static let interrupted: Int32 = 130
  static let terminated: Int32 = 143
}

/// Runs a verb; an error becomes one message on standard error and an exit code.
func reportingErrors(_ body: () throws -> Void) throws {
  do {
    try body()
  } catch let error as ExitCode {
    throw error
  } catch {
    writeError("error: \(error)\n")
    throw ExitCode(exitCode(of: error))
  }
}

func exitCode(of error: any Error) -> Int32 {
  switch error {
  case let error as DataError: error.exitCode
  case is TrainingDiverged: Exit.diverged
  case is UnitVarianceError: Exit.data
  case is UsageError, is ShapeError: Exit.usage
  default: 1
  }
}

func writeError(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }

/// The known name nearest to what was typed, if it is near: for "did you mean".
func suggestion(for typed: String, among names: [String]) -> String {
  nearest(to: typed, among: names).map { " Did you mean \"\($0)\"?" } ?? ""
}
