// The checks that look at how a network learns.

extension Doctor {
  func oneMinibatch() throws -> Verdict {
    let batch = few(min(batchSize, training.count))
    let before = try model.evaluate(batch, loss: loss).loss
    let (_, after) = try trained(
      on: batch, steps: 1, batchSize: batch.count, optimizer: optimizer)
    let next = try trained(on: batch, steps: 2, batchSize: batch.count, optimizer: optimizer).loss
    if let storing {
      let stored = try storing(model)
      guard try stored.predict(batch.inputs).doubles() == model.predict(batch.inputs).doubles()
      else {
        return Verdict(
          isSound: false, measured: "a stored model gives other outputs",
          remedy: "a layer's output may depend on nothing but its input and its parameters")
      }
    }
    let isSound = before.isFinite && after.isFinite && next.isFinite
    return Verdict(
      isSound: isSound, measured: "loss \(brief(before)), after a step \(brief(next))",
      remedy: before.isFinite
        ? "the step is too large for these numbers: see the learning rate and the inputs below"
        : "the network's output is not finite before any training: see the inputs below, and "
          + "smaller initial weights")
  }

  func initialLoss() throws -> Verdict {
    let data = few(min(1_000, training.count))
    let value = try model.evaluate(data, loss: loss).loss
    let constant = try constantLoss(on: data)
    guard isClassification && loss.name == "cross-entropy" else {
      // The network's first answers may be off by about the spread of the targets.
      return Verdict(
        isSound: value <= 5 * constant,
        measured: "\(brief(value)); the best constant answer has \(brief(constant))",
        remedy: "scale the inputs and the targets, or begin with smaller weights (--initializer)")
    }
    // Inputs that are not quite scaled give somewhat more, and are learned all the same.
    let isSound = value <= 4 * constant && value >= 0.9 * constant
    return Verdict(
      isSound: isSound, measured: "\(brief(value)); ln \(classCount) is \(brief(constant))",
      remedy: "before training all classes should be about equally likely: scale the inputs, or "
        + "begin with smaller weights (--initializer)")
  }

  func overfitting() throws -> Verdict {
    let data = few(fewCount)
    let (learned, last) = try trained(
      on: data, steps: 2_000, batchSize: data.count, optimizer: optimizer, seconds: 4)
    let constant = try constantLoss(on: data)
    var measured = "loss \(brief(last))"
    var isSound = last < (isClassification ? 0.01 : 0.02 * constant)
    if isClassification, last.isFinite {
      let rate = try learned.evaluate(data, loss: loss, metrics: [.accuracy])["accuracy"] ?? 0
      measured += ", \(brief(rate * 100)) % right"
      isSound = rate == 1 && last < 0.1 * constant
    }
    if let layer = try firstSymmetricLayer() {
      return Verdict(
        isSound: false,
        measured: measured + "; all units of layer \(layer) begin alike",
        remedy: "units with equal weights get equal gradients and never differ: begin with random "
          + "weights (--initializer he)")
    }
    return Verdict(
      isSound: isSound, measured: measured,
      remedy: "a network that cannot learn a few samples by heart learns nothing: see the other "
        + "checks; if all pass, give it more units or a larger learning rate")
  }

  /// The first layer whose units have the same weights, if there is one.
  private func firstSymmetricLayer() throws -> String? {
    for parameter in model.parameters where parameter.shape.rank > 1 && parameter.shape[0] > 1 {
      guard let weight = model[parameter.name] else { continue }
      let spread = (weight - weight.slice(0, 0..<1)).max().scalar
      if spread == 0 { return "\"\(parameter.name.prefix { $0 != "." })\"" }
    }
    return nil
  }

  static let factors = [0.01, 0.1, 0.3, 1, 3, 10]

