import Descent
import Testing

/// What tensors do, against plain loops over indices.
@Suite struct TensorTests {
  /// A tensor as a function of its indices.
  static func naive(_ shape: Shape, _ f: ([Int]) -> Double) -> [Double] {
    (0..<shape.elementCount).map { flat in
      var rest = flat
      var index = [Int](repeating: 0, count: shape.rank)
      for axis in stride(from: shape.rank - 1, through: 0, by: -1) {
        index[axis] = rest % shape[axis]
        rest /= shape[axis]
      }
      return f(index)
    }
  }

  private func element(_ values: [Double], _ shape: Shape, _ index: [Int]) -> Double {
    var flat = 0
    for (axis, position) in index.enumerated() { flat = flat * shape[axis] + position }
    return values[flat]
  }

  @Test func creation() {
    #expect(Tensor([1, 2, 3]).dtype == .float64)
    #expect((Tensor([Float(1), 2])).dtype == .float32)
    let literal: Tensor = [2, -1]
    #expect(literal.dtype == .float32 && literal.doubles() == [2, -1])
    #expect(Tensor.zeros([2, 2]).doubles() == [0, 0, 0, 0])
    #expect(Tensor.ones([3], dtype: .int32).scalars(as: Int32.self) == [1, 1, 1])
    #expect(Tensor.range(from: 1, to: 2, by: 0.25).doubles() == [1, 1.25, 1.5, 1.75])
    #expect(Tensor.linear(from: 0, to: 1, count: 5).doubles() == [0, 0.25, 0.5, 0.75, 1])
    #expect(Tensor.identity(2).doubles() == [1, 0, 0, 1])
    #expect(Tensor(rows: [[1, 2], [3, 4]]).shape == [2, 2])
    #expect(Tensor(7).scalar == 7)
    #expect(Tensor([Int32(2), 0]).oneHot(classes: 3).doubles() == [0, 0, 1, 1, 0, 0])
  }

  @Test func promotion() {
    let (byte, int) = (Tensor([UInt8(200), 100]), Tensor([Int32(3), 4]))
    let (single, double) = (Tensor([Float(0.5), 1]), Tensor([0.25, 1]))
    #expect((byte + byte).dtype == .int32 && (byte + byte).doubles() == [400, 200])
    #expect((byte * single).dtype == .float32 && (int * single).dtype == .float32)
    #expect((int + double).dtype == .float64)
    #expect((int / int).dtype == .float32 && (int / Tensor([Int32(2)])).doubles() == [1.5, 2])
    #expect((int * 2).dtype == .int32 && (int * 2.5).doubles() == [7.5, 10])
    #expect((int .> 3).dtype == .bool && (int .> 3).doubles() == [0, 1])
    #expect(Tensor([true, false]).cast(to: .float32).doubles() == [1, 0])
    #expect(Tensor([0.5, 0]).cast(to: .bool).doubles() == [1, 0])
    #expect(Tensor([2.9, -2.9]).cast(to: .int32).doubles() == [2, -2])
    #expect(Tensor([300.0, -5]).cast(to: .uint8).doubles() == [255, 0])
    #expect((Tensor([true, false]) .| Tensor([false, false])).doubles() == [1, 0])
    #expect((.!Tensor([true, false])).doubles() == [0, 1])
  }

  @Test func broadcastingFollowsNumPy() {
    let pairs: [(Shape, Shape, Shape)] = [
      ([3], [2, 3], [2, 3]), ([2, 1], [3], [2, 3]), ([], [4], [4]),
      ([2, 1, 4], [3, 1], [2, 3, 4]),
      ([1], [1, 1], [1, 1]), ([0], [1], [0]),
    ]
    for (a, b, expected) in pairs {
      let (x, y) = (numbers(a), numbers(b, seed: 2))
      let sum = x - 2 * y
      #expect(sum.shape == expected)
      let (vx, vy) = (x.doubles(), y.doubles())
      let wanted = Self.naive(expected) { index in
        func at(_ values: [Double], _ shape: Shape) -> Double {
          let own = index.suffix(shape.rank).enumerated().map { shape[$0] == 1 ? 0 : $1 }
          return element(values, shape, own)
        }
        return at(vx, a) - 2 * at(vy, b)
      }
      #expect(sum.doubles() == wanted)
    }
  }

  static let reductions: [(Shape, [Int])] = [
    ([7], [0]), ([3, 5], [0]), ([3, 5], [1]), ([3, 5], [0, 1]), ([2, 3, 4], [1]),
    ([2, 3, 4], [0, 2]), ([2, 3, 4, 2], [0, 2]), ([2, 3, 4, 2], [1, 3]), ([1, 300], [0]),
    ([300, 1], [0]), ([1000, 3], [0]), ([3, 1000], [1]),
  ]

