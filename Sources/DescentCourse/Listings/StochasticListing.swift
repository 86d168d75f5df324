import Descent

func stochasticListing(print: Listing.Printer) throws {
  // 1,000 samples of a line with a slope of 2 and a height of 1.
  let x = Tensor.linear(from: -1, to: 1, count: 1000).reshaped([1000, 1])
  let data = Dataset(inputs: x, targets: 2 * x + 1)

  var model = try Model(Sequential { Dense(1, initializer: .zeros) }, input: [1])
  let history = try model.fit(
    data, loss: .l2, optimizer: .sgd(learningRate: 0.2), epochs: 3, batchSize: 10)

  // 100 steps an epoch: three epochs are enough.
  print(history.losses.map { $0 < 0.001 })
  print("w =", model["0.weight"]!, "b =", model["0.bias"]!)

  // The minibatches of an epoch hold every sample once, in an order of their own.
  print(data.batches(of: 300, seed: 1).map { $0.inputs.shape[0] })
}
