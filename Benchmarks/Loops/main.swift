// The loop written by hand against `fit`, on the same network and data: seconds an epoch, and the
// memory of the process over 10,000 steps by hand. One JSON line for each measurement.
//
// usage: swift run -c release descent-loops [MNIST_FOLDER]    (the embedded digits without one)
import Descent
import DescentData
import Foundation

/// The resident memory of this process, in KiB (Linux).
func residentKiB() -> Int {
  guard let text = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8) else {
    return 0
  }
  let line = text.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
  return line?.split(separator: " ").compactMap { Int($0) }.first ?? 0
}

func seconds(_ body: () throws -> Void) rethrows -> Double {
  let clock = ContinuousClock()
  return try clock.measure(body).seconds
}

func report(_ metric: String, _ values: [Double]) {
  let sorted = values.sorted()
  print(
    "{\"peer\":\"descent\",\"workload\":\"W2\",\"metric\":\"\(metric)\",\"threads\":\(Execution.threads),"
      + "\"median\":\(sorted[sorted.count / 2]),\"min\":\(sorted[0]),\"max\":\(sorted.last!),"
      + "\"n\":\(sorted.count)}")
}

func step(_ model: inout Model, _ optimizer: inout Optimizer, _ batch: Dataset.Batch) throws
  -> Double
{
  let (loss, logits, gradient) = try valueWithGradient(at: &model) { model in
    let logits = try model(batch.inputs)
    return (crossEntropy(logits, batch.targets), logits)
  }
  optimizer.update(&model, along: gradient)
  return loss.scalar + accuracy(logits, batch.targets).scalar
}

let data: Dataset
if CommandLine.arguments.count > 1 {
  data = Dataset(try MNIST.load(folder: CommandLine.arguments[1]).training)
} else {
  data = Dataset(try Digits.load().training)
}
let network = Sequential {
  Flatten()
  Dense(512, activation: .relu)
  Dense(512, activation: .relu)
  Dense(10)
}

// In alternation, so that the machine's drift hits both alike.
var (byFit, byHand): ([Double], [Double]) = ([], [])
var fitted = try Model(network, input: data.sampleShape, seed: 1)
var trained = fitted
var optimizer = Optimizer.adam()
for epoch in 0..<5 {
  byFit.append(
    try seconds {
      try fitted.fit(
        data, loss: .crossEntropy, optimizer: .adam(), metrics: [.accuracy], epochs: 1,
        batchSize: 128)
    })
  byHand.append(
    try seconds {
      for batch in data.batches(of: 128, seed: 1, epoch: epoch) {
        _ = try step(&trained, &optimizer, batch)
      }
    })
}
report("fit s/epoch", byFit)
report("by hand s/epoch", byHand)

var small = try Model(
  Sequential {
    Flatten()
    Dense(30, activation: .sigmoid)
    Dense(10)
  }, input: data.sampleShape, seed: 1)
var sgd = Optimizer.sgd(learningRate: 0.1, momentum: 0.9)
var (steps, early) = (0, 0)
training: for epoch in 0... {
  for batch in data.batches(of: 32, seed: 2, epoch: epoch) {
    _ = try step(&small, &sgd, batch)
    steps += 1
    if steps == 1_000 { early = residentKiB() }
    if steps == 10_000 { break training }
  }
}
report("KiB grown from step 1,000 to 10,000 by hand", [Double(residentKiB() - early)])
