import Descent
import Dispatch
import Synchronization

/// Many files of pictures, decoded on several threads into what a network wants.
///
/// ```swift
/// let contract = ImageContract(channels: 3, height: 64, width: 64)
/// let read = try PictureReader(contract).read(["a.jpg", "b.png"])
/// read.pixels.count                        // 2 × 3 × 64 × 64
/// ```
public struct PictureReader: Sendable {
  /// What the pictures become.
  public let contract: ImageContract
  /// How many threads decode.
  public let threads: Int

  /// Creates a reader.
  public init(_ contract: ImageContract, threads: Int = Execution.threads) {
    self.contract = contract
    self.threads = max(1, threads)
  }

  /// A file that is no picture, or a damaged one.
  public struct Unreadable: Sendable {
    /// Where it is.
    public let path: String
    /// What is wrong with it.
    public let reason: DataError
  }

  /// What came of a list of files.
  public struct Result: Sendable {
    /// The bytes of the pictures, `[pictures, channels, height, width]`.
    public fileprivate(set) var pixels: [UInt8]
    /// The positions in the list of files of those that could be read, in order.
    public let positions: [Int]
    /// Those that could not.
    public let unreadable: [Unreadable]
    /// Whether all pictures have only shades of grey.
    public let isGray: Bool
  }

  /// Decodes the files in the given order.
  ///
  /// `progress` hears on the calling thread, about twenty times a second, how many are done; what it
  /// throws ends the reading.
  ///
  /// - Throws: `DataError.missingLibrary` where a library is needed that is not installed, and what
  ///   `progress` throws. Files that cannot be read are in the result.
  public func read(_ paths: [String], progress: (Int) throws -> Void = { _ in }) throws -> Result {
    let size = contract.shape.elementCount
    var pixels = [UInt8](repeating: 0, count: paths.count * size)
    let outcome = try pixels.withUnsafeMutableBufferPointer { pixels in
      try decode(paths, size: size, into: pixels, progress)
    }
    // What could be read moves to the front.
    let positions = paths.indices.filter { outcome.failures[$0] == nil }
    if positions.count < paths.count {
      pixels.withUnsafeMutableBufferPointer { pixels in
        guard let base = pixels.baseAddress else { return }
        for (place, position) in positions.enumerated() where place != position {
          (base + place * size).update(from: base + position * size, count: size)
        }
      }
      pixels.removeLast((paths.count - positions.count) * size)
    }
    let unreadable = outcome.failures.sorted { $0.key < $1.key }.map {
      Unreadable(path: paths[$0.key], reason: $0.value)
    }
    return Result(
      pixels: pixels, positions: positions, unreadable: unreadable, isGray: outcome.isGray)
  }

  private struct Outcome {
    var next = 0
    var done = 0
    var failures: [Int: DataError] = [:]
    var isGray = true
    var isStopped = false
  }

  private func decode(
    _ paths: [String], size: Int, into pixels: UnsafeMutableBufferPointer<UInt8>,
    _ progress: (Int) throws -> Void
  ) throws -> Outcome {
    // Every thread writes the places of the files that it took, and nothing else.
    nonisolated(unsafe) let base = pixels.baseAddress
    let shared = Shared()
    let group = DispatchGroup()
    for _ in 0..<min(threads, paths.count) {
      DispatchQueue.global().async(group: group) {
        while let position = shared.take(below: paths.count), let base {
          do throws(DataError) {
            let isGray = try decode(paths[position], to: base + position * size)
            shared.finish(position, isGray: isGray, failure: nil)
          } catch {
            shared.finish(position, isGray: true, failure: error)
          }
        }
      }
    }
    do {
      while group.wait(timeout: .now() + .milliseconds(50)) == .timedOut {
        try progress(shared.state.withLock { $0.done })
      }
    } catch {
      shared.state.withLock { $0.isStopped = true }
      group.wait()
      throw error
    }
    let outcome = shared.state.withLock { $0 }
    for (_, failure) in outcome.failures {
      if case .missingLibrary = failure { throw failure }
    }
    try progress(outcome.done)
    return outcome
  }

  /// Decodes one file; the result is whether it has only shades of grey.
  private func decode(
    _ path: String, to output: UnsafeMutablePointer<UInt8>
  ) throws(DataError) -> Bool {
    let picture: Picture
    do {
      let bytes = try readFile(path, limit: Picture.fileLimit)
      let whole = try Picture(
        bytes: bytes, path: path, atLeast: (width: contract.width, height: contract.height))
      let coloured = contract.channels == 1 ? whole.gray : whole
      picture = coloured.resized(width: contract.width, height: contract.height)
    } catch let error as DataError {
      throw error
    } catch {
      throw DataError.unreadable(path: path, reason: "\(error)")
    }
    picture.writePlanes(to: output, channels: contract.channels)
    return picture.isGray
  }

  private final class Shared: Sendable {
    let state = Mutex(Outcome())

    /// The next file that nobody has taken, if there is one.
    func take(below count: Int) -> Int? {
      state.withLock { state in
        guard !state.isStopped, state.next < count else { return nil }
        defer { state.next += 1 }
        return state.next
      }
    }

    func finish(_ position: Int, isGray: Bool, failure: DataError?) {
      state.withLock { state in
        state.done += 1
        if !isGray { state.isGray = false }
        guard let failure else { return }
        state.failures[position] = failure
        if case .missingLibrary = failure { state.isStopped = true }
      }
    }
  }
}

extension PictureReader.Result {
  /// The same with one channel instead of three that are equal; `area` is that of a picture.
  func withOneChannel(area: Int) -> PictureReader.Result {
    var result = self
    let count = positions.count
    result.pixels = [UInt8](unsafeUninitializedCapacity: count * area) { output, filled in
      pixels.withUnsafeBufferPointer { pixels in
        for picture in 0..<count {
          for index in 0..<area {
            output[picture * area + index] = pixels[picture * 3 * area + index]
          }
        }
      }
      filled = count * area
    }
    return result
  }
}
