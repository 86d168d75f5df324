import DescentKernels
import Testing

/// How a matrix lies in memory.
enum Layout: CaseIterable {
  case rows, columns, gaps, everyOther
  func strides(_ rows: Int, _ columns: Int) -> (row: Int, column: Int, elements: Int) {
    switch self {
    case .rows: return (columns, 1, rows * columns)
    case .columns: return (1, rows, rows * columns)
    case .gaps: return (columns + 5, 1, rows * (columns + 5))
    case .everyOther: return (columns * 2 + 1, 2, rows * (columns * 2 + 1))
    }
  }
}

enum Epilogue: CaseIterable { case none, biasRelu, scaleInto }

func matmulCase(
  _ dtype: Dtype, m: Int, n: Int, k: Int, a: Layout, b: Layout, batch: [Int] = [],
  epilogue: Epilogue = .none, bias: Bool = false, cGap: Int = 0, rounds: Bool = false, seed: Int = 1
) -> Case {
  var random = Random(seed)
  let memory = Memory(), parameters = Parameters()
  let batches = batch.reduce(1, *)
  let aStrides = a.strides(m, k), bStrides = b.strides(k, n)
  let cRow = n + cGap
  func add(_ elements: Int) -> Int32 {
    let slot = memory.add(bytes: max(elements, 1) * dtype.size)
    memory.fill(slot, dtype, &random, range: 1)
    return slot
  }
  // b is shared by all of the batch.
  let aSlot = add(batches * aStrides.elements), bSlot = add(bStrides.elements)
  let cSlot = add(batches * m * cRow)
  let batchStrides = rowMajor(batch)
  let aOperand = operand(
    aSlot, dtype,
    strides: batchStrides.map { $0 * aStrides.elements } + [aStrides.row, aStrides.column])
  let bOperand = operand(
    bSlot, dtype, strides: batch.map { _ in 0 } + [bStrides.row, bStrides.column])
  let cOperand = operand(
    cSlot, dtype, strides: batchStrides.map { $0 * m * cRow } + [cRow, 1])
  var output = cSlot
  var program: UnsafeMutablePointer<descent_program>?
  let shape = batch + [m, n]
  switch epilogue {
  case .none: break
  case .biasRelu:
    let bias = operand(add(n), dtype, strides: shape.dropLast().map { _ in 0 } + [1])
    program = parameters.own([
      parameters.program(
        dtype, shape, operands: [cOperand, bias, immediate(0)],
        steps: [step(DESCENT_OP_ADD, 3, 0, 1), step(DESCENT_OP_MAXIMUM, 3, 3, 2)],
        stores: [descent_store(place: cOperand, source: 3)])
    ])
  case .scaleInto:
    output = add(batches * m * n)
    program = parameters.own([
      parameters.program(
        dtype, shape, operands: [cOperand, immediate(0.5)],
        steps: [step(DESCENT_OP_MULTIPLY, 2, 0, 1)],
        stores: [
          descent_store(place: operand(output, dtype, strides: rowMajor(shape)), source: 2)
        ])
    ])
  }
  let matmul = descent_matmul(
    dtype: dtype.rawValue, batch_rank: Int32(batch.count), batch_shape: eight(batch), m: Int64(m),
    n: Int64(n), k: Int64(k), rounds: rounds, a: aOperand, b: bOperand, c: cOperand, has_bias: bias,
    bias: bias ? operand(add(n), dtype, strides: [1]) : immediate(0), epilogue: program,
    scratch: immediate(0))
  var instruction = parameters.instruction(DESCENT_MATMUL, matmul)
  let bytes = descent_scratch_bytes(&instruction)
  if bytes > 0 {
    instruction.parameters.assumingMemoryBound(to: descent_matmul.self).pointee.scratch = operand(
      memory.add(bytes: Int(bytes)), dtype)
  }
  return Case(
    memory: memory, parameters: parameters, instruction: instruction, output: output, dtype: dtype)
}

func matmulTolerance(_ dtype: Dtype, _ k: Int) -> Tolerance {
  Tolerance(absolute: Double(k + 1).squareRoot() * (dtype == .float32 ? 2e-6 : 4e-15) + 1e-30)
}

