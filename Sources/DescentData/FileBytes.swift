#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Android)
  import Android
#else
  import Darwin
#endif

/// Whole files as bytes, by the system's own calls.
public enum FileBytes {
  /// The bytes of the file at `path`.
  ///
  /// - Throws: `DataError.missing`, `.unreadable` or, for more than `limit` bytes, `.tooLarge`.
  public static func read(
    _ path: String, limit: Int = 1 << 34, remedy: String = "Check the spelling of the path"
  ) throws -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      if errno == ENOENT || errno == ENOTDIR {
        throw DataError.missing(path: path, remedy: remedy)
      }
      throw DataError.unreadable(path: path, reason: systemReason())
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw DataError.unreadable(path: path, reason: systemReason())
    }
    guard status.st_mode & S_IFMT != S_IFDIR else {
      throw DataError.unreadable(path: path, reason: "it is a folder, not a file")
    }
    // A pipe or a file of /proc has no size: read until the end, one chunk more than is known.
    var size = max(Int(status.st_size), 0)
    guard size <= limit else { throw DataError.tooLarge(path: path, limit: limit) }
    var bytes: [UInt8] = []
    while true {
      let room = size > bytes.count ? size - bytes.count : 1 << 16
      let chunk = try [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
        while count < room {
          let got = systemRead(descriptor, buffer.baseAddress! + count, room - count)
          if got < 0 && errno == EINTR { continue }
          guard got >= 0 else {
            throw DataError.unreadable(path: path, reason: systemReason())
          }
          if got == 0 { break }
          count += got
        }
      }
      if bytes.isEmpty { bytes = chunk } else { bytes += chunk }
      guard bytes.count <= limit else { throw DataError.tooLarge(path: path, limit: limit) }
      if chunk.count < room { return bytes }
      size = bytes.count
    }
  }

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

// Inside a type with a method `read`, the system's function needs a name of its own.
private func systemRead(_ file: Int32, _ buffer: UnsafeMutableRawPointer, _ count: Int) -> Int {
  read(file, buffer, count)
}
