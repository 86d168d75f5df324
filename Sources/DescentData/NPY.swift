import Descent

/// Arrays in NumPy's format (NEP 1, versions 1.0 to 3.0).
///
/// ```swift
/// let x = try NPY.read("x.npy")
/// try NPY.write(x * 2, to: "twice.npy")
/// ```
public enum NPY {
  /// Whether `bytes` begin like a NPY file.
  public static func isNPY(_ bytes: [UInt8]) -> Bool { bytes.starts(with: magic) }

  /// Reads the file at `path`.
  ///
  /// float16 becomes float32, bytes stay bytes, and other whole numbers become int32.
  /// - Throws: `DataError`, also for whole numbers beyond int32 and for types without numbers.
  public static func read(_ path: String) throws -> Tensor {
    try decode(try readFile(path), path: path)
  }

  /// Reads the bytes of a file; `path` is its name in errors.
  ///
  /// - Throws: as `read(_:)`.
  public static func decode(_ bytes: [UInt8], path: String = "array") throws -> Tensor {
    var reader = ByteReader(bytes, path: path, format: "NPY")
    guard Array(try reader.take(magic.count)) == magic else {
      throw reader.malformed(at: 0, found: "other bytes", expected: "\\x93NUMPY")
    }
    let version = try reader.uint8()
    _ = try reader.uint8()
    guard (1...3).contains(version) else {
      throw reader.malformed(at: 6, found: "version \(version)", expected: "1 to 3")
    }
    let length = version == 1 ? Int(try reader.uint16(.little)) : Int(try reader.uint32(.little))
    let start = reader.offset
    guard length <= 1 << 16 else {
      throw reader.malformed(at: 8, found: "a header of \(length) bytes", expected: "a short one")
    }
    let header = try Header(String(decoding: try reader.take(length), as: UTF8.self)) { found in
      reader.malformed(
        at: start, found: found, expected: "{'descr': …, 'fortran_order': …, 'shape': …}")
    }
    guard let count = byteCount(of: header.shape, elementSize: 1),
      let size = byteCount(of: header.shape, elementSize: header.size), size == reader.remaining
    else {
      throw reader.malformed(
        at: reader.offset, found: "\(reader.remaining) bytes",
        expected: "as many as an array of \(header.shape) has, of \(header.size) each")
    }
    let contents = try reader.take(size)
    let values = try header.tensor(contents, count: count) { found in
      reader.malformed(at: start, found: found, expected: "numbers that int32 holds")
    }
    guard header.isFortran, header.shape.count > 1 else {
      return values.reshaped(Shape(header.shape))
    }
    let reversed = Array(header.shape.indices.reversed())
    return values.reshaped(Shape(header.shape.reversed())).permuted(reversed)
  }

  /// Writes a tensor to `path`; the file appears whole or not at all.
  ///
  /// - Throws: `DataError.cannotWrite` or `.writeFailed`.
  public static func write(_ tensor: Tensor, to path: String) throws {
    try AtomicFile.write(encode(tensor), to: path)
  }

  /// The bytes of a tensor's file.
  public static func encode(_ tensor: Tensor) -> [UInt8] {
    let type =
      switch tensor.dtype {
      case .float32: "<f4"
      case .float64: "<f8"
      case .int32: "<i4"
      case .uint8: "|u1"
      case .bool: "|b1"
      }
    let sizes = tensor.shape.sizes
    let shape =
      sizes.count == 1 ? "(\(sizes[0]),)" : "(\(sizes.map(String.init).joined(separator: ", ")))"
    var header = Array("{'descr': '\(type)', 'fortran_order': False, 'shape': \(shape), }".utf8)
    // NumPy leaves room for a longer first axis; with it our files are NumPy's to the last byte.
    if let first = sizes.first {
      header += [UInt8](repeating: 0x20, count: 21 - String(first).utf8.count)
    }
    // The numbers begin at a multiple of 64 bytes.
    let padding = 63 - (magic.count + 4 + header.count) % 64
    header += [UInt8](repeating: 0x20, count: padding) + [0x0A]
    let length = UInt16(header.count)
    return magic + [1, 0, UInt8(length & 0xFF), UInt8(length >> 8)] + header
      + tensor.withUnsafeBytes { Array($0) }
  }

  private static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

