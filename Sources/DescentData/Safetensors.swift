import Foundation

/// The type of a stored tensor's elements, by the names that safetensors uses.
public enum SafetensorsType: String, Sendable, CaseIterable {
  case float64 = "F64"
  case float32 = "F32"
  case float16 = "F16"
  case bfloat16 = "BF16"
  case int64 = "I64"
  case int32 = "I32"
  case int16 = "I16"
  case int8 = "I8"
  case uint64 = "U64"
  case uint32 = "U32"
  case uint16 = "U16"
  case uint8 = "U8"
  case bool = "BOOL"

  /// Bytes for each element.
  public var size: Int {
    switch self {
    case .float64, .int64, .uint64: 8
    case .float32, .int32, .uint32: 4
    case .float16, .bfloat16, .int16, .uint16: 2
    case .int8, .uint8, .bool: 1
    }
  }
}

/// Named tensors in one file, with a few words about them: the format of the `safetensors`
/// library.
///
/// The file is the length of a header (8 bytes, little-endian), the header (JSON), and the
/// tensors' bytes one after another.
public struct SafetensorsFile: Sendable {
  /// One tensor.
  public struct Entry: Sendable, Equatable {
    /// The name, unique in its file.
    public var name: String
    /// The type of its elements.
    public var dtype: SafetensorsType
    /// The size of each axis.
    public var shape: [Int]
    /// The elements, little-endian, in row-major order.
    public var bytes: [UInt8]

    /// Creates a tensor.
    public init(name: String, dtype: SafetensorsType, shape: [Int], bytes: [UInt8]) {
      self.name = name
      self.dtype = dtype
      self.shape = shape
      self.bytes = bytes
    }
  }

  /// Text by key.
  public var metadata: [String: String]
  /// The tensors in the order of their bytes.
  public var tensors: [Entry]

  /// Creates a file's content.
  public init(metadata: [String: String] = [:], tensors: [Entry] = []) {
    self.metadata = metadata
    self.tensors = tensors
  }

  /// The largest header that is read, as in the library.
  static let headerLimit = 100_000_000

  // MARK: Writing

