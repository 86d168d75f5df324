import Foundation

/// What can be wrong with data, files and folders, with the place and the remedy.
public enum DataError: Error, Equatable {
  /// A file or folder is not there.
  case missing(path: String, remedy: String)
  /// A file is there and cannot be read.
  case unreadable(path: String, reason: String)
  /// A file's content is not what its format demands.
  case malformed(path: String, format: String, place: String, found: String, expected: String)
  /// Good data that does not fit what it is used for.
  case mismatch(path: String, found: String, expected: String, remedy: String)
  /// A file or folder cannot be written.
  case cannotWrite(path: String, reason: String)
  /// A download is not the file that it should be.
  case checksum(path: String, found: String, expected: String)
  /// A download failed.
  case download(url: String, reason: String, remedy: String)

  /// The exit code for this error (sysexits.h).
  public var exitCode: Int32 {
    switch self {
    case .malformed, .mismatch, .checksum: 65
    case .missing: 66
    case .cannotWrite: 73
    case .unreadable, .download: 74
    }
  }
}

extension DataError: CustomStringConvertible, LocalizedError {
  public var description: String {
    switch self {
    case .missing(let path, let remedy): "\(path): not there\n  remedy: \(remedy)"
    case .unreadable(let path, let reason): "\(path): cannot be read: \(reason)"
    case .malformed(let path, let format, let place, let found, let expected):
      "\(path): not a good \(format) file, at \(place): found \(found), expected \(expected)"
    case .mismatch(let path, let found, let expected, let remedy):
      "\(path): found \(found), expected \(expected)\n  remedy: \(remedy)"
    case .cannotWrite(let path, let reason):
      "\(path): cannot be written: \(reason)\n  remedy: choose a folder that you may write to"
    case .checksum(let path, let found, let expected):
      "\(path): its SHA-256 is \(found), expected \(expected)\n  remedy: delete it and try again"
    case .download(let url, let reason, let remedy):
      "\(url): download failed: \(reason)\n  remedy: \(remedy)"
    }
  }

  public var errorDescription: String? { description }
}
