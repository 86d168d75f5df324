/// The safetensors container: named arrays of numbers and some text, as other libraries read it.
///
/// ```swift
/// var file = Safetensors(metadata: ["format": "pt"])
/// try file.append("bias", shape: [2], floats: [0.5, 1])
/// try file.write(to: "model.safetensors")
/// ```
/// Equal contents give equal bytes. A file is read once; its tensors are slices of it.
public struct Safetensors: Sendable {
  /// The type of a tensor's numbers, under its name in the file.
  public enum Element: String, Sendable, CaseIterable {
    case bool = "BOOL"
    case u8 = "U8"
    case i8 = "I8"
    case f8e5m2 = "F8_E5M2"
    case f8e4m3 = "F8_E4M3"
    case i16 = "I16"
    case u16 = "U16"
    case f16 = "F16"
    case bf16 = "BF16"
    case i32 = "I32"
    case u32 = "U32"
    case f32 = "F32"
    case i64 = "I64"
    case u64 = "U64"
    case f64 = "F64"

    /// The size of one number in bytes.
    public var size: Int {
      switch self {
      case .bool, .u8, .i8, .f8e5m2, .f8e4m3: 1
      case .i16, .u16, .f16, .bf16: 2
      case .i32, .u32, .f32: 4
      case .i64, .u64, .f64: 8
      }
    }
  }

  /// One tensor: what it is, and where its bytes lie.
  public struct Entry: Equatable, Sendable {
    /// The name, unique in the file.
    public let name: String
    /// The type of its numbers.
    public let element: Element
    /// The length of each axis, outermost first; none for a single number.
    public let shape: [Int]
    /// Where its little-endian bytes lie in the storage.
    fileprivate(set) var range: Range<Int>
  }

  /// Text of any kind by name: the `__metadata__` of the file.
  public var metadata: [String: String]
  /// The tensors in the order of their bytes.
  public private(set) var entries: [Entry] = []

  private var storage: [UInt8] = []
  private var names: Set<String> = []
  private var path = "safetensors data"

  /// Creates a container without tensors.
  public init(metadata: [String: String] = [:]) {
    self.metadata = metadata
  }

  /// The tensor called `name`, or nil.
  public func entry(_ name: String) -> Entry? {
    entries.first { $0.name == name }
  }

  /// The bytes of a tensor of this container, not copied.
  public func bytes(of entry: Entry) -> ArraySlice<UInt8> { storage[entry.range] }

  /// The numbers of an F32, F16, BF16 or F64 tensor as `Float`: `[product of shape]`.
  ///
  /// - Throws: `DataError.unsupported` for other types.
  public func floats(of entry: Entry) throws -> [Float] {
    try bytes(of: entry).withUnsafeBytes { raw in
      func load<T: BitwiseCopyable>(_ type: T.Type, _ convert: (T) -> Float) -> [Float] {
        let size = MemoryLayout<T>.size
        return [Float](unsafeUninitializedCapacity: raw.count / size) { buffer, count in
          count = raw.count / size
          for index in 0..<count {
            let value = raw.loadUnaligned(fromByteOffset: index * size, as: type)
            buffer.initializeElement(at: index, to: convert(value))
          }
        }
      }
      switch entry.element {
      case .f32: return load(Float.self) { $0 }
      case .f64: return load(Double.self) { Float($0) }
      case .bf16: return load(UInt16.self) { Float(bitPattern: UInt32($0) << 16) }
      case .f16: return load(UInt16.self, half)
      default:
        throw DataError.unsupported(
          path: path, format: "safetensors",
          feature: "type \(entry.element.rawValue) in tensor \(entry.name.quoted)",
          remedy: "Save it as F32")
      }
    }
  }

  /// Adds a tensor from its little-endian bytes.
  ///
  /// - Throws: `DataError.mismatch` where `bytes` are not as many as `shape` and `element` say, or
  ///   where the name is taken or reserved.
  public mutating func append(
    _ name: String, _ element: Element, shape: [Int], bytes: some Collection<UInt8>
  ) throws {
    let expected = byteCount(of: shape, elementSize: element.size)
    guard expected == bytes.count else {
      throw DataError.mismatch(
        subject: "tensor \(name.quoted) of shape \(shape)", found: "\(bytes.count) bytes",
        expected: "\(shape) × \(element.size)", remedy: "Give as many bytes as the shape says")
    }
    guard name != "__metadata__" && names.insert(name).inserted else {
      throw DataError.mismatch(
        subject: "tensor \(name.quoted)", found: "a second one of that name",
        expected: "unique names other than __metadata__", remedy: "Rename one of them")
    }
    let start = storage.count
    storage.append(contentsOf: bytes)
    entries.append(
      Entry(name: name, element: element, shape: shape, range: start..<storage.count))
  }

  /// Adds a tensor of type F32.
  ///
  /// - Throws: `DataError.mismatch` as the other `append`.
  public mutating func append(_ name: String, shape: [Int], floats: [Float]) throws {
    try floats.withUnsafeBytes { try append(name, .f32, shape: shape, bytes: $0) }
  }
}

