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

  /// The names in the folder at `path`, sorted; without "." and "..".
  ///
  /// - Throws: `DataError.missing` or `.unreadable`.
  static func names(in path: String) throws -> [String] {
    guard let folder = opendir(path) else {
      if errno == ENOENT || errno == ENOTDIR {
        throw DataError.missing(path: path, remedy: "Check the spelling of the path")
      }
      throw DataError.unreadable(path: path, reason: systemReason())
    }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  /// What a file or folder is known by, whatever it is called: two names of one have the same.
  static func identity(of path: String) -> [UInt64] {
    var status = stat()
    guard stat(path, &status) == 0 else { return [] }
    return [UInt64(truncatingIfNeeded: status.st_dev), UInt64(truncatingIfNeeded: status.st_ino)]
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
