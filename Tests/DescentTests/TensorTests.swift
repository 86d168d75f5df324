import Testing

@testable import Descent

/// An array in the plainest form: a function of indices, against which tensors are compared.
struct Naive {
  let shape: Shape
  let values: [Double]

  init(_ tensor: Tensor) {
    shape = tensor.shape
    values = tensor.doubles()
  }

  init(_ shape: Shape, _ element: ([Int]) -> Double) {
    self.shape = shape
    values = Naive.indices(of: shape).map(element)
  }

  subscript(index: [Int]) -> Double {
    values[zip(index, shape).reduce(0) { $0 * $1.1 + $1.0 }]
  }

  /// Every index of a shape, the last axis fastest.
  static func indices(of shape: Shape) -> [[Int]] {
    shape.reduce([[]]) { indices, size in
      indices.flatMap { index in (0..<size).map { index + [$0] } }
    }
  }

  func expect(
    _ tensor: Tensor, relative: Double = 0, _ name: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(tensor.shape == shape, "\(name)", sourceLocation: sourceLocation)
    expectEqual(
      tensor.doubles(), values, relative: relative, absolute: relative, name,
      sourceLocation: sourceLocation)
  }
}

@Suite struct CreationTests {
  @Test func literalsAndArrays() {
    let vector: Tensor = [2, -1]
    #expect(vector.shape == [2] && vector.dtype == .float32)
    #expect(vector.scalars() == [2, -1])
    #expect(Tensor(3.5).shape == [] && Tensor(3.5).scalar == 3.5)
    #expect(Tensor([1.0, 2]).dtype == .float64)
    #expect(Tensor([Int32(1), 2]).dtype == .int32)
    #expect(Tensor([UInt8(1), 255]).scalars(as: UInt8.self) == [1, 255])
    #expect(Tensor([true, false]).scalars(as: Bool.self) == [true, false])
    #expect(Tensor(rows: [[1, 2, 3], [4, 5, 6]]).shape == [2, 3])
    #expect(Tensor([Float](), shape: [0, 3]).doubles() == [])
    #expect(Tensor([1.0, 2, 3, 4], shape: [2, 2])[1].doubles() == [3, 4])
  }

  @Test(arguments: DType.allCases) func filled(_ dtype: DType) {
    #expect(Tensor.zeros([2, 2], dtype: dtype).doubles() == [0, 0, 0, 0])
    #expect(Tensor.ones([3], dtype: dtype).doubles() == [1, 1, 1])
    #expect(Tensor(repeating: 1, shape: [], dtype: dtype).doubles() == [1])
    #expect(Tensor.ones([2], dtype: dtype).dtype == dtype)
    #expect(Tensor.zeros([0, 2], dtype: dtype).doubles() == [])
  }

  @Test func sequences() {
    #expect(Tensor.range(to: 4).doubles() == [0, 1, 2, 3])
    #expect(
      Tensor.range(from: 1, to: 2, by: 0.25, dtype: .float64).doubles() == [1, 1.25, 1.5, 1.75])
    #expect(
      Tensor.range(from: 3, to: 0, by: -1, dtype: .int32).scalars(as: Int32.self) == [3, 2, 1])
    #expect(Tensor.linear(from: -1, to: 1, count: 5).doubles() == [-1, -0.5, 0, 0.5, 1])
    #expect(Tensor.linear(from: 2, to: 5, count: 1).doubles() == [2])
    #expect(Tensor.identity(2, dtype: .float64).doubles() == [1, 0, 0, 1])
  }

  @Test func bytesAreInRowMajorOrder() {
    let matrix = Tensor([Int32(1), 2, 3, 4, 5, 6], shape: [2, 3]).transposed()
    let numbers = matrix.withUnsafeBytes { Array($0.bindMemory(to: Int32.self)) }
    #expect(numbers == [1, 4, 2, 5, 3, 6])
  }
}

