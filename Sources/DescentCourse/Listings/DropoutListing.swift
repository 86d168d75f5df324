import Descent

func dropoutListing(print: Listing.Printer) throws {
  let network = Sequential {
    Dropout(0.5)
    Dense(1)
  }
  var model = try Model(network, input: [8], seed: 1)

  // Evaluation: the whole network, the same each time.
  let whole = try model(Tensor.ones([1, 8])).scalar
  print("evaluation twice, the same:", try whole == model(Tensor.ones([1, 8])).scalar)

  // A step of training: every row of the minibatch has a mask of its own.
  let (mean, outputs, _) = try valueWithGradient(at: &model) { model in
    let outputs = try model(Tensor.ones([10_000, 8]))
    return (outputs.mean(), outputs)
  }
  print("training, three rows:", outputs.slice(0, 0..<3).reshaped([3]))
  print("mean of 10,000 rows within 0.05:", abs(mean.scalar - whole) < 0.05)
}
