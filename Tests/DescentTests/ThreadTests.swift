import Foundation
import Testing

@testable import Descent

/// The number of threads changes no bit of any result.
///
/// `Execution.threads` belongs to the whole
/// process, so these tests run one after another; others run beside them, whatever the number is.
@Suite(.serialized) struct ThreadTests {
  /// Expects the same bits from a computation with 1, 2, 3 and 5 threads.
  ///
  /// The kernels' own tests may run in the same process and switch the instruction set, on which
  /// bits do depend; so a difference counts only if it is there in every attempt.
  private func expectSameBits(
    _ name: String, sourceLocation: SourceLocation = #_sourceLocation, _ f: () throws -> [Tensor]
  ) throws {
    let threads = Execution.threads
    defer { Execution.threads = threads }
    var different: [Int] = []
    for attempt in 0..<10 {
      if attempt > 0 { Thread.sleep(forTimeInterval: 0.5) }
      var results: [(threads: Int, bits: [[UInt8]])] = []
      for count in [1, 2, 3, 5] {
        Execution.threads = count
        #expect(Execution.threads == count)
        results.append((count, try f().map { $0.withUnsafeBytes { Array($0) } }))
      }
      different = results.filter { $0.bits != results[0].bits }.map(\.threads)
      if different.isEmpty { return }
    }
    Issue.record("\(name) differs with \(different) threads", sourceLocation: sourceLocation)
  }

  @Test(arguments: [DType.float32, .float64]) func training(_ dtype: DType) throws {
    let key = RandomKey(seed: 3)
    let inputs = Tensor.normal([300, 20], key: key)
    let labels = (inputs.slice(1, 0..<5)).argmax()
    let data = Dataset(inputs: inputs, targets: labels)
    try expectSameBits("training in \(dtype)") {
      var model = try Model(
        Sequential {
          Dense(64, activation: .relu)
          BatchNorm()
          Dropout(0.2)
          Dense(64, activation: .tanh)
          LayerNorm()
          Dense(5)
        }, input: [20], seed: 1, dtype: dtype)
      let history = try model.fit(
        data, validation: data.prefix(50), loss: .crossEntropy, optimizer: .adam(),
        metrics: [.accuracy], epochs: 3, batchSize: 32, seed: 2)
      #expect(history.losses[2] < history.losses[0])
      return model.parameterTensors + model.stateTensors + [
        Tensor(history.losses), try model.predict(inputs),
      ]
    }
  }

  @Test func augmentation() throws {
    let inputs = (Tensor.uniform([70, 9, 9], key: RandomKey(seed: 1)) * 255).cast(to: .uint8)
    let data = Dataset(
      inputs: inputs.detached, targets: Tensor((0..<70).map { Int32($0 % 2) }),
      classNames: ["a", "b"])
    let augmentation = try Augmentation("shift:2,rotate:20,elastic:1,noise:0.1,cutout:3,mixup:1")
    try expectSameBits("augmentation") {
      var model = try Model(
        Sequential {
          Flatten()
          Dense(2)
        }, input: [9, 9], seed: 1)
      try model.fit(
        data, loss: .crossEntropy, optimizer: .adam(), epochs: 2, batchSize: 32,
        augmentation: augmentation, seed: 2)
      return model.parameterTensors + [try augmentation(inputs, seed: 3)]
    }
  }

  @Test(arguments: [DType.float32, .float64]) func reductions(_ dtype: DType) throws {
    let x = Tensor.normal([1_000, 1_003], dtype: dtype, key: RandomKey(seed: 1)).detached
    let cube = x.slice(1, 0..<1_000).reshaped([100, 100, 100])
    try expectSameBits("reductions in \(dtype)") {
      [
        x.sum(), x.sum(over: [0]), x.sum(over: [1]), x.transposed().sum(over: [0]), (x * x).mean(),
        exp(x * 0.1).sum(over: [0]), x.variance(), x.max(over: [0]), x.argmax(over: 0),
        cube.sum(over: [0, 2]), cube.sum(over: [1]), softmax(x), logSumExp(x), softmax(x, over: 0),
      ]
    }
  }

  @Test(arguments: [DType.float32, .float64]) func products(_ dtype: DType) throws {
    let key = RandomKey(seed: 2)
    let a = Tensor.normal([257, 300], dtype: dtype, key: key).detached
    let b = Tensor.normal([300, 129], dtype: dtype, key: key).detached
    let batch = Tensor.normal([20, 30, 40], dtype: dtype, key: key).detached
    try expectSameBits("products in \(dtype)") {
      [
        a.matmul(b), b.transposed().matmul(a.transposed()), relu(a.matmul(b) + b[0]),
        a.transposed().matmul(a), batch.matmul(batch.transposed()),
        batch.matmul(b.slice(0, 0..<40)),
        a.matmul(b.slice(1, 0..<1)), a[0].matmul(b),
      ]
    }
  }

  @Test func randomNumbersAndScatteredSums() throws {
    let key = RandomKey(seed: 5)
    let indices = (Tensor.uniform([50_000], key: key) * 100).cast(to: .int32).detached
    let table = Tensor.normal([100, 7], key: key).detached
    try expectSameBits("random numbers") {
      [Tensor.normal([100_001], key: key), Tensor.uniform([100_001], dtype: .float64, key: key)]
    }
    try expectSameBits("gathering and scattering") {
      [
        table.gather(indices),
        gradient(at: table) { table in (table.gather(indices) * table.gather(indices)).sum() },
      ]
    }
  }

  @Test func theNumberOfThreadsCanChangeWhileOthersCompute() async {
    let threads = Execution.threads
    defer { Execution.threads = threads }
    let x = Tensor((0..<100_000).map { Double($0 % 7) })
    let expected = (x * x).sum().scalar
    await withTaskGroup(of: Double.self) { group in
      for _ in 0..<4 {
        group.addTask {
          for _ in 0..<20 where (x * x).sum().scalar != expected { return .nan }
          return expected
        }
      }
      for count in [1, 2, 3, 1, 4, 2] {
        Execution.threads = count
        await Task.yield()
      }
      for await sum in group { #expect(sum == expected) }
    }
  }
}
