import Testing

@testable import Descent

/// Weights that give the sums of every layer unit variance on a batch.
@Suite struct UnitVarianceTests {
  private static func deep(_ activation: Activation) -> Sequential {
    Sequential {
      for _ in 0..<20 { Dense(100, activation: activation) }
      Dense(10)
    }
  }

  private func weights(_ model: Model) -> [String] {
    model.parameters.filter { $0.name.hasSuffix("weight") }.map(\.name)
  }

  @Test(arguments: [Activation.relu, .tanh, .sigmoid])
  func twentyLayers(_ activation: Activation) throws {
    var model = try Model(Self.deep(activation), input: [50], seed: 1)
    let inputs = Tensor.normal([300, 50], key: RandomKey(seed: 1)) * 3 + 1
    for name in weights(model) {
      model[name] = Initializer.orthogonal().values(
        model[name]!.shape, dtype: .float32, key: RandomKey(seed: 7, name: name))
    }
    // Orthogonal weights alone do not do it: behind rectifiers, half of the signal is lost in each.
    let before = try model.deviation(ofSums: "19.weight", on: inputs)
    #expect(before < (activation == .relu ? 0.1 : 0.6), "\(before)")
    let biases = try #require(model["3.bias"]).doubles()
    try model.initializeWithUnitVariance(on: inputs, seed: 2)
    #expect(weights(model).count == 21)
    for name in weights(model) {
      let deviation = try model.deviation(ofSums: name, on: inputs)
      #expect(abs(deviation - 1) < 0.1, "\(name): \(deviation)")
    }
    #expect(model["3.bias"]?.doubles() == biases)
    // The rows of a weight are still at right angles.
    let weight = try #require(model["5.weight"])
    let gram = weight.matmul(weight.transposed())
    let size = (gram * Tensor.identity(100)).max().scalar
    let aside = abs(gram * (1 - Tensor.identity(100))).max().scalar
    #expect(aside < 1e-4 * size)
  }

  @Test func lenet() throws {
    var model = try Model(NamedNetwork(.lenet, classes: 10), input: [28, 28], seed: 1)
    let inputs = Tensor.uniform([64, 28, 28], key: RandomKey(seed: 4))
    try model.initializeWithUnitVariance(on: inputs)
    #expect(weights(model).count == 5)
    for name in weights(model) {
      let deviation = try model.deviation(ofSums: name, on: inputs)
      #expect(abs(deviation - 1) < 0.1, "\(name): \(deviation)")
    }
  }

  @Test func seedsDecideAndWhatIsFrozenStays() throws {
    let inputs = Tensor.normal([40, 6], dtype: .float64, key: RandomKey(seed: 1))
    func made(seed: UInt64) throws -> Model {
      var model = try Model(
        Sequential {
          Dense(5, activation: .relu)
          Dense(4)
        }, input: [6], seed: 9, dtype: .float64)
      model.freeze("0.*")
      try model.initializeWithUnitVariance(on: inputs, seed: seed)
      return model
    }
    let (first, again, other) = (try made(seed: 1), try made(seed: 1), try made(seed: 2))
    #expect(first.flatParameters.doubles() == again.flatParameters.doubles())
    #expect(first["0.weight"]?.doubles() == other["0.weight"]?.doubles())
    #expect(first["1.weight"]?.doubles() != other["1.weight"]?.doubles())
  }

  @Test func whatCannotConvergeIsToldWithItsLayer() throws {
    func refused(_ network: any Layer, _ inputs: Tensor) throws -> UnitVarianceError {
      var model = try Model(network, input: [6])
      return try #require(throws: UnitVarianceError.self) {
        try model.initializeWithUnitVariance(on: inputs)
      }
    }
    let inputs = Tensor.normal([40, 6], key: RandomKey(seed: 1))
    let dead = try refused(
      Sequential {
        Dense(5)
        Activate(.custom("nothing") { $0 * 0 })
        Dense(4)
      }, inputs)
    #expect(dead.name == "2.weight" && dead.deviations == [0])
    #expect("\(dead)".contains("layer \"2\"") && "\(dead)".contains("lets nothing through"))
    let biased = try refused(
      Sequential { Dense(50, biasInitializer: .normal(standardDeviation: 3)) }, inputs)
    #expect(biased.name == "0.weight" && biased.deviations.count == 10)
    #expect("\(biased)".contains("biases of 0"))
    let infinite = try refused(Sequential { Dense(5) }, inputs / 0)
    #expect("\(infinite)".contains("not finite"))
  }
}
