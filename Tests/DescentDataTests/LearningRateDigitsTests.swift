import Descent
import DescentData
import Testing

/// The learning rate that is suggested for digits trains about as well as the best of a grid.
@Suite(.serialized) struct LearningRateDigitsTests {
  @Test(
    arguments: [
      Optimizer.adam(), .sgd(learningRate: 1), .momentum(learningRate: 1),
      .adamW(weightDecay: 0.05).averagingWeights(decay: 0.99),
    ], [UInt64(1), 2])
  func suggestionTrains(_ optimizer: Optimizer, _ seed: UInt64) throws {
    let digits = try Digits.load()
    let (training, test) = (Dataset(digits.training), Dataset(digits.test))
    let network = Sequential {
      Flatten()
      Dense(128, activation: .relu)
      Dense(10)
    }
    let model = try Model(network, input: [28, 28], seed: seed)
    func accuracy(_ rate: Double) throws -> Double {
      var (model, optimizer) = (model, optimizer)
      optimizer.learningRate = .constant(rate)
      do {
        try model.fit(
          training, loss: .crossEntropy, optimizer: optimizer, epochs: 5, stopping: .never,
          seed: seed)
      } catch is TrainingDiverged {
        return 0
      }
      return try model.evaluate(test, loss: .crossEntropy, metrics: [.accuracy])["accuracy"] ?? 0
    }
    let search = try model.searchLearningRate(
      training, loss: .crossEntropy, optimizer: optimizer, seed: seed)
    let rate = try #require(search.suggestion, "\(search)")
    let grid = try [1e-4, 1e-3, 1e-2, 1e-1, 1].map { ($0, try accuracy($0)) }
    let found = try accuracy(rate)
    let best = try #require(grid.map(\.1).max())
    // Of 1,000 digits, chance moves about seven in each of the two, and the best of five is lucky.
    #expect(found >= best - 0.02, "\(optimizer.name): \(found) with \(search); \(grid)")
    // A rate that is wrong by much is worse: else the test would show nothing.
    #expect(grid.contains { $0.1 < best - 0.05 })
  }
}
