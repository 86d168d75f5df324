import Testing

@testable import Descent

/// The rules of lazy evaluation, and that plans compute what the graph says.
@Suite struct EngineTests {
  // MARK: Random graphs

  /// Builds a random graph of tensors, and can force each one's value as soon as it is recorded.
  struct RandomGraph {
    var random: Philox
    var pool: [Tensor] = []
    let forcesEachStep: Bool

    init(seed: UInt64, forcing: Bool) {
      random = Philox(seed: seed)
      forcesEachStep = forcing
      for (index, shape) in ([[3, 4], [4], [3, 1], [4, 3], [2, 3, 4], []] as [Shape]).enumerated() {
        // Leaves of their own memory, so that both runs start from the same numbers.
        pool.append(
          Tensor(numbers(shape, seed: UInt64(index)).doubles(), shape: shape))
      }
    }

    mutating func pick(_ fits: (Tensor) -> Bool = { _ in true }) -> Tensor {
      let candidates = pool.filter(fits)
      return candidates[Int(random.next(upperBound: UInt64(candidates.count)))]
    }

    mutating func grow() {
      let x = pick()
      let kind = random.next(upperBound: UInt64(20))
      var result: Tensor
      switch kind {
      case 0: result = tanh(x)
      case 1: result = sigmoid(x) * 2
      case 2: result = -x + 1
      case 3: result = relu(x)
      case 4...7:
        let y = pick { $0.shape.broadcast(with: x.shape) != nil }
        result =
          switch kind {
          case 4: x + y
          case 5: x * tanh(y)
          case 6: maximum(x, y)
          default: select(x .> y, x, y * 0.5)
          }
      case 8: result = x.rank > 0 ? x.sum(over: [Int(random.next(upperBound: UInt64(x.rank)))]) : x
      case 9: result = x.rank > 0 ? x.mean(over: [0], keepingAxes: true) : exp(-x * x)
      case 10: result = x.rank > 1 ? x.transposed() : x * x
      case 11: result = x.rank > 0 && x.shape[0] > 1 ? x[0..<(x.shape[0] - 1)] : x - 0.5
      case 12: result = x.reshaped([x.shape.elementCount] as Shape)
      case 13: result = x.rank > 0 ? softmax(x) : sin(x)
      case 14: result = x.rank > 0 ? Tensor.concatenate([x, tanh(x)], along: 0) : cos(x)
      case 15: result = x.rank > 0 ? x.padded(x.shape.map { _ in (1, 0) }) : x
      case 16: result = (x .> 0.1).cast(to: .float64) * x
      case 17: result = x.rank > 0 ? x.max(over: [x.rank - 1]) : abs(x)
      default:
        let a = pick { $0.rank == 2 }
        let b = pick { $0.rank == 2 && $0.shape[0] == a.shape[1] || $0.shape == a.shape }
        result = tanh(b.shape[0] == a.shape[1] ? a.matmul(b) : a.matmul(b.transposed())) * 3
      }
      if result.shape.elementCount > 400 { result = result.sum() }
      if forcesEachStep { result = Tensor(result.doubles(), shape: result.shape) }
      pool.append(result)
    }
  }

  @Test("a graph computed whole equals one computed step by step", arguments: 0..<150)
  func fusionChangesNothing(_ seed: Int) {
    var whole = RandomGraph(seed: UInt64(seed), forcing: false)
    var stepwise = RandomGraph(seed: UInt64(seed), forcing: true)
    for _ in 0..<25 {
      whole.grow()
      stepwise.grow()
    }
    // Several outputs of one plan: the last six.
    evaluate(Array(whole.pool.suffix(6)))
    for (index, (a, b)) in zip(whole.pool, stepwise.pool).enumerated() {
      #expect(a.shape == b.shape)
      for (x, y) in zip(a.doubles(), b.doubles()) where !(abs(x - y) <= 1e-9 * max(1, abs(y))) {
        Issue.record("seed \(seed), tensor \(index) of \(a.shape): \(x) and \(y)")
        return
      }
    }
  }

