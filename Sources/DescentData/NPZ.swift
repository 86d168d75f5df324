import Descent

/// Several arrays by name in one file, as `numpy.savez` and `savez_compressed` write them: a zip
/// file (APPNOTE 6.3) with a NPY file for each.
public enum NPZ {
  /// Whether `bytes` begin like a zip file.
  public static func isZip(_ bytes: [UInt8]) -> Bool { bytes.starts(with: [0x50, 0x4B, 3, 4]) }

  /// Reads the arrays of the file at `path`, in their order.
  ///
  /// - Throws: `DataError`, also where the unpacked contents have more than `limit` bytes.
  public static func read(
    _ path: String, limit: Int = 1 << 32
  ) throws -> [(name: String, tensor: Tensor)] {
    try decode(try readFile(path), path: path, limit: limit)
  }

  /// Reads the bytes of a file; `path` is its name in errors.
  ///
  /// - Throws: as `read(_:)`.
  public static func decode(
    _ bytes: [UInt8], path: String = "arrays", limit: Int = 1 << 32
  ) throws -> [(name: String, tensor: Tensor)] {
    var left = limit
    return try entries(bytes, path).compactMap { entry in
      guard entry.name.hasSuffix(".npy") else { return nil }
      let contents = try entry.contents(bytes, path, limit: left, total: limit)
      left -= contents.count
      let name = String(entry.name.dropLast(4))
      return (name, try NPY.decode(contents, path: "\(path), array \(name.quoted)"))
    }
  }

  /// Writes tensors under their names to `path`, unpacked; the file appears whole or not at all.
  ///
  /// - Throws: `DataError.cannotWrite` or `.writeFailed`.
  public static func write(_ arrays: [(name: String, tensor: Tensor)], to path: String) throws {
    try AtomicFile.write(encode(arrays), to: path)
  }

  /// The bytes of a file with these tensors; together less than 4 GiB.
  public static func encode(_ arrays: [(name: String, tensor: Tensor)]) -> [UInt8] {
    var file: [UInt8] = []
    var directory: [UInt8] = []
    for (name, tensor) in arrays {
      let contents = NPY.encode(tensor)
      let fileName = Array((name + ".npy").utf8)
      let offset = UInt32(file.count)
      // Version 2.0, no flags, stored, no time (1980-01-01).
      let common =
        little(UInt16(20)) + little(UInt16(0x0800)) + little(UInt16(0)) + little(UInt16(0))
        + little(UInt16(0x21)) + little(CRC32.of(contents)) + little(UInt32(contents.count))
        + little(UInt32(contents.count)) + little(UInt16(fileName.count)) + little(UInt16(0))
      file += [0x50, 0x4B, 3, 4] + common + fileName + contents
      directory +=
        [0x50, 0x4B, 1, 2] + little(UInt16(20)) + common + [UInt8](repeating: 0, count: 10)
        + little(offset) + fileName
    }
    let count = little(UInt16(arrays.count))
    return file + directory + [0x50, 0x4B, 5, 6, 0, 0, 0, 0] + count + count
      + little(UInt32(directory.count)) + little(UInt32(file.count)) + [0, 0]
  }

  private static func little<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }

  /// A file in the zip file.
  private struct Entry {
    var name: String
    var method: UInt16
    var check: UInt32
    var packedSize: Int
    var size: Int
    var offset: Int

    func contents(_ bytes: [UInt8], _ path: String, limit: Int, total: Int) throws -> [UInt8] {
      var reader = ByteReader(bytes, path: path, format: "zip")
      try reader.skip(offset)
      guard Array(try reader.take(4)) == [0x50, 0x4B, 3, 4] else {
        throw reader.malformed(at: offset, found: "other bytes", expected: "PK 3 4")
      }
      try reader.skip(22)
      let (nameLength, extraLength) = (try reader.uint16(.little), try reader.uint16(.little))
      try reader.skip(Int(nameLength) + Int(extraLength))
      guard size <= limit else { throw DataError.tooLarge(path: path, limit: total) }
      let start = reader.offset
      let packed = try reader.take(packedSize)
      let contents: [UInt8]
      switch method {
      case 0: contents = Array(packed)
      case 8:
        do {
          contents = try bytes.withUnsafeBytes {
            try Inflate.inflate(
              UnsafeRawBufferPointer(rebasing: $0[..<(start + packedSize)]), start: start,
              limit: limit, expected: min(size, 64 * packedSize)
            ).output
          }
        } catch let failure as Inflate.Failure {
          if failure.reason == .overLimit { throw DataError.tooLarge(path: path, limit: total) }
          throw reader.malformed(
            at: failure.offset, found: "damaged data of \(name.quoted)", expected: "deflate data")
        }
      default:
        throw DataError.unsupported(
          path: path, format: "zip", feature: "packing method \(method)",
          remedy: "Write it with numpy.savez or numpy.savez_compressed")
      }
      guard CRC32.of(contents) == check else {
        throw DataError.checksum(
          path: "\(path), \(name)", algorithm: "CRC-32", found: hex(CRC32.of(contents)),
          expected: hex(check))
      }
      return contents
    }
  }

  /// What the directory at the end of a zip file lists.
  private static func entries(_ bytes: [UInt8], _ path: String) throws -> [Entry] {
    var reader = ByteReader(bytes, path: path, format: "zip")
    // The last record has 22 bytes, and up to 64 KiB of comment behind it.
    let first = max(0, bytes.count - 22 - 0xFFFF)
    guard bytes.count >= 22,
      let end = (first...(bytes.count - 22)).last(where: {
        bytes[$0] == 0x50 && bytes[$0 + 1] == 0x4B && bytes[$0 + 2] == 5 && bytes[$0 + 3] == 6
      })
    else {
      throw reader.malformed(
        at: bytes.count, found: "no directory at the end",
        expected: "one (was it copied completely?)")
    }
    reader.offset = end + 10
    let count = Int(try reader.uint16(.little))
    _ = try reader.uint32(.little)
    reader.offset = Int(try reader.uint32(.little))
    guard reader.offset <= end else {
      throw reader.malformed(
        at: end, found: "a directory behind its end", expected: "one before it")
    }
    var entries: [Entry] = []
    for _ in 0..<count {
      guard Array(try reader.take(4)) == [0x50, 0x4B, 1, 2] else {
        throw reader.malformed(at: reader.offset - 4, found: "other bytes", expected: "PK 1 2")
      }
      try reader.skip(6)
      let method = try reader.uint16(.little)
      try reader.skip(4)
      let check = try reader.uint32(.little)
      let packedSize = Int(try reader.uint32(.little))
      let size = Int(try reader.uint32(.little))
      let (name, extra, comment) = (
        try reader.uint16(.little), try reader.uint16(.little), try reader.uint16(.little)
      )
      try reader.skip(8)
      let offset = Int(try reader.uint32(.little))
      let text = String(decoding: try reader.take(Int(name)), as: UTF8.self)
      try reader.skip(Int(extra) + Int(comment))
      guard packedSize != 0xFFFF_FFFF, size != 0xFFFF_FFFF, offset <= bytes.count else {
        throw DataError.unsupported(
          path: path, format: "zip", feature: "parts of 4 GiB or more",
          remedy: "Store the arrays as single .npy files")
      }
      entries.append(
        Entry(
          name: text, method: method, check: check, packedSize: packedSize, size: size,
          offset: offset))
    }
    return entries
  }
}
