import Testing

@testable import Descent

@Suite struct ReductionDerivativeTests {
  static let shapes: [Shape] = [[], [5], [1, 1], [3, 4], [2, 3, 2], [2, 1, 3, 2]]

  /// All sets of axes of a rank.
  static func axisSets(_ rank: Int) -> [[Int]] {
    (0..<(1 << rank)).map { mask in (0..<rank).filter { mask >> $0 & 1 == 1 } }
  }

  @Test(arguments: shapes) func sums(_ shape: Shape) {
    for axes in Self.axisSets(shape.rank) {
      for keeps in [false, true] {
        var random = TestRandom("sums \(shape) \(axes)")
        let x = random.tensor(shape)
        func check(_ name: String, _ f: @escaping (Tensor) -> Tensor) {
          let name = "\(name) of \(shape) over \(axes), keepingAxes: \(keeps)"
          GradientCheck(name: name).run(at: [x]) { f($0[0] * $0[0]) }
        }
        check("sum") { $0.sum(over: axes, keepingAxes: keeps) }
        check("mean") { $0.mean(over: axes, keepingAxes: keeps) }
        check("variance") { $0.variance(over: axes, keepingAxes: keeps) }
      }
    }
  }

  @Test(arguments: shapes) func extremes(_ shape: Shape) {
    for axes in Self.axisSets(shape.rank) {
      var random = TestRandom("extremes \(shape) \(axes)")
      let x = random.distinct(shape)
      GradientCheck(name: "max of \(shape) over \(axes)").run(at: [x]) {
        let y = $0[0].max(over: axes)
        return y * y
      }
      GradientCheck(name: "min of \(shape) over \(axes)").run(at: [x]) {
        let y = $0[0].min(over: axes, keepingAxes: true)
        return y * y * $0[0]
      }
    }
  }

  @Test func reductionsOfViews() {
    for layout in Layout.all where layout.base.rank > 0 {
      var random = TestRandom("reductions \(layout.name)")
      let x = random.tensor(layout.base)
      for axis in [0, -1] {
        GradientCheck(name: "sum of \(layout.name) over \(axis)").run(at: [x]) {
          let y = layout.view($0[0])
          return (y * y * y).sum(over: [axis])
        }
        GradientCheck(name: "variance of \(layout.name) over \(axis)").run(at: [x]) {
          layout.view($0[0]).variance(over: [axis], unbiased: layout.base[0] > 5)
        }
      }
      // Stretched elements are equal, and share the derivative of the largest.
      let y = random.distinct(layout.base)
      GradientCheck(name: "max of \(layout.name)").run(at: [y]) {
        let z = layout.view($0[0])
        return z.max(over: [-1]) * z.min()
      }
    }
  }
}

@Suite struct RowDerivativeTests {
  static let operations = [
    Case("softmax") { softmax($0) },
    Case("softmax over 0") { softmax($0, over: 0) },
    Case("logSoftmax") { logSoftmax($0) * $0 },
    Case("logSoftmax over 0") { logSoftmax($0, over: 0) * $0 },
    Case("logSumExp") { logSumExp($0) },
    Case("logSumExp over 0") { logSumExp($0, over: 0) },
    Case("softmax of far logits") { softmax($0 + 500) },
  ]

  @Test(arguments: operations) func rows(_ operation: Case) {
    for layout in Layout.all where layout.base.rank > 0 { operation.check(layout) }
  }

  @Test func softmaxOverAMiddleAxis() {
    var random = TestRandom("middle")
    let x = random.tensor([2, 3, 2])
    GradientCheck(name: "softmax over 1").run(at: [x]) { softmax($0[0], over: 1) }
    GradientCheck(name: "logSoftmax over 1").run(at: [x]) { logSoftmax($0[0], over: 1) * $0[0] }
    GradientCheck(name: "logSumExp over 1").run(at: [x]) { logSumExp($0[0], over: 1) }
  }
}

