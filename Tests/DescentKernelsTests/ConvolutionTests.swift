import DescentKernels
import Testing

extension descent_convolution {
  /// Random sizes that fit each other.
  fileprivate static func random(_ random: inout Random, direction: Int, dtype: Dtype) -> Self {
    var c = descent_convolution()
    c.direction = Int32(direction)
    c.dtype = dtype.rawValue
    c.batch = Int64(1 + random.below(random.pick([3, 3, 37])))
    c.groups = Int64(random.pick([1, 1, 1, 2, 3]))
    c.in_channels = c.groups * Int64(1 + random.below(random.pick([4, 9, 40])))
    c.out_channels = c.groups * Int64(1 + random.below(17))
    func axis(_ random: inout Random) -> [Int] {
      let kernel = 1 + random.below(5), stride = 1 + random.below(3)
      let padding = random.below(4), dilation = 1 + random.below(3)
      let span = (kernel - 1) * dilation + 1
      let size = max(1, span - 2 * padding) + random.below(random.pick([3, 14, 40]))
      return [kernel, stride, padding, dilation, size, (size + 2 * padding - span) / stride + 1]
    }
    let (a, b) = (axis(&random), axis(&random))
    func pair(_ i: Int) -> (Int64, Int64) { (Int64(a[i]), Int64(b[i])) }
    (c.kernel, c.stride, c.padding, c.dilation) = (pair(0), pair(1), pair(2), pair(3))
    (c.x_size, c.y_size) = (pair(4), pair(5))
    return c
  }

  /// Random sizes that suit tiles: 3 × 3, one pixel at a time.
  fileprivate static func tiled(_ random: inout Random, direction: Int, dtype: Dtype) -> Self {
    var c = descent_convolution()
    c.direction = Int32(direction)
    c.dtype = dtype.rawValue
    c.batch = Int64(1 + random.below(random.pick([2, 10, 20])))
    c.groups = Int64(random.pick([1, 1, 2]))
    c.in_channels = c.groups * Int64(8 + random.below(random.pick([12, 140])))
    c.out_channels = c.groups * Int64(8 + random.below(random.pick([12, 80])))
    func axis(_ random: inout Random) -> (size: Int, padding: Int) {
      let padding = random.below(3)
      return (max(1, 6 - 2 * padding) + random.below(random.pick([3, 12, 36])), padding)
    }
    let (a, b) = (axis(&random), axis(&random))
    (c.kernel, c.stride, c.dilation) = ((3, 3), (1, 1), (1, 1))
    c.padding = (Int64(a.padding), Int64(b.padding))
    c.x_size = (Int64(a.size), Int64(b.size))
    c.y_size = (c.x_size.0 + 2 * c.padding.0 - 2, c.x_size.1 + 2 * c.padding.1 - 2)
    return c
  }

  /// The shape of what this computes.
  fileprivate var resultShape: [Int] {
    let shape: [Int64] =
      switch direction {
      case 0: [batch, out_channels, y_size.0, y_size.1]
      case 1: [batch, in_channels, x_size.0, x_size.1]
      default: [out_channels, in_channels / groups, kernel.0, kernel.1]
      }
    return shape.map { Int($0) }
  }

  fileprivate var takesEpilogue: Bool {
    direction == 0 || (direction == 1 && stride.0 == 1 && stride.1 == 1)
  }

  fileprivate var sizes: [Int] {
    let x = batch * in_channels * x_size.0 * x_size.1
    let weight = out_channels * (in_channels / groups) * kernel.0 * kernel.1
    return [x, weight, batch * out_channels * y_size.0 * y_size.1].map { Int($0) }
  }
}

/// `scales`: each channel is multiplied by a number of its own, and what is negative becomes zero.
private func convolutionCase(
  _ shape: descent_convolution, bias: Bool, scales: Bool = false, seed: Int
) -> Case {
  var random = Random(seed)
  let memory = Memory(), parameters = Parameters()
  let dtype = Dtype(rawValue: shape.dtype)!
  var convolution = shape
  func add(_ elements: Int) -> descent_operand {
    let slot = memory.add(bytes: elements * dtype.size)
    memory.fill(slot, dtype, &random, range: 1)
    return operand(slot, dtype, strides: [1])
  }
  let operands = shape.sizes.map(add)
  (convolution.x, convolution.weight, convolution.y) = (operands[0], operands[1], operands[2])
  convolution.has_bias = bias
  convolution.bias = add(Int(shape.out_channels))
  let output = [operands[2], operands[0], operands[1]][Int(shape.direction)].slot
  if scales {
    let result = shape.resultShape
    let whole = operand(output, dtype, strides: rowMajor(result))
    var scale = add(result[1])
    scale.strides = eight([0, 1, 0, 0])
    convolution.epilogue = parameters.own([
      parameters.program(
        dtype, result, operands: [whole, scale, immediate(0)],
        steps: [step(DESCENT_OP_MULTIPLY, 3, 0, 1), step(DESCENT_OP_MAXIMUM, 3, 3, 2)],
        stores: [descent_store(place: whole, source: 3)])
    ])
  }
  var instruction = parameters.instruction(DESCENT_CONVOLUTION, convolution)
  let bytes = descent_scratch_bytes(&instruction)
  if bytes > 0 {
    instruction.parameters.assumingMemoryBound(to: descent_convolution.self).pointee.scratch =
      operand(memory.add(bytes: Int(bytes)), dtype)
  }
  return Case(
    memory: memory, parameters: parameters, instruction: instruction, output: output, dtype: dtype)
}

