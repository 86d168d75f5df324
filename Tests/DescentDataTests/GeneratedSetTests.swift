import Descent
import Testing

@testable import DescentData

@Suite struct GeneratedSetTests {
  @Test(arguments: GeneratedSet.names)
  func sizesAndPrefixes(name: String) throws {
    func make(_ count: Int, seed: UInt64 = 3) throws -> GeneratedSet {
      try #require(GeneratedSet.named(name, count: count, noise: 0.2, seed: seed))
    }
    let (long, short) = (try make(90), try make(31))
    #expect(long.features.count == 90 * long.featureCount)
    #expect(short.features[...] == long.features[..<short.features.count])
    #expect(long.features.allSatisfy { $0.isFinite && abs($0) < 5 })
    #expect(try make(31, seed: 4) != short)
    #expect(try make(0).features.isEmpty)
    #expect(GeneratedSet.summary(of: name) != nil)
    if let labels = long.labels {
      for label in long.classNames.indices {
        #expect(labels.count { $0 == label } == 90 / long.classNames.count)
      }
    } else {
      #expect(long.targets?.count == 90 && long.classNames.isEmpty && name == "line")
    }
  }

  @Test func withoutNoiseTheRulesHold() throws {
    func samples(_ name: String) throws -> [(x: Float, y: Float, label: Int32)] {
      let set = try #require(GeneratedSet.named(name, count: 60, noise: 0, seed: 1))
      let labels = try #require(set.labels)
      return labels.indices.map { (set.features[2 * $0], set.features[2 * $0 + 1], labels[$0]) }
    }
    let line = try #require(GeneratedSet.named("line", count: 60, noise: 0, seed: 1))
    for (x, y) in zip(line.features, line.targets ?? []) { #expect(abs(y - (2 * x + 1)) < 1e-6) }
    for (x, y, label) in try samples("xor") { #expect((x * y < 0) == (label == 1)) }
    for (x, y, label) in try samples("circles") {
      #expect(abs((x * x + y * y).squareRoot() - (label == 0 ? 1 : 0.5)) < 1e-5)
    }
    for (x, y, label) in try samples("moons") {
      let (dx, dy) = label == 0 ? (x, y) : (x - 1, y - 0.5)
      #expect(abs(dx * dx + dy * dy - 1) < 1e-5)
    }
    #expect(try samples("blobs").allSatisfy { $0.label != 0 || ($0.x == 0 && $0.y == 2) })
    #expect(try samples("spirals").count == 60)
    #expect(GeneratedSet.named("moon", count: 5, seed: 1) == nil)
    #expect(GeneratedSet.summary(of: "moon") == nil)
  }
}

@Suite struct PhiloxTests {
  @Test func knownAnswers() {
    #expect(
      Philox.block(key: (0, 0), counter: (0, 0, 0, 0))
        == SIMD4(0x6627_E8D5, 0xE169_C58D, 0xBC57_AC4C, 0x9B00_DBD8))
    let ones = UInt32.max
    #expect(
      Philox.block(key: (ones, ones), counter: (ones, ones, ones, ones))
        == SIMD4(0x408F_276D, 0x41C8_3B0E, 0xA20B_C7C6, 0x6D54_51FD))
    #expect(
      Philox.block(
        key: (0xA409_3822, 0x299F_31D0),
        counter: (0x243F_6A88, 0x85A3_08D3, 0x1319_8A2E, 0x0370_7344))
        == SIMD4(0xD16C_FE09, 0x94FD_CCEB, 0x5001_E420, 0x2412_6EA1))
    var generator = Philox(seed: 0)
    #expect(generator.next() == 0xE169_C58D_6627_E8D5)
    #expect(generator.next() == 0x9B00_DBD8_BC57_AC4C)
  }

  @Test func distributions() {
    var generator = Philox(seed: 5, stream: 9)
    let uniform = (0..<20000).map { _ in generator.uniform() }
    #expect(uniform.allSatisfy { $0 >= 0 && $0 < 1 })
    #expect(abs(uniform.reduce(0, +) / 20000 - 0.5) < 0.01)
    let normal = (0..<20000).map { _ in generator.normal() }
    #expect(abs(normal.reduce(0, +) / 20000) < 0.03)
    #expect(abs(normal.reduce(0) { $0 + $1 * $1 } / 20000 - 1) < 0.05)
  }

  @Test func permutations() {
    var generator = Philox(seed: 1)
    #expect(generator.permutation(of: 0) == [])
    #expect(generator.permutation(of: 1) == [0])
    #expect(generator.permutation(of: 100).sorted() == Array(0..<100))
    var counts: [[Int32]: Int] = [:]
    for _ in 0..<6000 { counts[generator.permutation(of: 3), default: 0] += 1 }
    #expect(counts.count == 6 && counts.values.allSatisfy { abs($0 - 1000) < 150 })
    var (a, b, c) = (Philox(seed: 1), Philox(seed: 1), Philox(seed: 1, stream: 1))
    #expect(a.permutation(of: 50) == b.permutation(of: 50))
    #expect(a.permutation(of: 50) != c.permutation(of: 50))
  }
}
