/// FNV-1a (Fowler, Noll and Vo, 1991) in 64 bits, of words of one byte or of eight.
package struct ByteHash {
  /// The hash of what was added.
  package private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

  package init() {}

  /// Adds a word.
  package mutating func add(_ word: UInt64) {
    value = (value ^ word) &* 0x0000_0100_0000_01b3
  }

  /// Adds bytes, eight at a time, and the rest one by one.
  package mutating func add(_ bytes: UnsafeRawBufferPointer) {
    let whole = bytes.count - bytes.count % 8
    for place in stride(from: 0, to: whole, by: 8) {
      add(bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self))
    }
    for byte in bytes[whole...] { add(UInt64(byte)) }
  }
}
