// W7 and W8, matrix products, and the loop by hand.
import Descent
import DescentKernels
import Foundation

/// Inference of W2's network: the latency of single calls, and many samples at once.
func w7(_ settings: Settings) throws {
  let model = try Model(w2Network, input: [784], seed: 1)
  let one = try Predictor(model)
  let x = Tensor.uniform([1, 784], key: RandomKey(seed: 1))
  let (p50, p99) = try timeCalls(settings.repeats) { _ = try one(x) }
  report("W7", "us latency p50 batch 1", p50.map { $0 * 1e6 })
  report("W7", "us latency p99 batch 1", p99.map { $0 * 1e6 })
  let many = try Predictor(model, batchSize: 1024)
  let batch = Tensor.uniform([1024, 784], key: RandomKey(seed: 1))
  let times = try timeSteps(settings.repeats) { _ = try many(batch) }
  report("W7", "samples/s batch 1024", times.map { 1024 / $0 })
}

/// Linear regression by full-batch gradient descent: y = Xw + b, a million samples of ten numbers.
func w8(_ settings: Settings) throws {
  let x = Tensor.normal([1_000_000, 10], key: RandomKey(seed: 1))
  let truth = Tensor((0..<10).map { Float($0) }, shape: [10, 1])
  let y =
    x.matmul(truth) + 0.5 + 0.1
    * Tensor.normal([1_000_000, 1], key: RandomKey(seed: 2))
  let data = Dataset(inputs: x, targets: y)
  let start = try Model(Dense(1, initializer: .zeros), input: [10])
  var model = start
  let step = try TrainingStep(
    model, data, loss: .meanSquaredError, optimizer: .sgd(learningRate: 0.1))
  try step(&model)
  let times = try (0..<max(settings.repeats, 3)).map { _ in
    model = start
    return try seconds { for _ in 0..<100 { try step(&model) } }
  }
  let weights = model["weight"]!.scalars(as: Float.self)
  let error = weights.enumerated().map { abs($1 - Float($0)) }.max()!
  report("W8", "s/100 steps", times, [("err", Double(error))])
}

/// Products of row-major matrices at the sizes of the peers' libraries.
func matmul(_ settings: Settings) throws {
  let sizes = [
    [64, 64, 64], [128, 128, 128], [256, 256, 256], [512, 512, 512], [1024, 1024, 1024],
    [2048, 2048, 2048], [10, 30, 784], [128, 512, 784], [128, 512, 512], [784, 512, 128],
    [64, 256, 256], [512, 4096, 1024], [512, 4096, 4096], [1024, 512, 784],
  ]
  for size in sizes {
    let (m, n, k) = (size[0], size[1], size[2])
    let product = Product(m: m, n: n, k: k)
    let times = timeSteps(max(settings.repeats, 5), target: 0.15) { product.run() }
    report(
      "gemm", "GFLOP/s", times.map { 2 * Double(m * n * k) / $0 / 1e9 }, variant: "\(m)x\(n)x\(k)")
  }
}

/// c = a b as one kernel call, operands in place.
private final class Product {
  private let buffers: UnsafeMutablePointer<UnsafeMutableRawPointer?>
  private let parameters: UnsafeMutablePointer<descent_matmul>
  private let instruction: UnsafeMutablePointer<descent_instruction>
  private let pool: OpaquePointer

  init(m: Int, n: Int, k: Int) {
    buffers = .allocate(capacity: 3)
    for (slot, (count, period)) in [(m * k, 13), (k * n, 11), (m * n, 1)].enumerated() {
      let memory = UnsafeMutableRawPointer.allocate(byteCount: 4 * count + 64, alignment: 64)
      let numbers = memory.bindMemory(to: Float.self, capacity: count)
      for i in 0..<count { numbers[i] = Float(i * 7 % period) / Float(period) - 0.5 }
      buffers[slot] = memory
    }
    func operand(_ slot: Int32, _ row: Int) -> descent_operand {
      var operand = descent_operand()
      operand.slot = slot
      operand.strides.0 = Int64(row)
      operand.strides.1 = 1
      return operand
    }
    parameters = .allocate(capacity: 1)
    parameters.initialize(to: descent_matmul())
    (parameters.pointee.m, parameters.pointee.n, parameters.pointee.k) = (
      Int64(m), Int64(n), Int64(k)
    )
    parameters.pointee.a = operand(0, k)
    parameters.pointee.b = operand(1, n)
    parameters.pointee.c = operand(2, n)
    instruction = .allocate(capacity: 1)
    instruction.initialize(
      to: descent_instruction(
        kind: Int32(DESCENT_MATMUL.rawValue), tasks: 1, parameters: parameters, rows: 0, strips: 0,
        followers: 0))
    descent_prepare(instruction)
    pool = descent_pool_create(Int32(Execution.threads))
  }

  func run() { _ = descent_run(pool, instruction, 1, buffers) }

  deinit {
    descent_pool_destroy(pool)
    for slot in 0..<3 { buffers[slot]?.deallocate() }
    buffers.deallocate()
    parameters.deallocate()
    instruction.deallocate()
  }
}
