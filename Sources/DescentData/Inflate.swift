/// Decompression of DEFLATE streams (RFC 1951), the inside of gzip files and PNG pictures.
///
/// A plain machine has no zlib that Swift could use, hence this one.
struct Inflate {
  /// Why a stream is not DEFLATE.
  enum Failure: String, Error {
    case truncated = "the end of the data in the middle of the stream"
    case badBlock = "a block of unknown type"
    case badCode = "a code that no table has"
    case badTable = "a table of codes that contradicts itself"
    case badDistance = "a reference to before the beginning"
    case tooLong = "more output than is allowed"
  }

  /// Decompresses the stream that begins at `start`. Returns the output and where the stream ends.
  ///
  /// Memory follows what is really decompressed, never what a header claims.
  static func decompress(
    _ input: UnsafeRawBufferPointer, from start: Int, limit: Int
  ) throws(Failure) -> (output: [UInt8], end: Int) {
    var inflate = Inflate(input, start, limit)
    do {
      try inflate.run()
    } catch {
      inflate.output.deallocate()
      throw error
    }
    let bytes = Array(UnsafeRawBufferPointer(start: inflate.output, count: inflate.count))
    inflate.output.deallocate()
    return (bytes, inflate.position - inflate.bitCount / 8)
  }

  private let input: UnsafeRawBufferPointer
  private var position: Int
  private var bits: UInt64 = 0
  private var bitCount = 0
  private let limit: Int
  private var output: UnsafeMutableRawPointer
  private var capacity: Int
  private var count = 0

  private init(_ input: UnsafeRawBufferPointer, _ start: Int, _ limit: Int) {
    self.input = input
    position = start
    self.limit = limit
    capacity = max(64, min(limit, (input.count - start) * 4))
    output = .allocate(byteCount: capacity, alignment: 16)
  }

  private mutating func run() throws(Failure) {
    var isLast = false
    while !isLast {
      isLast = try read(1) == 1
      switch try read(2) {
      case 0: try copyStored()
      case 1: try decode(Self.fixedLiterals, Self.fixedDistances)
      case 2:
        let (literals, distances) = try readTables()
        try decode(literals, distances)
      default: throw .badBlock
      }
    }
  }

  // MARK: Bits, the lowest first

  private mutating func refill() {
    if position + 8 <= input.count {
      let next = UInt64(littleEndian: input.loadUnaligned(fromByteOffset: position, as: UInt64.self))
      bits |= next << UInt64(bitCount)
      let taken = (63 - bitCount) / 8
      position += taken
      bitCount += taken * 8
    } else {
      while bitCount <= 56 && position < input.count {
        bits |= UInt64(input[position]) << UInt64(bitCount)
        position += 1
        bitCount += 8
      }
    }
    // What lies above the counted bits is read again later.
    if bitCount < 64 { bits &= (1 << UInt64(bitCount)) - 1 }
  }

  private mutating func read(_ number: Int) throws(Failure) -> Int {
    if bitCount < number { refill() }
    guard bitCount >= number else { throw .truncated }
    let value = Int(bits & ((1 << UInt64(number)) - 1))
    bits >>= UInt64(number)
    bitCount -= number
    return value
  }

  private mutating func symbol(_ table: Table) throws(Failure) -> Int {
    if bitCount < 15 { refill() }
    let entry = table.entries[Int(bits & table.mask)]
    let length = Int(entry & 15)
    guard length > 0 else { throw .badCode }
    guard length <= bitCount else { throw .truncated }
    bits >>= UInt64(length)
    bitCount -= length
    return Int(entry >> 4)
  }

  // MARK: Output

