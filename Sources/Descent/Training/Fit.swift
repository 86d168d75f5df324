extension Model {
  /// Trains the model by stochastic gradient descent over minibatches.
  ///
  /// Runs a loop much like this:
  ///
  /// ```swift
  /// for epoch in 0..<epochs {
  ///   for batch in data.batches(of: batchSize, seed: seed, epoch: epoch) {
  ///     let (value, gradient) = try valueWithGradient(at: &model) { model in
  ///       loss(try model(batch.inputs), batch.targets)
  ///     }
  ///     optimizer.update(&model, along: gradient)
  ///   }
  /// }
  /// ```
  ///
  /// You can write this loop yourself. `fit` adds: one compiled plan for the whole step,
  /// validation after each epoch, early stopping, events for observers, and an end with the last
  /// good weights where numbers become infinite.
  ///
  /// Every epoch visits each sample once, in an order of its own. The last minibatch may be
  /// smaller, and is averaged over its true size.
  ///
  /// With an `augmentation` it learns from images that are changed anew each time they are visited.
  ///
  /// With `checkpoints` its state is kept now and then; `resuming` goes on from one with the same
  /// data and options, to the same bits.
  ///
  /// Where numbers become infinite, the step is not applied, the model gets its best weights (or the
  /// last good ones), and the error tells what broke first.
  ///
  /// Throws `ShapeError` if network, data and loss do not fit, or `resuming` is of another
  /// training; `TrainingDiverged`; and what `checkpoints` throws.
  @discardableResult
  public mutating func fit(
    _ data: Dataset, validation: Dataset? = nil, loss: Loss, optimizer: Optimizer,
    metrics: [Metric] = [], epochs: Int, batchSize: Int = 32, augmentation: Augmentation? = nil,
    stopping: Stopping = .keepingBest(), seed: UInt64 = 0, resuming: TrainingState? = nil,
    checkpoints: TrainingState.Checkpoints? = nil,
    observer: (TrainingEvent, Model) -> Void = { _, _ in }, shouldStop: () -> Bool = { false }
  ) throws -> History {
    precondition(batchSize > 0, "fit: a batch size of \(batchSize)")
    card.scale = data.scale
    card.classNames = data.classNames
    card.note(loss: loss.name)
    let stepsPerEpoch = (data.count + batchSize - 1) / batchSize
    if let resuming {
      try resuming.check(
        goesOnIn: self, metricCount: metrics.count, stepsPerEpoch: stepsPerEpoch)
      buffer = resuming.model.buffer.copy()
      randomState = resuming.model.randomState
    }
    let step = try TrainingStep(
      self, data, loss: loss, optimizer: resuming?.optimizer ?? optimizer, metrics: metrics,
      augmentation: augmentation, seed: seed)
    let validator = validation.map { Evaluator(self, $0, loss: loss, metrics: metrics) }
    let clock = ContinuousClock()
    let start = clock.now
    var lastSaved = start
    var progress = resuming?.progress ?? .init(metricCount: metrics.count)
    step.begin(behind: progress.step, of: batchSize)
    var best = resuming?.best?.buffer
    var reason = TrainingEvent.Reason.completed
    let begin = TrainingEvent.Start(
      epochs: epochs, stepsPerEpoch: stepsPerEpoch, samples: data.count,
      parameters: parameterCount)
    observer(.started(begin), self)

    func state(_ model: Model) -> TrainingState {
      TrainingState(
        model: model, optimizer: step.optimizer.copied(),
        best: best.map { buffer in model.with(buffer) }, progress: progress)
    }
    func save(_ model: Model) throws {
      try checkpoints?.save(state(model))
      lastSaved = clock.now
    }
    // What a broken step goes back to, and is examined from; never much older than this interval.
    var lastGood = state(self)
    var lastGoodTime = start
    let examinedInterval = Duration.seconds(5)
    func diverged(_ model: inout Model) throws -> TrainingDiverged {
      let isBest = stopping.restoresBest && validation != nil && best != nil
      model.buffer = (isBest ? best! : lastGood.model.buffer).copy()
      try checkpoints?.save(lastGood)
      let finish = TrainingEvent.Finish(
        reason: .diverged, bestEpoch: progress.bestEpoch, epochs: progress.epochs.count,
        seconds: (clock.now - start).seconds)
      observer(.finished(finish), model)
      return try Divergence(
        data: data, loss: loss, augmentation: augmentation, batchSize: batchSize, seed: seed,
        lastGood: lastGood,
        brokenStep: progress.step, keptEpoch: isBest ? progress.bestEpoch : progress.epochs.count
      ).examined()
    }

    let isOver = stopping.isOver(progress) && validation != nil
    if isOver { reason = .stoppedEarly }
    training: while progress.epoch <= epochs && !isOver {
      let epoch = progress.epoch
      let epochStart = clock.now
      let order = data.shuffled(seed: seed, epoch: epoch - 1)
      try order.withUnsafeBufferPointer { order in
        for first in stride(from: progress.step * batchSize, to: order.count, by: batchSize) {
          let count = Swift.min(batchSize, order.count - first)
          let positions = UnsafeBufferPointer(rebasing: order[first..<(first + count)])
          // A batch of all samples has no order.
          let (value, values) = try step.step(
            &self, count == data.count ? nil : positions, epoch: epoch - 1,
            endsEpoch: first + count == order.count)
          progress.step += 1
          if !value.isFinite { throw try diverged(&self) }
          progress.totals[0] += value * Double(count)
          for index in metrics.indices {
            progress.totals[1 + index] += values[index] * Double(count)
          }
          let now = clock.now
          observer(
            .step(
              .init(
                epoch: epoch, step: progress.step, loss: value,
                seconds: (now - epochStart).seconds)),
            self)
          if shouldStop() {
            reason = .interrupted
            return
          }
          if now - lastGoodTime >= examinedInterval {
            guard isFinite else { throw try diverged(&self) }
            (lastGood, lastGoodTime) = (state(self), now)
          }
          if let checkpoints, now - lastSaved >= checkpoints.interval {
            guard isFinite else { throw try diverged(&self) }
            try save(self)
          }
        }
      }
      guard isFinite else { throw try diverged(&self) }
      if reason == .interrupted {
        try save(self)
        break training
      }
      let seconds = (clock.now - epochStart).seconds

      let averaged = step.optimizer.averaged(self)
      let checked = try validator?.evaluate(averaged)
      let totals = progress.totals.map { $0 / Double(Swift.max(data.count, 1)) }
      let trained = metrics.enumerated().map { ($1.name, totals[1 + $0]) }
      let score = stopping.monitored(
        loss: checked?.loss ?? totals[0], metrics: checked?.metrics ?? trained)
      let isImproved = progress.isImproved(by: score)
      if isImproved {
        (progress.bestEpoch, progress.bestScore) = (epoch, [score.0, score.1])
        best = averaged.buffer.copy()
      }
      let result = TrainingEvent.Epoch(
        epoch: epoch, loss: totals[0], metrics: trained, validationLoss: checked?.loss,
        validationMetrics: checked?.metrics ?? [],
        learningRate: step.optimizer.learningRate.rate(at: step.optimizer.stepCount - 1),
        seconds: seconds, bestEpoch: progress.bestEpoch)
      progress.epochs.append(result)
      progress.beginEpoch()
      (lastGood, lastGoodTime) = (state(self), clock.now)
      observer(.epoch(result), self)
      if isImproved { observer(.improved(epoch: epoch), self) }
      if validation != nil && stopping.isOver(progress) {
        reason = .stoppedEarly
        break
      }
    }
    if reason != .interrupted { try save(self) }
    if stopping.restoresBest, validation != nil, let best {
      buffer = best.copy()
    } else {
      self = step.optimizer.averaged(self)
    }
    let finish = TrainingEvent.Finish(
      reason: reason, bestEpoch: progress.bestEpoch, epochs: progress.epochs.count,
      seconds: (clock.now - start).seconds)
    observer(.finished(finish), self)
    return History(epochs: progress.epochs, finish: finish)
  }

  /// This model with other numbers.
  private func with(_ buffer: Storage) -> Model {
    var result = self
    result.buffer = buffer
    return result
  }

  /// The loss and metrics of the model on a data set, and its outputs.
  public func evaluate(
    _ data: Dataset, loss: Loss, metrics: [Metric] = []
  ) throws -> Evaluator.Evaluation {
    try Evaluator(self, data, loss: loss, metrics: metrics).evaluate(self)
  }

  /// The network's outputs for every sample of a tensor, `[samples, …input]`, in batches.
  ///
  /// Inputs are multiplied by `scale`, or as the data was that the model was trained on.
  public func predict(_ inputs: Tensor, scale: Double? = nil) throws -> Tensor {
    let targets = Tensor(repeating: 0, shape: [inputs.shape[0]])
    let data = Dataset(inputs: inputs, targets: targets, scale: scale ?? card.scale)
    return try Evaluator(self, data).evaluate(self).outputs
  }
}

extension Optimizer {
  /// The learning rate of the next step.
  public var currentLearningRate: Double { learningRate.rate(at: stepCount) }
}

extension Duration {
  /// The duration in seconds.
  public var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}