@Suite struct ViewDerivativeTests {
  static let operations = [
    Case("reshaped") { $0.reshaped([2, -1]) * 2 },
    Case("flattened") { $0.flattened() },
    Case("expandingShape") { $0.expandingShape(at: 1).expandingShape(at: -1) },
    Case("squeezed") { $0.expandingShape(at: 0).squeezed(at: 0) },
    Case("transposed") { $0.transposed() },
    Case("permuted") { $0.permuted([1, 0]) },
    Case("permuted twice") { $0.reshaped([2, 2, 3]).permuted([2, 0, 1]).permuted([1, 2, 0]) },
    Case("broadcast") { $0.broadcast(to: [2, 3, 4]) },
    Case("slice") { $0.slice(1, 1..<3) },
    Case("stepped slice") { $0.slice(1, 0..<4, step: 3) },
    Case("slice of a slice") { $0.slice(1, 1..<4).slice(0, 1..<3, step: 2).slice(1, 1..<2) },
    Case("subscripts") { $0[1] * $0[0..<2] },
    Case("padded") { $0.padded([(1, 2), (0, 1)]) },
    Case("concatenate") { x in
      Tensor.concatenate([x.slice(1, 1..<3), x * x, x.slice(1, 3..<4)], along: 1)
    },
    Case("concatenate with itself") { Tensor.concatenate([$0, $0, exp($0)], along: 0) },
    Case("concatenate along the last") { Tensor.concatenate([$0, $0.slice(1, 0..<1)], along: -1) },
    Case("gather") { $0.gather(Tensor([Int32(2), 0, 2, 1, 2])) },
    Case("gather by a matrix") { $0.gather(Tensor([Int32(2), 0, 2, 1], shape: [2, 2])) },
    Case("gather by one") { $0.gather(Tensor([Int32(1)], shape: [])) },
    Case("gather of a view") { $0.transposed().gather(Tensor([Int32(3), 0, 3])) },
  ]

  @Test(arguments: operations) func views(_ operation: Case) {
    let cube = Case(operation.name) { x in
      let y = operation.f(x)
      return y * y * y
    }
    cube.check(Layout("before a cube", [3, 4]))
    Case(operation.name) { operation.f($0 * $0 * $0) }.check(Layout("after a cube", [3, 4]))
    Case(operation.name) { operation.f(sin($0)) * 3 }
      .check(Layout("of a transpose", [4, 3]) { $0.transposed() })
    let edge = Case(operation.name) { operation.f($0 * $0) }
    edge.check(Layout("of a slice", [5, 6]) { $0.slice(0, 1..<4).slice(1, 2..<6) })
  }
}

@Suite struct MatmulDerivativeTests {
  static let shapes: [(Shape, Shape)] = [
    ([3], [3]), ([3], [3, 2]), ([2, 3], [3]), ([2, 3], [3, 2]), ([1, 1], [1, 1]),
    ([1, 3], [3, 1]),
    ([3, 1], [1, 3]), ([2, 2, 3], [3, 2]), ([2, 2, 3], [2, 3, 2]), ([2, 3], [2, 3, 2]),
    ([1, 2, 3], [2, 3, 1]), ([2, 1, 2, 2], [3, 2, 1]), ([2, 1, 2, 2], [1, 2, 2, 2]),
    ([2, 2, 3], [3]), ([3], [2, 3, 2]), ([2, 2, 2, 3], [3, 2]),
  ]

  @Test func products() {
    for (a, b) in Self.shapes {
      let name = "matmul \(a) \(b)"
      var random = TestRandom(name)
      let points = [random.tensor(a), random.tensor(b)]
      GradientCheck(name: name).run(at: points) { $0[0].matmul($0[1]) }
      GradientCheck(name: name + " before and behind others").run(at: points) {
        tanh(sin($0[0]).matmul($0[1] * $0[1]) * 0.5)
      }
    }
  }