  @Test("derivatives of random graphs agree with differences", arguments: 200..<220)
  func derivativesOfRandomGraphs(_ seed: Int) {
    let start = RandomGraph(seed: UInt64(seed), forcing: false).pool
    func f(_ inputs: [Tensor]) -> Tensor {
      var graph = RandomGraph(seed: UInt64(seed), forcing: false)
      graph.pool = inputs
      for _ in 0..<12 { graph.grow() }
      return graph.pool.suffix(4).map { sin($0).sum() }.reduce(Tensor([0.0]).sum()) { $0 + $1 }
    }
    let (_, gradients) = valueWithGradient(at: start, of: f)
    for argument in start.indices {
      let values = start[argument].doubles()
      let index = seed % values.count
      func value(_ h: Double) -> Double {
        var moved = values
        moved[index] += h
        var inputs = start
        inputs[argument] = Tensor(moved, shape: start[argument].shape)
        return f(inputs).scalar
      }
      let numeric = (8 * (value(1e-5) - value(-1e-5)) - (value(2e-5) - value(-2e-5))) / 12e-5
      let found = gradients[argument].doubles()[index]
      #expect(
        abs(found - numeric) <= 1e-6 + 1e-5 * max(abs(found), abs(numeric)),
        "seed \(seed), argument \(argument): \(found), difference \(numeric)")
    }
  }

  // MARK: Lazy evaluation

  @Test func deepChainsDoNotOverflow() {
    var x = Tensor([1.0])
    for _ in 0..<100_000 { x = x + 1 }
    #expect(x.node.depth <= Node.longestChain + 1)
    #expect(x.scalar == 100_001)
    // A deep graph under a derivative cannot be cut short: it is walked and freed in loops.
    let slope = gradient(at: Tensor([2.0])) { x in
      var y = x
      for _ in 0..<20_000 { y = y + x }
      return y.sum()
    }
    #expect(slope.doubles() == [20_001])
  }

  @Test func resultsLetGoOfTheirHistory() {
    weak var early: Node?
    var x = Tensor([1.0])
    do {
      let y = x * 2
      early = y.node
      x = y + 1
    }
    #expect(early != nil)
    #expect(x.scalar == 3)
    #expect(early == nil)
  }

  @Test func loopsThatPrintStayLinear() {
    var x = Tensor([1.0])
    var longest = 0
    for _ in 0..<500 {
      x = x * 0.5 + 1
      longest = max(longest, GraphWalk(outputs: [x.sum().node]).order.count)
      #expect((x + 0).sum().scalar > 0)
    }
    #expect(longest < 20)
  }

  @Test func plansDependOnStructureNotOnNumbers() {
    func key(_ factor: Double, _ count: Int) -> [Int] {
      let x = Tensor([Double](repeating: 1, count: count))
      return GraphWalk(outputs: [(x * factor + 1e-8 * x - factor).node]).key
    }
    #expect(key(1e-8, 3) == key(2, 3))
    #expect(key(2, 3) != key(2, 4))
    let x = Tensor([1.0, 2])
    #expect(
      GraphWalk(outputs: [(x * 2 + x).node]).key != GraphWalk(outputs: [(x * 2 + 2 * x).node]).key)
    #expect(
      GraphWalk(outputs: [power(x, 3).node]).key != GraphWalk(outputs: [power(x, 4).node]).key)
    #expect((x * 1e-8 + x * 1e-8).doubles() == [2e-8, 4e-8])
    #expect(
      (x * 1e-8 + x * 3).doubles().map { ($0 * 1e9).rounded() } == [3_000_000_010, 6_000_000_020])
  }

  @Test func valuesOutliveInPlaceUpdates() {
    let x = Tensor([1.0, 2, 3])
    let y = x * 2
    let z = (y + 1) * y
    #expect(z.doubles() == [6, 20, 42])
    #expect(y.doubles() == [2, 4, 6] && x.doubles() == [1, 2, 3])
  }

  @Test func memoryIsShared() throws {
    // Ten layers: without sharing, the forward pass alone would need ten activations.
    let network = Sequential((0..<10).map { _ in Dense(64, activation: .tanh) })
    let model = try Model(network, input: [64])
    let data = Dataset(inputs: Tensor.zeros([256, 64]), targets: Tensor.zeros([256, 64]))
    let plan = try Predictor(model, data).plan(batchSize: 256)
    #expect(plan.arenaByteCount <= 2 * 256 * 64 * 4)
    #expect(plan.instructionCount == 10)
  }

  @Test func evaluationFromSeveralThreads() async {
    await withTaskGroup(of: Bool.self) { group in
      for task in 0..<8 {
        group.addTask {
          (0..<50).allSatisfy { round in
            let x = Tensor([Double](repeating: Double(task), count: 100 + round % 3))
            return gradient(at: x) { ($0 * $0).sum() }.doubles().allSatisfy {
              $0 == Double(2 * task)
            }
          }
        }
      }
      for await isRight in group { #expect(isRight) }
    }
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
    let places = passes.map { text.range(of: $0)!.lowerBound }
    #expect(places == places.sorted())
    for part in ["matmul · add · sigmoid", "stored", "buffer", "∂C/∂0.weight", "∂C/∂1.bias"] {
      #expect(text.contains(part), "\(part)")
    }
  }
}

