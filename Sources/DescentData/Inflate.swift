/// The decoder of the deflate format (RFC 1951), behind gzip and PNG.
///
/// Codes are looked up in tables: one look at the next bits gives the symbol of a short code, a
/// second look that of a long one. This file is the only one of the library that works on raw
/// memory; the output grows with what was decoded, never with what a file claims.
enum Inflate {
  /// Why bytes are not a deflate stream, and at which byte of the input that was seen.
  struct Failure: Error, Equatable {
    enum Reason: Equatable { case truncated, invalid(String), overLimit }
    let reason: Reason
    let offset: Int
  }

  /// The unpacked bytes of the stream that begins at byte `start`, and where the stream ends.
  ///
  /// - Throws: `Failure`; `.overLimit` if there are more than `limit` bytes. `expected` is a hint.
  static func inflate(
    _ input: UnsafeRawBufferPointer, start: Int, limit: Int, expected: Int = 0
  ) throws(Failure) -> (output: [UInt8], end: Int) {
    var decoder = InflateDecoder(input, start: start, limit: limit, expected: expected)
    defer { decoder.deallocate() }
    try decoder.run()
    return (decoder.result, decoder.position - decoder.bitCount / 8)
  }
}

/// A table entry: bits 0-7 the length of the code, 8-15 the number of extra bits or a mark,
/// 16-30 the value, 31 whether the value is a literal byte.
private typealias Entry = UInt32

private let literalMark: Entry = 1 << 31
private let endMark: Entry = 0x80 << 8
private let subtableMark: Entry = 0x40 << 8
private let invalidMark: Entry = 0xC0 << 8
private let anyMark: Entry = 0xC0 << 8

private let literalBits = 11
private let distanceBits = 8
private let longestCode = 15

private let lengthBase: [UInt16] = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131,
  163, 195, 227, 258,
]
private let lengthExtra: [UInt8] = [
  0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
]
private let distanceBase: [UInt16] = [
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049,
  3073, 4097, 6145, 8193, 12289, 16385, 24577,
]
private let codeLengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]

private struct InflateDecoder {
  private let input: UnsafeRawBufferPointer
  private let limit: Int
  var position: Int
  private var bits: UInt64 = 0
  var bitCount = 0

  private var output: UnsafeMutablePointer<UInt8>
  private var written = 0
  /// One step may begin while no more than this is written; the buffer is `slack` bytes longer,
  /// which is more than one step writes.
  private var room: Int
  private let slack = 280

  private let literals: UnsafeMutablePointer<Entry>
  private let distances: UnsafeMutablePointer<Entry>

  init(_ input: UnsafeRawBufferPointer, start: Int, limit: Int, expected: Int) {
    self.input = input
    self.limit = limit
    position = start
    // Deflate expands at most 1,032 times, so a greater expectation is a lie.
    let plausible = min(max(expected, 0), (input.count - start) * 1032)
    room = min(limit, max(plausible, 1 << 12))
    output = .allocate(capacity: room + slack)
    literals = .allocate(capacity: 1 << literalBits + 288 << (longestCode - literalBits))
    distances = .allocate(capacity: 1 << distanceBits + 32 << (longestCode - distanceBits))
  }

  func deallocate() {
    output.deallocate()
    literals.deallocate()
    distances.deallocate()
  }

  var result: [UInt8] { Array(UnsafeBufferPointer(start: output, count: written)) }

  mutating func run() throws(Inflate.Failure) {
    var isLast = false
    while !isLast {
      isLast = try take(1) == 1
      switch try take(2) {
      case 0: try copyStoredBlock()
      case 1:
        try readFixedCodes()
        try decodeBlock()
      case 2:
        try readDynamicCodes()
        try decodeBlock()
      default: throw invalid("block type 3")
      }
    }
  }

  private func invalid(_ what: String) -> Inflate.Failure {
    Inflate.Failure(reason: .invalid(what), offset: position - bitCount / 8)
  }

  private var truncated: Inflate.Failure {
    Inflate.Failure(reason: .truncated, offset: input.count)
  }

