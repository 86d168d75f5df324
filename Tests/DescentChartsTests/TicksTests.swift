import Testing

@testable import DescentCharts

@Suite("Ticks and numbers")
struct TicksTests {
  private func labels(_ lower: Double, _ upper: Double, _ count: Int = 6) -> [String] {
    Ticks.linear(from: lower, to: upper, count: count).map(\.label)
  }

  @Test("Ticks are multiples of 1, 2 or 5 times a power of ten, printed exactly")
  func linear() {
    #expect(labels(0, 1) == ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"])
    #expect(labels(0.05, 2.35) == ["0.5", "1.0", "1.5", "2.0"])
    #expect(labels(-1, 1, 5) == ["-1.0", "-0.5", "0.0", "0.5", "1.0"])
    #expect(labels(0, 60000, 4) == ["0", "20000", "40000", "60000"])
    #expect(labels(0, 3e7, 4) == ["0", "1e7", "2e7", "3e7"])
    #expect(labels(0, 2e-6, 3) == ["0", "1e-6", "2e-6"])
  }

  @Test("Loose ticks enclose the data, and there are about as many as asked for")
  func loose() throws {
    for exponent in -20...20 {
      for (low, high) in [(0.0, 1.0), (0.13, 0.97), (-3.7, 8.1), (9.99, 10.01)] {
        let (low, high) = (low * power10(exponent), high * power10(exponent))
        let ticks = Ticks.linear(from: low, to: high, count: 6, isLoose: true)
        let slack = 1e-8 * (high - low)
        #expect(try #require(ticks.first).value <= low + slack)
        #expect(try #require(ticks.last).value >= high - slack)
        #expect(4...10 ~= ticks.count)
        #expect(Set(ticks.map(\.label)).count == ticks.count)
      }
    }
  }

  @Test("Whole numbers have whole ticks")
  func integral() throws {
    let axis = try #require(AxisMap(Axis(), over: [1, 2, 3], isLoose: false, count: 9))
    #expect(axis.ticks.map(\.label) == ["1", "2", "3"])
  }

  @Test("A logarithmic axis has powers of ten, joined by their 2 and 5 fold when it is short")
  func logarithmic() {
    #expect(
      Ticks.logarithmic(from: 0.0009, to: 20, count: 6).map(\.label)
        == ["0.001", "0.01", "0.1", "1", "10"])
    #expect(
      Ticks.logarithmic(from: 0.1, to: 2.3, count: 6).map(\.label)
        == ["0.1", "0.2", "0.5", "1", "2"])
    #expect(
      Ticks.logarithmic(from: 1e-30, to: 1, count: 5).map(\.label)
        == ["1e-30", "1e-24", "1e-18", "1e-12", "1e-6", "1"])
    #expect(Ticks.logarithmic(from: 1.1, to: 1.4, count: 4).count >= 2)
  }

  @Test("Equal ratios are equal distances, and what is not positive has no place")
  func logarithmicPositions() throws {
    let axis = try #require(
      AxisMap(Axis(scale: .logarithmic), over: [0.01, 1, -5, 0, .nan], isLoose: false, count: 5))
    #expect(abs((axis.position(of: 0.1) ?? 0) - 0.5) < 1e-12)
    #expect(axis.position(of: 0) == nil && axis.position(of: -1) == nil)
    #expect(AxisMap(Axis(scale: .logarithmic), over: [0, -1], isLoose: false, count: 5) == nil)
  }

  @Test(
    "Numbers are written to four digits, whole numbers in full",
    arguments: [
      (0.123456, "0.1235"), (60123, "60123"), (-2.5, "-2.5"), (0, "0"), (1.5e-7, "1.5e-7"),
      (1e300, "1e300"), (123456.7, "123500"), (0.99999, "1"), (.nan, "nan"), (-.infinity, "-inf"),
      (.greatestFiniteMagnitude, "1.798e308"),
    ] as [(Double, String)])
  func short(value: Double, text: String) {
    #expect(Decimal.short(value) == text)
  }

  @Test(
    "Coordinates have at most two decimals",
    arguments: [
      (1, "1"), (0.5, "0.5"), (-0.004, "0"), (99.999, "100"), (1.005, "1"), (-12.25, "-12.25"),
      (.nan, "0"), (1e20, "1000000000"),
    ] as [(Double, String)])
  func coordinate(value: Double, text: String) {
    #expect(Decimal.coordinate(value) == text)
  }
}