private func poolingCase(
  _ operation: descent_pooling_operation, _ dtype: Dtype, x: [Int], kernel: [Int], stride: [Int],
  padding: [Int], countsBorder: Bool, isNaN: Bool, seed: Int
) -> Case {
  var random = Random(seed)
  let memory = Memory(), parameters = Parameters()
  var pooling = descent_pooling()
  let y = (0..<2).map { axis -> Int in
    let room = x[axis] + 2 * padding[axis] - kernel[axis]
    return room / stride[axis] + 1
  }
  let planes = 1 + random.below(5)
  pooling.operation = Int32(operation.rawValue)
  pooling.dtype = dtype.rawValue
  pooling.planes = Int64(planes)
  pooling.x_size = (Int64(x[0]), Int64(x[1]))
  pooling.y_size = (Int64(y[0]), Int64(y[1]))
  pooling.kernel = (Int64(kernel[0]), Int64(kernel[1]))
  pooling.stride = (Int64(stride[0]), Int64(stride[1]))
  pooling.padding = (Int64(padding[0]), Int64(padding[1]))
  pooling.counts_border = countsBorder
  func add(_ elements: Int) -> descent_operand {
    let slot = memory.add(bytes: elements * dtype.size)
    memory.fill(slot, dtype, &random, range: 1)
    return operand(slot, dtype, strides: [1])
  }
  let wide = add(planes * x[0] * x[1]), narrow = add(planes * y[0] * y[1])
  let looks = operation == DESCENT_POOLING_CHOOSE || operation == DESCENT_POOLING_HAND_BACK
  // What chooses: small whole numbers, so that many are equal.
  let chooser = looks && random.below(3) > 0 ? add(planes * x[0] * x[1]) : wide
  let count = planes * x[0] * x[1]
  if looks && chooser.slot != wide.slot {
    let numbers = (0..<count).map { _ in Double(random.below(3)) }
    let some = numbers.map { isNaN && random.below(20) == 0 ? Double.nan : $0 }
    if dtype == .float32 {
      memory.set(chooser.slot, some.map { Float($0) })
    } else {
      memory.set(chooser.slot, some)
    }
  }
  if !looks {
    pooling.x = narrow
  } else if operation == DESCENT_POOLING_HAND_BACK && chooser.slot == wide.slot {
    // What is written must not choose.
    pooling.x = add(count)
  } else {
    pooling.x = chooser
  }
  (pooling.wide, pooling.narrow) = (wide, narrow)
  let isNarrow = operation == DESCENT_POOLING_CHOOSE || operation == DESCENT_POOLING_MEAN
  return Case(
    memory: memory, parameters: parameters,
    instruction: parameters.instruction(DESCENT_POOLING, pooling),
    output: isNarrow ? narrow.slot : wide.slot, dtype: dtype)
}

extension Kernels {
  @Test(arguments: 0..<3) func convolutionsOfRandomShapes(_ direction: Int) {
    for seed in 0..<120 {
      var random = Random(seed * 3 + direction)
      let dtype = random.pick([Dtype.float32, .float32, .float64])
      let shape = descent_convolution.random(&random, direction: direction, dtype: dtype)
      let bias = direction == 0 && random.below(2) == 0
      let scales = shape.takesEpilogue && random.below(2) == 0
      // Every element is a sum of at most so many products.
      let terms = Double(shape.sizes.reduce(0, max)).squareRoot()
      let tolerance = Tolerance(absolute: terms * (dtype == .float32 ? 2e-6 : 4e-15))
      check("\(shape)", tolerance) {
        convolutionCase(shape, bias: bias, scales: scales, seed: seed)
      }
    }
  }

  @Test(arguments: 0..<3) func convolutionsByTiles(_ direction: Int) {
    for seed in 0..<40 {
      var random = Random(1_000 + seed * 3 + direction)
      let dtype = random.pick([Dtype.float32, .float32, .float64])
      let shape = descent_convolution.tiled(&random, direction: direction, dtype: dtype)
      let bias = direction == 0 && random.below(2) == 0
      let scales = shape.takesEpilogue && random.below(2) == 0
      let terms = Double(
        direction == 0
          ? 9 * shape.in_channels
          : direction == 1
            ? 9 * shape.out_channels
            : shape.batch * shape.y_size.0 * shape.y_size.1
      ).squareRoot()
      // A few times what sums tap by tap would need.
      let tolerance = Tolerance(absolute: terms * (dtype == .float32 ? 2e-6 : 4e-15))
      check("\(shape)", tolerance) {
        convolutionCase(shape, bias: bias, scales: scales, seed: seed)
      }
    }
  }

  @Test func poolingOfRandomShapes() {
    let operations = [
      DESCENT_POOLING_CHOOSE, DESCENT_POOLING_HAND_BACK, DESCENT_POOLING_MEAN,
      DESCENT_POOLING_SPREAD,
    ]
    for seed in 0..<300 {
      var random = Random(seed)
      let operation = operations[seed % 4]
      let dtype = random.pick([Dtype.float32, .float64])
      // Two by two as often as all others, since it has a way of its own.
      let inFours = random.below(2) == 0
      let kernel = (0..<2).map { _ in inFours ? 2 : 1 + random.below(4) }
      let stride = (0..<2).map { _ in inFours ? 2 : 1 + random.below(3) }
      let padding = kernel.map { size -> Int in inFours ? 0 : random.below(size / 2 + 1) }
      let x = kernel.map { size -> Int in size + random.below(random.pick([4, 40])) }
      let counts = random.below(2) == 0
      check(
        "\(operation) \(dtype) \(x) \(kernel) \(stride) \(padding)",
        Tolerance(absolute: dtype == .float32 ? 1e-5 : 1e-13)
      ) {
        poolingCase(
          operation, dtype, x: x, kernel: kernel, stride: stride, padding: padding,
          countsBorder: counts, isNaN: seed % 3 == 0, seed: seed)
      }
    }
  }
}
