import Foundation

/// The bytes of a file.
///
/// Throws `DataError` if the file is missing, is a folder, cannot be read, or is larger than
/// `limit`.
public func readFile(_ path: String, limit: Int = 1 << 34) throws -> [UInt8] {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else {
    if errno == ENOENT || errno == ENOTDIR {
      throw DataError.missing(path: path, remedy: "check the path")
    }
    throw DataError.unreadable(path: path, reason: String(cString: strerror(errno)))
  }
  defer { close(descriptor) }
  var status = stat()
  guard fstat(descriptor, &status) == 0 else {
    throw DataError.unreadable(path: path, reason: String(cString: strerror(errno)))
  }
  guard status.st_mode & S_IFMT != S_IFDIR else {
    throw DataError.unreadable(path: path, reason: "it is a folder")
  }
  // A size is a hint: pipes have none, and files grow.
  var bytes: [UInt8] = []
  bytes.reserveCapacity(min(Int(status.st_size) + 1, limit))
  let chunk = 1 << 20
  while true {
    var count = 0
    let start = bytes.count
    let room = max(chunk, bytes.capacity - start)
    bytes.append(contentsOf: repeatElement(0, count: room))
    count = bytes.withUnsafeMutableBytes { read(descriptor, $0.baseAddress! + start, room) }
    bytes.removeLast(room - max(count, 0))
    if count == 0 { return bytes }
    if count < 0 && errno != EINTR {
      throw DataError.unreadable(path: path, reason: String(cString: strerror(errno)))
    }
    if bytes.count > limit {
      throw DataError.unreadable(path: path, reason: "it is larger than \(limit) bytes")
    }
  }
}
