import Foundation
import Testing

@testable import Descent

@Suite struct ViewTests {
  @Test(arguments: 0..<150) func chainsOfViews(_ seed: Int) {
    var random = TestRandom(UInt64(seed))
    let shape = random.shape(rank: 1...4)
    var tensor = random.tensor(shape)
    var naive = Naive(tensor)
    var names: [String] = []
    for _ in 0..<random.integer(in: 1...6) {
      step(&tensor, &naive, &names, &random)
      guard tensor.shape.elementCount <= 2_000 else { break }
    }
    let name = "\(shape) \(names)"
    Naive(naive.shape) { naive[$0] * 2 + 1 }.expect(tensor * 2 + 1, name + " times two")
    naive.expect(tensor, name)
    let total = naive.values.reduce(0, +)
    #expect(agree(tensor.sum().scalar, total, relative: 1e-12, absolute: 1e-12), "\(name)")
  }

  private func step(
    _ tensor: inout Tensor, _ naive: inout Naive, _ names: inout [String],
    _ random: inout TestRandom
  ) {
    let (old, shape) = (naive, naive.shape)
    guard shape.rank > 0 else { return }
    let axis = random.integer(in: 0...(shape.rank - 1))
    switch random.integer(in: 0...6) {
    case 0:
      let order = (0..<shape.rank).shuffled(using: &random)
      names.append("permuted \(order)")
      tensor = tensor.permuted(order)
      naive = Naive(Shape(order.map { shape[$0] })) { index in
        var source = index
        for (new, axis) in order.enumerated() { source[axis] = index[new] }
        return old[source]
      }
    case 1:
      guard shape[axis] > 0 else { return }
      let start = random.integer(in: 0...(shape[axis] - 1))
      let end = random.integer(in: (start + 1)...shape[axis])
      let by = random.integer(in: 1...3)
      names.append("slice \(axis) \(start)..<\(end) by \(by)")
      tensor = tensor.slice(axis, start..<end, step: by)
      var sizes = shape.sizes
      sizes[axis] = (end - start + by - 1) / by
      naive = Naive(Shape(sizes)) { index in
        var source = index
        source[axis] = start + by * index[axis]
        return old[source]
      }
    case 2:
      let count = shape.elementCount
      guard count > 0 else { return }
      let rows = random.pick((1...count).filter { count % $0 == 0 })
      names.append("reshaped \(rows)")
      tensor = tensor.reshaped([rows, -1])
      naive = Naive([rows, count / rows]) { old.values[$0[0] * (count / rows) + $0[1]] }
    case 3:
      let border = shape.map { _ in
        (before: random.integer(in: 0...2), after: random.integer(in: 0...1))
      }
      names.append("padded \(border)")
      tensor = tensor.padded(border)
      naive = Naive(Shape(zip(shape, border).map { $0 + $1.before + $1.after })) { index in
        let source = zip(index, border).map { $0 - $1.before }
        return zip(source, shape).allSatisfy { $0 >= 0 && $0 < $1 } ? old[source] : 0
      }
    case 4:
      let parts = random.integer(in: 2...3)
      names.append("concatenated \(parts) along \(axis)")
      tensor = Tensor.concatenate([Tensor](repeating: tensor, count: parts), along: axis)
      var sizes = shape.sizes
      sizes[axis] *= parts
      naive = Naive(Shape(sizes)) { index in
        var source = index
        source[axis] %= shape[axis]
        return old[source]
      }
    case 5:
      guard shape[0] > 0 else { return }
      let rows = (0..<random.integer(in: 1...4)).map { _ in
        Int32(random.integer(in: 0...(shape[0] - 1)))
      }
      names.append("gathered \(rows)")
      tensor = tensor.gather(Tensor(rows))
      naive = Naive(Shape([rows.count] + shape.sizes.dropFirst())) { index in
        old[[Int(rows[index[0]])] + index.dropFirst()]
      }
    default:
      names.append("stretched")
      tensor = tensor.broadcast(to: Shape([2] + shape.sizes))
      naive = Naive(Shape([2] + shape.sizes)) { old[Array($0.dropFirst())] }
    }
  }