  /// What stands before the numbers: a Python dictionary of three names.
  private struct Header {
    var isBigEndian = false
    var kind: Character = "f"
    var size = 4
    var isFortran = false
    var shape: [Int] = []

    init(_ text: String, malformed: (String) -> DataError) throws {
      func value(_ name: String) throws -> Substring {
        guard let key = text.range(of: "'\(name)':") ?? text.range(of: "\"\(name)\":") else {
          throw malformed("no \(name)")
        }
        return text[key.upperBound...].drop { $0 == " " }
      }
      let type = try value("descr")
      guard let quote = type.first, quote == "'" || quote == "\"" else {
        throw malformed("a type that is no single number")
      }
      let code = Array(type.dropFirst().prefix { $0 != quote })
      guard (3...4).contains(code.count), "<>|=".contains(code[0]),
        "fiub".contains(code[1]), let size = Int(String(code[2...])), [1, 2, 4, 8].contains(size),
        code[1] != "f" || size >= 2, code[1] != "b" || size == 1
      else { throw malformed("the type \(String(code).quoted)") }
      (isBigEndian, kind, self.size) = (code[0] == ">", code[1], size)
      isFortran = try value("fortran_order").hasPrefix("True")
      let tuple = try value("shape")
      guard tuple.first == "(", let end = tuple.firstIndex(of: ")") else {
        throw malformed("no shape")
      }
      for part in tuple[tuple.index(after: tuple.startIndex)..<end].split(separator: ",") {
        let digits = part.filter { $0 != " " }
        if digits.isEmpty { continue }
        guard let length = Int(digits), length >= 0, shape.count < 32 else {
          throw malformed("a shape with \(digits.quoted)")
        }
        shape.append(length)
      }
    }

    /// The numbers in the order of the file.
    func tensor(
      _ bytes: ArraySlice<UInt8>, count: Int, malformed: (String) -> DataError
    ) throws -> Tensor {
      try bytes.withUnsafeBytes { raw in
        func word<T: FixedWidthInteger>(_ index: Int, _ type: T.Type) -> T {
          let value = raw.loadUnaligned(fromByteOffset: index * MemoryLayout<T>.size, as: type)
          return isBigEndian ? T(bigEndian: value) : T(littleEndian: value)
        }
        let indices = 0..<count
        switch (kind, size) {
        case ("f", 2):
          return Tensor(indices.map { Float(halfPattern: word($0, UInt16.self)) })
        case ("f", 4): return Tensor(indices.map { Float(bitPattern: word($0, UInt32.self)) })
        case ("f", _): return Tensor(indices.map { Double(bitPattern: word($0, UInt64.self)) })
        case ("u", 1): return Tensor(Array(bytes))
        case ("b", _): return Tensor(bytes.map { $0 == 0 ? UInt8(0) : 1 }).cast(to: .bool)
        default: break
        }
        return Tensor(
          try indices.map { index in
            let value: Int64 =
              switch (kind, size) {
              case ("i", 1): Int64(word(index, Int8.self))
              case ("i", 2): Int64(word(index, Int16.self))
              case ("i", 4): Int64(word(index, Int32.self))
              case ("i", _): word(index, Int64.self)
              case (_, 2): Int64(word(index, UInt16.self))
              case (_, 4): Int64(word(index, UInt32.self))
              default: Int64(clamping: word(index, UInt64.self))
              }
            guard let number = Int32(exactly: value) else { throw malformed("the number \(value)") }
            return number
          })
      }
    }
  }
}

extension Float {
  /// The number of an IEEE 754 half precision pattern.
  fileprivate init(halfPattern bits: UInt16) {
    let sign: Float = bits & 0x8000 == 0 ? 1 : -1
    let exponent = Int(bits >> 10 & 0x1F)
    let fraction = Float(bits & 0x3FF)
    switch exponent {
    case 0: self = sign * fraction * 0x1p-24
    case 31: self = fraction == 0 ? sign * .infinity : .nan
    default:
      self =
        sign * (1 + fraction / 1024) * Float(sign: .plus, exponent: exponent - 15, significand: 1)
    }
  }
}

extension String {
  /// Where a text occurs first.
  fileprivate func range(of text: String) -> Range<String.Index>? {
    var start = startIndex
    while start < endIndex {
      if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
      start = index(after: start)
    }
    return nil
  }
}
