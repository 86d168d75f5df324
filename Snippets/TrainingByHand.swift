// The loop that `fit` stands for. The & is honest: the optimiser moves the model's parameters.
import Descent
import DescentData

let (images, _) = try Digits.load()
let digits = Dataset(images)
let network = Sequential {
  Flatten()
  Dense(128, activation: .relu)
  Dense(10)
}
var model = try Model(network, input: digits.sampleShape, seed: 1)
var optimizer = Optimizer.adam(learningRate: 1e-3)
for epoch in 0..<3 {
  var (losses, hits, count) = (0.0, 0.0, 0.0)
  for batch in digits.batches(of: 128, seed: 1, epoch: epoch) {
    let (loss, logits, gradient) = try valueWithGradient(at: &model) { model in
      let logits = try model(batch.inputs)
      return (crossEntropy(logits, batch.targets), logits)
    }
    optimizer.update(&model, along: gradient)
    losses += loss.scalar
    hits += accuracy(logits, batch.targets).scalar
    count += 1
  }
  print("epoch \(epoch + 1): loss \(losses / count), accuracy \(hits / count)")
}