  @Test(arguments: 0..<40) func matrixProducts(_ seed: Int) {
    var random = TestRandom(UInt64(seed))
    let (m, k, n) = (
      random.integer(in: 1...40), random.integer(in: 1...40), random.integer(in: 1...40)
    )
    let a = random.chance(0.5) ? random.tensor([m, k]) : random.tensor([k, m]).transposed()
    let b =
      random.chance(0.5)
      ? random.tensor([k, n])
      : random.tensor([n, 2 * k])
        .slice(1, 0..<(2 * k), step: 2).transposed()
    let (p, q) = (Naive(a), Naive(b))
    let product = Naive([m, n]) { index in
      (0..<k).reduce(0) { $0 + p[[index[0], $1]] * q[[$1, index[1]]] }
    }
    product.expect(a.matmul(b), relative: 1e-12, "\(m) \(k) \(n)")
    product.expect(
      a.cast(to: .float32).matmul(b.cast(to: .float32)), relative: 2e-5, "\(m) \(k) \(n) float32")
  }

  @Test func productsWithoutTerms() {
    let product = Tensor([Float](), shape: [2, 0]).matmul(Tensor([Float](), shape: [0, 3]))
    #expect(product.doubles() == [0, 0, 0, 0, 0, 0])
    #expect(Tensor([Float](), shape: [0, 2]).matmul(Tensor.ones([2, 3])).shape == [0, 3])
    #expect(Tensor([Int32(1), 2]).matmul(Tensor([Int32(3), 4])).doubles() == [11])
  }

  @Test func oneHotRows() {
    let x = Tensor([Int32(2), 0], shape: [2]).oneHot(classes: 3)
    #expect(x.shape == [2, 3] && x.doubles() == [0, 0, 1, 1, 0, 0])
    let matrix = Tensor([UInt8(1), 0], shape: [1, 2]).oneHot(classes: 2, dtype: .float64)
    #expect(matrix.shape == [1, 2, 2] && matrix.doubles() == [0, 1, 1, 0])
  }

  @Test func emptyTensors() {
    let empty = Tensor([Float](), shape: [0, 3])
    #expect((empty + 1).doubles() == [])
    #expect(empty.transposed().shape == [3, 0])
    #expect(Tensor.concatenate([empty, Tensor.ones([1, 3])]).doubles() == [1, 1, 1])
    #expect(Tensor.ones([3, 2]).slice(0, 1..<1).doubles() == [])
    #expect(softmax(empty).shape == [0, 3])
    #expect(softmax(empty).doubles() == [])
  }
}

@Suite struct PrintingTests {
  @Test func snapshots() {
    #expect("\(Tensor(2.5))" == "2.5")
    #expect("\(Tensor([Float(1), -2, 0.5]))" == "[1.0, -2.0, 0.5]")
    #expect("\(Tensor([1.0, 2.0]))" == "[1.0, 2.0] (float64)")
    #expect("\(Tensor([Int32(1), -20]))" == "[1, -20] (int32)")
    #expect("\(Tensor([true, false]))" == "[true, false] (bool)")
    #expect("\(Tensor([UInt8(7)]))" == "[7] (uint8)")
    #expect("\(Tensor([Float](), shape: [0, 2]))" == "[] (float32, shape [0, 2])")
    #expect("\(Tensor(rows: [[1, -20], [3.25, 4]]))" == "[[  1.0, -20.0],\n [ 3.25,   4.0]]")
    #expect(
      "\(Tensor.range(to: 8).reshaped([2, 2, 2]))"
        == "[[[0.0, 1.0],\n  [2.0, 3.0]],\n\n [[4.0, 5.0],\n  [6.0, 7.0]]]")
  }

  @Test func numbers() {
    #expect("\(Tensor([Float(0.1), 1e-7, 3e10, 1.0 / 3]))" == "[0.1, 1.0e-7, 3.0e10, 0.333333]")
    #expect("\(Tensor([1.0 / 3]))" == "[0.333333333] (float64)")
    #expect("\(Tensor([Float.nan, .infinity, -.infinity, -0.0]))" == "[nan, inf, -inf, -0.0]")
    #expect("\(Tensor([Float(999_999.5), 123_456.7]))" == "[1000000.0, 123457.0]")
    #expect("\(Tensor([Float(9.999_999_5)]))" == "[10.0]")
  }

  @Test func longTensorsAreShortened() {
    #expect("\(Tensor.range(to: 1_000, dtype: .int32))" == "[0, 1, 2, …, 997, 998, 999] (int32)")
    let matrix = "\(Tensor.range(to: 10_000, dtype: .int32).reshaped([100, 100]))"
    #expect(matrix.split(separator: "\n").count == 7)
    #expect(matrix.hasPrefix("[[   0,    1,    2, …,   97,   98,   99],\n"))
    #expect(matrix.hasSuffix("[9900, 9901, 9902, …, 9997, 9998, 9999]] (int32)"))
  }
}

