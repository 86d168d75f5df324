import Descent
import DescentData
import Foundation

/// One minibatch through everything that a training does, in a folder that is removed again.
struct DryRun {
  var model: Model
  let training: Dataset
  let held: Dataset?
  let loss: Loss
  let optimizer: Optimizer
  let batchSize: Int
  let augmentation: Augmentation?

  mutating func run() throws {
    let folder = FileManager.default.temporaryDirectory.path + "/descent-dry-run-\(getpid())"
    try makeFolder(folder)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let batch = training.prefix(batchSize)
    print("read       \(training.count) samples of \(training.sampleShape)")
    let before = try model.evaluate(batch, loss: loss).loss
    print("forward    loss \(fixed(before, 4)) on \(batch.count) samples")
    try model.fit(
      batch, loss: loss, optimizer: optimizer, epochs: 1, batchSize: batch.count,
      augmentation: augmentation, stopping: .never)
    let after = try model.evaluate(batch, loss: loss).loss
    print("backward   a step along the gradient, loss \(fixed(after, 4))")
    if let held {
      let checked = try model.evaluate(held.prefix(batchSize), loss: loss).loss
      print("validate   loss \(fixed(checked, 4)) on \(min(batchSize, held.count)) samples")
    }
    let path = folder + "/model.safetensors"
    try model.save(to: path)
    print("save       \(bytes(try readFile(path).count))")
    let loaded = try Model(contentsOf: path)
    let same = try loaded.predict(batch.inputs).doubles() == model.predict(batch.inputs).doubles()
    guard same else {
      throw UsageError("the stored model predicts something else: please report it")
    }
    print("load       and predict: the same \(batch.count) outputs to the last bit")
  }
}
