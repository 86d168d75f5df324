/// Looking at an image several times, each time changed at random, and taking the mean of the answers
/// (Krizhevsky, Sutskever and Hinton, 2012, section 4.1).
///
/// ```swift
/// let views = TestTimeAugmentation([.shift(pixels: 1), .rotate(degrees: 5)], views: 8)
/// let result = try model.evaluate(test, loss: .crossEntropy, metrics: [.accuracy], over: views)
/// ```
///
/// The image as it is counts as one more view. The changes are the same for all images, and follow from
/// the seed: what becomes of an image does not depend on the others that are asked about.
public struct TestTimeAugmentation: Sendable {
  /// How images are changed.
  public let augmentation: Augmentation
  /// How many changed images there are of each.
  public let views: Int
  /// The seed of the changes.
  public let seed: UInt64

  /// The most views; beyond a few dozen nothing changes but the time that they take.
  public static let mostViews = 1_000

  /// Creates a test of so many views beside the image itself.
  ///
  /// `mixup` has no place in the augmentation: an answer about two images is none about one.
  public init(_ augmentation: Augmentation, views: Int = 8, seed: UInt64 = 0) {
    precondition(
      (1...Self.mostViews).contains(views),
      "TestTimeAugmentation: 1 to \(Self.mostViews) views, not \(views)")
    precondition(!augmentation.mixesSamples, "TestTimeAugmentation: mixup mixes two images")
    (self.augmentation, self.views, self.seed) = (augmentation, views, seed)
  }
}

extension Augmentation {
  /// Whether images are mixed with others.
  public var mixesSamples: Bool { changes.contains { $0.kind == .mixup } }
}

extension Model {
  /// The network's outputs for images of bytes, `[samples, …input]`, as the mean over several views.
  ///
  /// After training by cross-entropy it is probabilities that are averaged; the outputs are then the
  /// logits of their mean, so that softmax gives it back.
  ///
  /// Throws `ShapeError` if these are no images of bytes.
  public func predict(
    _ inputs: Tensor, scale: Double? = nil, over views: TestTimeAugmentation
  ) throws -> Tensor {
    let inputs = inputs.detached
    guard inputs.shape[0] > 0 else { return try predict(inputs, scale: scale) }
    let size = max(1, inputs.shape.dropFirst().reduce(1, *))
    // Changed images are a copy: a part of them at a time.
    let perPart = max(1, (64 << 20) / size)
    let parts = try stride(from: 0, to: inputs.shape[0], by: perPart).map { start in
      let part = inputs.slice(0, start..<min(start + perPart, inputs.shape[0])).detached
      let same = [Int](repeating: 0, count: part.shape[0])
      var sum = answers(try predict(part, scale: scale))
      for view in 0..<views.views {
        let changed = try views.augmentation(
          part, seed: views.seed, epoch: view, positions: same)
        sum = sum + answers(try predict(changed, scale: scale))
      }
      return outputs(meaning: sum / Double(views.views + 1)).detached
    }
    return parts.count == 1 ? parts[0] : Tensor.concatenate(parts)
  }

  /// The loss and metrics of the model on images of bytes, and its outputs, as the mean over several
  /// views.
  public func evaluate(
    _ data: Dataset, loss: Loss, metrics: [Metric] = [], over views: TestTimeAugmentation
  ) throws -> Evaluator.Evaluation {
    let outputs = try predict(data.inputs, scale: data.scale, over: views)
    return Evaluator.Evaluation(
      loss: loss(outputs, data.targets).scalar,
      metrics: metrics.map { ($0.name, $0(outputs, data.targets).scalar) }, outputs: outputs)
  }

  /// What is averaged: probabilities where the network's outputs are their logits.
  private func answers(_ outputs: Tensor) -> Tensor {
    Activation.contained(inLoss: card.loss)(outputs)
  }

  /// The outputs that stand for averaged answers.
  private func outputs(meaning answers: Tensor) -> Tensor {
    // Probabilities of 0 have no logarithm.
    func logarithm(_ x: Tensor) -> Tensor { log(maximum(x, x.constant(1e-30))) }
    return switch card.loss {
    case Loss.crossEntropy.name: logarithm(answers)
    case Loss.binaryCrossEntropy.name: logarithm(answers) - logarithm(1 - answers)
    default: answers
    }
  }
}