  func learningRates() throws -> Verdict {
    let rate = optimizer.learningRate.peak
    let start = try model.evaluate(few(min(500, training.count)), loss: loss).loss
    let results = try Self.factors.map { factor in
      try trained(
        on: training, steps: 100, batchSize: batchSize,
        optimizer: optimizer.constant(times: factor),
        seconds: 2
      ).loss
    }
    let constant = try constantLoss(on: few(min(500, training.count)))
    let best = results.min() ?? .infinity
    // Where none gets better than an answer that ignores the inputs, there is nothing to compare.
    let learns = best < 0.98 * constant
    // Below the best rate it is enough to get on at all: a longer training will arrive. Above it
    // half of the way is wanted, for what shakes there does not settle later.
    let bestIndex = results.firstIndex(of: best) ?? 0
    let bounds = results.indices.map { index in
      let share = index < bestIndex ? 0.95 : 0.5
      return learns ? best + share * (min(start, constant) - best) : best * 1.1
    }
    let ownIndex = Self.factors.firstIndex(of: 1)!
    let usable = results.indices.filter { results[$0] <= bounds[$0] }.map {
      rate * Self.factors[$0]
    }
    let list = zip(Self.factors, results).map { "\(brief(rate * $0.0)): \(brief($0.1))" }
    let own = results[ownIndex]
    let range =
      usable.isEmpty ? "none" : "\(brief(usable.first!)) to \(brief(usable.last!))"
    return Verdict(
      isSound: own <= bounds[ownIndex] && learns,
      measured: "usable: \(range); the loss after 100 steps at \(list.joined(separator: ", "))",
      remedy: !learns
        ? "no learning rate near \(brief(rate)) learns: see the other checks, then let "
          + "descent train --find-rate look further away"
        : own > best && usable.first.map { rate > $0 } == true
          ? "the learning rate \(brief(rate)) is too large: use \(brief(usable.last ?? rate))"
          : "the learning rate \(brief(rate)) is too small: use \(brief(usable.last ?? rate))")
  }

  func generalization() throws -> Verdict {
    guard let held = others.first else {
      return Verdict(isSound: true, measured: "no samples are held out; nothing to compare")
    }
    let data = few(min(4_000, training.count))
    let checked = held.prefix(2_000)
    let steps = max(300, 8 * data.count / (batchSize * optimizer.batchesPerStep))
    let (learned, _) = try trained(
      on: data, steps: min(steps, 3_000), batchSize: batchSize, optimizer: optimizer, seconds: 6)
    guard isClassification else {
      let value = try learned.evaluate(checked, loss: loss).loss
      let constant = try constantLoss(on: checked)
      return Verdict(
        isSound: value < 0.97 * constant,
        measured: "loss \(brief(value)) on new samples; a constant answer has \(brief(constant))",
        remedy: "nothing was learned that holds for new samples: do the targets belong to their "
          + "rows, and do the columns say anything about them?")
    }
    let rate = try learned.evaluate(checked, loss: loss, metrics: [.accuracy])["accuracy"] ?? 0
    let counts = classCounts(checked)
    let chance = Double(counts.max() ?? 0) / Double(max(checked.count, 1))
    // Two standard errors of a share.
    let error = 2 * (chance * (1 - chance) / Double(max(checked.count, 1))).squareRoot()
    let permuted = try permutedAccuracy()
    return Verdict(
      isSound: rate > chance + error,
      measured: "\(brief(rate * 100)) % right on new samples; always the same answer would be "
        + "right in \(brief(chance * 100)) %; with shuffled labels \(brief(permuted * 100)) % of "
        + "\(fewCount) samples are learned by heart",
      remedy:
        "the labels tell nothing that holds for new samples: do they belong to their rows, or "
        + "were they shuffled apart?")
  }

  /// The share of a few samples that is learned by heart although their labels were shuffled.
  private func permutedAccuracy() throws -> Double {
    let data = few(fewCount)
    var generator = Philox(seed: seed, stream: RandomKey(seed: seed, name: "permuted").stream)
    let targets = data.targets.gather(Tensor(generator.permutation(of: data.count)))
    let permuted = Dataset(
      inputs: data.inputs, targets: targets, scale: data.scale, classNames: data.classNames)
    let (learned, _) = try trained(
      on: permuted, steps: 1_000, batchSize: data.count, optimizer: optimizer, seconds: 3)
    return try learned.evaluate(permuted, loss: loss, metrics: [.accuracy])["accuracy"] ?? 0
  }

  func inputsAreUsed() throws -> Verdict {
    let data = few(min(1_000, training.count))
    let empty = Dataset(
      inputs: Tensor.zeros(data.inputs.shape, dtype: data.inputs.dtype), targets: data.targets,
      scale: data.scale, classNames: data.classNames)
    let real = try trained(
      on: data, steps: 300, batchSize: batchSize, optimizer: optimizer, seconds: 3
    ).loss
    let blind = try trained(
      on: empty, steps: 300, batchSize: batchSize, optimizer: optimizer, seconds: 3
    ).loss
    return Verdict(
      isSound: real < 0.95 * blind,
      measured: "loss \(brief(real)), and \(brief(blind)) if all inputs are zero",
      remedy: "the network learns no more from the inputs than from nothing: see the data and the "
        + "units below")
  }
}
