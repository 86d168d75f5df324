import Descent

func regressionListing(print: Listing.Printer) throws {
  let data = Dataset(
    inputs: Tensor(rows: [[0], [1], [2]]), targets: Tensor(rows: [[1], [3], [5]]))

  // A weighted sum of its inputs, and a number more: of one input that is a line.
  // (w is called a weight there, b a bias.)
  var model = try Model(Sequential { Dense(1, initializer: .zeros) }, input: [1])
  try model.fit(
    data, loss: .l2, optimizer: .sgd(learningRate: 0.3), epochs: 400, batchSize: 3)
  print("w =", model["0.weight"]!, "b =", model["0.bias"]!)

  // A model is good for points that it has not seen.
  print(try model(Tensor(rows: [[10]])))
}
