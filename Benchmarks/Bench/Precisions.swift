// Training in bfloat16 beside training in float32.
import Descent
import DescentData
import Foundation

/// W4's steps, and W2's epochs with what they lead to, in both precisions in alternation.
func precisions(_ settings: Settings) throws {
  if !Precision.hasFastBFloat16 {
    let note = "precisions: this processor does not multiply bfloat16, so nothing can be gained\n"
    FileHandle.standardError.write(Data(note.utf8))
  }
  let rounds = max(settings.repeats, 3)
  var steps = try Precision.allCases.map { try W4(precision: $0) }
  for index in steps.indices { try steps[index].run(3) }
  var times = Precision.allCases.map { _ in [Double]() }
  for _ in 0..<rounds {
    for index in steps.indices { times[index].append(try seconds { try steps[index].run(4) } / 4) }
  }
  for (precision, times) in zip(Precision.allCases, times) {
    report("precisions", "W4, s/step", times, variant: precision.rawValue)
  }

  guard let folder = settings.folder else { return }
  let sets = try MNIST.load(folder: folder)
  let (training, test) = (Dataset(sets.training), Dataset(sets.test))
  var accuracies = times.map { _ in [Double]() }
  times = times.map { _ in [] }
  for seed in 1...UInt64(rounds) {
    for (index, precision) in Precision.allCases.enumerated() {
      var model = try Model(w2Network, input: training.sampleShape, seed: seed)
      model.trainingPrecision = precision
      let history = try model.fit(
        training, loss: .crossEntropy, optimizer: .adam(), epochs: 3, batchSize: 128,
        stopping: .never, seed: seed)
      times[index] += history.epochs.map(\.seconds)
      let result = try model.evaluate(test, loss: .crossEntropy, metrics: [.accuracy])
      accuracies[index].append(100 * (result["accuracy"] ?? .nan))
    }
  }
  for (index, precision) in Precision.allCases.enumerated() {
    report("precisions", "W2, s/epoch", times[index], variant: precision.rawValue)
    report("precisions", "W2, test accuracy", accuracies[index], variant: precision.rawValue)
  }
}
