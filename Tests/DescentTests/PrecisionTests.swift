import Testing

@testable import Descent

/// Training with products of bfloat16.
@Suite struct PrecisionTests {
  /// The nearest bfloat16 of a float, by the definition: a float whose last 16 bits are 0.
  private func nearest(_ x: Float) -> Float {
    guard x.isFinite else { return x }
    let below = Float(bitPattern: x.bitPattern & 0xFFFF_0000)
    let above = Float(bitPattern: (x.bitPattern & 0xFFFF_0000) &+ 0x1_0000)
    let (down, up) = ((x - below).magnitude, (above - x).magnitude)
    if down == up { return below.bitPattern & 0x1_0000 == 0 ? below : above }
    return down < up ? below : above
  }

  private func product(_ a: Tensor, _ b: Tensor, _ precision: Precision) -> [Float] {
    let inputs = [a, b].enumerated().map {
      Tensor.placeholder($0.offset, shape: $0.element.shape, dtype: .float32)
    }
    let graph = CompiledGraph([inputs[0].matmul(inputs[1])], precision: precision)
    let result = Storage.zeros(a.shape[0] * b.shape[1], .float32)
    let (left, right) = (a.scalars(as: Float.self), b.scalars(as: Float.self))
    left.withUnsafeBytes { left in
      right.withUnsafeBytes { right in
        graph.set(0, UnsafeMutableRawPointer(mutating: left.baseAddress!))
        graph.set(1, UnsafeMutableRawPointer(mutating: right.baseAddress!))
        graph.plan.setOutput(0, result.pointer)
        graph.plan.run()
      }
    }
    return (0..<a.shape[0] * b.shape[1]).map {
      result.pointer.load(fromByteOffset: 4 * $0, as: Float.self)
    }
  }

  @Test func factorsAreRoundedToTheNearest() {
    let a = Tensor.normal([9, 33], key: RandomKey(seed: 1))
    let b = Tensor.normal([33, 17], key: RandomKey(seed: 2))
    let (left, right) = (a.scalars(as: Float.self), b.scalars(as: Float.self))
    let rounded = product(a, b, .bfloat16)
    var difference = 0.0
    for i in 0..<9 {
      for j in 0..<17 {
        let sum = (0..<33).reduce(0.0) {
          $0 + Double(nearest(left[i * 33 + $1])) * Double(nearest(right[$1 * 17 + j]))
        }
        #expect(abs(Double(rounded[i * 17 + j]) - sum) < 1e-5)
        let exact = (0..<33).reduce(0.0) {
          $0 + Double(left[i * 33 + $1]) * Double(right[$1 * 17 + j])
        }
        difference = max(difference, abs(exact - sum))
      }
    }
    #expect(difference > 1e-3)
  }

  /// Halfway between two of them the even one is taken; what is there already stays; NaN and infinity do.
  @Test(
    arguments: [
      (1, 1), (1.00390625, 1), (1.01171875, 1.015625), (-1.00390625, -1), (0x1p-126, 0x1p-126),
      (3.3895314e38, 3.3895314e38), (.greatestFiniteMagnitude, .infinity), (.infinity, .infinity),
      (.nan, .nan), (Float(bitPattern: 0x7F80_0001), .nan), (Float(bitPattern: 0xFFFF_FFFF), .nan),
    ] as [(Float, Float)]) func rounding(_ x: Float, _ expected: Float)
  {
    // One such number in each row, times the unit matrix.
    var left = [Float](repeating: 0, count: 8 * 32)
    for row in 0..<8 { left[row * 32 + row] = x }
    var unit = [Float](repeating: 0, count: 32 * 32)
    for row in 0..<32 { unit[33 * row] = 1 }
    let result = product(
      Tensor(left, shape: [8, 32]), Tensor(unit, shape: [32, 32]), .bfloat16)
    for row in 0..<8 {
      let value = result[row * 32 + row]
      // Infinity times the zeros of the unit matrix is NaN beside the diagonal only.
      #expect(expected.isNaN ? value.isNaN : value == expected, "\(x): \(value)")
    }
  }