  private mutating func makeRoom(_ number: Int) throws(Failure) {
    if count + number <= capacity { return }
    guard count + number <= limit else { throw .tooLong }
    let larger = min(limit, max(capacity * 2, count + number))
    let memory = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 16)
    memory.copyMemory(from: output, byteCount: count)
    output.deallocate()
    output = memory
    capacity = larger
  }

  private mutating func copyStored() throws(Failure) {
    let skipped = bitCount % 8
    bits >>= UInt64(skipped)
    bitCount -= skipped
    let length = try read(16)
    guard try read(16) == ~length & 0xFFFF else { throw .badBlock }
    position -= bitCount / 8
    (bits, bitCount) = (0, 0)
    guard position + length <= input.count else { throw .truncated }
    try makeRoom(length)
    if length > 0 {
      (output + count).copyMemory(from: input.baseAddress! + position, byteCount: length)
    }
    position += length
    count += length
  }

  private mutating func decode(_ literals: Table, _ distances: Table) throws(Failure) {
    while true {
      let symbol = try symbol(literals)
      if symbol < 256 {
        try makeRoom(1)
        output.storeBytes(of: UInt8(symbol), toByteOffset: count, as: UInt8.self)
        count += 1
      } else if symbol == 256 {
        return
      } else {
        guard symbol < 286 else { throw .badCode }
        let length = Self.lengthBase[symbol - 257] + (try read(Self.lengthBits[symbol - 257]))
        let code = try self.symbol(distances)
        guard code < 30 else { throw .badCode }
        let distance = Self.distanceBase[code] + (try read(Self.distanceBits[code]))
        guard distance <= count else { throw .badDistance }
        try makeRoom(length)
        copy(length, from: distance)
      }
    }
  }

  private mutating func copy(_ length: Int, from distance: Int) {
    let target = output + count
    let source = target - distance
    if distance >= length {
      target.copyMemory(from: source, byteCount: length)
    } else if distance == 1 {
      target.initializeMemory(
        as: UInt8.self, repeating: source.load(as: UInt8.self), count: length)
    } else {
      // The piece overlaps itself: what was just written is read again.
      for index in 0..<length {
        let byte = source.load(fromByteOffset: index, as: UInt8.self)
        target.storeBytes(of: byte, toByteOffset: index, as: UInt8.self)
      }
    }
    count += length
  }

  // MARK: Tables

  /// For each possible next bits: the symbol that they begin with, times 16, plus its length.
  private struct Table {
    var entries: [UInt16]
    var mask: UInt64

    init(lengths: ArraySlice<UInt8>) throws(Failure) {
      var counts = [Int](repeating: 0, count: 16)
      for length in lengths { counts[Int(length)] += 1 }
      counts[0] = 0
      let longest = counts.lastIndex { $0 > 0 } ?? 1
      var (code, used) = (0, 0)
      var next = [Int](repeating: 0, count: 16)
      for length in 1...15 {
        code = (code + counts[length - 1]) << 1
        next[length] = code
        used += counts[length] << (15 - length)
      }
      guard used <= 1 << 15 else { throw .badTable }
      entries = [UInt16](repeating: 0, count: 1 << longest)
      mask = UInt64(entries.count - 1)
      for (symbol, length) in lengths.enumerated() where length > 0 {
        let length = Int(length)
        let reversed = Self.reversed(next[length], length)
        next[length] += 1
        let entry = UInt16(symbol << 4 | length)
        for index in stride(from: reversed, to: entries.count, by: 1 << length) {
          entries[index] = entry
        }
      }
    }

    private static func reversed(_ code: Int, _ length: Int) -> Int {
      var (code, result) = (code, 0)
      for _ in 0..<length {
        result = result << 1 | code & 1
        code >>= 1
      }
      return result
    }
  }

  private mutating func readTables() throws(Failure) -> (literals: Table, distances: Table) {
    let literalCount = try read(5) + 257
    let distanceCount = try read(5) + 1
    let lengthCount = try read(4) + 4
    guard literalCount <= 286 else { throw .badTable }
    var lengths = [UInt8](repeating: 0, count: 19)
    for index in 0..<lengthCount { lengths[Self.lengthOrder[index]] = UInt8(try read(3)) }
    let lengthTable = try Table(lengths: lengths[...])
    var codes: [UInt8] = []
    codes.reserveCapacity(literalCount + distanceCount)
    while codes.count < literalCount + distanceCount {
      let symbol = try symbol(lengthTable)
      if symbol < 16 {
        codes.append(UInt8(symbol))
        continue
      }
      var repeated: UInt8 = 0
      if symbol == 16 {
        guard let last = codes.last else { throw .badTable }
        repeated = last
      }
      let number =
        switch symbol {
        case 16: try read(2) + 3
        case 17: try read(3) + 3
        default: try read(7) + 11
        }
      guard codes.count + number <= literalCount + distanceCount else { throw .badTable }
      codes += repeatElement(repeated, count: number)
    }
    guard codes[256] > 0 else { throw .badTable }
    return (
      try Table(lengths: codes[..<literalCount]), try Table(lengths: codes[literalCount...])
    )
  }

  private static let lengthOrder = [
    16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
  ]
  private static let lengthBase = [
    3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131,
    163, 195, 227, 258,
  ]
  private static let lengthBits = [
    0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
  ]
  private static let distanceBase = [
    1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049,
    3073, 4097, 6145, 8193, 12289, 16385, 24577,
  ]
  private static let distanceBits = [
    0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13,
    13,
  ]
  private static let fixedLiterals = fixedTable(
    [UInt8](repeating: 8, count: 144) + [UInt8](repeating: 9, count: 112)
      + [UInt8](repeating: 7, count: 24) + [UInt8](repeating: 8, count: 8))
  private static let fixedDistances = fixedTable([UInt8](repeating: 5, count: 30))

  private static func fixedTable(_ lengths: [UInt8]) -> Table {
    guard let table = try? Table(lengths: lengths[...]) else {
      preconditionFailure("the tables of RFC 1951 are sound")
    }
    return table
  }
}
