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
  /// Throws `ShapeError` if network, data and loss do not fit, and `TrainingDiverged`.
  @discardableResult
  public mutating func fit(
    _ data: Dataset, validation: Dataset? = nil, loss: Loss, optimizer: Optimizer,
    metrics: [Metric] = [], epochs: Int, batchSize: Int = 32, stopping: Stopping = .keepingBest(),
    seed: UInt64 = 0, observer: (TrainingEvent, Model) -> Void = { _, _ in },
    shouldStop: () -> Bool = { false }
  ) throws -> History {
    precondition(batchSize > 0, "fit: a batch size of \(batchSize)")
    card.scale = data.scale
    card.classNames = data.classNames
    card.loss = loss.name
    let step = try TrainingStep(self, data, loss: loss, optimizer: optimizer, metrics: metrics)
    let validator = validation.map { Evaluator(self, $0, loss: loss, metrics: metrics) }
    let clock = ContinuousClock()
    let start = clock.now
    var history = History()
    var best: (epoch: Int, score: (Double, Double), buffer: Storage)?
    var lastGood = buffer.copy()
    var reason = TrainingEvent.Reason.completed
    let stepsPerEpoch = (data.count + batchSize - 1) / batchSize
    let begin = TrainingEvent.Start(
      epochs: epochs, stepsPerEpoch: stepsPerEpoch, samples: data.count,
      parameters: parameterCount)
    observer(.started(begin), self)

    training: for epoch in 1...max(epochs, 1) where epoch <= epochs {
      let epochStart = clock.now
      var total = (loss: 0.0, metrics: [Double](repeating: 0, count: metrics.count))
      let order = data.shuffled(seed: seed, epoch: epoch - 1)
      try order.withUnsafeBufferPointer { order in
        var number = 0
        for first in stride(from: 0, to: order.count, by: batchSize) {
          let count = Swift.min(batchSize, order.count - first)
          let positions = UnsafeBufferPointer(rebasing: order[first..<(first + count)])
          let rate = step.optimizer.currentLearningRate
          // A batch of all samples has no order.
          let (value, values) = try step.step(&self, count == data.count ? nil : positions)
          number += 1
          if !value.isFinite {
            let layer = try firstNonFiniteLayer(data, Array(positions))
            buffer = lastGood
            throw TrainingDiverged(epoch: epoch, step: number, layer: layer, learningRate: rate)
          }
          total.loss += value * Double(count)
          for index in metrics.indices { total.metrics[index] += values[index] * Double(count) }
          observer(
            .step(
              .init(
                epoch: epoch, step: number, loss: value, seconds: (clock.now - epochStart).seconds)),
            self)
          if shouldStop() {
            reason = .interrupted
            return
          }
        }
      }
      let seconds = (clock.now - epochStart).seconds
      if reason == .interrupted { break training }
      guard isFinite else {
        let layer = try firstNonFiniteLayer(data, Array(order.prefix(batchSize)))
        buffer = lastGood
        throw TrainingDiverged(
          epoch: epoch, step: stepsPerEpoch, layer: layer,
          learningRate: step.optimizer.currentLearningRate)
      }
      lastGood = buffer.copy()

      let checked = try validator?.evaluate(self)
      let count = Double(Swift.max(data.count, 1))
      let monitored = stopping.monitored(
        loss: checked?.loss ?? total.loss / count,
        metrics: checked?.metrics
          ?? metrics.enumerated().map { ($1.name, total.metrics[$0] / count) })
      let improved = best == nil || monitored < best!.score
      if improved { best = (epoch, monitored, lastGood) }
      let result = TrainingEvent.Epoch(
        epoch: epoch, loss: total.loss / count,
        metrics: metrics.enumerated().map { ($1.name, total.metrics[$0] / count) },
        validationLoss: checked?.loss, validationMetrics: checked?.metrics ?? [],
        learningRate: step.optimizer.learningRate.rate(at: step.optimizer.stepCount - 1),
        seconds: seconds, bestEpoch: best!.epoch)
      history.epochs.append(result)
      observer(.epoch(result), self)
      if improved { observer(.improved(epoch: epoch), self) }
      if let patience = stopping.patience, validation != nil, epoch - best!.epoch >= patience {
        reason = .stoppedEarly
        break
      }
    }
    if stopping.restoresBest, validation != nil, let best { buffer = best.buffer.copy() }
    let finish = TrainingEvent.Finish(
      reason: reason, bestEpoch: best?.epoch ?? 0, epochs: history.epochs.count,
      seconds: (clock.now - start).seconds)
    history.finish = finish
    observer(.finished(finish), self)
    return history
  }

  /// The first layer whose output for these samples is not finite, as its path and description.
  private func firstNonFiniteLayer(_ data: Dataset, _ positions: [Int32]) throws -> String? {
    let x = data.prepared(data.inputs.gather(Tensor(positions)), dtype: dtype)
    var found: String?
    _ = try run(x, isTraining: false) { trace, output in
      let broken = ((output - output) .!= 0).sum().scalar
      if found == nil && broken > 0 { found = "layer \"\(trace.path)\" (\(trace.layer.summary))" }
    }
    return found
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
