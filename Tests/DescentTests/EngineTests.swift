import Foundation
import Testing

@testable import Descent

@Suite struct LazyGraphTests {
  /// Runs on a thread with as little stack as tasks and secondary threads have.
  private func onSmallStack(_ body: @escaping @Sendable () -> Void) {
    let done = DispatchSemaphore(value: 0)
    let thread = Thread {
      body()
      done.signal()
    }
    thread.stackSize = 512 * 1_024
    thread.start()
    done.wait()
  }

  @Test func aLongLoopOverflowsNothing() {
    onSmallStack {
      var sum = Tensor([0.0, 1.0])
      for _ in 0..<100_000 { sum = sum + 1 }
      #expect(sum.doubles() == [100_000, 100_001])
    }
  }

  @Test func aLongLoopThatNobodyReadsIsFreed() {
    onSmallStack {
      var sum = Tensor([0.0])
      for _ in 0..<100_000 { sum = sum + 1 }
    }
  }

  @Test func aLongChainIsEvaluatedByItself() {
    var sum = Tensor([0.0])
    var deepest = 0
    for _ in 0..<20_000 {
      sum = sum + 1
      deepest = max(deepest, sum.node.depth)
    }
    #expect(deepest <= Node.longestChain)
    #expect(sum.scalar == 20_000)
  }

  @Test func aChainUnderADerivativeIsFreedWithoutRecursion() {
    onSmallStack {
      let gradient = gradient(at: Tensor([1.0])) { x in
        var product = x
        for _ in 0..<3_000 { product = product * 0.999 }
        return product.sum()
      }
      #expect(agree(gradient.scalar, Foundation.pow(0.999, 3_000), relative: 1e-10))
    }
  }

  @Test func aDeepGraphIsFreedWithoutRecursion() {
    onSmallStack {
      // Traced nodes are never evaluated by themselves, so this chain is as deep as it is long.
      var chain = unary(Variable(), Tensor([1.0]))
      for _ in 0..<200_000 { chain = chain + chain }
      withExtendedLifetime(chain) {}
    }
  }

  @Test func readingInALoopStaysLinear() {
    func seconds(_ count: Int) -> Double {
      let clock = ContinuousClock()
      var value = Tensor([1.0, 2.0])
      let time = clock.measure {
        for _ in 0..<count {
          value = sin(value) + 1
          _ = value.description
        }
      }
      return time.seconds
    }
    _ = seconds(100)
    let (short, long) = (seconds(500), seconds(4_000))
    // Linear would be 8, quadratic 64; other tests run at the same time.
    #expect(long < 40 * short + 0.05, "\(short) s and \(long) s")
  }

  @Test func aHistoryThatIsNotNeededIsLetGo() {
    weak var early: Node?
    var value = Tensor([1.0])
    do {
      let first = value + 1
      early = first.node
      value = first * 2
    }
    #expect(early != nil)
    #expect(value.scalar == 4)
    #expect(early == nil)
  }

  @Test func closuresCaptureTensors() {
    let scale = Tensor([2.0, 3.0]) * 2
    let gradient = gradient(at: Tensor([1.0, 1.0])) { ($0 * $0 * scale).sum() }
    #expect(gradient.doubles() == [8, 12])
    var outer: Tensor?
    _ = Descent.gradient(at: Tensor([3.0])) { x in
      outer = x * x
      return (x * x).sum()
    }
    #expect(outer?.doubles() == [9])
  }

  @Test func valuesCanBeReadUnderADerivative() {
    let gradient = gradient(at: Tensor([3.0])) { x in
      let square = x * x
      return square.scalar > 5 ? (square * x).sum() : square.sum()
    }
    #expect(gradient.doubles() == [27])
  }

