import Foundation

/// Training came to infinite or undefined numbers: what broke first, why, and what would have held.
///
/// The step that did it is not applied: the model has the weights of `keptEpoch`.
public struct TrainingDiverged: Error, CustomStringConvertible {
  /// The epoch, counted from 1.
  public let epoch: Int
  /// The step within its epoch, counted from 1.
  public let step: Int
  /// What was the first not to be finite: a layer's output or gradient, or the loss itself.
  public let origin: String
  /// The smallest and the largest input of the step's minibatch, as the network sees them.
  public let inputs: (smallest: Double, largest: Double)
  /// How long the last step was in units of the weights that it changed, where that was largest.
  ///
  /// About 0.001 is usual; nil where no step was taken before.
  public let update: (ratio: Double, parameter: String)?
  /// The learning rate of the step.
  public let learningRate: Double
  /// The largest learning rate tried with which the same steps stay finite and do not get worse, if
  /// there is one.
  public let holdingRate: Double?
  /// The epoch whose weights the model has now; 0 where none was finished.
  public let keptEpoch: Int

  static let inputsOrigin = "the inputs"

  public var description: String {
    let areInputsFinite = origin != Self.inputsOrigin
    let size = max(abs(inputs.smallest), abs(inputs.largest))
    let update = update.map {
      "\(brief($0.ratio)) of \"\($0.parameter)\" in the last step (0.001 is usual)"
    }
    let cause =
      !areInputsFinite
      ? "inputs that are not finite"
      : size > 1_000
        ? "inputs that are not scaled"
        : holdingRate != nil
          ? "steps too large for this network and data" : "weights that begin too large"
    let remedy =
      !areInputsFinite
      ? "take the samples with missing or infinite numbers out"
      : holdingRate.map {
        "with a learning rate of \(brief($0)) the same steps hold; or clip the gradient's norm"
      } ?? "no smaller learning rate holds: begin with smaller weights (--initializer he)"
    let kept =
      keptEpoch > 0 ? "the model has the weights of epoch \(keptEpoch)" : "no epoch was done"
    let scale = size > 1_000 && areInputsFinite ? "scale the inputs to a deviation of 1; " : ""
    return """
      training diverged in epoch \(epoch), step \(step): numbers are no longer finite
        first seen in: \(origin)
        inputs of that minibatch: from \(brief(inputs.smallest)) to \(brief(inputs.largest))
        update to weights: \(update ?? "this was the first step")
        learning rate: \(brief(learningRate))
        likely cause: \(cause)
        remedy: \(scale)\(remedy)
        the step was not applied; \(kept)
      """
  }
}

/// Goes from the last good state of a training again to the step that broke its numbers.
///
/// Training is the same to the last bit each time, so nothing need be kept on the way there.
struct Divergence {
  let data: Dataset
  let loss: Loss
  let augmentation: Augmentation?
  let batchSize: Int
  let seed: UInt64
  let lastGood: TrainingState
  /// The number of the step, in the epoch of the last good state, after which numbers were broken.
  let brokenStep: Int
  /// The epoch whose weights are kept.
  let keptEpoch: Int

  func examined() throws -> TrainingDiverged {
    let epoch = lastGood.progress.epoch
    let order = data.shuffled(seed: seed, epoch: epoch - 1)
    var (model, before) = (lastGood.model, lastGood.model)
    var update: (ratio: Double, parameter: String)?
    let step = try TrainingStep(
      model, data, loss: loss, optimizer: lastGood.optimizer, augmentation: augmentation, seed: seed
    )
    step.begin(behind: lastGood.progress.step, of: batchSize)
    var number = lastGood.progress.step + 1
    var rate = step.optimizer.currentLearningRate
    while true {
      rate = step.optimizer.currentLearningRate
      let value = try step(&model, positions: batch(number, order), epoch: epoch - 1).loss
      guard value.isFinite, model.isFinite, number < brokenStep else { break }
      update = largestUpdate(from: before, to: model)
      before = model
      number += 1
    }
    let positions = batch(number, order)
    let stored = data.inputs.gather(Tensor(positions))
    let inputs = data.prepared(
      try augmentation?(stored, seed: seed, epoch: epoch - 1, positions: positions.map { Int($0) })
        ?? stored, dtype: before.dtype)
    return TrainingDiverged(
      epoch: epoch, step: number,
      origin: try before.firstNonFinite(
        inputs, data.targets.gather(Tensor(positions)), loss: loss),
      inputs: (inputs.min().scalar, inputs.max().scalar), update: update, learningRate: rate,
      holdingRate: try holdingRate(below: rate, order), keptEpoch: keptEpoch)
  }

