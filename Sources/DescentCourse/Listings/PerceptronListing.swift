import Descent

func perceptronListing(print: Listing.Printer) throws {
  // A threshold of 5 becomes a bias of −5.
  var model = try Model(Sequential { Dense.perceptrons(threshold: 5) }, input: [3])
  model["0.weight"] = Tensor(rows: [[6, 2, 2]])
  print(model["0.bias"]!)

  // Rain, but a friend and a bus; sun, but neither.
  print(try model(Tensor(rows: [[0, 1, 1], [1, 0, 0]])))
}
