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
  case is UsageError, is ShapeError: Exit.usage
  default: 1
  }
}

func writeError(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }

/// The known name nearest to what was typed, if it is near: for "did you mean".
func suggestion(for typed: String, among names: [String]) -> String {
  let nearest = names.min { distance(typed, $0) < distance(typed, $1) }
  guard let nearest, distance(typed, nearest) <= max(2, typed.count / 3) else { return "" }
  return " Did you mean \"\(nearest)\"?"
}

/// The number of single-character edits between two words (Levenshtein, 1966).
private func distance(_ a: String, _ b: String) -> Int {
  let (a, b) = (Array(a), Array(b))
  var row = Array(0...b.count)
  for i in 0..<a.count {
    var previous = row[0]
    row[0] = i + 1
    for j in 0..<b.count {
      let replaced = previous + (a[i] == b[j] ? 0 : 1)
      previous = row[j + 1]
      row[j + 1] = min(replaced, row[j] + 1, row[j + 1] + 1)
    }
  }
  return row[b.count]
}
