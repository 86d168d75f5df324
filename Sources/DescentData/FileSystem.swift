#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Android)
  import Android
#else
  import Darwin
#endif

/// Questions to the file system, by its own calls.
enum FileSystem {
  /// The number of bytes at `path`, or nil where there is no regular file.
  static func size(of path: String) -> Int? {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    return Int(status.st_size)
  }

  /// Whether a folder is at `path`.
  static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// Creates the folder at `path` and those above it.
  ///
  /// - Throws: `DataError.cannotWrite`.
  static func createFolder(_ path: String) throws {
    var partial = path.hasPrefix("/") ? "" : "."
    for part in path.split(separator: "/") {
      partial += "/" + part
      if mkdir(partial, 0o777) != 0 && !isFolder(partial) {
        throw DataError.cannotWrite(path: partial, reason: systemReason())
      }
    }
  }

  /// Removes the file at `path`, if there is one.
  static func remove(_ path: String) { unlink(path) }

  /// The system's words for its last error.
  static func systemReason(_ code: Int32 = errno) -> String {
    code == 0 ? "unknown reason" : String(cString: strerror(code))
  }
}
