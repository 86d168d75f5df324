import Descent
import Testing

@testable import DescentData

/// Feeds a reader with every damage to a small file: it must give a value or throw `DataError`.
func feedHostile(
  _ name: String, _ file: [UInt8], sourceLocation: SourceLocation = #_sourceLocation,
  read: ([UInt8]) throws -> Void
) {
  func feed(_ bytes: [UInt8], _ damage: String) {
    do {
      try read(bytes)
    } catch let error as DataError {
      if error.description.isEmpty || error.exitCode < 65 {
        Issue.record("\(name), \(damage): an error without words", sourceLocation: sourceLocation)
      }
    } catch {
      Issue.record("\(name), \(damage): \(error)", sourceLocation: sourceLocation)
    }
  }
  for length in 0..<file.count { feed(Array(file[..<length]), "cut at \(length)") }
  for index in file.indices {
    var changed = file
    for bit in 0..<8 {
      changed[index] = file[index] ^ 1 << UInt8(bit)
      feed(changed, "bit \(bit) of byte \(index)")
    }
    for value: UInt8 in [0, 0x7F, 0x80, 0xFF] {
      changed[index] = value
      feed(changed, "byte \(index) = \(value)")
    }
    changed.remove(at: index)
    feed(changed, "without byte \(index)")
    changed = file
    changed.insert(0x30, at: index)
    feed(changed, "a byte more at \(index)")
  }
  feed(file + [0], "a byte at the end")
  feed(file + file, "twice")
  var random = Philox(seed: 7)
  for round in 0..<500 {
    // Half of them begin like the format, so that they get past its first check.
    let head = round % 2 == 0 ? 0 : Int(random.next() % UInt64(file.count + 1))
    let tail = Int(random.next() % 200)
    feed(
      file[..<head] + (0..<tail).map { _ in UInt8(truncatingIfNeeded: random.next()) },
      "random \(round)")
  }
}

/// Expects `body` to throw an error whose text contains `words`.
func expectError(
  saying words: String, sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Void
) {
  do {
    try body()
    Issue.record("no error", sourceLocation: sourceLocation)
  } catch {
    #expect("\(error)".contains(words), "\(error)", sourceLocation: sourceLocation)
  }
}

/// The most memory that this process has asked for so far, in bytes (Linux; elsewhere 0).
func peakMemory() -> Int {
  guard let status = try? readFile("/proc/self/status") else { return 0 }
  for line in String(decoding: status, as: UTF8.self).split(separator: "\n")
  where line.hasPrefix("VmPeak:") {
    return (Int(line.filter(\.isNumber)) ?? 0) * 1024
  }
  return 0
}