extension Kernels {
  @Test func productsOfRandomShapes() {
    for seed in 0..<400 {
      var random = Random(seed)
      let sizes = [1, 2, 3, 4, 5, 7, 8, 10, 13, 15, 16, 17, 28, 30, 31, 32, 33, 48, 64, 65, 100]
      let m = random.pick(sizes), n = random.pick(sizes), k = random.pick(sizes)
      let a = random.pick(Layout.allCases), b = random.pick(Layout.allCases)
      let dtype = random.pick([Dtype.float32, .float32, .float64])
      let batch = random.pick([[], [], [3], [2, 3]])
      let epilogue = random.pick(Epilogue.allCases)
      let gap = random.pick([0, 0, 3])
      let bias = random.pick([false, true])
      check(
        "\(dtype) \(batch) \(m)x\(n)x\(k) \(a) \(b) \(epilogue) \(bias)", matmulTolerance(dtype, k)
      ) {
        matmulCase(
          dtype, m: m, n: n, k: k, a: a, b: b, batch: batch, epilogue: epilogue, bias: bias,
          cGap: gap, seed: seed)
      }
    }
  }

  @Test func largerProductsInTheThreeForms() {
    for (m, n, k) in [
      (10, 30, 784), (130, 200, 300), (64, 256, 784), (300, 70, 520), (1, 700, 900), (700, 1, 900),
    ] {
      for (a, b) in [
        (Layout.rows, Layout.columns), (.rows, .rows), (.columns, .rows), (.columns, .columns),
      ] {
        for dtype in [Dtype.float32, .float64] {
          check("\(dtype) \(m)x\(n)x\(k) \(a) \(b)", matmulTolerance(dtype, k)) {
            matmulCase(dtype, m: m, n: n, k: k, a: a, b: b, epilogue: .biasRelu, bias: k > 600)
          }
        }
      }
    }
  }

  /// Products that are cut in rows, columns and batches, whose tasks share what they pack.
  ///
  /// Of so many elements some are further off.
  @Test func productsOfManyTasks() {
    for (batch, m, n, k, b) in [
      ([], 520, 520, 1030, Layout.columns), ([2], 100, 300, 1030, .columns),
      ([2], 100, 300, 1030, .rows),
    ] {
      for (dtype, rounds) in [(Dtype.float32, false), (.float32, true), (.float64, false)] {
        check("\(dtype) \(batch) \(m)x\(n)x\(k) \(b) \(rounds)", matmulTolerance(dtype, 2 * k)) {
          matmulCase(
            dtype, m: m, n: n, k: k, a: .rows, b: b, batch: batch, epilogue: .biasRelu,
            bias: true, rounds: rounds)
        }
      }
    }
  }

  /// Rounded products are those of the rounded factors: only sums differ, in their order.
  @Test func productsOfBFloat16() {
    for seed in 0..<300 {
      var random = Random(seed)
      let sizes = [1, 2, 3, 5, 6, 7, 13, 14, 15, 16, 17, 31, 32, 33, 64, 65, 100]
      let (m, n, k) = (random.pick(sizes), random.pick(sizes), random.pick(sizes))
      let (a, b) = (random.pick(Layout.allCases), random.pick(Layout.allCases))
      let batch = random.pick([[], [], [3]])
      let (epilogue, bias) = (random.pick(Epilogue.allCases), random.pick([false, true]))
      let gap = random.pick([0, 3])
      check("\(batch) \(m)x\(n)x\(k) \(a) \(b) \(epilogue)", matmulTolerance(.float32, k)) {
        matmulCase(
          .float32, m: m, n: n, k: k, a: a, b: b, batch: batch, epilogue: epilogue, bias: bias,
          cGap: gap, rounds: true, seed: seed)
      }
    }
    // Several pieces of k, of m and of n; and k in runs that are added up at the end.
    for (m, n, k) in [(230, 40, 1100), (9, 1100, 1100), (10, 30, 40_001)] {
      for (a, b) in [(Layout.rows, Layout.columns), (.columns, .rows), (.everyOther, .gaps)] {
        check("\(m)x\(n)x\(k) \(a) \(b)", matmulTolerance(.float32, k)) {
          matmulCase(
            .float32, m: m, n: n, k: k, a: a, b: b, epilogue: .biasRelu, bias: true, rounds: true)
        }
      }
    }
  }

  @Test func productsWithoutElements() {
    for (m, n, k) in [(0, 3, 4), (3, 0, 4), (3, 4, 0), (0, 0, 0)] {
      for epilogue in Epilogue.allCases {
        check("\(m)x\(n)x\(k)") {
          matmulCase(.float32, m: m, n: n, k: k, a: .rows, b: .rows, epilogue: epilogue, bias: true)
        }
      }
    }
    check("no batch") {
      matmulCase(
        .float32, m: 2, n: 3, k: 4, a: .rows, b: .rows, batch: [0, 2], epilogue: .biasRelu)
    }
  }
}