// MARK: - Reading

extension Safetensors {
  /// The longest header that is read, as in the original implementation.
  static let headerLimit = 100_000_000

  /// Reads the file at `path`.
  ///
  /// - Throws: `DataError`: everything in the file is checked before anything is handed out.
  public init(contentsOf path: String) throws {
    try self.init(parsing: try FileBytes.read(path), path: path)
  }

  /// Reads the bytes of a file; `path` is its name in errors.
  ///
  /// - Throws: `DataError`: everything in the file is checked before anything is handed out.
  public init(parsing bytes: [UInt8], path: String = "safetensors data") throws {
    var reader = ByteReader(bytes, path: path, format: "safetensors")
    let claimed = try reader.uint64(.little)
    guard claimed <= UInt64(min(Self.headerLimit, reader.remaining)) else {
      throw reader.malformed(
        at: 0, found: "a header of \(claimed) bytes",
        expected: "at most \(min(Self.headerLimit, reader.remaining))")
    }
    let start = 8 + Int(claimed)
    self.init()
    self.path = path
    var header = HeaderParser()
    try header.parse(bytes[8..<start], path: path, dataSize: bytes.count - start)
    metadata = header.metadata
    names = header.names
    storage = bytes

    // In the order of their bytes, tensors must follow each other without a gap.
    entries = header.entries.sorted {
      ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound)
    }
    var end = 0
    for index in entries.indices {
      let entry = entries[index]
      guard entry.range.lowerBound == end else {
        throw reader.malformed(
          place: .part("tensor \(entry.name.quoted)"),
          found: "data from byte \(entry.range.lowerBound)", expected: "from \(end)")
      }
      end = entry.range.upperBound
      entries[index].range = start + entry.range.lowerBound..<start + end
    }
    guard start + end == bytes.count else {
      throw reader.malformed(
        at: start + end, found: "\(bytes.count - start - end) bytes that belong to no tensor",
        expected: "the end of the file")
    }
  }

  private struct HeaderParser {
    var metadata: [String: String] = [:]
    var entries: [Entry] = []
    var names: Set<String> = []
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
        entries.append(try Self.entry(name, &scanner, dataSize: dataSize))
      }
      try scanner.end()
    }

    private static func entry(
      _ name: String, _ scanner: inout JSONScanner, dataSize: Int
    ) throws -> Entry {
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
      guard let element = Element(rawValue: type) else {
        throw DataError.unsupported(
          path: scanner.path, format: "safetensors", feature: "type \(type.quoted) in \(subject)",
          remedy: "Save it as \(Element.f32.rawValue)")
      }
      guard offsets[0] <= offsets[1], offsets[1] <= dataSize else {
        throw scanner.failure(
          "\(subject) with data_offsets \(offsets)", "ascending, up to \(dataSize)")
      }
      guard byteCount(of: shape, elementSize: element.size) == offsets[1] - offsets[0] else {
        throw scanner.failure(
          "\(subject) of shape \(shape) with \(offsets[1] - offsets[0]) bytes",
          "\(element.size) for each \(type)")
      }
      return Entry(name: name, element: element, shape: shape, range: offsets[0]..<offsets[1])
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
}

// MARK: - Writing

extension Safetensors {
  /// The bytes of a file with these contents.
  public func encoded() -> [UInt8] {
    parts().reduce(into: []) { $0 += $1 }
  }

  /// Writes a file, whole or not at all.
  ///
  /// - Throws: `DataError.cannotWrite` or `.writeFailed`.
  public func write(to path: String) throws {
    try AtomicFile.write(parts: parts(), to: path)
  }

  /// The header and then the tensors: larger numbers first, so that each lies at a multiple of
  /// its size, otherwise in the order in which they were added.
  private func parts() -> [ArraySlice<UInt8>] {
    let ordered = Element.sizesDescending.flatMap { size in
      entries.filter { $0.element.size == size }
    }
    var members: [String] = []
    if !metadata.isEmpty {
      let pairs = metadata.sorted { $0.key < $1.key }
        .map { "\(jsonString($0.key)):\(jsonString($0.value))" }
      members.append("\"__metadata__\":{\(pairs.joined(separator: ","))}")
    }
    var offset = 0
    for entry in ordered {
      let end = offset + entry.range.count
      let shape = entry.shape.map { "\($0)" }.joined(separator: ",")
      members.append(
        "\(jsonString(entry.name)):{\"dtype\":\"\(entry.element.rawValue)\","
          + "\"shape\":[\(shape)],\"data_offsets\":[\(offset),\(end)]}")
      offset = end
    }
    var header = Array("{\(members.joined(separator: ","))}".utf8)
    while header.count % 8 != 0 { header.append(UInt8(ascii: " ")) }
    let length = (0..<8).map { UInt8(truncatingIfNeeded: header.count >> ($0 * 8)) }
    return [(length + header)[...]] + ordered.map { storage[$0.range] }
  }
}

extension Safetensors.Element {
  fileprivate static let sizesDescending = [8, 4, 2, 1]
}