  /// Makes room for a further step, or says that the limit is reached.
  private mutating func grow(atLeast needed: Int) throws(Inflate.Failure) {
    guard needed <= limit else {
      throw Inflate.Failure(reason: .overLimit, offset: position)
    }
    room = min(limit, max(needed, room > limit / 2 ? limit : room * 2))
    let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: room + slack)
    larger.update(from: output, count: written)
    output.deallocate()
    output = larger
  }

  // MARK: Bits

  private mutating func take(_ count: Int) throws(Inflate.Failure) -> Int {
    while bitCount < count {
      guard position < input.count else { throw truncated }
      bits |= UInt64(input[position]) << UInt64(bitCount)
      position += 1
      bitCount += 8
    }
    let value = Int(bits & (1 << UInt64(count) - 1))
    bits >>= UInt64(count)
    bitCount -= count
    return value
  }

  // MARK: Blocks

  private mutating func copyStoredBlock() throws(Inflate.Failure) {
    position -= bitCount / 8
    bits = 0
    bitCount = 0
    let length = try take(16)
    guard try take(16) == length ^ 0xFFFF else { throw invalid("stored block length") }
    guard length <= input.count - position else { throw truncated }
    if written + length > room { try grow(atLeast: written + length) }
    if length > 0 {
      UnsafeMutableRawPointer(output + written)
        .copyMemory(from: input.baseAddress! + position, byteCount: length)
    }
    written += length
    position += length
  }

  private func readFixedCodes() throws(Inflate.Failure) {
    var lengths = [UInt8](repeating: 8, count: 288)
    for symbol in 144..<256 { lengths[symbol] = 9 }
    for symbol in 256..<280 { lengths[symbol] = 7 }
    try fill(literals, primary: literalBits, lengths[...], entry: literalEntry)
    let fives = [UInt8](repeating: 5, count: 32)
    try fill(distances, primary: distanceBits, fives[...], entry: distanceEntry)
  }

  private mutating func readDynamicCodes() throws(Inflate.Failure) {
    let literalCount = try take(5) + 257
    let distanceCount = try take(5) + 1
    let codeCount = try take(4) + 4
    guard literalCount <= 286 && distanceCount <= 30 else { throw invalid("number of codes") }
    var codeLengths = [UInt8](repeating: 0, count: 19)
    for index in 0..<codeCount { codeLengths[codeLengthOrder[index]] = UInt8(try take(3)) }
    // The distance table is free until its own code is known.
    try fill(distances, primary: distanceBits, codeLengths[...]) { Entry($0) << 16 }

    var lengths = [UInt8](repeating: 0, count: literalCount + distanceCount)
    var index = 0
    while index < lengths.count {
      let symbol = try takeCodeLength()
      if symbol < 16 {
        lengths[index] = UInt8(symbol)
        index += 1
        continue
      }
      let value: UInt8
      let count: Int
      switch symbol {
      case 16:
        guard index > 0 else { throw invalid("repeat of no length") }
        value = lengths[index - 1]
        count = try take(2) + 3
      case 17: (value, count) = (0, try take(3) + 3)
      default: (value, count) = (0, try take(7) + 11)
      }
      guard index + count <= lengths.count else { throw invalid("repeat beyond the last code") }
      for _ in 0..<count {
        lengths[index] = value
        index += 1
      }
    }
    guard lengths[256] > 0 else { throw invalid("no code for the end of the block") }
    try fill(
      literals, primary: literalBits, lengths[..<literalCount], entry: literalEntry)
    try fill(
      distances, primary: distanceBits, lengths[literalCount...], entry: distanceEntry)
  }

  private mutating func takeCodeLength() throws(Inflate.Failure) -> Int {
    if bitCount < 7, position < input.count {
      bits |= UInt64(input[position]) << UInt64(bitCount)
      position += 1
      bitCount += 8
    }
    let entry = distances[Int(bits & UInt64(1 << distanceBits - 1))]
    guard entry & anyMark == 0 else { throw invalid("code of code lengths") }
    let length = Int(entry & 0xFF)
    guard length <= bitCount else { throw truncated }
    bits >>= UInt64(length)
    bitCount -= length
    return Int(entry >> 16)
  }

  private func literalEntry(_ symbol: Int) -> Entry {
    switch symbol {
    case ..<256: return literalMark | Entry(symbol) << 16
    case 256: return endMark
    case ..<286:
      return Entry(lengthBase[symbol - 257]) << 16 | Entry(lengthExtra[symbol - 257]) << 8
    default: return invalidMark
    }
  }

  private func distanceEntry(_ symbol: Int) -> Entry {
    guard symbol < 30 else { return invalidMark }
    return Entry(distanceBase[symbol]) << 16 | Entry(max(0, symbol / 2 - 1)) << 8
  }

  /// Fills a table from the lengths of a canonical code.
  ///
  /// - Throws: where the lengths overfill the code, or leave a part of it unused (one single code
  ///   of one bit, or none at all, is allowed).
  private func fill(
    _ table: UnsafeMutablePointer<Entry>, primary: Int, _ lengths: ArraySlice<UInt8>,
    entry: (Int) -> Entry
  ) throws(Inflate.Failure) {
    var counts = [Int](repeating: 0, count: longestCode + 1)
    for length in lengths { counts[Int(length)] += 1 }
    counts[0] = 0
    var free = 1
    var next = [Int](repeating: 0, count: longestCode + 2)
    for length in 1...longestCode {
      free = free * 2 - counts[length]
      guard free >= 0 else { throw invalid("overfull code") }
      next[length + 1] = (next[length] + counts[length]) * 2
    }
    let used = counts.reduce(0, +)
    guard free == 0 || used == 0 || (used == 1 && counts[1] == 1) else {
      throw invalid("incomplete code")
    }
    let size = 1 << primary
    table.update(repeating: invalidMark, count: size)
    let subtableBits = longestCode - primary
    var end = size
    for (symbol, length) in zip(0..., lengths) where length > 0 {
      let length = Int(length)
      let code = reversed(next[length], bits: length)
      next[length] += 1
      let filled = entry(symbol) | Entry(length)
      if length <= primary {
        for slot in stride(from: code, to: size, by: 1 << length) { table[slot] = filled }
        continue
      }
      let prefix = code & (size - 1)
      if table[prefix] & anyMark != subtableMark {
        table[prefix] = subtableMark | Entry(end) << 16
        table.advanced(by: end).update(repeating: invalidMark, count: 1 << subtableBits)
        end += 1 << subtableBits
      }
      let base = Int(table[prefix] >> 16)
      for slot in stride(
        from: code >> primary, to: 1 << subtableBits, by: 1 << (length - primary))
      {
        table[base + slot] = filled
      }
    }
  }

  private func reversed(_ code: Int, bits: Int) -> Int {
    var (code, result) = (code, 0)
    for _ in 0..<bits {
      result = result << 1 | code & 1
      code >>= 1
    }
    return result
  }

  // MARK: The inner loop

  /// Decodes the symbols of a block, with the state in local variables.
  ///
  /// 56 bits are ready at the start of a step, or all that are left; three short literals take at
  /// most 33, a length and a distance with their extra bits 48. Past the end the bits are zero
  /// and the count goes below zero, which is seen before the next step.
  private mutating func decodeBlock() throws(Inflate.Failure) {
    let base = input.baseAddress!
    let inputEnd = input.count
    let literals = self.literals
    let distances = self.distances
    let literalMask = UInt64(1 << literalBits - 1)
    let distanceMask = UInt64(1 << distanceBits - 1)
    var output = self.output
    var bits = self.bits
    var bitCount = self.bitCount
    var position = self.position
    var written = self.written

    func refill() {
      if position + 8 <= inputEnd {
        let word = base.loadUnaligned(fromByteOffset: position, as: UInt64.self)
        bits |= UInt64(littleEndian: word) &<< UInt64(bitCount)
        position += (63 - bitCount) >> 3
        bitCount |= 56
        return
      }
      while bitCount <= 56 && position < inputEnd {
        bits |= UInt64(base.load(fromByteOffset: position, as: UInt8.self)) &<< UInt64(bitCount)
        position += 1
        bitCount += 8
      }
    }
    func consume(_ count: Int) {
      bits &>>= UInt64(count)
      bitCount -= count
    }
    func failure(_ what: String) -> Inflate.Failure {
      bitCount < 0
        ? Inflate.Failure(reason: .truncated, offset: inputEnd)
        : Inflate.Failure(reason: .invalid(what), offset: position - bitCount / 8)
    }

    while true {
      if written > room {
        self.written = written
        try grow(atLeast: written)
        output = self.output
      }
      refill()
      var entry = literals[Int(bits & literalMask)]
      if entry & literalMark != 0 {
        output[written] = UInt8(truncatingIfNeeded: entry >> 16)
        written += 1
        consume(Int(entry & 0xFF))
        entry = literals[Int(bits & literalMask)]
        if entry & literalMark != 0 {
          output[written] = UInt8(truncatingIfNeeded: entry >> 16)
          written += 1
          consume(Int(entry & 0xFF))
          if bitCount < 0 { throw failure("") }
          continue
        }
        if bitCount < 0 { throw failure("") }
        refill()
      }
      if entry & anyMark != 0 {
        if entry & anyMark == subtableMark {
          let slot = bits >> UInt64(literalBits) & UInt64(1 << (longestCode - literalBits) - 1)
          entry = literals[Int(entry >> 16) + Int(slot)]
        }
        if entry & literalMark != 0 {
          output[written] = UInt8(truncatingIfNeeded: entry >> 16)
          written += 1
          consume(Int(entry & 0xFF))
          if bitCount < 0 { throw failure("") }
          continue
        }
        if entry & anyMark == endMark {
          consume(Int(entry & 0xFF))
          if bitCount < 0 { throw failure("") }
          break
        }
        if entry & anyMark != 0 {
          throw position == inputEnd && bitCount < longestCode
            ? truncated : failure("literal or length code")
        }
      }
      consume(Int(entry & 0xFF))
      let extra = entry >> 8 & 0xFF
      var length = Int(entry >> 16) + Int(bits & (1 &<< UInt64(extra) - 1))
      consume(Int(extra))

      entry = distances[Int(bits & distanceMask)]
      if entry & anyMark == subtableMark {
        let slot = bits >> UInt64(distanceBits) & UInt64(1 << (longestCode - distanceBits) - 1)
        entry = distances[Int(entry >> 16) + Int(slot)]
      }
      if entry & anyMark != 0 {
        throw position == inputEnd && bitCount < longestCode
          ? truncated : failure("distance code")
      }
      consume(Int(entry & 0xFF))
      let distanceExtra = entry >> 8 & 0xFF
      let distance = Int(entry >> 16) + Int(bits & (1 &<< UInt64(distanceExtra) - 1))
      consume(Int(distanceExtra))
      guard bitCount >= 0 && distance <= written else {
        throw failure("distance before the start")
      }

      // Whole words are copied, up to 7 bytes too many, which the slack takes.
      var target = UnsafeMutableRawPointer(output + written)
      var source = UnsafeRawPointer(target) - distance
      written += length
      if distance >= 8 {
        while length > 0 {
          target.storeBytes(of: source.loadUnaligned(as: UInt64.self), as: UInt64.self)
          target += 8
          source += 8
          length -= 8
        }
      } else if distance == 1 {
        let word = UInt64(source.load(as: UInt8.self)) &* 0x0101_0101_0101_0101
        while length > 0 {
          target.storeBytes(of: word, as: UInt64.self)
          target += 8
          length -= 8
        }
      } else {
        while length > 0 {
          target.storeBytes(of: source.load(as: UInt8.self), as: UInt8.self)
          target += 1
          source += 1
          length -= 1
        }
      }
    }
    self.bits = bits
    self.bitCount = bitCount
    self.position = position
    self.written = written
    if written > limit { throw Inflate.Failure(reason: .overLimit, offset: position) }
  }
}
