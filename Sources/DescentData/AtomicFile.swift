#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Android)
  import Android
#else
  import Darwin
#endif

/// Files that appear whole or not at all, whatever stops the program or the machine.
public enum AtomicFile {
  /// Writes `bytes` to `path`: a new file in the same folder, synced, then renamed over it.
  ///
  /// A symbolic link is followed; a device or pipe is written to directly. A failure leaves the
  /// old file as it was and no new one.
  /// - Throws: `DataError.cannotWrite` or `.writeFailed`.
  public static func write(_ bytes: [UInt8], to path: String) throws {
    try write(parts: [bytes[...]], to: path)
  }

  /// Writes the UTF-8 of `text` to `path`, as `write(_:to:)` writes bytes.
  ///
  /// - Throws: `DataError.cannotWrite` or `.writeFailed`.
  public static func write(_ text: String, to path: String) throws {
    try write(Array(text.utf8), to: path)
  }

  /// Writes `parts`, one after the other, to `path`, as `write(_:to:)` writes bytes.
  ///
  /// - Throws: `DataError.cannotWrite` or `.writeFailed`.
  public static func write(parts: [ArraySlice<UInt8>], to path: String) throws {
    let target = resolved(path)
    var status = stat()
    let exists = stat(target, &status) == 0
    if exists && status.st_mode & S_IFMT == S_IFDIR {
      throw DataError.cannotWrite(path: path, reason: "a folder of that name is there")
    }
    if exists && status.st_mode & S_IFMT != S_IFREG {
      let device = open(target, O_WRONLY | O_CLOEXEC)
      guard device >= 0 else {
        throw DataError.cannotWrite(path: path, reason: FileSystem.systemReason())
      }
      defer { close(device) }
      return try writeAll(parts, to: device, path: path)
    }
    let folder = parent(of: target)
    guard FileSystem.isFolder(folder) else {
      throw DataError.cannotWrite(path: path, reason: "there is no folder \(folder)")
    }
    // rename() asks only the folder; a file that its owner made read-only stays as it is.
    if exists && access(target, W_OK) != 0 {
      throw DataError.cannotWrite(path: path, reason: FileSystem.systemReason())
    }

    let temporary = "\(folder)/.descent-\(getpid())-\(UInt32.random(in: 0 ... .max)).tmp"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else {
      throw DataError.cannotWrite(path: path, reason: FileSystem.systemReason())
    }
    do {
      defer { close(descriptor) }
      if exists { fchmod(descriptor, status.st_mode & 0o777) }
      try writeAll(parts, to: descriptor, path: path)
      guard fsync(descriptor) == 0 else {
        throw DataError.writeFailed(path: path, reason: FileSystem.systemReason())
      }
    } catch {
      unlink(temporary)
      throw error
    }
    try move(temporary, to: target, describedAs: path)
  }

  /// Renames `temporary` to `target` and syncs the folder; removes it where that fails.
  static func move(_ temporary: String, to target: String, describedAs path: String) throws {
    guard rename(temporary, target) == 0 else {
      let reason = FileSystem.systemReason()
      unlink(temporary)
      throw DataError.cannotWrite(path: path, reason: reason)
    }
    // The new name is durable once the folder is synced. File systems that cannot sync a folder
    // say so here, and there is nothing better to do on them.
    let folder = open(parent(of: target), O_RDONLY | O_CLOEXEC)
    guard folder >= 0 else { return }
    fsync(folder)
    close(folder)
  }

  /// Removes the temporary files that programs left in a folder when they were killed.
  ///
  /// Those of programs that still run stay; what cannot be removed stays, too.
  public static func removeLeftovers(in folder: String) {
    guard let entries = opendir(folder) else { return }
    defer { closedir(entries) }
    while let entry = readdir(entries) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      let parts = name.split(separator: "-")
      guard parts.count == 3, parts[0] == ".descent", name.hasSuffix(".tmp"),
        let process = pid_t(parts[1])
      else { continue }
      let isRunning = process != getpid() && (kill(process, 0) == 0 || errno == EPERM)
      if !isRunning { unlink(folder + "/" + name) }
    }
  }

  private static func writeAll(
    _ parts: [ArraySlice<UInt8>], to descriptor: Int32, path: String
  ) throws {
    for part in parts {
      try part.withUnsafeBytes { bytes in
        var done = 0
        while done < bytes.count {
          let count = systemWrite(descriptor, bytes.baseAddress! + done, bytes.count - done)
          if count < 0 && errno == EINTR { continue }
          guard count > 0 else {
            throw DataError.writeFailed(path: path, reason: FileSystem.systemReason())
          }
          done += count
        }
      }
    }
  }

  /// The file that `path` leads to through symbolic links, or `path` where there is none yet.
  private static func resolved(_ path: String) -> String {
    guard let real = realpath(path, nil) else { return path }
    defer { free(real) }
    return String(cString: real)
  }

  private static func parent(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }
}

// Inside a type with a method `write`, the system's function needs a name of its own.
private func systemWrite(_ file: Int32, _ buffer: UnsafeRawPointer, _ count: Int) -> Int {
  write(file, buffer, count)
}
