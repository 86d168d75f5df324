#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Android)
  import Android
#else
  import Darwin
#endif

/// A table read part by part, for files larger than memory.
///
/// ```swift
/// let stream = try TableStream(contentsOf: "rows.csv", contract.reading)
/// while let part = try stream.next() { print(part.rowCount) }
/// ```
public final class TableStream {
  private let path: String
  private let chunkSize: Int
  private let descriptor: Int32
  private var reading: Table.Reading
  private var bytes: [UInt8] = []
  private var isAtEnd = false
  private var isFirst = true

  /// The longest row.
  private static let longestRow = 1 << 26

  /// Opens the file at `path`; a part holds at most `chunkSize` bytes, or one row.
  ///
  /// - Throws: `DataError.missing` or `.unreadable`.
  public init(
    contentsOf path: String, _ reading: Table.Reading = .init(), chunkSize: Int = 1 << 24
  ) throws {
    descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      if errno == ENOENT || errno == ENOTDIR {
        throw DataError.missing(path: path, remedy: "Check the spelling of the path")
      }
      throw DataError.unreadable(path: path, reason: FileSystem.systemReason())
    }
    (self.path, self.reading, self.chunkSize) = (path, reading, max(chunkSize, 1))
  }

  deinit { close(descriptor) }

  /// The next rows, or nil at the end.
  ///
  /// - Throws: what `Table.init(bytes:path:_:)` throws, and `.unreadable`.
  public func next() throws -> Table? {
    guard !isAtEnd || !bytes.isEmpty || isFirst else { return nil }
    try fill(to: chunkSize)
    while true {
      if isAtEnd {
        let table = try table(bytes)
        bytes = []
        isFirst = false
        return table.rowCount > 0 ? table : nil
      }
      if let (end, line) = endOfRows() {
        let table = try table(Array(bytes[..<end]))
        bytes.removeFirst(end)
        reading.firstLine = line
        reading.dialect = table.dialect
        reading.names = table.columns.map(\.name)
        isFirst = false
        if table.rowCount > 0 { return table }
        try fill(to: chunkSize)
        continue
      }
      guard bytes.count < Self.longestRow else {
        throw DataError.malformed(
          path: path, format: "CSV", place: .line(reading.firstLine),
          found: "a row of more than \(Self.longestRow >> 20) MiB",
          expected: "shorter rows; a quote may lack its end")
      }
      try fill(to: bytes.count * 2)
    }
  }

  private func table(_ part: [UInt8]) throws -> Table {
    try Table(bytes: part, path: path, reading)
  }

  /// Where the last whole row ends, and the line after it; the first row of all is one of names,
  /// and more must follow it.
  private func endOfRows() -> (offset: Int, line: Int)? {
    bytes.withUnsafeBufferPointer { bytes in
      let dialect =
        reading.dialect ?? Table.Dialect(inferredFrom: bytes, path, separator: reading.separator)
      let separator = dialect.separator.asciiValue ?? UInt8(ascii: ",")
      var scanner = FieldScanner(bytes, separator: separator, path: path, line: reading.firstLine)
      var fields: [FieldScanner.Field] = []
      var last: (offset: Int, line: Int)?
      var rows = 0
      while true {
        // A row that ends with the bytes may go on behind them.
        let before = (offset: scanner.offset, line: scanner.line)
        guard (try? scanner.nextRow(&fields)) ?? nil != nil, scanner.offset < bytes.count else {
          // An error before the end of the bytes is one of the file, and the table names it.
          if scanner.offset < bytes.count { return (bytes.count, scanner.line) }
          if before.offset > 0 { last = before }
          break
        }
        rows += 1
      }
      return rows > (isFirst ? 1 : 0) ? last : nil
    }
  }

  private func fill(to count: Int) throws {
    while bytes.count < count && !isAtEnd {
      let room = count - bytes.count
      var got = 0
      let part = [UInt8](unsafeUninitializedCapacity: room) { buffer, initialized in
        repeat { got = read(descriptor, buffer.baseAddress, room) } while got < 0 && errno == EINTR
        initialized = max(got, 0)
      }
      guard got >= 0 else {
        throw DataError.unreadable(path: path, reason: FileSystem.systemReason())
      }
      if got == 0 { isAtEnd = true }
      bytes += part
    }
  }
}
