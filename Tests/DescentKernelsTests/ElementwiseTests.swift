import DescentKernels
import Testing

/// The operations whose result is rounded once: the same bits are expected everywhere.
let exactOperations: [(descent_op, Int)] = [
  (DESCENT_OP_COPY, 1), (DESCENT_OP_ADD, 2), (DESCENT_OP_SUBTRACT, 2), (DESCENT_OP_MULTIPLY, 2),
  (DESCENT_OP_MINIMUM, 2), (DESCENT_OP_MAXIMUM, 2), (DESCENT_OP_NEGATE, 1),
  (DESCENT_OP_ABSOLUTE, 1), (DESCENT_OP_SIGN, 1), (DESCENT_OP_EQUAL, 2),
  (DESCENT_OP_NOT_EQUAL, 2), (DESCENT_OP_LESS, 2), (DESCENT_OP_LESS_EQUAL, 2),
  (DESCENT_OP_AND, 2), (DESCENT_OP_OR, 2), (DESCENT_OP_NOT, 1), (DESCENT_OP_SELECT, 3),
]
let exactFloatOperations =
  exactOperations + [
    (DESCENT_OP_DIVIDE, 2), (DESCENT_OP_SQUARE_ROOT, 1), (DESCENT_OP_RECIPROCAL, 1),
    (DESCENT_OP_FLOOR, 1),
  ]

func randomShape(_ random: inout Random) -> [Int] {
  switch random.below(6) {
  case 0: return [random.below(4000)]
  case 1: return [1 + random.below(70), 1 + random.below(40)]
  case 2: return [1 + random.below(9), 1 + random.below(700)]
  case 3: return [1 + random.below(300), 1 + random.below(300)]
  case 4: return [1 + random.below(6), 1 + random.below(7), 1 + random.below(60)]
  default: return (0..<(1 + random.below(5))).map { _ in 1 + random.below(6) }
  }
}

/// An operand over `shape` laid out in one of many ways, in memory of its own.
func randomOperand(_ shape: [Int], _ dtype: Dtype, _ memory: Memory, _ random: inout Random)
  -> descent_operand
{
  var strides = rowMajor(shape)
  var elements = shape.reduce(1, *)
  switch random.below(6) {
  case 0:  // transposed
    strides = rowMajor(shape.reversed()).reversed()
  case 1:  // broadcast along some dimensions
    var next = 1
    for d in shape.indices.reversed() {
      let broadcast = random.below(2) == 0
      strides[d] = broadcast ? 0 : next
      if !broadcast { next *= shape[d] }
    }
    elements = next
  case 2:  // every other element
    strides = strides.map { $0 * 2 }
    elements *= 2
  case 3:  // rows with a gap
    if shape.count > 1 {
      let inner = shape.last! + 3
      strides = rowMajor(shape.dropLast() + [inner])
      elements = shape.dropLast().reduce(1, *) * inner
    }
  default: break
  }
  let offset = random.below(5)
  let slot = memory.add(bytes: (elements + offset) * dtype.size)
  memory.fill(slot, dtype, &random)
  return operand(slot, dtype, offset: offset, strides: strides)
}

/// A random chain of operations; the result may be written over an operand.
func randomProgram(seed: Int) -> Case {
  var random = Random(seed)
  let memory = Memory(), parameters = Parameters()
  let compute = random.pick([Dtype.float32, .float32, .float64, .int32])
  let shape = randomShape(&random)
  var operands: [descent_operand] = []
  for _ in 0..<(1 + random.below(4)) {
    if random.below(6) == 0 {
      operands.append(immediate(Double(random.below(7)) - 2.5))
    } else {
      let dtype = random.below(3) > 0 ? compute : random.pick(Dtype.allCases)
      operands.append(randomOperand(shape, dtype, memory, &random))
    }
  }
  let table = compute == .int32 ? exactOperations : exactFloatOperations
  var steps: [descent_step] = []
  var registers = operands.count
  for _ in 0..<random.below(9) {
    let (op, _) = random.pick(table)
    // A new register, or one that a step has written already.
    let fresh = registers == operands.count || random.below(3) > 0
    let destination =
      fresh ? registers : operands.count + random.below(registers - operands.count)
    steps.append(
      step(
        op, destination, random.below(registers), random.below(registers),
        random.below(registers)))
    if fresh { registers += 1 }
  }

  // One store, compared; sometimes in place, sometimes with gaps or another dtype.
  let outputDtype = random.below(2) == 0 ? compute : random.pick(Dtype.allCases)
  var place: descent_operand
  let inPlace = operands.first { candidate in
    guard candidate.slot >= 0, candidate.dtype == outputDtype.rawValue else { return false }
    return withUnsafeBytes(of: candidate.strides) { raw in
      let strides = raw.bindMemory(to: Int64.self)
      return shape.indices.allSatisfy { strides[$0] != 0 || shape[$0] == 1 }
    }
  }
  if let inPlace, random.below(2) == 0 {
    place = inPlace
  } else {
    let gap = random.below(3) == 0 ? 2 : 1
    let slot = memory.add(bytes: (shape.reduce(1, *) * gap + 3) * outputDtype.size)
    memory.fill(slot, .uint8, &random)
    if outputDtype.size > 1 { memory.fill(slot, outputDtype, &random) }
    place = operand(slot, outputDtype, offset: 3, strides: rowMajor(shape).map { $0 * gap })
  }
  var stores = [descent_store(place: place, source: Int32(random.below(registers)))]
  if random.below(3) == 0 {
    // A second one, whose effect on the first is what matters here.
    let slot = memory.add(bytes: shape.reduce(1, *) * compute.size)
    stores.append(
      descent_store(
        place: operand(slot, compute, strides: rowMajor(shape)),
        source: Int32(random.below(registers))))
    if random.below(2) == 0 { stores.swapAt(0, 1) }
  }
  let program = parameters.program(
    compute, shape, operands: operands, steps: steps, stores: stores)
  return Case(
    memory: memory, parameters: parameters,
    instruction: parameters.instruction(DESCENT_ELEMENTWISE, program),
    output: place.slot, dtype: outputDtype)
}

