/// The loss while the learning rate rises, and the rate that follows from it (Smith, *Cyclical learning
/// rates for training neural networks*, 2017).
///
/// A copy of the model is trained on one minibatch after another with a rate that grows by the same
/// factor at every step. While it is too small nothing happens; then the loss falls, faster and faster;
/// then it explodes. The rate to take is that with which the loss has done four fifths of its fall. (That
/// of the smallest loss itself differs from one seed to the next by a factor of ten.) A training from
/// the beginning must then show that it holds.
///
/// ```swift
/// let search = try model.searchLearningRate(data, loss: .crossEntropy, optimizer: .adam())
/// print(search)
/// if let rate = search.suggestion { optimizer.learningRate = .constant(rate) }
/// ```
public struct LearningRateSearch: Sendable, CustomStringConvertible {
  /// One step.
  public struct Point: Sendable, Hashable {
    /// The learning rate of the step.
    public let rate: Double
    /// The loss of its minibatch, before the step.
    public let loss: Double
    /// The mean loss of the steps around it, four to each side.
    public let smoothed: Double
  }

  /// The steps, with rates that rise.
  public let points: [Point]
  /// Whether the search ended because the loss exploded, and not because rates became absurd.
  public let hasExploded: Bool
  /// The learning rate to take; nil where the loss did not fall, or no rate held.
  public fileprivate(set) var suggestion: Double?
  /// The loss behind a hundred steps at the suggested rate.
  public fileprivate(set) var lossAtSuggestion = Double.nan

  /// The smallest rate that is tried: even with Adam, a step of it changes nothing that one could see.
  fileprivate static let firstRate = 1e-7
  /// The steps in which the rate becomes ten times as large.
  fileprivate static let stepsPerDecade = 25
  /// The powers of ten that are tried at most.
  fileprivate static let decades = 10

  fileprivate init(rates: [Double], losses: [Double], hasExploded: Bool) {
    points = losses.indices.map { index in
      // As many steps to both sides, or the curve would be moved to larger rates.
      let side = min(4, index, losses.count - 1 - index)
      let near = losses[(index - side)...(index + side)]
      return Point(
        rate: rates[index], loss: losses[index],
        smoothed: near.reduce(0, +) / Double(near.count))
    }
    self.hasExploded = hasExploded
  }

  /// The step with the smallest loss.
  public var lowest: Point? { points.min { $0.smoothed < $1.smoothed } }

  /// The loss before anything has changed: that of the first power of ten.
  public var firstLoss: Double {
    let first = points.prefix(Self.stepsPerDecade)
    return first.reduce(0) { $0 + $1.loss } / Double(max(first.count, 1))
  }

  /// The loss where so much of its fall is done.
  fileprivate func loss(atShare share: Double) -> Double {
    firstLoss - share * (firstLoss - (lowest?.smoothed ?? firstLoss))
  }

  /// The rate where four fifths of the fall are done, if there is one.
  fileprivate var candidate: Double? {
    guard let lowest, lowest.smoothed < 0.98 * firstLoss else { return nil }
    let falling = points.prefix { $0.rate <= lowest.rate }
    // Behind the last place where less than half is done: what comes before it is noise.
    let half = falling.lastIndex { $0.smoothed > loss(atShare: 0.5) } ?? 0
    return falling[half...].first { $0.smoothed <= loss(atShare: 0.8) }?.rate
  }

  /// What was seen, and what follows from it.
  public var description: String {
    guard let lowest, let last = points.last else { return "no step was taken" }
    let seen =
      "the loss is \(brief(firstLoss)) at first and smallest, \(brief(lowest.smoothed)), at "
      + "\(brief(lowest.rate)); "
      + (hasExploded
        ? "at \(brief(last.rate)) it explodes" : "up to \(brief(last.rate)) it does not explode")
    guard let suggestion else {
      return """
        no learning rate from \(brief(Self.firstRate)) to \(brief(last.rate)) makes the loss fall for good
          \(seen)
          remedy: descent doctor says what else may be wrong
        """
    }
    return """
      learning rate \(brief(suggestion))
        \(seen)
        four fifths of the fall are done at this rate, or it is the largest near it that holds: a \
      hundred steps from the beginning end at \(brief(lossAtSuggestion))
      """
  }
}

