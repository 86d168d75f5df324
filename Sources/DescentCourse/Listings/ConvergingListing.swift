import Descent
import DescentData

func convergingListing(print: Listing.Printer) throws {
  let data = Dataset(GeneratedSet.named("moons", count: 600, seed: 1)!)
  let network = Sequential {
    Dense(32, activation: .relu)
    Dense(32, activation: .relu)
    Dense(2)
  }

  // Fifty samples, learned by heart. A network that cannot do this has a fault.
  var model = try Model(network, input: [2], seed: 1)
  try model.fit(
    data.prefix(50), loss: .crossEntropy, optimizer: .adam(learningRate: 3e-3), epochs: 600,
    batchSize: 50)
  let result = try model.evaluate(data.prefix(50), loss: .crossEntropy, metrics: [.accuracy])
  print("all fifty right:", result["accuracy"] == 1)

  // And the other checks, each with a number, a verdict and a remedy.
  let doctor = Doctor(
    try Model(network, input: [2], seed: 1), training: data, loss: .crossEntropy,
    optimizer: .adam(learningRate: 3e-3))
  for finding in try doctor.examine().prefix(2) { print(finding) }
}