  @Test(arguments: reductions.indices)
  func reductionsAgreeWithLoops(_ index: Int) {
    let (shape, axes) = Self.reductions[index]
    let x = numbers(shape)
    let values = x.doubles()
    let kept = (0..<shape.rank).filter { !axes.contains($0) }
    let result = Shape(kept.map { shape[$0] })
    var groups = [[Double]](repeating: [], count: result.elementCount)
    for (flat, position) in Self.naive(
      shape,
      { index in
        kept.reduce(0) { Double(Int($0) * shape[$1] + index[$1]) }
      }
    ).enumerated() {
      groups[Int(position)].append(values[flat])
    }
    func close(_ tensor: Tensor, _ f: ([Double]) -> Double) {
      #expect(tensor.shape == result)
      for (found, group) in zip(tensor.doubles(), groups) {
        #expect(abs(found - f(group)) <= 1e-12 * max(1, abs(found)))
      }
    }
    close(x.sum(over: axes)) { $0.reduce(0, +) }
    close(x.mean(over: axes)) { $0.reduce(0, +) / Double($0.count) }
    close(x.max(over: axes)) { $0.max()! }
    close(x.min(over: axes)) { $0.min()! }
    close((x * x + 1).sum(over: axes)) { $0.reduce(0) { $0 + $1 * $1 + 1 } }
    if axes.count == 1 {
      close(x.argmax(over: axes[0])) { Double($0.firstIndex(of: $0.max()!)!) }
      close(x.argmin(over: axes[0])) { Double($0.firstIndex(of: $0.min()!)!) }
    }
    let single = x.cast(to: .float32).sum(over: axes).doubles()
    for (found, group) in zip(single, groups) {
      #expect(abs(found - group.reduce(0, +)) <= 1e-5 * Double(max(group.count, 10)))
    }
  }

  @Test func extremesOfTiesAndNaN() {
    #expect(Tensor([1.0, 3, 3]).argmax().scalar == 1)
    #expect(Tensor([2.0, 1, 1]).argmin().scalar == 1)
    #expect(Tensor([1.0, .nan, 3]).max().scalar.isNaN)
    #expect(Tensor([1.0, .nan, 3]).argmax().scalar == 1)
    #expect(maximum(Tensor([Double.nan]), Tensor([1.0])).scalar.isNaN)
    #expect(Tensor.zeros([0, 3]).sum(over: [0]).doubles() == [0, 0, 0])
  }