extension Model {
  /// Trains a copy with a rising learning rate and finds the one to take; the model stays as it is.
  ///
  /// Everything but the learning rate is as in `fit`: what the optimiser does to gradients, several
  /// minibatches for a step, augmentation. Takes about 300 steps.
  ///
  /// Throws `ShapeError` if the network, the data and the loss do not fit each other.
  public func searchLearningRate(
    _ data: Dataset, loss: Loss, optimizer: Optimizer, batchSize: Int = 32,
    augmentation: Augmentation? = nil, seed: UInt64 = 0
  ) throws -> LearningRateSearch {
    precondition(batchSize > 0, "searchLearningRate: a batch size of \(batchSize)")
    var search = try lossesAtRisingRates(data, loss, optimizer, batchSize, augmentation, seed)
    guard let candidate = search.candidate else { return search }
    // Where small steps have brought all of a steep direction to rest before, a rate does no harm that
    // would be too large at the beginning.
    for factor in [1, 0.5, 0.25, 0.125, 0.0625] {
      var optimizer = optimizer
      optimizer.learningRate = .constant(candidate * factor)
      var model = self
      let batches = data.minibatches(of: batchSize, seed: seed).lazy
        .prefix(100 * optimizer.batchesPerStep)
      let last = try model.rehearse(
        data, batches, loss: loss, optimizer: optimizer, augmentation: augmentation,
        seconds: .infinity)
      // Half of the way is enough; where none gets there, the one that gets farthest is.
      if last < (search.suggestion == nil ? search.firstLoss : search.lossAtSuggestion) {
        (search.suggestion, search.lossAtSuggestion) = (candidate * factor, last)
      }
      if last <= search.loss(atShare: 0.5) { break }
    }
    return search
  }

  private func lossesAtRisingRates(
    _ data: Dataset, _ loss: Loss, _ optimizer: Optimizer, _ batchSize: Int,
    _ augmentation: Augmentation?, _ seed: UInt64
  ) throws -> LearningRateSearch {
    typealias Search = LearningRateSearch
    var rising = optimizer
    rising.learningRate = .exponential(
      Search.firstRate, factor: 10, over: Search.stepsPerDecade)
    var model = self
    let step = try TrainingStep(
      model, data, loss: loss, optimizer: rising, augmentation: augmentation, seed: seed)
    var batches = data.minibatches(of: batchSize, seed: seed).makeIterator()
    var (rates, losses): ([Double], [Double]) = ([], [])
    var first = Double.infinity
    for count in 1...Search.decades * Search.stepsPerDecade {
      rates.append(step.optimizer.currentLearningRate)
      var sum = 0.0
      for _ in 0..<optimizer.batchesPerStep {
        guard let batch = batches.next() else { break }
        sum += try step(&model, positions: batch).loss
      }
      let value = sum / Double(optimizer.batchesPerStep)
      guard value.isFinite else { return Search(rates: rates, losses: losses, hasExploded: true) }
      losses.append(value)
      func mean(_ values: ArraySlice<Double>) -> Double {
        values.reduce(0, +) / Double(values.count)
      }
      if count == Search.stepsPerDecade { first = mean(losses[...]) }
      // Single minibatches may be harder than others.
      if mean(losses.suffix(5)) > 4 * first {
        return Search(rates: rates, losses: losses, hasExploded: true)
      }
    }
    return Search(rates: rates, losses: losses, hasExploded: false)
  }
}

extension Dataset {
  /// Positions of minibatches without end, all of the same size: one shuffled epoch after another.
  func minibatches(of size: Int, seed: UInt64) -> some Sequence<[Int32]> {
    let size = min(size, count)
    return sequence(state: (order: [Int32](), epoch: 0)) { state -> [Int32]? in
      guard size > 0 else { return nil }
      if state.order.count < size {
        state.order = shuffled(seed: seed, epoch: state.epoch)
        state.epoch += 1
      }
      defer { state.order.removeFirst(size) }
      return Array(state.order.prefix(size))
    }
  }
}
