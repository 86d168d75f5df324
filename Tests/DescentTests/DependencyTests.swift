import Testing

@testable import Descent

/// What depends on what in a chain of layers: ∂oₘ/∂θₗ = 0 where m < l, for no layer sees the parameters of
/// those behind it; where m ≥ l it is not.
@Suite struct DependencyTests {
  private let model: Model
  private let inputs = Tensor.normal([7, 5], dtype: .float64, key: RandomKey(seed: 1))

  init() throws {
    model = try Model(
      Sequential {
        for _ in 0..<5 { Dense(6, activation: .tanh) }
      }, input: [5], seed: 3, dtype: .float64)
  }

  private func outputs(_ model: Model) throws -> [Tensor] {
    var result: [Tensor] = []
    _ = try model.run(inputs) { result.append($1) }
    return result
  }

  @Test(arguments: 0..<5, ["weight", "bias"])
  func aChangedParameterIsSeenFromItsLayerOn(_ layer: Int, _ kind: String) throws {
    let name = "\(layer).\(kind)"
    var changed = model
    changed[name] = changed[name]! + 1e-3
    let pairs = zip(try outputs(model), try outputs(changed))
    for (number, (before, after)) in pairs.enumerated() {
      let isSame = before.doubles() == after.doubles()
      #expect(isSame == (number < layer), "output \(number)")
    }
  }

  @Test(arguments: 0..<5)
  func derivativesAreZeroBehindTheOutput(_ number: Int) throws {
    var copy = model
    let (_, gradient) = try valueWithGradient(at: &copy) { model in
      var result: [Tensor] = []
      _ = try model.run(inputs) { result.append($1) }
      return result[number].sum()
    }
    for layer in 0..<5 {
      for kind in ["weight", "bias"] {
        let norm = try #require(gradient.norm(of: "\(layer).\(kind)"))
        #expect((norm == 0) == (number < layer), "layer \(layer)")
      }
    }
  }
}
