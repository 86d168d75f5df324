/// An array in the IDX format, the one of MNIST: a type, a shape and the elements.
public struct IDXArray: Sendable, Equatable {
  /// The type codes of the format.
  public enum ElementType: UInt8, Sendable {
    case uint8 = 0x08
    case int8 = 0x09
    case int16 = 0x0B
    case int32 = 0x0C
    case float32 = 0x0D
    case float64 = 0x0E

    /// Bytes for each element.
    public var size: Int {
      switch self {
      case .uint8, .int8: 1
      case .int16: 2
      case .int32, .float32: 4
      case .float64: 8
      }
    }
  }

  /// The type of the elements.
  public let dtype: ElementType
  /// The size of each axis.
  public let shape: [Int]
  /// The elements in row-major order, little-endian.
  public let bytes: [UInt8]

  /// Creates an array of bytes.
  public init(shape: [Int], bytes: [UInt8]) {
    precondition(shape.reduce(1, *) == bytes.count, "\(bytes.count) bytes do not fill \(shape)")
    self.shape = shape
    self.bytes = bytes
    dtype = .uint8
  }

  /// Reads an array from the bytes of a file, which may be compressed by gzip.
  ///
  /// Throws `DataError.malformed` unless header and data agree to the byte.
  public init(bytes file: [UInt8], path: String) throws {
    func malformed(_ place: String, _ found: String, _ expected: String) -> DataError {
      .malformed(path: path, format: "IDX", place: place, found: found, expected: expected)
    }
    let bytes = Gzip.isGzip(file) ? try Gzip.decompress(file, path: path) : file
    guard bytes.count >= 4, bytes[0] == 0, bytes[1] == 0 else {
      throw malformed("byte 0", "\(Array(bytes.prefix(2)))", "two zeros, a type and a rank")
    }
    guard let type = ElementType(rawValue: bytes[2]) else {
      throw malformed("byte 2", "the type \(bytes[2])", "8, 9, 11, 12, 13 or 14")
    }
    let rank = Int(bytes[3])
    guard bytes.count >= 4 + 4 * rank else {
      throw malformed("byte 4", "\(bytes.count) bytes", "\(rank) sizes of 4 bytes each")
    }
    shape = (0..<rank).map { axis in
      (0..<4).reduce(0) { $0 << 8 | Int(bytes[4 + 4 * axis + $1]) }
    }
    var size = type.size
    for axis in shape {
      let (product, overflows) = size.multipliedReportingOverflow(by: axis)
      guard !overflows else { throw malformed("byte 4", "the shape \(shape)", "a smaller one") }
      size = product
    }
    let start = 4 + 4 * rank
    guard bytes.count - start == size else {
      throw malformed(
        "byte \(start)", "\(bytes.count - start) bytes of data", "\(size) for the shape \(shape)")
    }
    dtype = type
    self.bytes = Self.swapped(Array(bytes[start...]), type.size)
  }

  /// The file for this array of bytes.
  public func serialized() -> [UInt8] {
    var file: [UInt8] = [0, 0, dtype.rawValue, UInt8(shape.count)]
    for size in shape {
      file += (0..<4).map { UInt8(truncatingIfNeeded: size >> (24 - 8 * $0)) }
    }
    return file + Self.swapped(bytes, dtype.size)
  }

  /// Turns big-endian elements into little-endian ones, and back.
  private static func swapped(_ bytes: [UInt8], _ size: Int) -> [UInt8] {
    if size == 1 { return bytes }
    var result = bytes
    for start in stride(from: 0, to: bytes.count, by: size) {
      for index in 0..<size { result[start + index] = bytes[start + size - 1 - index] }
    }
    return result
  }
}
