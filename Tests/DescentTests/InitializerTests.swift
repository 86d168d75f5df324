import Testing

@testable import Descent

/// First values: their spread, and what they depend on.
@Suite struct InitializerTests {
  private func values(_ initializer: Initializer, _ shape: Shape, seed: UInt64 = 1) -> [Double] {
    initializer.values(shape, dtype: .float64, key: RandomKey(seed: seed, name: "w")).doubles()
  }

  private func variance(_ values: [Double]) -> Double {
    let mean = values.reduce(0, +) / Double(values.count)
    return values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
  }

  /// A convolution of 20 channels to 50 by 5 × 5: 500 connections lead in and 1,250 out.
  @Test func variancesFollowTheConnections() {
    let shape: Shape = [50, 20, 5, 5]
    for (initializer, expected) in [
      (.he, 2 / 500.0), (.heUniform, 2 / 500.0), (.he.over(.outputs), 2 / 1250.0),
      (.heUniform.over(.average), 2 / 875.0), (.xavier, 1 / 875.0), (.xavierNormal, 1 / 875.0),
      (.xavier.over(.inputs), 1 / 500.0), (.lecun, 1 / 500.0),
      (.lecunUniform.over(.outputs), 1 / 1250.0), (.normal(standardDeviation: 0.1), 0.01),
      (.uniform(bound: 0.3), 0.03),
      // Cutting at two standard deviations leaves 0.7737 of the variance.
      (.truncatedNormal(standardDeviation: 0.1), 0.007737),
    ] as [(Initializer, Double)] {
      let found = variance(values(initializer, shape))
      #expect(abs(found / expected - 1) < 0.04, "\(initializer): \(found), not \(expected)")
    }
  }

  @Test func truncatedNormalsEndAtTwo() {
    let values = values(.truncatedNormal(), [300, 300])
    #expect(values.allSatisfy { abs($0) <= 2 })
    // Nothing is heaped up at the ends.
    #expect(values.count { abs($0) == 2 } == 0)
    let expected = 90_000 * (0.9545 - 0.8664) / 0.9545
    #expect(abs(Double(values.count { abs($0) > 1.5 }) - expected) < 5 * expected.squareRoot())
  }

  @Test(arguments: [[6, 6], [4, 9], [9, 4], [8, 3, 3, 3], [1, 5], [64, 64]])
  func orthogonalMatrices(_ sizes: [Int]) {
    let (rows, columns) = (sizes[0], sizes.dropFirst().reduce(1, *))
    let matrix = Tensor(values(.orthogonal(gain: 1.5), Shape(sizes)), shape: [rows, columns])
    let product =
      rows <= columns
      ? matrix.matmul(matrix.transposed()) : matrix.transposed().matmul(matrix)
    let expected = Tensor.identity(min(rows, columns), dtype: .float64) * 2.25
    expectEqual(product.doubles(), expected.doubles(), absolute: 1e-12, "\(sizes)")
    #expect(values(.orthogonal(), Shape(sizes), seed: 2) != values(.orthogonal(), Shape(sizes)))
  }

  @Test func namesAndDescriptions() {
    for name in Initializer.names { #expect(Initializer.named(name) != nil, "\(name)") }
    #expect("\(Initializer.he.over(.outputs))" == "heNormal/outputs")
    #expect(Initializer.he != .he.over(.outputs))
  }
}