extension String {
  fileprivate func range(of text: String) -> Range<String.Index>? { firstRange(of: text) }
}

/// Results do not depend on the number of threads.
///
/// One at a time: the number is the process's.
@Suite(.serialized) struct ThreadTests {
  @Test func trainingGivesTheSameBits() throws {
    let key = RandomKey(seed: 1)
    let inputs = (Tensor.uniform([700, 20, 20], key: key) * 255).cast(to: .uint8)
    let targets = (Tensor.uniform([700], key: RandomKey(seed: 2)) * 10).cast(to: .int32)
    let data = Dataset(inputs: inputs, targets: targets, classNames: (0..<10).map { "\($0)" })
    let network = Sequential {
      Flatten()
      Dense(300, activation: .relu)
      Dense(10)
    }
    let before = Execution.threads
    defer { Execution.threads = before }
    var results: [[Double]] = []
    for threads in [1, 2, 3] {
      Execution.threads = threads
      var model = try Model(network, input: [20, 20], seed: 3)
      try model.fit(
        data, validation: data.prefix(100), loss: .crossEntropy, optimizer: .adam(),
        metrics: [.accuracy], epochs: 2, batchSize: 128, seed: 4)
      results.append(model.parameters.flatMap { model[$0.name]!.doubles() })
    }
    #expect(results[0] == results[1] && results[0] == results[2])
  }

  @Test func sumsAndProductsGiveTheSameBits() {
    let before = Execution.threads
    defer { Execution.threads = before }
    let x = Tensor.normal([1000, 1000], key: RandomKey(seed: 9))
    var results: [[Double]] = []
    for threads in [1, 2, 3] {
      Execution.threads = threads
      let parts = [x.sum(), x.sum(over: [0]), x.sum(over: [1]), x.matmul(x).sum(over: [0])]
      results.append(parts.flatMap { $0.doubles() })
    }
    #expect(results[0] == results[1] && results[0] == results[2])
  }
}

/// Hazards that a review found; each failed once.
@Suite struct RegressionTests {
  @Test("a piece and a slice of the same piece in one concatenation")
  func concatenationOfAPieceAndItsSlice() {
    let x = Tensor([1.0, 2, 3]) * 2
    let joined = Tensor.concatenate([x, x[1..<3], x[0..<1]])
    #expect(joined.doubles() == [2, 4, 6, 4, 6, 2])
    let turned = Tensor([1.0, 2, 3, 4], shape: [2, 2]) + 0
    let both = Tensor.concatenate([turned, turned.transposed()])
    #expect(both.doubles() == [1, 2, 3, 4, 1, 3, 2, 4])
  }

  @Test("threads that evaluate the same lazy tensors do not take each other's inputs")
  func sharedLazyTensors() async {
    for _ in 0..<50 {
      var x = Tensor([Double](repeating: 1, count: 50))
      var links: [Tensor] = []
      for _ in 0..<60 {
        x = x + 1
        links.append(x)
      }
      let shared = links
      await withTaskGroup(of: Double.self) { group in
        for task in 0..<4 {
          group.addTask { shared[59 - task].sum().scalar / 50 + Double(task) }
        }
        for await value in group { #expect(value == 61) }
      }
    }
  }

  @Test func bytesAndTruthValuesReduce() {
    #expect(Tensor([UInt8(200), 7]).max().scalar == 200)
    #expect(Tensor([true, false]).min().scalar == 0)
    #expect(relu(Tensor([UInt8(200)])).doubles() == [200])
  }
}
