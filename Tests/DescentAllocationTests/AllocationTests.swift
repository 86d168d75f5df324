import AllocationCounter
import Testing

@testable import Descent

/// The number of heap allocations of a training step after its first: an interface, like a result.
@Suite struct AllocationTests {
  private func dataset(_ count: Int) -> Dataset {
    let key = RandomKey(seed: 1)
    let inputs = (Tensor.uniform([count, 8, 8], key: key) * 255).cast(to: .uint8)
    let targets = (Tensor.uniform([count], key: RandomKey(seed: 2)) * 10).cast(to: .int32)
    return Dataset(
      inputs: inputs, targets: targets, classNames: (0..<10).map { "\($0)" })
  }

  @Test(
    "a training step after the first allocates nothing",
    .enabled(if: descent_allocations_are_counted(), "allocations are counted with glibc only"),
    arguments: ["sgd", "momentum", "nesterov", "rmsprop", "adagrad", "adam", "adamw"])
  func trainingStepAllocatesNothing(_ name: String) throws {
    let data = dataset(256)
    let network = Sequential {
      Flatten()
      Dense(32, activation: .relu)
      BatchNorm()
      Dropout(0.1)
      Residual { Dense(32, activation: .tanh) }
      Dense(10)
    }
    var model = try Model(network, input: [8, 8], seed: 1)
    let optimizer = Optimizer.named(name, learningRate: .cosine(1e-3, over: 100))!.clipping(norm: 1)
    let step = try TrainingStep(
      model, data, loss: .crossEntropy, optimizer: optimizer, metrics: [.accuracy])
    let positions = (0..<32).map { Int32($0) }
    try positions.withUnsafeBufferPointer { positions in
      for _ in 0..<3 { _ = try step.step(&model, positions) }
      let before = descent_allocation_count()
      var total = 0.0
      for _ in 0..<100 {
        let (loss, metrics) = try step.step(&model, positions)
        total += loss + metrics[0]
      }
      let after = descent_allocation_count()
      #expect(after - before == 0, "allocations in 100 steps with \(name)")
      #expect(total.isFinite)
    }
  }

  @Test(
    "nor does one that augments its images, accumulates and averages",
    .enabled(if: descent_allocations_are_counted(), "allocations are counted with glibc only"))
  func augmentedStepAllocatesNothing() throws {
    let data = dataset(256)
    var model = try Model(
      Sequential {
        Flatten()
        Dense(10)
      }, input: [8, 8], seed: 1)
    let step = try TrainingStep(
      model, data, loss: .crossEntropy,
      optimizer: .adam().averagingWeights(decay: 0.99).accumulating(batches: 3),
      augmentation: try Augmentation(
        "shift:2,rotate:9,zoom:0.1,shear:5,crop:1,flip,elastic:1,noise:0.1,cutout:2,mixup"))
    let positions = (0..<32).map { Int32(7 * $0) }
    try positions.withUnsafeBufferPointer { positions in
      for epoch in 0..<4 { _ = try step.step(&model, positions, epoch: epoch) }
      let before = descent_allocation_count()
      for epoch in 0..<100 { _ = try step.step(&model, positions, epoch: epoch) }
      #expect(descent_allocation_count() - before == 0, "allocations in 100 steps")
    }
  }

  @Test("the counter counts", .enabled(if: descent_allocations_are_counted()))
  func counterCounts() {
    let before = descent_allocation_count()
    let storage = Storage(byteCount: 1 << 16)
    #expect(descent_allocation_count() > before)
    withExtendedLifetime(storage) {}
  }
}
