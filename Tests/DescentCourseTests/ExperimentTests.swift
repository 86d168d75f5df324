import Testing

@testable import DescentCourse

/// The published experiments: their committed results, and a short run of each kind.
@Suite("Experiments")
struct ExperimentTests {
  @Test(
    "The committed results are medians of three seeds on MNIST, as near to the book as they should be",
    arguments: [
      "first", "overfitting", "regularized", "training-size", "initialization", "learning-speed",
    ])
  func committed(_ name: String) throws {
    let result = try ExperimentResult.committed(name)
    let experiment = try #require(Experiment.named(name))
    #expect(result.profile == .full && result.data == "MNIST" && result.seeds.count == 3)
    #expect(result.quantities.map(\.name) == experiment.quantities.map(\.name))
    for quantity in result.quantities {
      #expect(quantity.median == quantity.values.sorted()[1])
      #expect(quantity.agrees != false, "\(name), \(quantity.name): \(quantity.median)")
    }
    #expect(!result.curves.isEmpty)
  }

  @Test("A result is the same after it was written and read")
  func json() throws {
    let result = try ExperimentResult.committed("first")
    #expect(try ExperimentResult(json: result.json()).json() == result.json())
    #expect(throws: (any Error).self) { try ExperimentResult(json: "{\"experiment\": 1}") }
  }

  @Test("In the quick profile a network overfits: all training images right, the test cost rising")
  func overfitting() throws {
    let result = try #require(Experiment.named("overfitting")).result(.quick, seeds: [1])
    #expect(result["first epoch with all training images right"] > 0)
    #expect(result["last test cost"] > result["lowest test cost"] * 1.1)
    #expect(result["last test, %"] < 90)
    // Nothing is compared with numbers of other data.
    #expect(result.quantities.allSatisfy { $0.agrees == nil })
  }

  @Test("In the quick profile a rate can be too small and too large")
  func rates() throws {
    let small = try #require(Experiment.named("rate-too-small")).result(.quick, seeds: [1])
    let large = try #require(Experiment.named("rate-too-large")).result(.quick, seeds: [1])
    let fit = try #require(Experiment.named("first")).result(.quick, seeds: [1])
    #expect(small["last test, %"] < 40 && large["last test, %"] < 40 && fit["last test, %"] > 75)
  }

  @Test("In the quick profile early layers learn more slowly, the more so the deeper the network")
  func speed() throws {
    let result = try #require(Experiment.named("learning-speed")).result(.quick, seeds: [1])
    let ratios = (2...4).map { result["\($0) layers: median of last/first"] }
    #expect(ratios[0] > 1.2 && ratios[1] > ratios[0] && ratios[2] > ratios[1])
  }
}
