import Testing

@testable import Descent

/// The learning rate where the loss falls fastest without harm.
@Suite struct LearningRateSearchTests {
  /// ½ Σ λ (w − target)²: the loss of a linear network on one sample for each axis.
  ///
  /// All of them are in every minibatch. Gradient descent converges with rates below 2 / λ of the largest λ.
  private func quadratic(_ curvatures: [Double], targets: [Double]) -> Dataset {
    let count = curvatures.count
    let lengths = curvatures.map { ($0 * Double(count)).squareRoot() }
    let inputs = (0..<count * count).map { $0 / count == $0 % count ? lengths[$0 / count] : 0 }
    return Dataset(
      inputs: Tensor(inputs, shape: [count, count]),
      targets: Tensor(zip(lengths, targets).map(*), shape: [count, 1]))
  }

  private func search(
    _ data: Dataset, _ optimizer: Optimizer = .sgd(learningRate: 1), batchSize: Int = 100
  ) throws -> LearningRateSearch {
    let model = try Model(
      Dense(1, bias: false, initializer: .zeros), input: data.sampleShape, dtype: .float64)
    return try model.searchLearningRate(data, loss: .l2, optimizer: optimizer, batchSize: batchSize)
  }

  @Test(
    arguments: [
      ([50], [1]),
      ([50, 50, 50], [1, 2, 3]),
      ([50, 5, 0.5], [1, 1, 1]),
      // Nearly all of the loss lies in the flat directions, which want a larger rate than the steep one
      // bears; the rising rate has brought that to rest before it becomes too large.
      ([50, 0.05, 0.05], [1, 1_000, 1_000]),
      ([50, 0.5], [0.01, 100]),
    ] as [([Double], [Double])])
  func belowWhatAQuadraticBears(_ curvatures: [Double], _ targets: [Double]) throws {
    let search = try search(quadratic(curvatures, targets: targets))
    let rate = try #require(search.suggestion)
    #expect(rate < 2 / 50, "\(search)")
    #expect(rate > 2 / 50 / 100, "\(search)")
    #expect(search.hasExploded && search.lossAtSuggestion < search.firstLoss)
    #expect("\(search)".contains("explodes"))
  }

  @Test func theModelStaysAndTheSearchIsTheSame() throws {
    let data = quadratic([3, 1], targets: [1, -1])
    let model = try Model(Dense(1), input: [2], seed: 4)
    let before = model.flatParameters.doubles()
    let searches = try (0..<2).map { _ in
      try model.searchLearningRate(data, loss: .l2, optimizer: .adam(), batchSize: 1, seed: 3)
    }
    #expect(model.flatParameters.doubles() == before)
    #expect(searches[0].points == searches[1].points)
    #expect(searches[0].suggestion == searches[1].suggestion)
    for (point, next) in zip(searches[0].points, searches[0].points.dropFirst()) {
      #expect(next.rate > point.rate)
    }
  }

  @Test func severalMinibatchesMakeAStep() throws {
    let random = Tensor.normal([64, 3], dtype: .float64, key: RandomKey(seed: 1))
    let data = Dataset(inputs: random, targets: random.sum(over: [1], keepingAxes: true))
    let one = try search(data, batchSize: 32)
    let four = try search(data, .sgd(learningRate: 1).accumulating(batches: 4), batchSize: 8)
    #expect(one.points.count == four.points.count)
    for (a, b) in zip(one.points, four.points) where a.loss < 1e3 {
      #expect(a.rate == b.rate && abs(a.loss - b.loss) <= 1e-9 * max(a.loss, 1))
    }
    let rates = [one, four].map { $0.suggestion ?? 0 }
    #expect(rates[0] > 0 && abs(rates[0] / rates[1] - 1) < 1e-12)
  }

  @Test func whereNothingCanBeLearnedNothingIsSuggested() throws {
    let empty = Dataset(
      inputs: .zeros([20, 3], dtype: .float64),
      targets: Tensor((0..<20).map { $0 % 2 == 0 ? 1.0 : -1.0 }, shape: [20, 1]))
    let search = try search(empty)
    #expect(search.suggestion == nil)
    #expect("\(search)".contains("no learning rate") && "\(search)".contains("descent doctor"))
  }
}