  @Test func productsOfViews() {
    var random = TestRandom("views")
    let a = random.tensor([3, 2])
    let b = random.tensor([4, 7])
    GradientCheck(name: "transposed and stepped").run(at: [a, b]) {
      $0[0].transposed().matmul($0[1].slice(0, 1..<4).slice(1, 0..<7, step: 3))
    }
    GradientCheck(name: "transposed on the right").run(at: [a, b]) {
      $0[1].transposed().slice(0, 2..<5).slice(1, 0..<2).matmul($0[0].transposed())
    }
    GradientCheck(name: "x xᵀ").run(at: [a]) { $0[0].matmul($0[0].transposed()) }
    GradientCheck(name: "(a b)ᵀ").run(at: [a, b]) {
      $0[0].matmul($0[1].slice(0, 0..<2)).transposed() * 2
    }
    GradientCheck(name: "broadcast operands").run(at: [random.tensor([1, 3]), a]) {
      $0[0].broadcast(to: [2, 3]).matmul($0[1])
    }
    GradientCheck(name: "permuted batch").run(at: [random.tensor([2, 3, 2])]) {
      $0[0].permuted([1, 0, 2]).matmul($0[0].permuted([1, 2, 0]))
    }
  }

  @Test func aSmallNetwork() {
    var random = TestRandom("network")
    let x = random.tensor([4, 3])
    let labels = Tensor([Int32(0), 2, 1, 2])
    let points = [
      random.tensor([5, 3]), random.tensor([5]), random.tensor([3, 5]), random.tensor([3]),
    ]
    GradientCheck(name: "network").run(at: points) { p in
      let hidden = tanh(x.matmul(p[0].transposed()) + p[1])
      return crossEntropy(hidden.matmul(p[2].transposed()) + p[3], labels)
    }
  }
}

@Suite struct LossDerivativeTests {
  static let losses: [Loss] = [
    .crossEntropy, .crossEntropy(labelSmoothing: 0.2), .binaryCrossEntropy, .l2, .meanSquaredError,
    .l1, .huber(), .huber(delta: 0.25),
  ]

  /// Outputs whose distance from the targets is on the way between the kinks at 0, ¼ and 1.
  private func outputs(_ targets: Tensor, _ random: inout TestRandom) -> Tensor {
    let distances = [-2.0, -0.6, -0.1, 0.1, 0.6, 2]
    let errors = (0..<targets.shape.elementCount).map { _ in
      random.pick(distances) + random.number(in: -0.05...0.05)
    }
    return (targets + Tensor(errors, shape: targets.shape)).detached
  }

  @Test(arguments: losses) func classIndices(_ loss: Loss) {
    var random = TestRandom("\(loss) indices")
    let labels = Tensor([Int32(1), 0, 2, 2])
    let z = outputs(labels.oneHot(classes: 3, dtype: .float64), &random)
    GradientCheck(name: "\(loss), class indices").run(at: [z]) { loss($0[0], labels) }
    GradientCheck(name: "\(loss), class indices, of a view").run(at: [z.transposed()]) {
      loss($0[0].transposed(), labels)
    }
    GradientCheck(name: "\(loss), class indices, squared").run(at: [z]) {
      let value = loss($0[0], labels)
      return value * value
    }
  }

  @Test(arguments: losses) func distributions(_ loss: Loss) {
    var random = TestRandom("\(loss) distributions")
    let targets = softmax(random.tensor([3, 4])).detached
    let z = outputs(targets, &random)
    GradientCheck(name: "\(loss), distributions").run(at: [z, targets]) { loss($0[0], $0[1]) }
  }

  @Test func oneOutput() {
    var random = TestRandom("one output")
    let targets = Tensor([1.0, 0, 1])
    for loss in Self.losses where loss.name != "cross-entropy" {
      let z = outputs(targets.reshaped([3, 1]), &random)
      GradientCheck(name: "\(loss), one output").run(at: [z]) { loss($0[0], targets) }
    }
  }

  @Test func scaledRowsOfCrossEntropy() {
    // The derivative's own derivative with respect to the scale of each row.
    var random = TestRandom("scaled")
    let (z, scale) = (random.tensor([3, 4]), random.tensor([3]))
    let labels = Tensor([Int32(3), 0, 1])
    GradientCheck(name: "scaled cross-entropy").run(at: [z, scale]) { p in
      let losses = Tensor(CrossEntropy(), [p[0], labels], shape: [3], dtype: .float64)
      return losses * p[1]
    }
  }
}
