import Descent
import DescentData

func digitsListing(print: Listing.Printer) throws {
  let (training, test) = try Digits.load()
  let network = Sequential {
    Flatten()
    Dense(30, activation: .sigmoid)
    Dense(10)
  }
  var model = try Model(network, input: [28, 28], seed: 1)
  try model.fit(
    Dataset(training), loss: .crossEntropy, optimizer: .sgd(learningRate: 0.5),
    epochs: 10, batchSize: 10)
  let result = try model.evaluate(Dataset(test), loss: .crossEntropy, metrics: [.accuracy])
  print("more than nine of ten:", result["accuracy"]! > 0.9)
}
