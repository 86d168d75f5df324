/// What it takes to recognise the samples of a data set later, in a few kilobytes: of the hashes of all
/// samples the smallest (Cohen and Kaplan, *Summarizing data using bottom-k sketches*, 2007).
///
/// ```swift
/// let sketch = SampleSketch(training)
/// sketch.knownCount(in: test)             // 0, if all is well
/// ```
public struct SampleSketch: Codable, Sendable, Equatable {
  /// How many different samples there are.
  public let count: Int
  /// The smallest hashes, in order.
  let hashes: [UInt64]

  /// A part of one in fifty is overlooked in one of 170 cases, of one in twenty in one of 500,000.
  private static let most = 256

  /// Sketches a data set.
  public init(_ data: Dataset) {
    let all = Set(data.sampleHashes)
    count = all.count
    hashes = Array(all.sorted().prefix(Self.most))
  }

  /// Whether every sample can be told, and numbers are not estimates.
  public var isExact: Bool { count <= hashes.count }

  /// How many samples of a data set, with their targets, are among those of the sketch: about, unless
  /// the sketch `isExact`.
  public func knownCount(in data: Dataset) -> Int {
    let others = data.sampleHashes
    let known = Set(hashes)
    if isExact { return others.count { known.contains($0) } }
    let share = Double(known.intersection(others).count) / Double(max(known.count, 1))
    return Int(min(share * Double(count), Double(others.count)).rounded())
  }
}

extension Dataset {
  /// A number for each sample with its target: a hash, mixed as in SplitMix64, for its higher bits hardly
  /// change with the last bytes.
  fileprivate var sampleHashes: [UInt64] {
    var hashes = [ByteHash](repeating: ByteHash(), count: count)
    for tensor in [inputs, targets] where count > 0 {
      tensor.withUnsafeBytes { bytes in
        let size = bytes.count / count
        for row in hashes.indices {
          hashes[row].add(
            UnsafeRawBufferPointer(rebasing: bytes[(row * size)..<((row + 1) * size)]))
        }
      }
    }
    return hashes.map { hash in
      let mixed = (hash.value ^ hash.value >> 30) &* 0xbf58_476d_1ce4_e5b9
      let again = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
      return again ^ again >> 31
    }
  }
}
