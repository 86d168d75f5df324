// An optimiser of one's own: the formula of a step, in tensors. It is compiled into the training
// step, over all parameters at once.
import Descent

/// Lion (Chen et al., 2023): steps of fixed size along the sign of a running mean.
struct Lion: UpdateRule {
  var stateCount: Int { 1 }

  func update(
    _ parameter: Tensor, gradient: Tensor, state: [Tensor], context: UpdateContext
  ) -> (parameter: Tensor, state: [Tensor]) {
    let direction = sign(0.9 * state[0] + 0.1 * gradient)
    let mean = 0.99 * state[0] + 0.01 * gradient
    return (parameter - context.learningRate * direction, [mean])
  }
}

let x = Tensor.linear(from: -1, to: 1, count: 64).reshaped([64, 1])
let data = Dataset(inputs: x, targets: 3 * x - 1)
var model = try Model(Sequential { Dense(1) }, input: [1], seed: 1)
let lion = Optimizer("lion", Lion(), learningRate: .cosine(0.05, over: 800))
try model.fit(data, loss: .meanSquaredError, optimizer: lion, epochs: 200, batchSize: 16)
print(model["0.weight"]!, model["0.bias"]!)
