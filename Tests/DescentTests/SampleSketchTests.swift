import Foundation
import Testing

@testable import Descent

/// Samples are recognised by a few hundred hashes.
@Suite struct SampleSketchTests {
  /// Samples with numbers of their own from `first` on.
  private func samples(_ count: Int, from first: Int = 0, width: Int = 13) -> Dataset {
    let bytes = (first..<(first + count)).flatMap { sample in
      (0..<width).map { UInt8(truncatingIfNeeded: sample >> (8 * ($0 % 4))) }
    }
    return Dataset(
      inputs: Tensor(bytes, shape: [count, width]),
      targets: Tensor((first..<(first + count)).map { Int32($0 % 3) }))
  }

  @Test func fewAreCountedExactly() {
    let sketch = SampleSketch(samples(200))
    #expect(sketch.count == 200 && sketch.isExact)
    #expect(sketch.knownCount(in: samples(500, from: 150)) == 50)
    #expect(sketch.knownCount(in: samples(200, from: 200)) == 0)
    // The same inputs with another target are another sample.
    let data = samples(10)
    let changed = Dataset(
      inputs: data.inputs, targets: data.targets + Tensor([Int32(1)], shape: []))
    #expect(sketch.knownCount(in: changed) == 0)
  }

  @Test(arguments: [1, 8, 13, 16]) func manyAreEstimated(_ width: Int) throws {
    // With one byte a sample, there are no more than 768 that differ.
    let count = width == 1 ? 700 : 5_000
    let stored = try JSONEncoder().encode(SampleSketch(samples(count, width: width)))
    #expect(stored.count < 8_000)
    let sketch = try JSONDecoder().decode(SampleSketch.self, from: stored)
    #expect(!sketch.isExact && sketch.count == count)
    #expect(sketch.knownCount(in: samples(count, width: width)) == count)
    // Half of them: 128 of 256, with a standard deviation of 8.
    let half = Double(sketch.knownCount(in: samples(count / 2, width: width)))
    #expect(abs(half / Double(count) - 0.5) < 0.13)
    if width > 1 { #expect(sketch.knownCount(in: samples(5_000, from: 5_000, width: width)) == 0) }
  }
}
