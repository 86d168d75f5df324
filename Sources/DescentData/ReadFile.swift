#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Android)
  import Android
#else
  import Darwin
#endif

/// The bytes of the file at `path`.
///
/// - Throws: `DataError.missing`, `.unreadable` or, for more than `limit` bytes, `.tooLarge`.
public func readFile(
  _ path: String, limit: Int = 1 << 34, remedy: String = "Check the spelling of the path"
) throws -> [UInt8] {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else {
    if errno == ENOENT || errno == ENOTDIR {
      throw DataError.missing(path: path, remedy: remedy)
    }
    throw DataError.unreadable(path: path, reason: FileSystem.systemReason())
  }
  defer { close(descriptor) }
  var status = stat()
  guard fstat(descriptor, &status) == 0 else {
    throw DataError.unreadable(path: path, reason: FileSystem.systemReason())
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
        let got = read(descriptor, buffer.baseAddress! + count, room - count)
        if got < 0 && errno == EINTR { continue }
        guard got >= 0 else {
          throw DataError.unreadable(path: path, reason: FileSystem.systemReason())
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