@Suite struct RandomTests {
  let key = RandomKey(seed: 7, name: "test")

  @Test(arguments: [DType.float32, .float64]) func keysDecide(_ dtype: DType) {
    let a = Tensor.normal([100], dtype: dtype, key: key).doubles()
    #expect(Tensor.normal([100], dtype: dtype, key: key).doubles() == a)
    let others = [
      RandomKey(seed: 8, name: "test"), RandomKey(seed: 7, name: "tesu"), RandomKey(seed: 7),
      RandomKey(seed: 7, stream: 1), RandomKey(seed: 7 + (1 << 32), name: "test"),
    ]
    for other in others {
      let b = Tensor.normal([100], dtype: dtype, key: other).doubles()
      #expect(zip(a, b).count { $0 == $1 } < 3, "\(other)")
    }
    // A number depends on its place, not on how many are drawn.
    let prefix = Tensor.uniform([1_000], dtype: dtype, key: key).slice(0, 0..<10).doubles()
    #expect(Tensor.uniform([10], dtype: dtype, key: key).doubles() == prefix)
  }

  @Test(arguments: [DType.float32, .float64]) func uniformMoments(_ dtype: DType) {
    let x = Tensor.uniform([1_000_000], in: -1..<3, dtype: dtype, key: key)
    #expect(x.min().scalar >= -1 && x.max().scalar < 3)
    #expect(abs(x.mean().scalar - 1) < 0.006)
    #expect(abs(x.variance().scalar - 16.0 / 12) < 0.006)
  }

  @Test(arguments: [DType.float32, .float64]) func normalMoments(_ dtype: DType) {
    let x = Tensor.normal([1_000_000], dtype: dtype, key: key).cast(to: .float64)
    #expect(abs(x.mean().scalar) < 0.005)
    #expect(abs(x.variance().scalar - 1) < 0.007)
    #expect(abs((x * x * x).mean().scalar) < 0.02)
    #expect(abs((x * x * x * x).mean().scalar - 3) < 0.06)
    #expect(abs((abs(x) .< 1).mean().scalar - 0.682_69) < 0.002)
    let neighbours = (x.slice(0, 0..<999_999) * x.slice(0, 1..<1_000_000)).mean().scalar
    #expect(abs(neighbours) < 0.005)
    let isFinite = x.doubles().allSatisfy(\.isFinite)
    #expect(isFinite)
    let shifted = Tensor.normal([10_000], mean: 5, standardDeviation: 0.1, key: key)
    #expect(abs(shifted.mean().scalar - 5) < 0.005)
  }

  @Test func chances() {
    let x = Tensor.bernoulli([100_000], probability: 0.3, key: key)
    #expect(x.dtype == .bool)
    #expect(abs(x.mean().scalar - 0.3) < 0.006)
    #expect(Tensor.bernoulli([100], probability: 0, key: key).sum().scalar == 0)
    #expect(Tensor.bernoulli([100], probability: 1, key: key).sum().scalar == 100)
  }

  @Test(arguments: [0, 1, 2, 1_000]) func permutations(_ count: Int) {
    let x = Tensor.permutation(count, key: key).scalars(as: Int32.self)
    #expect(x.sorted() == (0..<Int32(count)).map { $0 })
    #expect(Tensor.permutation(count, key: key).scalars(as: Int32.self) == x)
    if count > 100 {
      let other = Tensor.permutation(count, key: RandomKey(seed: 8, name: "test"))
      #expect(other.scalars(as: Int32.self) != x)
      #expect(zip(x, 0...).count { $0 == $1 } < 10)
    }
  }
}
