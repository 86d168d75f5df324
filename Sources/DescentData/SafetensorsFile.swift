/// The safetensors container: named arrays of numbers and some text, as other libraries read it.
///
/// ```swift
/// let bias = SafetensorsFile.Entry(name: "bias", shape: [2], floats: [0.5, 1])
/// try SafetensorsFile(metadata: ["format": "pt"], tensors: [bias]).write(to: "a.safetensors")
/// ```
/// Equal contents give equal bytes. A file is read once; its tensors are slices of it.
public struct SafetensorsFile: Equatable, Sendable {
  /// Text of any kind by name: the `__metadata__` of the file.
  public var metadata: [String: String]
  /// The tensors, in the order of their bytes where they were read.
  public var tensors: [Entry]

  /// Creates a container.
  public init(metadata: [String: String] = [:], tensors: [Entry] = []) {
    (self.metadata, self.tensors) = (metadata, tensors)
  }

  /// One tensor.
  public struct Entry: Equatable, Sendable {
    /// The name, unique in its file.
    public var name: String
    /// The type of its numbers.
    public var dtype: SafetensorsType
    /// The length of each axis, outermost first; none for a single number.
    public var shape: [Int]
    /// The numbers in row-major order, little-endian; often a slice of a whole file.
    public var bytes: ArraySlice<UInt8>

    /// Creates a tensor from its little-endian bytes.
    public init(name: String, dtype: SafetensorsType, shape: [Int], bytes: [UInt8]) {
      self.init(name: name, dtype: dtype, shape: shape, bytes: bytes[...])
    }

    /// Creates a tensor of type F32.
    public init(name: String, shape: [Int], floats: [Float]) {
      self.init(
        name: name, dtype: .float32, shape: shape, bytes: floats.withUnsafeBytes { Array($0) })
    }

    init(name: String, dtype: SafetensorsType, shape: [Int], bytes: ArraySlice<UInt8>) {
      (self.name, self.dtype, self.shape, self.bytes) = (name, dtype, shape, bytes)
    }

    /// The numbers of a floating-point tensor as `Float`, rounded if need be.
    ///
    /// - Throws: `DataError.unsupported` for other types, and for 8-bit ones.
    public func floats() throws -> [Float] {
      try bytes.withUnsafeBytes { raw in
        func load<T: BitwiseCopyable>(_ type: T.Type, _ convert: (T) -> Float) -> [Float] {
          let size = MemoryLayout<T>.size
          return (0..<raw.count / size).map {
            convert(raw.loadUnaligned(fromByteOffset: $0 * size, as: type))
          }
        }
        switch dtype {
        case .float32: return load(Float.self) { $0 }
        case .float64: return load(Double.self) { Float($0) }
        case .bfloat16: return load(UInt16.self) { Float(bitPattern: UInt32($0) << 16) }
        case .float16: return load(UInt16.self, half)
        default:
          throw DataError.unsupported(
            path: "tensor \(name.quoted)", format: "safetensors",
            feature: "type \(dtype.rawValue)", remedy: "Save it as F32")
        }
      }
    }
  }
}

// MARK: - Reading

extension SafetensorsFile {
  /// The longest header that is read, as in the original implementation.
  static let headerLimit = 100_000_000

  /// Reads the file at `path`.
  ///
  /// - Throws: `DataError`: everything in the file is checked before anything is handed out.
  public init(contentsOf path: String) throws {
    try self.init(bytes: try readFile(path), path: path)
  }

