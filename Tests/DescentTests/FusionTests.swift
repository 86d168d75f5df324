import Foundation
import Testing

@testable import Descent

/// Simplification, fusion, in-place results and placement in the arena change no number: random
/// graphs are evaluated whole, output by output, and one operation at a time.
@Suite struct FusionTests {
  /// The numbers of all values, each read before the next is recorded: no plan holds more than one
  /// operation, so nothing is merged, fused or placed over anything else.
  private func expected(_ seed: UInt64, _ sizes: [Int]) -> RandomExpression {
    RandomExpression(seed: seed, sizes: sizes) { $0.detached }
  }

  /// What is wrong with the outputs, if anything is.
  private func difference(
    _ found: RandomExpression, _ expected: RandomExpression, _ outputs: [Int], _ what: String,
    seed: UInt64
  ) -> String? {
    for index in outputs {
      let (a, b) = (found.values[index], expected.values[index])
      let exact = b.isExact
      let tolerance =
        a.tensor.dtype == .float64 && !found.script.contains { $0.contains("float32") }
        ? 1e-10 : 2e-4
      let (x, y) = (a.tensor.doubles(), b.tensor.doubles())
      let scale = y.reduce(1) { max($0, abs($1)) }
      let wrong = x.indices.first {
        exact ? !agree(x[$0], y[$0], relative: 0) : !(abs(x[$0] - y[$0]) <= tolerance * scale)
      }
      guard a.tensor.shape == b.tensor.shape, a.tensor.dtype == b.tensor.dtype, wrong == nil else {
        let element = wrong ?? 0
        return """
          seed \(seed), \(what), outputs \(outputs): v\(index) is wrong at \(element): \
          \(x[element]) instead of \(y[element])\(exact ? " (exact)" : "")
          \(found.script.joined(separator: "\n"))
          """
      }
    }
    return nil
  }

  private func difference(_ seed: UInt64, sizes: [Int]) -> String? {
    var stepwise = expected(seed, sizes)
    let outputs = stepwise.chooseOutputs()
    let whole = RandomExpression(seed: seed, sizes: sizes)
    evaluate(outputs.map { whole.values[$0].tensor })
    let oneByOne = RandomExpression(seed: seed, sizes: sizes)
    for index in outputs { _ = oneByOne.values[index].tensor.doubles() }
    // No value may be lost on the way.
    let all = RandomExpression(seed: seed, sizes: sizes)
    evaluate(all.values.map(\.tensor))
    return difference(whole, stepwise, outputs, "evaluated whole", seed: seed)
      ?? difference(oneByOne, stepwise, outputs, "output by output", seed: seed)
      ?? difference(
        all, stepwise, Array(all.values.indices), "every value an output", seed: seed)
  }

  /// The kernels' own tests may run in the same process and switch the instruction set, on which
  /// last bits depend; so a difference counts only if it is there in every attempt.
  private func check(_ seed: UInt64, sizes: [Int]) {
    for attempt in 0..<6 {
      if attempt > 0 { Thread.sleep(forTimeInterval: 0.5) }
      guard let message = difference(seed, sizes: sizes) else { return }
      if attempt == 5 { Issue.record("\(message)") }
    }
  }

  @Test(arguments: 0..<20) func smallGraphs(_ block: Int) {
    for seed in 0..<40 { check(UInt64(block * 1_000 + seed), sizes: [1, 1, 2, 3, 4]) }
  }

  @Test(arguments: 0..<8) func graphsOfOddSizes(_ block: Int) {
    for seed in 0..<8 { check(UInt64(100_000 + block * 1_000 + seed), sizes: [1, 3, 17, 33]) }
  }

  @Test(arguments: 0..<8) func graphsOfLongAxes(_ block: Int) {
    for seed in 0..<2 { check(UInt64(200_000 + block * 1_000 + seed), sizes: [1, 2, 130, 1_025]) }
  }
}
