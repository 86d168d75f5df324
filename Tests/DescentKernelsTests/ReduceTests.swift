import DescentKernels
import Testing

func reduceCase(
  _ reduction: descent_reduction, _ compute: Dtype, outer: Int, reduced: Int, inner: Int,
  square: Bool, transposed: Bool, special: Bool, seed: Int
) -> Case {
  var random = Random(seed)
  let memory = Memory(), parameters = Parameters()
  let shape = [outer, reduced, inner]
  let n = max(shape.reduce(1, *), 1)
  let input = memory.add(bytes: n * compute.size)
  memory.fill(input, compute, &random)
  if special && compute == .float32 {
    memory.set(
      input, (0..<n).map { _ in random.below(40) == 0 ? Float.nan : Float(random.uniform()) })
  }
  let output = memory.add(bytes: max(outer * inner, 1) * compute.size)
  memory.fill(output, compute, &random)
  let strides = transposed ? Array(rowMajor(shape.reversed()).reversed()) : rowMajor(shape)
  let program = parameters.program(
    compute, shape, operands: [operand(input, compute, strides: strides)],
    steps: square ? [step(DESCENT_OP_MULTIPLY, 1, 0, 0)] : [])
  var reduce = descent_reduce(
    reduction: Int32(reduction.rawValue), source: square ? 1 : 0, outer: Int64(outer),
    reduced: Int64(reduced), inner: Int64(inner), program: program,
    output: operand(output, compute), scratch: immediate(0))
  var probe = descent_instruction(
    kind: Int32(DESCENT_REDUCE.rawValue), tasks: 1, parameters: nil, rows: 0, strips: 0,
    followers: 0)
  let bytes = withUnsafeMutablePointer(to: &reduce) {
    probe.parameters = UnsafeMutableRawPointer($0)
    return descent_scratch_bytes(&probe)
  }
  if bytes > 0 { reduce.scratch = operand(memory.add(bytes: Int(bytes)), compute) }
  return Case(
    memory: memory, parameters: parameters,
    instruction: parameters.instruction(DESCENT_REDUCE, reduce), output: output, dtype: compute)
}

extension Kernels {
  @Test func reductionsAgreeWithTheTwin() {
    var shapes = [
      [1, 1, 1], [1, 100_000, 1], [1, 20_000, 10], [1, 512, 300], [1, 200, 1100], [64, 10, 1],
      [300, 784, 1], [7, 33, 65], [0, 5, 3], [3, 0, 2], [1, 0, 1], [2, 40_000, 1], [3, 20_000, 3],
      [1000, 3, 1], [17, 17, 1], [2, 700, 1], [1, 1, 2000], [100, 16, 1], [5, 32, 1], [3, 64, 1],
    ]
    var random = Random(3)
    for _ in 0..<40 {
      shapes.append([1 + random.below(12), 1 + random.below(90), 1 + random.below(40)])
    }
    for (seed, shape) in shapes.enumerated() {
      for reduction in [DESCENT_SUM, DESCENT_MAX, DESCENT_MIN] {
        for compute in [Dtype.float32, .float64, .int32] {
          let square = seed % 2 == 1, transposed = seed % 3 == 1, special = seed % 4 == 2
          let scale = Double(max(shape[1], 1)).squareRoot() * 16
          let tolerance =
            compute == .int32 || reduction != DESCENT_SUM
            ? Tolerance.exact
            : Tolerance(
              absolute: scale * (compute == .float32 ? 2e-6 : 4e-15),
              relative: compute == .float32 ? 1e-6 : 1e-14)
          check("\(reduction.rawValue) of \(compute) \(shape)", tolerance) {
            reduceCase(
              reduction, compute, outer: shape[0], reduced: shape[1], inner: shape[2],
              square: square, transposed: transposed, special: special, seed: seed)
          }
        }
      }
    }
  }

  @Test func argReduceAgreesWithTheTwin() {
    for seed in 0..<60 {
      for dtype in Dtype.allCases {
        check("arg \(seed) \(dtype)") {
          var random = Random(seed)
          let memory = Memory(), parameters = Parameters()
          let shape =
            seed == 0 ? [4000, 10, 1] : (0..<3).map { _ in 1 + random.below(seed < 4 ? 90 : 12) }
          let n = shape.reduce(1, *)
          let input = memory.add(bytes: n * dtype.size)
          memory.fill(input, dtype, &random)
          if dtype == .float32, seed % 3 == 0 {
            memory.set(
              input,
              (0..<n).map { _ in random.below(20) == 0 ? Float.nan : Float(random.below(5)) })
          }
          let output = memory.add(bytes: shape[0] * shape[2] * 4)
          let strides = seed % 2 == 0 ? rowMajor(shape) : rowMajor(shape.reversed()).reversed()
          let arg = descent_arg_reduce(
            smallest: seed % 5 == 1, outer: Int64(shape[0]), reduced: Int64(shape[1]),
            inner: Int64(shape[2]), input: operand(input, dtype, strides: strides),
            output: operand(output, .int32))
          return Case(
            memory: memory, parameters: parameters,
            instruction: parameters.instruction(DESCENT_ARG_REDUCE, arg), output: output,
            dtype: .int32)
        }
      }
    }
  }

  /// A long sum of small terms keeps its accuracy: many short sums instead of one long one.
  @Test func longSumsAreAccurate() {
    let n = 1_000_000
    for isa in isas {
      withIsa(isa) {
        var it = reduceCase(
          DESCENT_SUM, .float32, outer: 1, reduced: n, inner: 1, square: false, transposed: false,
          special: false, seed: 1)
        it.memory.set(0, [Float](repeating: 0.1, count: n))
        descent_prepare(&it.instruction)
        _ = descent_run(pools[1], &it.instruction, 1, it.memory.buffers)
        let sum = it.memory.get(it.output, Float.self, 1)[0]
        #expect(abs(Double(sum) - Double(Float(0.1)) * Double(n)) < 0.1)
      }
    }
  }
}