extension Kernels {
  @Test func randomProgramsAgreeWithTheTwin() {
    for seed in 0..<800 { check("program \(seed)") { randomProgram(seed: seed) } }
  }

  @Test func swappingTwoBuffersInOneProgram() {
    for shape in [[5], [40, 30], [3000], [40000]] {
      for output in [0, 1] {
        check("swap \(shape)") {
          var random = Random(7)
          let memory = Memory(), parameters = Parameters()
          let n = shape.reduce(1, *)
          let places = (0..<2).map { _ in
            operand(memory.add(bytes: n * 4), .float32, strides: rowMajor(shape))
          }
          for place in places { memory.fill(place.slot, .float32, &random) }
          let program = parameters.program(
            .float32, shape, operands: places, steps: [],
            stores: [
              descent_store(place: places[1], source: 0),
              descent_store(place: places[0], source: 1),
            ])
          return Case(
            memory: memory, parameters: parameters,
            instruction: parameters.instruction(DESCENT_ELEMENTWISE, program),
            output: places[output].slot, dtype: .float32)
        }
      }
    }
  }

  /// Several stores in place at once, as an optimiser makes them, over enough to need many tasks.
  @Test func momentumInPlace() {
    for output in 0..<2 {
      for n in [1, 17, 300, 100_000] {
        check("momentum \(n)", Tolerance(absolute: 1e-6)) {
          var random = Random(n)
          let memory = Memory(), parameters = Parameters()
          let places = (0..<3).map { _ in
            operand(memory.add(bytes: n * 4), .float32, strides: [1])
          }
          for place in places { memory.fill(place.slot, .float32, &random) }
          // v = 0.9 v + g;  w = w - 0.1 v
          let program = parameters.program(
            .float32, [n], operands: places + [immediate(0.9), immediate(-0.1)],
            steps: [
              step(DESCENT_OP_MULTIPLY_ADD, 5, 1, 3, 2), step(DESCENT_OP_MULTIPLY_ADD, 6, 5, 4, 0),
            ],
            stores: [
              descent_store(place: places[0], source: 6),
              descent_store(place: places[1], source: 5),
            ])
          return Case(
            memory: memory, parameters: parameters,
            instruction: parameters.instruction(DESCENT_ELEMENTWISE, program),
            output: places[output].slot, dtype: .float32)
        }
      }
    }
  }

  @Test func conversionsOfSpecialValues() {
    let special: [Double] = [
      .nan, .infinity, -.infinity, 0, -0.0, 0.5, -0.5, 1.9, -1.9, 255, 255.9, 256, -1, 2147483647,
      2147483648, 4e9, -2147483648, -3e9, 1e30, -1e30, 1e-40, 254.99,
    ]
    for compute in [Dtype.float32, .float64, .int32] {
      for from in [Dtype.float32, .float64] {
        for to in Dtype.allCases {
          check("\(from) by \(compute) to \(to)") {
            let memory = Memory(), parameters = Parameters()
            let n = special.count
            let input = memory.add(bytes: n * from.size), output = memory.add(bytes: n * to.size)
            if from == .float32 { memory.set(input, special.map { Float($0) }) }
            if from == .float64 { memory.set(input, special) }
            let program = parameters.program(
              compute, [n], operands: [operand(input, from, strides: [1])], steps: [],
              stores: [descent_store(place: operand(output, to, strides: [1]), source: 0)])
            return Case(
              memory: memory, parameters: parameters,
              instruction: parameters.instruction(DESCENT_ELEMENTWISE, program), output: output,
              dtype: to)
          }
        }
      }
    }
  }
}