  /// Reads the bytes of a file; `path` is its name in errors.
  ///
  /// - Throws: `DataError`: everything in the file is checked before anything is handed out.
  public init(bytes: [UInt8], path: String = "safetensors data") throws {
    var reader = ByteReader(bytes, path: path, format: "safetensors")
    let claimed = try reader.uint64(.little)
    guard claimed <= UInt64(min(Self.headerLimit, reader.remaining)) else {
      throw reader.malformed(
        at: 0, found: "a header of \(claimed) bytes",
        expected: "at most \(min(Self.headerLimit, reader.remaining))")
    }
    let start = 8 + Int(claimed)
    var header = HeaderParser()
    try header.parse(bytes[8..<start], path: path, dataSize: bytes.count - start)

    // In the order of their bytes, tensors must follow each other without a gap.
    let parts = header.parts.sorted {
      ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound)
    }
    var end = 0
    for part in parts {
      guard part.range.lowerBound == end else {
        throw reader.malformed(
          place: "tensor \(part.name.quoted)", found: "data from byte \(part.range.lowerBound)",
          expected: "from \(end)")
      }
      end = part.range.upperBound
    }
    guard start + end == bytes.count else {
      throw reader.malformed(
        at: start + end, found: "\(bytes.count - start - end) bytes that belong to no tensor",
        expected: "the end of the file")
    }
    metadata = header.metadata
    tensors = parts.map { part in
      Entry(
        name: part.name, dtype: part.dtype, shape: part.shape,
        bytes: bytes[start + part.range.lowerBound..<start + part.range.upperBound])
    }
  }

  /// What the header says of a tensor; the range is one of the data behind the header.
  private typealias Part = (name: String, dtype: SafetensorsType, shape: [Int], range: Range<Int>)

  private struct HeaderParser {
    var metadata: [String: String] = [:]
    var parts: [Part] = []
    private var names: Set<String> = []
    private var hasMetadata = false

    mutating func parse(_ bytes: ArraySlice<UInt8>, path: String, dataSize: Int) throws {
      var scanner = JSONScanner(bytes, path: path)
      try scanner.members { scanner, name in
        if name == "__metadata__" {
          guard !hasMetadata else { throw scanner.failure("a second __metadata__", "one") }
          hasMetadata = true
          try scanner.members { scanner, key in
            guard metadata.updateValue(try scanner.string(), forKey: key) == nil else {
              throw scanner.failure("a second metadata entry \(key.quoted)", "unique names")
            }
          }
          return
        }
        guard names.insert(name).inserted else {
          throw scanner.failure("a second tensor \(name.quoted)", "unique names")
        }
        parts.append(try Self.part(name, &scanner, dataSize: dataSize))
      }
      try scanner.end()
    }

    private static func part(
      _ name: String, _ scanner: inout JSONScanner, dataSize: Int
    ) throws -> Part {
      var (type, shape, offsets): (String?, [Int]?, [Int]?)
      try scanner.members { scanner, key in
        switch key {
        case "dtype" where type == nil: type = try scanner.string()
        case "shape" where shape == nil: shape = try scanner.integers()
        case "data_offsets" where offsets == nil: offsets = try scanner.integers()
        default: throw scanner.failure("the key \(key.quoted)", "dtype, shape, data_offsets once")
        }
      }
      let subject = "tensor \(name.quoted)"
      guard let type, let shape, let offsets, offsets.count == 2 else {
        throw scanner.failure("\(subject) without all its keys", "dtype, shape, data_offsets")
      }
      guard let dtype = SafetensorsType(rawValue: type) else {
        throw DataError.unsupported(
          path: scanner.path, format: "safetensors", feature: "type \(type.quoted) in \(subject)",
          remedy: "Save it as F32")
      }
      guard offsets[0] <= offsets[1], offsets[1] <= dataSize else {
        throw scanner.failure(
          "\(subject) with data_offsets \(offsets)", "ascending, up to \(dataSize)")
      }
      guard byteCount(of: shape, elementSize: dtype.size) == offsets[1] - offsets[0] else {
        throw scanner.failure(
          "\(subject) of shape \(shape) with \(offsets[1] - offsets[0]) bytes",
          "\(dtype.size) for each \(type)")
      }
      return (name, dtype, shape, offsets[0]..<offsets[1])
    }
  }
}

/// The value of a half-precision number (Float16 does not exist on every platform).
private func half(_ bits: UInt16) -> Float {
  let sign = UInt32(bits & 0x8000) << 16
  let exponent = UInt32(bits >> 10 & 0x1F)
  let fraction = UInt32(bits & 0x3FF)
  switch exponent {
  case 0:
    let magnitude = Float(fraction) * 0x1p-24
    return Float(bitPattern: magnitude.bitPattern | sign)
  case 31: return Float(bitPattern: sign | 0x7F80_0000 | fraction << 13)
  default: return Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
  }
}

// MARK: - Writing

extension SafetensorsFile {
  /// The bytes of a file with these contents.
  ///
  /// - Throws: `DataError.mismatch` where a tensor's bytes are not as many as its shape and type
  ///   say, or where two have one name.
  public func serialized() throws -> [UInt8] {
    try parts().reduce(into: []) { $0 += $1 }
  }

  /// Writes a file, whole or not at all.
  ///
  /// - Throws: `DataError.mismatch` as `serialized()`, `.cannotWrite` or `.writeFailed`.
  public func write(to path: String) throws {
    try AtomicFile.write(parts: try parts(), to: path)
  }

  /// The header and then the tensors: larger numbers first, so that each lies at a multiple of
  /// its size, otherwise in their order.
  private func parts() throws -> [ArraySlice<UInt8>] {
    try check()
    let ordered = [8, 4, 2, 1].flatMap { size in tensors.filter { $0.dtype.size == size } }
    var members: [String] = []
    if !metadata.isEmpty {
      let pairs = metadata.sorted { $0.key < $1.key }
        .map { "\(jsonString($0.key)):\(jsonString($0.value))" }
      members.append("\"__metadata__\":{\(pairs.joined(separator: ","))}")
    }
    var offset = 0
    for tensor in ordered {
      let end = offset + tensor.bytes.count
      let shape = tensor.shape.map { "\($0)" }.joined(separator: ",")
      members.append(
        "\(jsonString(tensor.name)):{\"dtype\":\"\(tensor.dtype.rawValue)\","
          + "\"shape\":[\(shape)],\"data_offsets\":[\(offset),\(end)]}")
      offset = end
    }
    var header = Array("{\(members.joined(separator: ","))}".utf8)
    while header.count % 8 != 0 { header.append(UInt8(ascii: " ")) }
    let length = (0..<8).map { UInt8(truncatingIfNeeded: header.count >> ($0 * 8)) }
    return [(length + header)[...]] + ordered.map(\.bytes)
  }

  private func check() throws {
    var names: Set = ["__metadata__"]
    for tensor in tensors {
      guard names.insert(tensor.name).inserted else {
        throw DataError.mismatch(
          path: "tensor \(tensor.name.quoted)", found: "a second one of that name",
          expected: "unique names other than __metadata__", remedy: "Rename one of them")
      }
      guard byteCount(of: tensor.shape, elementSize: tensor.dtype.size) == tensor.bytes.count
      else {
        throw DataError.mismatch(
          path: "tensor \(tensor.name.quoted) of shape \(tensor.shape)",
          found: "\(tensor.bytes.count) bytes", expected: "\(tensor.shape) × \(tensor.dtype.size)",
          remedy: "Give as many bytes as the shape says")
      }
    }
  }
}
