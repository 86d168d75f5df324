/// An array of numbers in the IDX format, in which MNIST and its kin are published.
public struct IDXArray: Equatable, Sendable {
  /// The type of the numbers, with the code that stands for it in a file.
  public enum ElementType: UInt8, Sendable, CaseIterable {
    case uint8 = 0x08
    case int8 = 0x09
    case int16 = 0x0B
    case int32 = 0x0C
    case float32 = 0x0D
    case float64 = 0x0E

    /// The size of one number in bytes.
    public var size: Int {
      switch self {
      case .uint8, .int8: 1
      case .int16: 2
      case .int32, .float32: 4
      case .float64: 8
      }
    }
  }

  /// The type of the numbers.
  public let dtype: ElementType
  /// The length of each axis, outermost first.
  public let shape: [Int]
  /// The numbers in row-major order, each in this machine's byte order.
  public let bytes: [UInt8]

  /// Creates an array of bytes.
  ///
  /// - Throws: `DataError.mismatch` where `bytes` are not as many as `shape` says, or where the
  ///   format cannot express the shape (1 to 255 axes, each of less than 2³²).
  public init(shape: [Int], bytes: [UInt8]) throws {
    try self.init(dtype: .uint8, shape: shape, bytes: bytes)
  }

  /// Creates an array of any type from its bytes in this machine's order.
  ///
  /// - Throws: `DataError.mismatch` as `init(shape:bytes:)`.
  public init(dtype: ElementType, shape: [Int], bytes: [UInt8]) throws {
    let isExpressible =
      (1...255).contains(shape.count) && shape.allSatisfy { $0 >= 0 && $0 <= UInt32.max }
    guard isExpressible, byteCount(of: shape, elementSize: dtype.size) == bytes.count else {
      throw DataError.mismatch(
        path: "IDX array of shape \(shape) (\(dtype))", found: "\(bytes.count) bytes",
        expected: "the product of 1 to 255 axes, times \(dtype.size)",
        remedy: "Give as many bytes as the shape says")
    }
    (self.dtype, self.shape, self.bytes) = (dtype, shape, bytes)
  }

  /// Reads the file at `path`, packed by gzip or not.
  ///
  /// - Throws: `DataError`, also where the unpacked contents have more than `limit` bytes.
  public init(contentsOf path: String, limit: Int = 1 << 31) throws {
    try self.init(bytes: try readFile(path, limit: limit), path: path, limit: limit)
  }

  /// Reads the bytes of a file, packed by gzip or not; `path` is its name in errors.
  ///
  /// - Throws: `DataError`, also where the unpacked contents have more than `limit` bytes.
  public init(bytes file: [UInt8], path: String = "IDX data", limit: Int = 1 << 31) throws {
    let isPacked = Gzip.isGzip(file)
    var contents = isPacked ? try Gzip.decompress(file, limit: limit, path: path) : file
    let header = try Self.readHeader(contents, path: path)
    (dtype, shape) = (header.dtype, header.shape)
    // In place: a set of images is large, and a second copy of it would count.
    contents.removeFirst(header.byteCount)
    bytes = Self.swapped(contents, size: dtype.size)
  }

  private static func readHeader(
    _ contents: [UInt8], path: String
  ) throws -> (dtype: ElementType, shape: [Int], byteCount: Int) {
    var reader = ByteReader(contents, path: path, format: "IDX")
    guard try reader.uint16(.big) == 0 else {
      throw reader.malformed(
        at: 0, found: "bytes \(contents.prefix(2).map { hex($0) }.joined(separator: " "))",
        expected: "00 00")
    }
    let code = try reader.uint8()
    guard let dtype = ElementType(rawValue: code) else {
      throw reader.malformed(
        at: 2, found: "type code \(hex(code))", expected: "08, 09, 0b, 0c, 0d or 0e")
    }
    let rank = Int(try reader.uint8())
    guard rank > 0 else { throw reader.malformed(at: 3, found: "no axes", expected: "1 to 255") }
    var shape: [Int] = []
    for _ in 0..<rank { shape.append(Int(try reader.uint32(.big))) }
    guard let count = byteCount(of: shape, elementSize: dtype.size), count == reader.remaining
    else {
      throw reader.malformed(
        at: reader.offset, found: "\(reader.remaining) bytes of data",
        expected: "\(shape.map { "\($0)" }.joined(separator: " × ")) × \(dtype.size)")
    }
    return (dtype, shape, reader.offset)
  }

  /// The bytes of an unpacked IDX file with this array.
  public func encoded() -> [UInt8] {
    var file: [UInt8] = [0, 0, dtype.rawValue, UInt8(shape.count)]
    for length in shape {
      for shift: UInt32 in [24, 16, 8, 0] {
        file.append(UInt8(truncatingIfNeeded: UInt32(length) >> shift))
      }
    }
    return file + Self.swapped(bytes, size: dtype.size)
  }

  /// Writes an unpacked IDX file, whole or not at all.
  ///
  /// - Throws: `DataError.cannotWrite` or `.writeFailed`.
  public func write(to path: String) throws {
    try AtomicFile.write(encoded(), to: path)
  }

  /// The numbers, converted to `Float`: `[product of shape]`.
  public var floats: [Float] {
    bytes.withUnsafeBytes { raw in
      switch dtype {
      case .uint8: raw.map { Float($0) }
      case .int8: raw.map { Float(Int8(bitPattern: $0)) }
      case .int16: Self.load(raw, as: Int16.self) { Float($0) }
      case .int32: Self.load(raw, as: Int32.self) { Float($0) }
      case .float32: Self.load(raw, as: Float.self) { $0 }
      case .float64: Self.load(raw, as: Double.self) { Float($0) }
      }
    }
  }

  private static func load<T: BitwiseCopyable>(
    _ raw: UnsafeRawBufferPointer, as type: T.Type, _ convert: (T) -> Float
  ) -> [Float] {
    stride(from: 0, to: raw.count, by: MemoryLayout<T>.size).map {
      convert(raw.loadUnaligned(fromByteOffset: $0, as: type))
    }
  }

  /// Big-endian numbers as little-endian ones, or back: every machine of today's Swift is
  /// little-endian.
  private static func swapped(_ bytes: [UInt8], size: Int) -> [UInt8] {
    guard size > 1 else { return bytes }
    var result = bytes
    for start in stride(from: 0, to: result.count, by: size) {
      result[start..<start + size].reverse()
    }
    return result
  }
}

/// The number of bytes of an array of `shape`, or nil where it overflows or an axis is negative.
func byteCount(of shape: [Int], elementSize: Int) -> Int? {
  // Zero first: a huge axis beside an empty one is no overflow.
  guard shape.allSatisfy({ $0 >= 0 }) else { return nil }
  if shape.contains(0) { return 0 }
  var count = elementSize
  for length in shape {
    let (product, overflow) = count.multipliedReportingOverflow(by: length)
    if overflow { return nil }
    count = product
  }
  return count
}
