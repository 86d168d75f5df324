import Testing

@testable import Descent

/// The mean of a network's answers over several views of an image.
@Suite struct TestTimeAugmentationTests {
  private let images = Tensor(
    (0..<6 * 64).map { UInt8(truncatingIfNeeded: $0 &* 7919 >> 3) }, shape: [6, 8, 8])
  private let augmentation: Augmentation = [.shift(pixels: 2), .rotate(degrees: 20), .flip()]

  private func model(_ loss: Loss, _ outputs: Int = 3) throws -> Model {
    var model = try Model(
      Sequential {
        Flatten()
        Dense(outputs, initializer: .normal(standardDeviation: 0.1))
      }, input: [8, 8], seed: 2)
    model.card.loss = loss.name
    model.card.scale = 1 / 255
    return model
  }

  /// The outputs for each view, one after another.
  private func views(_ model: Model, count: Int) throws -> [Tensor] {
    try [model.predict(images)]
      + (0..<count).map { view in
        try model.predict(
          augmentation(images, seed: 5, epoch: view, positions: [0, 0, 0, 0, 0, 0]))
      }
  }

  private func expectNear(_ a: Tensor, _ b: Tensor) {
    #expect(a.shape == b.shape)
    for (a, b) in zip(a.doubles(), b.doubles()) { #expect(abs(a - b) < 1e-5) }
  }

  @Test func probabilitiesAreAveraged() throws {
    let model = try model(.crossEntropy)
    let test = TestTimeAugmentation(augmentation, views: 4, seed: 5)
    let outputs = try model.predict(images, over: test)
    let all = try views(model, count: 4).map { softmax($0) }
    let mean = all.dropFirst().reduce(all[0], +) / 5
    expectNear(softmax(outputs), mean)
    // The views differ, or there would be nothing to average.
    #expect(abs(all[0] - all[1]).max().scalar > 0.01)

    let targets = Tensor([Int32(0), 1, 2, 0, 1, 2])
    let data = Dataset(inputs: images, targets: targets, classNames: ["a", "b", "c"])
    let result = try model.evaluate(
      data, loss: .crossEntropy, metrics: [.accuracy], over: test)
    let ofTruth = mean.doubles().enumerated().filter { $0.offset % 3 == $0.offset / 3 % 3 }
    let expected = -ofTruth.reduce(0) { $0 + naturalLogarithm($1.element) } / 6
    #expect(abs(result.loss - expected) < 1e-5)
    #expect(result["accuracy"] == accuracy(mean, targets).scalar)
  }

  @Test func yesOrNoAndNumbersAreAveraged() throws {
    let test = TestTimeAugmentation(augmentation, views: 3, seed: 5)
    let yesOrNo = try model(.binaryCrossEntropy, 1)
    let all = try views(yesOrNo, count: 3).map { sigmoid($0) }
    expectNear(
      sigmoid(try yesOrNo.predict(images, over: test)), all.dropFirst().reduce(all[0], +) / 4)
    let numbers = try model(.l2, 2)
    let outputs = try views(numbers, count: 3)
    expectNear(
      try numbers.predict(images, over: test), outputs.dropFirst().reduce(outputs[0], +) / 4)
  }

  @Test func anImagesAnswerDoesNotDependOnTheOthers() throws {
    let model = try model(.crossEntropy)
    let test = TestTimeAugmentation(augmentation, views: 6, seed: 1)
    let together = try model.predict(images, over: test)
    #expect(try model.predict(images, over: test).doubles() == together.doubles())
    for index in 0..<6 {
      let alone = try model.predict(images[index..<(index + 1)], over: test)
      expectNear(alone, together[index..<(index + 1)])
    }
    let other = TestTimeAugmentation(augmentation, views: 6, seed: 2)
    #expect(try model.predict(images, over: other).doubles() != together.doubles())
  }

  @Test func extremeLogitsStayFinite() throws {
    for loss in [Loss.crossEntropy, .binaryCrossEntropy] {
      var model = try model(loss, 2)
      model["1.weight"] = model["1.weight"]! * 1e4
      let outputs = try model.predict(
        images, over: TestTimeAugmentation([.shift(pixels: 0)], views: 2))
      #expect(outputs.doubles().allSatisfy { $0.isFinite })
      #expect(outputs.argmax().doubles() == (try model.predict(images)).argmax().doubles())
    }
  }
}
