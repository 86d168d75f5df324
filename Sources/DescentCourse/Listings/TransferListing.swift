import Descent
import DescentData

func transferListing(print: Listing.Printer) throws {
  let network = Sequential {
    Flatten()
    Dense(30, activation: .relu).named("body")
    Dense(10).named("head")
  }
  let old = try Model(network, input: [28, 28], seed: 1)

  // Another task with five classes: all weights that still fit are kept.
  let (model, renewed) = try old.replacing(network: network.replacingHead(outputs: 5)!, seed: 2)
  print("drawn anew:", renewed)
  print("kept:", model["body.weight"]!.doubles() == old["body.weight"]!.doubles())

  // What is frozen stays, to the last bit.
  var tuned = model
  tuned.freeze("body.*")
  let digits = Dataset(try Digits.load().training)
  let labels = digits.targets.scalars(as: Int32.self)
  let few = digits[Array(labels.indices.filter { labels[$0] < 5 }.prefix(50))]
  try tuned.fit(few, loss: .crossEntropy, optimizer: .adam(learningRate: 1e-2), epochs: 10)
  print("the body is as before:", tuned["body.weight"]!.doubles() == old["body.weight"]!.doubles())
  print("the head is not:", tuned["head.weight"]!.doubles() != model["head.weight"]!.doubles())
}