@Suite struct DTypeTests {
  @Test func promotion() {
    let expected: [DType: [DType: DType]] = [
      .float32: [.float32: .float32, .float64: .float64, .int32: .float32, .uint8: .float32],
      .float64: [.float64: .float64, .int32: .float64, .uint8: .float64, .bool: .float64],
      .int32: [.int32: .int32, .uint8: .int32, .bool: .int32],
      .uint8: [.uint8: .int32, .bool: .int32], .bool: [.bool: .int32],
    ]
    for (a, row) in expected {
      for (b, result) in row {
        #expect((Tensor.ones([2], dtype: a) + Tensor.ones([2], dtype: b)).dtype == result)
        #expect((Tensor.ones([2], dtype: b) * Tensor.ones([2], dtype: a)).dtype == result)
      }
    }
    #expect((Tensor([Int32(7)]) / Tensor([Int32(2)])).doubles() == [3.5])
    #expect((Tensor([Int32(7)]) / 2).dtype == .float32)
    #expect((Tensor([Int32(7)]) + 2).dtype == .int32)
    #expect((Tensor([Int32(7)]) + 0.5).doubles() == [7.5])
    #expect((Tensor([UInt8(200)]) + Tensor([UInt8(100)])).doubles() == [300])
    #expect((Tensor([true, true]).sum()).doubles() == [2])
    #expect(Tensor([UInt8](repeating: 255, count: 1_000)).sum().doubles() == [255_000])
    #expect(Tensor([UInt8(1), 2]).mean().doubles() == [1.5])
    #expect((Tensor([1.0]) + 0.1).doubles() == [1.1])
  }

  @Test func casts() {
    let x = Tensor([-2.7, -0.5, 0, 0.5, 2.7, 200])
    #expect(x.cast(to: .int32).doubles() == [-2, 0, 0, 0, 2, 200])
    #expect(x.cast(to: .bool).doubles() == [1, 1, 0, 1, 1, 1])
    #expect(x.cast(to: .float32).dtype == .float32)
    #expect(Tensor([Int32(0), 3, 255]).cast(to: .uint8).doubles() == [0, 3, 255])
    #expect(Tensor([true, false]).cast(to: .float64).doubles() == [1, 0])
    #expect(Tensor([0.1]).cast(to: .float32).cast(to: .float64).doubles() == [Double(Float(0.1))])
  }

  @Test func bytesThatAreReadAsNumbers() {
    let bytes = Tensor((0..<6).map { UInt8($0 * 50) }, shape: [2, 3])
    #expect((bytes.cast(to: .float32) * (1 / 255)).dtype == .float32)
    #expect(bytes.transposed().cast(to: .int32).doubles() == [0, 150, 50, 200, 100, 250])
    #expect(bytes.gather(Tensor([Int32(1)])).doubles() == [150, 200, 250])
    #expect(bytes.argmax().doubles() == [2, 2])
    #expect((bytes - 100).doubles() == [-100, -50, 0, 50, 100, 150])
  }

  @Test func comparisons() {
    let (a, b) = (Tensor([1.0, 2, 3, .nan]), Tensor([2.0, 2, 2, .nan]))
    #expect((a .< b).doubles() == [1, 0, 0, 0])
    #expect((a .<= b).doubles() == [1, 1, 0, 0])
    #expect((a .> b).doubles() == [0, 0, 1, 0])
    #expect((a .>= b).doubles() == [0, 1, 1, 0])
    #expect((a .== b).doubles() == [0, 1, 0, 0])
    #expect((a .!= b).doubles() == [1, 0, 1, 1])
    #expect((a .> 1).dtype == .bool)
    let (p, q) = (Tensor([true, true, false, false]), Tensor([true, false, true, false]))
    #expect((p .& q).doubles() == [1, 0, 0, 0])
    #expect((p .| q).doubles() == [1, 1, 1, 0])
    #expect((.!p).doubles() == [0, 0, 1, 1])
    #expect((Tensor([Int32(3)]) .> 2.5).doubles() == [1])
    #expect((Tensor([Int32(3)]) .== Tensor([3.0])).doubles() == [1])
  }

