// A loss of one's own: a function of output and target that returns the mean over the minibatch.
import Descent

/// ln cosh(output − target): square near zero, absolute far away, smooth everywhere.
let logCosh = Loss("log-cosh") { output, target in
  let error = output - target
  return (error + softplus(-2 * error) - 0.693_147_180_559_945_3).mean()
}

let x = Tensor.linear(from: -1, to: 1, count: 64).reshaped([64, 1])
let data = Dataset(inputs: x, targets: 3 * x - 1)
var model = try Model(Sequential { Dense(1) }, input: [1], seed: 1)
try model.fit(data, loss: logCosh, optimizer: .adam(learningRate: 0.1), epochs: 200, batchSize: 16)
print(model["0.weight"]!, model["0.bias"]!)
