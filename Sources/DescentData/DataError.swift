#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What can be wrong with a file or with the data in it: the facts, for programs and tests.
///
/// The words for people are made in one place, `description`.
public enum DataError: Error, Equatable {
  /// Nothing is at `path`.
  case missing(path: String, remedy: String)
  /// Something is at `path`, and the system refuses to read it.
  case unreadable(path: String, reason: String)
  /// The bytes at `place` are not what the format prescribes.
  case malformed(path: String, format: String, place: Place, found: String, expected: String)
  /// The file is right, and holds something that this library does not read.
  case unsupported(path: String, format: String, feature: String, remedy: String)
  /// Files of this format are read by a library of the system that is not installed.
  case missingLibrary(path: String, format: String, library: String, remedy: String)
  /// A field of a table holds `text` where a number is needed.
  case notANumber(path: String, line: Int, column: String, text: String)
  /// Good data does not fit what it is used for; `path` names the file or the set.
  case mismatch(path: String, found: String, expected: String, remedy: String)
  /// The contents need more than the `limit` of bytes that the caller allows.
  case tooLarge(path: String, limit: Int)
  /// The contents are not the ones that were published.
  case checksum(path: String, algorithm: String, found: String, expected: String)
  /// The file cannot be created.
  case cannotWrite(path: String, reason: String)
  /// The file could be created, and writing it failed; nothing of it remains.
  case writeFailed(path: String, reason: String)
  /// The data could not be fetched.
  case download(url: String, reason: String, remedy: String)

  /// A place in a file.
  public enum Place: Equatable, Sendable, ExpressibleByStringInterpolation {
    /// The file as a whole.
    case file
    /// The byte at this offset, from 0.
    case byte(Int)
    /// The line of this number, from 1.
    case line(Int)
    /// A part with a name, such as `tensor "weight"`.
    case part(String)

    /// A part with this name.
    public init(stringLiteral name: String) { self = .part(name) }
  }

  /// The exit status of a program that ends by this error, after the BSD `sysexits` list.
  public var exitCode: Int32 {
    switch self {
    case .malformed, .unsupported, .notANumber, .mismatch, .tooLarge, .checksum: 65
    case .missing: 66
    case .missingLibrary: 69
    case .cannotWrite: 73
    case .unreadable, .writeFailed, .download: 74
    }
  }
}

extension DataError: CustomStringConvertible, LocalizedError {
  /// What is wrong, where, why, and how to mend it.
  public var description: String {
    switch self {
    case .missing(let path, let remedy):
      return "\(path): no such file or folder. \(remedy)"
    case .unreadable(let path, let reason):
      return "\(path): cannot be read: \(reason)"
    case .malformed(let path, let format, let place, let found, let expected):
      return "\(path)\(place.suffix): not valid \(format): found \(found), expected \(expected)"
    case .unsupported(let path, let format, let feature, let remedy):
      return "\(path): this \(format) file has \(feature), which is not supported. \(remedy)"
    case .missingLibrary(let path, let format, let library, let remedy):
      return "\(path): \(format) is read by the system's \(library), which is not installed. "
        + remedy
    case .notANumber(let path, let line, let column, let text):
      return "\(path):\(line): column \"\(column)\": \"\(text)\" is not a number"
    case .mismatch(let path, let found, let expected, let remedy):
      return "\(path): found \(found), expected \(expected). \(remedy)"
    case .tooLarge(let path, let limit):
      return "\(path): holds more than the limit of \(limit) bytes. Raise the limit or split it"
    case .checksum(let path, let algorithm, let found, let expected):
      return "\(path): the \(algorithm) is \(found), expected \(expected). "
        + "The file is damaged or not the published one: delete it and fetch it again"
    case .cannotWrite(let path, let reason):
      return "\(path): cannot be created: \(reason)"
    case .writeFailed(let path, let reason):
      return "\(path): writing failed: \(reason). Nothing half-written is left"
    case .download(let url, let reason, let remedy):
      return "\(url): download failed: \(reason). \(remedy)"
    }
  }

  /// The same text as `description`.
  public var errorDescription: String? { description }
}

extension DataError.Place {
  fileprivate var suffix: String {
    switch self {
    case .file: ""
    case .byte(let offset): ": byte \(offset)"
    case .line(let number): ":\(number)"
    case .part(let name): ": \(name)"
    }
  }
}

extension String {
  /// The text in quotes, cut at 40 characters, for a message about foreign data.
  var quoted: String { "\"\(shortened)\"" }

  /// The text cut at 40 characters, control characters replaced: foreign data in a terminal.
  var shortened: String {
    let safe = unicodeScalars.prefix(41).map { scalar in
      scalar.value < 32 || (127...159).contains(scalar.value) ? "\u{FFFD}" : Character(scalar)
    }
    return safe.count > 40 ? String(safe.prefix(40)) + "…" : String(safe)
  }
}