  @Test func movementAgreesWithIndices() {
    let shape: Shape = [3, 4, 5]
    let x = numbers(shape)
    let v = x.doubles()
    func check(_ tensor: Tensor, _ expected: Shape, _ source: ([Int]) -> [Int]) {
      #expect(tensor.shape == expected)
      #expect(tensor.doubles() == Self.naive(expected) { element(v, shape, source($0)) })
    }
    check(x.permuted([2, 0, 1]), [5, 3, 4]) { [$0[1], $0[2], $0[0]] }
    check(x.transposed(), [3, 5, 4]) { [$0[0], $0[2], $0[1]] }
    check(x.slice(1, 1..<3), [3, 2, 5]) { [$0[0], $0[1] + 1, $0[2]] }
    check(x.slice(2, 1..<5, step: 2), [3, 4, 2]) { [$0[0], $0[1], 1 + 2 * $0[2]] }
    check(x[1], [4, 5]) { [1, $0[0], $0[1]] }
    check(x[1..<3].permuted([1, 2, 0]).slice(0, 2..<4), [2, 5, 2]) {
      [$0[2] + 1, $0[0] + 2, $0[1]]
    }
    check(x.gather(Tensor([Int32(2), 2, 0])), [3, 4, 5]) { [[2, 2, 0][$0[0]], $0[1], $0[2]] }
    check(x.expandingShape(at: 1).broadcast(to: [3, 2, 4, 5]), [3, 2, 4, 5]) {
      [$0[0], $0[2], $0[3]]
    }
    let cut = x.permuted([2, 0, 1]).reshaped([5, 12] as Shape)
    check(cut, [5, 12]) { [$0[1] / 4, $0[1] % 4, $0[0]] }
    let padded = x.padded([(1, 0), (0, 0), (0, 2)])
    #expect(padded.shape == [4, 4, 7])
    #expect(
      padded.doubles()
        == Self.naive([4, 4, 7]) {
          $0[0] >= 1 && $0[2] < 5 ? element(v, shape, [$0[0] - 1, $0[1], $0[2]]) : 0
        })
    let joined = Tensor.concatenate([x, x.slice(1, 0..<2)], along: 1)
    #expect(
      joined.doubles()
        == Self.naive([3, 6, 5]) {
          element(v, shape, [$0[0], $0[1] < 4 ? $0[1] : $0[1] - 4, $0[2]])
        })
    #expect(x.flattened().shape == [3, 20] && x.reshaped([-1, 6]).shape == [10, 6])
  }

  @Test func bytesAndIntegersMoveToo() {
    let x = Tensor((0..<24).map { UInt8($0) }, shape: [2, 3, 4])
    #expect(
      x.permuted([1, 0, 2]).slice(2, 1..<3).scalars(as: UInt8.self).prefix(4) == [1, 2, 13, 14])
    #expect(x.cast(to: .int32).sum().scalar == 276)
    #expect(x.sum(over: [0]).dtype == .int32)
    #expect(Tensor([Int32.max]).doubles() == [Double(Int32.max)])
  }

  @Test func products() {
    for (m, k, n) in [(1, 1, 1), (3, 4, 5), (17, 33, 9), (64, 100, 31), (5, 0, 2)] {
      let (a, b) = (numbers([m, k]), numbers([k, n], seed: 2))
      let (va, vb) = (a.doubles(), b.doubles())
      let expected = Self.naive([m, n]) { index in
        (0..<k).reduce(0) { $0 + va[index[0] * k + $1] * vb[$1 * n + index[1]] }
      }
      for (found, wanted) in zip(a.matmul(b).doubles(), expected) {
        #expect(abs(found - wanted) < 1e-12 * Double(k + 1))
      }
      let single = a.cast(to: .float32).matmul(b.cast(to: .float32)).doubles()
      for (found, wanted) in zip(single, expected) {
        #expect(abs(found - wanted) < 1e-5 * Double(k + 1))
      }
    }
  }

  // MARK: Printing

  @Test func printing() {
    #expect("\(Tensor(2.5))" == "2.5")
    #expect("\(Tensor([Float(1), 2.5, -3]))" == "[1.0, 2.5, -3.0]")
    #expect("\(Tensor(rows: [[1, 20], [-3, 4]]))" == "[[ 1.0, 20.0],\n [-3.0,  4.0]]")
    #expect("\(Tensor([Int32(1), 2]))" == "[1, 2] (int32)")
    #expect("\(Tensor([true, false]))" == "[true, false] (bool)")
    #expect("\(Tensor([0.1]))" == "[0.1] (float64)")
    #expect("\(Tensor.zeros([0, 2]))" == "[] (float32, shape [0, 2])")
    #expect("\(Tensor([Float(1e-9), .infinity, .nan]))" == "[1.0e-9, inf, nan]")
    let long = "\(Tensor.range(to: 1000))"
    #expect(long == "[0.0, 1.0, 2.0, …, 997.0, 998.0, 999.0]")
    let cube = "\(Tensor.ones([2, 2, 2]))"
    #expect(cube == "[[[1.0, 1.0],\n  [1.0, 1.0]],\n\n [[1.0, 1.0],\n  [1.0, 1.0]]]")
  }

  // MARK: Random numbers

  @Test func randomNumbersDependOnTheirKeyAlone() {
    let key = RandomKey(seed: 3, name: "a")
    let x = Tensor.uniform([1000], key: key).doubles()
    #expect(x == Tensor.uniform([1000], key: key).doubles())
    #expect(Array(x.prefix(10)) == Tensor.uniform([10], key: key).doubles())
    #expect(x != Tensor.uniform([1000], key: RandomKey(seed: 3, name: "b")).doubles())
    #expect(x != Tensor.uniform([1000], key: RandomKey(seed: 4, name: "a")).doubles())
    #expect(x.allSatisfy { (0..<1).contains($0) })
  }

  @Test(arguments: [DType.float32, .float64])
  func distributions(_ dtype: DType) {
    let key = RandomKey(seed: 5)
    let uniform = Tensor.uniform([1_000_000], in: -1..<3, dtype: dtype, key: key)
    #expect(abs(uniform.mean().scalar - 1) < 0.01)
    #expect(abs(uniform.variance().scalar - 16.0 / 12) < 0.01)
    let normal = Tensor.normal([1_000_000], mean: 1, standardDeviation: 2, dtype: dtype, key: key)
    #expect(abs(normal.mean().scalar - 1) < 0.01 && abs(normal.variance().scalar - 4) < 0.03)
    let standard = (normal - 1) / 2
    let fourth = power(standard, 4).mean().scalar
    #expect(abs(fourth - 3) < 0.05)
    let coins = Tensor.bernoulli([100_000], probability: 0.3, key: key)
    #expect(coins.dtype == .bool && abs(coins.mean().scalar - 0.3) < 0.01)
  }

  @Test func permutations() {
    let order = Tensor.permutation(1000, key: RandomKey(seed: 1)).scalars(as: Int32.self)
    #expect(order.sorted() == (0..<1000).map { Int32($0) } && order != order.sorted())
  }
}