  private func batch(_ step: Int, _ order: [Int32]) -> [Int32] {
    let first = min((step - 1) * batchSize, order.count - 1)
    return Array(order[first..<min(first + batchSize, order.count)])
  }

  private func largestUpdate(
    from before: Model, to after: Model
  ) -> (ratio: Double, parameter: String)? {
    before.parameters.compactMap { parameter in
      // In float64: the squares of weights that explode are too large for float32.
      guard let old = before[parameter.name]?.cast(to: .float64),
        let new = after[parameter.name]?.cast(to: .float64)
      else { return nil }
      let length = sqrt((old * old).sum()).scalar
      let change = sqrt(((new - old) * (new - old)).sum()).scalar
      return length > 0 ? (change / length, parameter.name) : nil
    }.max { $0.0 < $1.0 }
  }

  /// The largest of the rates rate/10, rate/100, … with which the steps up to the broken one, and as
  /// many behind it, stay finite and end no worse than they began; a second of each is tried.
  private func holdingRate(below rate: Double, _ order: [Int32]) throws -> Double? {
    let first = lastGood.progress.step + 1
    let last = min(brokenStep + max(brokenStep - first, 20), (order.count - 1) / batchSize + 1)
    let start = try lastGood.model.evaluate(data.prefix(2_000), loss: loss).loss
    func holds(_ power: Int) throws -> Bool {
      var optimizer = lastGood.optimizer
      optimizer.learningRate = .constant(rate * pow(10, -Double(power)))
      var model = lastGood.model
      let batches = (first...max(last, first)).lazy.map { batch($0, order) }
      let end = try model.rehearse(
        data, batches, loss: loss, optimizer: optimizer, seconds: 1
      )
      return end <= max(1.1 * start, start + 0.1)
    }
    guard var held = try [1, 2, 4, 8, 16, 32].first(where: holds) else { return nil }
    var broken = held / 2
    while held - broken > 1 {
      let middle = (held + broken) / 2
      if try holds(middle) { held = middle } else { broken = middle }
    }
    return rate * pow(10, -Double(held))
  }
}

extension Model {
  /// Takes steps on given minibatches, and returns the mean loss of the last tenth of them, which is
  /// infinite where training diverged.
  mutating func rehearse(
    _ data: Dataset, _ batches: some Sequence<[Int32]>, loss: Loss, optimizer: Optimizer,
    augmentation: Augmentation? = nil, seconds: Double
  ) throws -> Double {
    let step = try TrainingStep(
      self, data, loss: loss, optimizer: optimizer, augmentation: augmentation)
    let clock = ContinuousClock()
    let start = clock.now
    var losses: [Double] = []
    for positions in batches {
      let value = try step(&self, positions: positions).loss
      guard value.isFinite else { return .infinity }
      losses.append(value)
      if (clock.now - start).seconds > seconds { break }
    }
    guard isFinite else { return .infinity }
    let last = losses.suffix(max(1, losses.count / 10))
    return last.reduce(0, +) / Double(max(last.count, 1))
  }

  /// What is the first not to be finite on the way forward and back, in words.
  func firstNonFinite(_ inputs: Tensor, _ targets: Tensor, loss: Loss) throws -> String {
    func isBroken(_ tensor: Tensor) -> Bool {
      ((tensor - tensor) .!= 0).cast(to: .int32).max().scalar > 0
    }
    if isBroken(inputs) { return TrainingDiverged.inputsOrigin }
    var found: String?
    let output = try run(inputs) { trace, output in
      if found == nil && isBroken(output) {
        found = "the output of layer \"\(trace.path)\" (\(trace.layer.summary))"
      }
    }
    if let found { return found }
    if isBroken(loss(output, targets)) { return "the loss, after layer outputs that are finite" }
    var copy = self
    let (_, gradient) = try valueWithGradient(at: &copy) { model in
      loss(try model(inputs), targets)
    }
    // On the way back the last layer is the first.
    for parameter in parameters.reversed() where gradient.norm(of: parameter.name)?.isFinite != true
    {
      let path = parameter.name.prefix { $0 != "." }
      let layer = layers.first { $0.path == path }.map { " (\($0.summary))" } ?? ""
      return "the gradient of \"\(parameter.name)\" in layer \"\(path)\"\(layer)"
    }
    return "the step itself: its weights are too large for the machine's numbers"
  }
}
