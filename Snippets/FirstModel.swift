import Descent
import DescentData

let (training, test) = try Digits.load()
let network = Sequential {
  Flatten()
  Dense(128, activation: .relu)
  Dense(10)
}
var model = try Model(network, input: [28, 28], seed: 1)
try model.fit(
  Dataset(training), loss: .crossEntropy, optimizer: .adam(learningRate: 1e-3),
  metrics: [.accuracy], epochs: 10, batchSize: 32)
let result = try model.evaluate(Dataset(test), loss: .crossEntropy, metrics: [.accuracy])
print(result["accuracy"]!)
try model.save(to: "digits.safetensors")