  @Test func tensorsCrossThreads() async {
    let shared = exp(Tensor((0..<1_000).map { Double($0) / 1_000 }))
    let sums = await withTaskGroup(of: Double.self) { group in
      for task in 0..<16 {
        group.addTask {
          var total = shared * Double(task)
          for _ in 0..<50 { total = total * 1 + shared * 0 }
          return total.sum().scalar
        }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    let once = shared.sum().scalar
    let sorted = sums.sorted()
    for (task, sum) in sorted.enumerated() {
      #expect(agree(sum, Double(task) * once, relative: 1e-12))
    }
  }

  @Test func oneTensorEvaluatedByManyTasks() async {
    for length in 0..<200 {
      // Each graph is new, so that planning it takes time in which others finish.
      var shared = Tensor([1.0, 2, 3]).sum()
      for _ in 0..<length { shared = abs(-shared) }
      shared = shared + 7
      let results = await withTaskGroup(of: Double.self) { group in
        for _ in 0..<8 { group.addTask { [shared] in shared.scalar } }
        return await group.reduce(into: []) { $0.append($1) }
      }
      #expect(results.allSatisfy { $0 == 13 })
    }
  }

  @Test func aResultThatIsUsedAgainKeepsItsBits() {
    let x = Tensor([1.0, 2, 3, 4])
    let a = x * 2
    let b = a + 1
    let c = exp(b) * a
    _ = c.doubles()
    #expect(x.doubles() == [1, 2, 3, 4])
    #expect(a.doubles() == [2, 4, 6, 8])
    #expect(b.doubles() == [3, 5, 7, 9])
    let d = a * b
    #expect(d.doubles() == [6, 20, 42, 72])
    #expect(a.doubles() == [2, 4, 6, 8])
  }
}

@Suite struct PlanTests {
  private func key(_ tensors: Tensor...) -> [Int] { GraphWalk(outputs: tensors.map(\.node)).key }

  private func step(_ x: Tensor, _ rate: Double) -> Tensor { x - rate * (x * x) }

  @Test func aNumberIsNoPartOfTheKey() {
    let x = Tensor([1.0, 2])
    #expect(key(step(x, 0.1)) == key(step(x, 0.2)))
    #expect(key(step(x, 0.1)) == key(step(Tensor([5.0, 6]), 0.1)))
    #expect(step(x, 0.5).doubles() == [0.5, 0])
    #expect(step(x, 0.25).doubles() == [0.75, 1])
  }

  @Test func structureIsInTheKey() {
    let x = Tensor([1.0, 2, 3, 4])
    let different = [
      key(step(x, 0.1)), key(step(x.reshaped([2, 2]), 0.1)), key(step(Tensor([1.0, 2]), 0.1)),
      key(step(x.cast(to: .float32), 0.1)), key(step(Tensor([Float(1), 2, 3, 4]), 0.1)),
      key(x + x), key(x * x), key(x + Tensor([1.0, 2, 3, 4])), key(power(x, 3)), key(power(x, 4)),
      key(x.reshaped([2, 2]).sum(over: [0])), key(x.reshaped([2, 2]).sum(over: [1])),
      key(x.slice(0, 0..<2)), key(x.slice(0, 1..<3)), key(x.slice(0, 0..<4, step: 2)),
      key(x.reshaped([2, 2]).argmax(over: 0)), key(x.reshaped([2, 2]).argmax(over: 1)),
      key(x.max()), key(x.min()), key(x - 1, x - 2), key(x - 1),
    ]
    #expect(Set(different).count == different.count)
  }

  @Test func whichOfTwoIsReadIsInTheKey() {
    let (x, y) = (Tensor([1.0, 2]), Tensor([10.0, 20]))
    func first() -> Tensor {
      let a = -x
      return a * y + a
    }
    func second() -> Tensor {
      let a = -x
      return a * y + y
    }
    #expect(key(first()) != key(second()))
    #expect(first().doubles() == [-11, -42])
    #expect(second().doubles() == [0, -20])
  }

  @Test func theArenaIsSmallerThanAllValuesTogether() {
    let size = 10_000
    var x = Tensor.placeholder(0, shape: [size], dtype: .float32)
    var count = 0
    for _ in 0..<20 {
      // Each softmax is an instruction of its own, whose result only the next one reads.
      x = softmax(x)
      count += 1
    }
    let plan = CompiledGraph([x]).plan
    #expect(plan.instructionCount == count)
    #expect(plan.arenaByteCount <= 2 * 4 * size + 4_096)
    #expect(plan.arenaByteCount < count * 4 * size / 4)
  }

  @Test func elementwiseChainsAreOneInstruction() {
    let x = Tensor.placeholder(0, shape: [100], dtype: .float32)
    let plan = CompiledGraph([tanh(exp(x * 2 + 1) - x) * x]).plan
    #expect(plan.instructionCount == 1)
    let reduced = CompiledGraph([(exp(x) * x).sum()]).plan
    #expect(reduced.instructionCount == 1)
  }

  @Test func commonSubexpressionsAreComputedOnce() {
    let x = Tensor.placeholder(0, shape: [8, 8], dtype: .float32)
    let twice = CompiledGraph([softmax(x) + x.matmul(x), softmax(x) * x.matmul(x)]).plan
    #expect(twice.rows.flatMap(\.operations).count { $0 == "softmax" } == 1)
    #expect(twice.rows.flatMap(\.operations).count { $0 == "matmul" } == 1)
  }

  @Test func nestedConcatenationsKeepTheirPieces() {
    let x = Tensor([1.0, 2])
    let (a, b) = (x * 2, x * 3)
    let inner = Tensor.concatenate([a, b])
    let outer = Tensor.concatenate([inner, a, x * 5])
    #expect(outer.doubles() == [2, 4, 3, 6, 2, 4, 5, 10])
  }

  @Test(arguments: [DType.uint8, .bool])
  func extremesOfBytesStayWithinTheirMemory(_ dtype: DType) {
    let x = Tensor([Int32(0), 1, 1, 0, 0, 0], shape: [3, 2]).cast(to: dtype)
    #expect(x.max(over: [1]).doubles() == [1, 1, 0])
    #expect(x.min(over: [1]).doubles() == [0, 0, 0])
    #expect(x.max(over: [0]).doubles() == [1, 1])
    #expect(x.max().dtype == dtype)
  }

  @Test func rectifyingBytesStaysWithinTheirMemory() {
    // The memory of a result must be as large as what the plan writes there; not to be run
    // before that is so.
    let y = relu(Tensor((0..<200).map { UInt8($0) }))
    #expect(CompiledGraph([y]).plan.outputs[0].dtype == y.dtype)
  }
}