  /// The file: the same content gives the same bytes.
  public func serialized() -> [UInt8] {
    var parts: [String] = []
    if !metadata.isEmpty {
      let pairs = metadata.sorted { $0.key < $1.key }.map { "\(quoted($0)):\(quoted($1))" }
      parts.append("\"__metadata__\":{" + pairs.joined(separator: ",") + "}")
    }
    var offset = 0
    for tensor in tensors {
      let shape = tensor.shape.map(String.init).joined(separator: ",")
      let end = offset + tensor.bytes.count
      parts.append(
        "\(quoted(tensor.name)):{\"dtype\":\"\(tensor.dtype.rawValue)\",\"shape\":[\(shape)],"
          + "\"data_offsets\":[\(offset),\(end)]}")
      offset = end
    }
    var header = Array(("{" + parts.joined(separator: ",") + "}").utf8)
    // Spaces, so that the data begins at a multiple of 64 bytes.
    header += repeatElement(UInt8(ascii: " "), count: (64 - (header.count + 8) % 64) % 64)
    var file: [UInt8] = (0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) }
    file.reserveCapacity(8 + header.count + offset)
    file += header
    for tensor in tensors { file += tensor.bytes }
    return file
  }

  private func quoted(_ text: String) -> String {
    let data = (try? JSONEncoder.plain.encode(text)) ?? Data("\"\"".utf8)
    return String(decoding: data, as: UTF8.self)
  }

  // MARK: Reading

  /// Reads a file.
  ///
  /// Throws `DataError.malformed` unless header and data account for every byte exactly once.
  public init(bytes: [UInt8], path: String) throws {
    func malformed(_ place: String, _ found: String, _ expected: String) -> DataError {
      .malformed(
        path: path, format: "safetensors", place: place, found: found, expected: expected)
    }
    guard bytes.count >= 8 else {
      throw malformed("byte 0", "\(bytes.count) bytes", "8 bytes with the header's length")
    }
    let length = bytes[0..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard length <= Self.headerLimit, Int(length) <= bytes.count - 8 else {
      throw malformed(
        "byte 0", "a header of \(length) bytes", "at most \(bytes.count - 8), which follow")
    }
    let data = Data(bytes[8..<(8 + Int(length))])
    guard let text = String(data: data, encoding: .utf8), text.first == "{",
      let object = try? JSONSerialization.jsonObject(with: data) as? [String: Any]
    else { throw malformed("the header", "something else", "a JSON object") }
    guard topLevelKeyCount(Array(data)) == object.count else {
      throw malformed("the header", "a name twice", "names that differ")
    }

    var metadata: [String: String] = [:]
    var entries: [(start: Int, end: Int, entry: Entry)] = []
    let start = 8 + Int(length)
    let dataCount = bytes.count - start
    for (name, value) in object {
      if name == "__metadata__" {
        guard let pairs = value as? [String: String] else {
          throw malformed("__metadata__", "something else", "text by key")
        }
        metadata = pairs
        continue
      }
      guard let fields = value as? [String: Any], let typeName = fields["dtype"] as? String,
        let type = SafetensorsType(rawValue: typeName),
        let shape = wholeNumbers(fields["shape"]), let range = wholeNumbers(fields["data_offsets"]),
        range.count == 2
      else {
        throw malformed("tensor \"\(name)\"", "something else", "dtype, shape and data_offsets")
      }
      var size = type.size
      for axis in shape {
        let (product, overflows) = size.multipliedReportingOverflow(by: axis)
        guard !overflows else { throw malformed("tensor \"\(name)\"", "\(shape)", "a smaller shape") }
        size = product
      }
      guard range[0] <= range[1], range[1] <= dataCount, range[1] - range[0] == size else {
        throw malformed(
          "tensor \"\(name)\"", "bytes \(range[0]) to \(range[1]) of \(dataCount)",
          "\(size) bytes for \(typeName) \(shape), within the file")
      }
      entries.append((range[0], range[1], Entry(name: name, dtype: type, shape: shape, bytes: [])))
    }
    entries.sort { ($0.start, $0.end, $0.entry.name) < ($1.start, $1.end, $1.entry.name) }
    var expected = 0
    for entry in entries {
      guard entry.start == expected else {
        throw malformed(
          "tensor \"\(entry.entry.name)\"", "data from byte \(entry.start)", "from \(expected)")
      }
      expected = entry.end
    }
    guard expected == dataCount else {
      throw malformed("the data", "\(dataCount) bytes", "\(expected), which the tensors have")
    }
    self.metadata = metadata
    tensors = entries.map { range in
      var entry = range.entry
      entry.bytes = Array(bytes[(start + range.start)..<(start + range.end)])
      return entry
    }
  }
}

extension JSONEncoder {
  fileprivate static var plain: JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .withoutEscapingSlashes
    return encoder
  }
}

/// An array of numbers that are whole, not negative, and small enough to compute with.
private func wholeNumbers(_ value: Any?) -> [Int]? {
  guard let numbers = value as? [NSNumber] else { return nil }
  var result: [Int] = []
  for number in numbers {
    let double = number.doubleValue
    guard double >= 0, double < 9e15, double == double.rounded(.down) else { return nil }
    result.append(Int(double))
  }
  return result
}

/// How many keys the outermost object of a valid JSON text has. A dictionary would hide one that
/// stands there twice.
private func topLevelKeyCount(_ text: [UInt8]) -> Int {
  var (depth, colons, isInString, isEscaped) = (0, 0, false, false)
  for byte in text {
    if isInString {
      if isEscaped {
        isEscaped = false
      } else if byte == UInt8(ascii: "\\") {
        isEscaped = true
      } else if byte == UInt8(ascii: "\"") {
        isInString = false
      }
      continue
    }
    switch byte {
    case UInt8(ascii: "\""): isInString = true
    case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
    case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
    case UInt8(ascii: ":") where depth == 1: colons += 1
    default: break
    }
  }
  return colons
}