  @Test func smallProductsAndOtherTypesAreNotRounded() {
    for (m, n, k) in [(7, 16, 32), (8, 15, 32), (8, 16, 31)] {
      let a = Tensor.normal([m, k], key: RandomKey(seed: 1))
      let b = Tensor.normal([k, n], key: RandomKey(seed: 2))
      #expect(product(a, b, .bfloat16) == product(a, b, .float32))
    }
    #expect(!Precision.bfloat16.rounds(.float64, m: 100, n: 100, k: 100))
    #expect(!Precision.float32.rounds(.float32, m: 100, n: 100, k: 100))
  }

  private func trained(_ precision: Precision, threads: Int = 2) throws -> (Model, [Double]) {
    let network = Sequential {
      Dense(64, activation: .relu)
      Dense(64, activation: .relu)
      Dense(3)
    }
    let inputs = Tensor.normal([300, 40], key: RandomKey(seed: 3))
    let labels = (inputs * Tensor.normal([40], key: RandomKey(seed: 4))).sum(over: [1])
      .scalars(as: Float.self).map { Int32($0 < -3 ? 0 : $0 < 3 ? 1 : 2) }
    var model = try Model(network, input: [40], seed: 1)
    model.trainingPrecision = precision
    let before = Execution.threads
    Execution.threads = threads
    defer { Execution.threads = before }
    let history = try model.fit(
      Dataset(inputs: inputs, targets: Tensor(labels)), loss: .crossEntropy, optimizer: .adam(),
      epochs: 8, seed: 1)
    return (model, history.losses)
  }

  @Test func trainingIsAsGood() throws {
    let (exact, rounded) = (try trained(.float32), try trained(.bfloat16))
    #expect(exact.0.flatParameters.doubles() != rounded.0.flatParameters.doubles())
    #expect(rounded.1.last! < 0.5 * rounded.1[0])
    for (one, other) in zip(exact.1, rounded.1) { #expect(abs(one - other) < 0.02 * exact.1[0]) }
    // The same bits for any number of threads.
    #expect(
      try trained(.bfloat16, threads: 1).0.flatParameters.doubles()
        == rounded.0.flatParameters.doubles())
    // Evaluation does not round.
    var plain = rounded.0
    plain.trainingPrecision = .float32
    let x = Tensor.normal([16, 40], key: RandomKey(seed: 5))
    #expect(try plain(x).doubles() == rounded.0(x).doubles())
  }

  @Test func thePlanSaysWhichProductsAreRounded() throws {
    let network = Sequential {
      Dense(64, activation: .relu)
      Dense(3)
    }
    var model = try Model(network, input: [40])
    model.trainingPrecision = .bfloat16
    let data = Dataset(
      inputs: .zeros([32, 40]), targets: Tensor([Int32](repeating: 0, count: 32)),
      classNames: ["a", "b", "c"])
    let plan = try TrainingStep(model, data, loss: .crossEntropy, optimizer: .adam())
      .plan(batchSize: 32)
    // The first layer's, forward and for its weight; the second's have three columns, rows or terms.
    let rounded = plan.rows.filter { $0.operations.contains("matmul in bfloat16") }
    #expect(rounded.count == 2 && rounded.allSatisfy { $0.label?.path == "0" }, "\(plan)")
    #expect(plan.description.contains("matmul in bfloat16"))
  }

  @Test func meansAndInterpolationsAreExact() throws {
    let network = Sequential {
      Upsample(2, method: .linear)
      AdaptiveAveragePool2D(16)
      Flatten()
      Dense(16)
    }
    var model = try Model(network, input: [1, 40, 40])
    model.trainingPrecision = .bfloat16
    let data = Dataset(
      inputs: .zeros([32, 1, 40, 40]), targets: Tensor([Int32](repeating: 0, count: 32)),
      classNames: (0..<16).map { "\($0)" })
    let plan = try TrainingStep(model, data, loss: .crossEntropy, optimizer: .adam())
      .plan(batchSize: 32)
    let products = plan.rows.filter { $0.operations.contains("matmul") }
    let rounded = plan.rows.filter { $0.operations.contains("matmul in bfloat16") }
    #expect(rounded.count < products.count, "\(plan)")
    #expect(!rounded.isEmpty && rounded.allSatisfy { $0.label?.path == "3" }, "\(plan)")
  }
}