  @Test func selection() {
    let truth = Tensor([true, false, true])
    #expect(select(truth, Tensor([1.0, 2, 3]), Tensor([9.0])).doubles() == [1, 9, 3])
    let columns = select(truth, Tensor([1.0, 2]).reshaped([2, 1]), Tensor([0.0, 5, 0]))
    #expect(columns.doubles() == [1, 5, 1, 2, 5, 2])
    #expect(select(truth, Tensor([Int32(1)]), Tensor([Float(0.5)])).dtype == .float32)
    #expect(
      select(Tensor([true, false]), Tensor([1.0, 1]), Tensor([.nan, 2])).doubles() == [1, 2])
  }

  @Test func notANumberAndInfinities() {
    let x = Tensor([Double.nan, 1, -.infinity])
    #expect(maximum(x, 0).doubles()[0].isNaN)
    #expect(x.max().scalar.isNaN && x.min().scalar.isNaN)
    #expect(Tensor([1.0, -.infinity]).min().scalar == -.infinity)
    #expect((Tensor([1.0]) / 0).scalar == .infinity)
    #expect(log(Tensor([0.0])).scalar == -.infinity)
    #expect(sqrt(Tensor([-1.0])).scalar.isNaN)
  }
}

@Suite struct BroadcastTests {
  @Test(arguments: 0..<60) func arithmeticFollowsNumPy(_ seed: Int) {
    var random = TestRandom(UInt64(seed))
    let full = random.shape(rank: 0...4)
    func part(_ random: inout TestRandom) -> Shape {
      let kept = full.sizes.dropFirst(random.integer(in: 0...full.rank))
      return Shape(kept.map { random.chance(0.3) ? 1 : $0 })
    }
    let (a, b) = (random.tensor(part(&random)), random.tensor(part(&random)))
    let rank = max(a.rank, b.rank)
    func size(_ tensor: Tensor, _ axis: Int) -> Int {
      let own = axis - (rank - tensor.rank)
      return own < 0 ? 1 : tensor.shape[own]
    }
    func element(_ tensor: Tensor, _ values: Naive, _ index: [Int]) -> Double {
      let own = index.suffix(tensor.rank)
      return values[zip(own, tensor.shape).map { $1 == 1 ? 0 : $0 }]
    }
    let shape = Shape((0..<rank).map { max(size(a, $0), size(b, $0)) })
    let (p, q) = (Naive(a), Naive(b))
    Naive(shape) { element(a, p, $0) - element(b, q, $0) }.expect(a - b, "\(a.shape) - \(b.shape)")
    Naive(shape) { element(a, p, $0) * element(b, q, $0) }.expect(a * b, "\(a.shape) * \(b.shape)")
    Naive(shape) { element(a, p, $0) < element(b, q, $0) ? 1 : 0 }
      .expect(a .< b, "\(a.shape) < \(b.shape)")
    Naive(shape) { element(a, p, $0) }.expect(a.broadcast(to: shape), "\(a.shape) to \(shape)")
  }

  @Test func shapesThatDoNotFit() {
    #expect(Shape([2, 3]).broadcast(with: [2]) == nil)
    #expect(Shape([2, 3]).broadcast(with: [3, 2]) == nil)
    #expect(Shape([2, 1]).broadcast(with: [1, 3]) == [2, 3])
    #expect(Shape([0]).broadcast(with: [1]) == [0])
    #expect(Shape([]).broadcast(with: [4, 1]) == [4, 1])
  }
}

