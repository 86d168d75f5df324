// A layer of one's own: a struct with a call. Its parameters are asked for where they are used,
// so their shapes follow from the input and their names from the structure.
import Descent

/// y = x ∘ gain + shift, one of each for every feature.
struct Scale: Layer {
  func callAsFunction(_ x: Tensor, in scope: Scope) -> Tensor {
    let gain = scope.parameter("gain", [x.shape.last], initializer: .ones)
    let shift = scope.parameter("shift", [x.shape.last], initializer: .zeros)
    return x * gain + shift
  }
}

/// relu(x + second(first(x))), with children of its own.
struct ResidualBlock: Layer {
  var first: Dense
  var second: Dense

  init(_ units: Int) {
    first = Dense(units, activation: .relu)
    second = Dense(units)
  }

  func callAsFunction(_ x: Tensor, in scope: Scope) throws -> Tensor {
    try relu(x + second(first(x, in: scope.first), in: scope.second))
  }
}

let network = Sequential {
  Dense(16, activation: .relu)
  Scale()
  ResidualBlock(16)
  Dense(3)
}
let model = try Model(network, input: [4], seed: 1)
print(model)
print(model.parameters.map(\.name))
