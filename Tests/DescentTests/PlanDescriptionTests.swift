import Testing

@testable import Descent

/// What a plan says of itself, and how little memory it takes.
@Suite struct PlanDescriptionTests {
  @Test func memoryIsShared() throws {
    // Ten layers: without sharing, the forward pass alone would need ten activations.
    let network = Sequential((0..<10).map { _ in Dense(64, activation: .tanh) })
    let model = try Model(network, input: [64])
    let data = Dataset(inputs: Tensor.zeros([256, 64]), targets: Tensor.zeros([256, 64]))
    let plan = try Evaluator(model, data).plan(batchSize: 256)
    #expect(plan.arenaByteCount <= 2 * 256 * 64 * 4)
    #expect(plan.instructionCount == 10)
  }

  @Test func theDescriptionShowsBothPasses() throws {
    let network = Sequential {
      Dense(3, activation: .sigmoid)
      Dense(2)
    }
    let model = try Model(network, input: [4])
    let data = Dataset(
      inputs: Tensor.zeros([8, 4]), targets: Tensor([Int32](repeating: 0, count: 8)),
      classNames: ["a", "b"])
    let step = try TrainingStep(model, data, loss: .crossEntropy, optimizer: .adam())
    let text = try step.plan(batchSize: 8).description
    let passes = ["forward:", "loss C", "backward:", "update:"]
    let places = passes.map { text.firstRange(of: $0)!.lowerBound }
    #expect(places == places.sorted())
    for part in ["matmul · add · sigmoid", "stored", "buffer", "∂C/∂0.weight", "∂C/∂1.bias"] {
      #expect(text.contains(part), "\(part)")
    }
  }

  /// Mean, variance and the result going forward, two sums and the result going back; and one more for
  /// the derivative of ReLU, where the product before it is not of its shape.
  @Test(arguments: [([32], 6), ([8, 5, 5], 7)]) func batchNormalisationTakesThreePassesEachWay(
    _ sizes: [Int], _ passes: Int
  ) throws {
    let network = Sequential {
      Dense(sizes.last!)
      BatchNorm()
      Activate(.relu)
      Dense(2)
    }
    let model = try Model(network, input: Shape(sizes))
    let shape = Shape([16] + sizes)
    let data = Dataset(
      inputs: Tensor.zeros(shape), targets: Tensor.zeros(Shape([16] + model.output.sizes)))
    let plan = try TrainingStep(model, data, loss: .l2, optimizer: .adam()).plan(batchSize: 16)
    // What is read or written in full: sums over it, and elementwise work of its size. The derivative
    // of what follows belongs to the product that makes it.
    let rows = plan.rows.filter { row in
      let isSum = row.operations.contains("sum")
      let isFull = row.shape == shape && !row.operations.contains("matmul")
      return ["1", "2"].contains(row.label?.path) && (isSum || isFull)
    }
    #expect(rows.count == passes, "\(plan)")
  }
}
