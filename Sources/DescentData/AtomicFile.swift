import Foundation

/// Files that appear whole or not at all.
public enum AtomicFile {
  /// Writes a file: to a temporary one in the same folder, which is flushed to the disk and then
  /// takes the place of the old.
  ///
  /// Throws `DataError.cannotWrite`; nothing half-written stays behind.
  public static func write(_ bytes: [UInt8], to path: String) throws {
    var template = Array((path + ".XXXXXX").utf8CString)
    let descriptor = template.withUnsafeMutableBufferPointer { mkstemp($0.baseAddress!) }
    guard descriptor >= 0 else { throw failure(path) }
    let temporary = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    var isDone = false
    defer { if !isDone { unlink(temporary) } }
    do {
      defer { close(descriptor) }
      // mkstemp makes files that only their owner can read.
      fchmod(descriptor, 0o644)
      try bytes.withUnsafeBytes { buffer in
        var start = 0
        while start < buffer.count {
          let written = Foundation.write(
            descriptor, buffer.baseAddress! + start, buffer.count - start)
          if written < 0 && errno == EINTR { continue }
          guard written > 0 else { throw failure(path) }
          start += written
        }
      }
      guard fsync(descriptor) == 0 else { throw failure(path) }
    }
    guard rename(temporary, path) == 0 else { throw failure(path) }
    isDone = true
    flushFolder(of: path)
  }

  private static func failure(_ path: String) -> DataError {
    .cannotWrite(path: path, reason: String(cString: strerror(errno)))
  }

  /// The new name is safe once the folder is; where folders cannot be flushed nothing is lost.
  private static func flushFolder(of path: String) {
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
    let descriptor = open(folder, O_RDONLY)
    if descriptor >= 0 {
      fsync(descriptor)
      close(descriptor)
    }
  }
}