@Suite struct ReductionTests {
  @Test(arguments: 0..<40) func everySetOfAxes(_ seed: Int) {
    var random = TestRandom(UInt64(seed))
    let x = random.tensor(random.shape(rank: 1...4, size: 1...5))
    let source = Naive(x)
    for axes in ReductionDerivativeTests.axisSets(x.rank) {
      let kept = x.shape.keeping(axes)
      func reduce(_ shape: Shape, _ f: ([Double]) -> Double) -> Naive {
        var groups: [[Int]: [Double]] = [:]
        for index in Naive.indices(of: x.shape) {
          let key = index.enumerated().map { axes.contains($0.offset) ? 0 : $0.element }
          groups[key, default: []].append(source[index])
        }
        let flat = Naive.indices(of: kept).map { f(groups[$0] ?? []) }
        let counts = Naive.indices(of: shape)
        return Naive(shape) { index in counts.firstIndex(of: index).map { flat[$0] } ?? .nan }
      }
      let name = "\(x.shape) over \(axes)"
      let dropped = x.shape.dropping(axes)
      reduce(dropped) { $0.reduce(0, +) }
        .expect(x.sum(over: axes), relative: 1e-13, "sum \(name)")
      reduce(kept) { $0.reduce(0, +) / Double($0.count) }
        .expect(x.mean(over: axes, keepingAxes: true), relative: 1e-13, "mean \(name)")
      reduce(dropped) { $0.max() ?? .nan }.expect(x.max(over: axes), "max \(name)")
      reduce(kept) { $0.min() ?? .nan }
        .expect(x.min(over: axes, keepingAxes: true), "min \(name)")
      reduce(dropped) { $0.reduce(0) { $0 + Double(Int32($1 * 100)) } }
        .expect((x * 100).cast(to: .int32).sum(over: axes), "integer sum \(name)")
    }
  }

  @Test func sumsAreAccurate() {
    let ones = Tensor([Float](repeating: 0.1, count: 1_000_000))
    #expect(agree(ones.sum().scalar, 100_000, relative: 1e-6))
    #expect(agree(ones.mean().scalar, 0.1, relative: 1e-6))
    #expect(agree(ones.reshaped([1_000, 1_000]).sum(over: [0])[7].scalar, 100, relative: 1e-6))
  }

  @Test func emptySums() {
    #expect(Tensor([Float](), shape: [0]).sum().scalar == 0)
    #expect(Tensor([Float](), shape: [2, 0]).sum(over: [1]).doubles() == [0, 0])
    #expect(Tensor([Float](), shape: [0, 2]).sum(over: [1]).doubles() == [])
  }

  @Test(arguments: 0..<30) func argmaxOverAnyAxis(_ seed: Int) {
    var random = TestRandom(UInt64(seed))
    let shape = random.shape(rank: 1...3, size: 1...7)
    // Few different numbers, so that there are ties.
    let values = (0..<shape.elementCount).map { _ in Double(random.integer(in: 0...3)) }
    let x = Tensor(values, shape: shape)
    let source = Naive(x)
    for axis in 0..<x.rank {
      func first(_ index: [Int], _ isBetter: (Double, Double) -> Bool) -> Double {
        var best = 0
        func value(_ position: Int) -> Double {
          source[Array(index[..<axis]) + [position] + Array(index[axis...])]
        }
        for position in 1..<max(shape[axis], 1) where isBetter(value(position), value(best)) {
          best = position
        }
        return Double(best)
      }
      let kept = shape.dropping([axis])
      Naive(kept) { first($0, >) }.expect(x.argmax(over: axis), "argmax \(shape) over \(axis)")
      Naive(kept) { first($0, <) }.expect(x.argmin(over: axis), "argmin \(shape) over \(axis)")
      #expect(x.argmax(over: axis).dtype == .int32)
    }
  }

  @Test func argmaxOfTiesAndNaN() {
    #expect(Tensor([1.0, 3, 3, 2]).argmax().scalar == 1)
    #expect(Tensor([2.0, 1, 1]).argmin().scalar == 1)
    #expect(Tensor([Double](repeating: 5, count: 1_000)).argmax().scalar == 0)
    // As in NumPy, NaN is the largest and the smallest.
    #expect(Tensor([1.0, .nan, 3, .nan]).argmax().scalar == 1)
    #expect(Tensor([1.0, .nan, -3]).argmin().scalar == 1)
    #expect(Tensor([Int32(4), 9, 9]).argmax().scalar == 1)
  }
}
