import DescentKernels

/// Turns a group of elementwise values into a program for the kernels.
///
/// Operand slots hold buffer numbers until the planner has placed the buffers.
struct ProgramBuilder {
  /// The iteration space, and for reductions the order in which the axes are walked.
  let shape: Shape
  let compute: DType
  private(set) var operands: [descent_operand] = []
  private var operandKeys: [String: Int] = [:]
  private var steps: [(operation: descent_op, result: Int, sources: [Int])] = []
  private var stores: [(place: descent_operand, value: Int)] = []
  /// Where each value is: an operand, or the result of a step.
  private var sourceOf: [Int: Source] = [:]

  private enum Source: Hashable {
    case operand(Int)
    case step(Int)
  }
  private var sources: [Source] = []

  init(shape: Shape, compute: DType) {
    self.shape = shape
    self.compute = compute
  }

  /// Makes an operand known, and returns its number; equal ones are loaded once.
  mutating func load(_ operand: descent_operand) -> Int {
    let key =
      "\(operand.slot) \(operand.dtype) \(operand.offset) \(operand.immediate) "
      + "\(strides(of: operand))"
    if let known = operandKeys[key] { return known }
    sources.append(.operand(operands.count))
    operands.append(operand)
    operandKeys[key] = sources.count - 1
    return sources.count - 1
  }

  /// Adds a step, and returns the number of its result.
  mutating func step(_ operation: descent_op, _ inputs: [Int]) -> Int {
    sources.append(.step(steps.count))
    steps.append((operation, sources.count - 1, inputs))
    return sources.count - 1
  }

  mutating func store(_ value: Int, to place: descent_operand) { stores.append((place, value)) }

  var stepCount: Int { steps.count }

  /// Writes the program into memory that `owner` keeps, with as few registers as its values need at
  /// any one time.
  ///
  /// `result` is a value to keep besides those that are stored; its register is returned.
  func build(in owner: PlanMemory, collapsing: Bool, keeping result: Int? = nil)
    -> (program: descent_program, register: Int32)
  {
    var lastReader: [Int: Int] = [:]
    for (index, step) in steps.enumerated() {
      for source in step.sources { lastReader[source] = index }
    }
    for store in stores { lastReader[store.value] = Int.max }
    if let result { lastReader[result] = Int.max }

    var register: [Int: Int] = [:]
    for (index, source) in sources.enumerated() {
      if case .operand(let number) = source { register[index] = number }
    }
    var free: [Int] = []
    var registerCount = operands.count
    let stepPointer = owner.allocate(descent_step.self, count: steps.count)
    for (index, step) in steps.enumerated() {
      let used = step.sources.map { UInt16(register[$0]!) }
      for source in Set(step.sources) where lastReader[source] == index {
        if case .step = sources[source] { free.append(register[source]!) }
      }
      let destination: Int
      if let reused = free.popLast() {
        destination = reused
      } else {
        destination = registerCount
        registerCount += 1
      }
      register[step.result] = destination
      stepPointer[index] = descent_step(
        op: UInt16(step.operation.rawValue), destination: UInt16(destination), a: used[0],
        b: used.count > 1 ? used[1] : 0, c: used.count > 2 ? used[2] : 0)
    }

    let space = collapsing ? collapsedAxes() : Array(0..<shape.rank).map { [$0] }
    var program = descent_program()
    program.compute = compute.rawValue
    program.rank = Int32(max(space.count, 1))
    setSizes(&program.shape, space.isEmpty ? [1] : space.map { $0.reduce(1) { $0 * shape[$1] } })
    program.operand_count = Int32(operands.count)
    program.step_count = Int32(steps.count)
    program.store_count = Int32(stores.count)
    program.register_count = Int32(registerCount)
    program.operands = owner.allocate(descent_operand.self, count: operands.count)
    for (index, operand) in operands.enumerated() {
      program.operands[index] = collapsed(operand, space)
    }
    program.steps = stepPointer
    program.stores = owner.allocate(descent_store.self, count: stores.count)
    for (index, store) in stores.enumerated() {
      program.stores[index] = descent_store(
        place: collapsed(store.place, space), source: Int32(register[store.value]!), step: -1)
    }
    owner.placeLater(program.operands, count: operands.count)
    owner.placeLater(program.stores, count: stores.count)
    return (program, Int32(result.map { register[$0]! } ?? 0))
  }

  /// Neighbouring axes that every operand walks evenly, taken together; axes of size 1 vanish.
  private func collapsedAxes() -> [[Int]] {
    let all = operands.map(strides(of:)) + stores.map { strides(of: $0.place) }
    var groups: [[Int]] = []
    for axis in 0..<shape.rank where shape[axis] != 1 {
      if let last = groups.last?.last,
        all.allSatisfy({ $0[last] == $0[axis] * shape[axis] })
      {
        groups[groups.count - 1].append(axis)
      } else {
        groups.append([axis])
      }
    }
    return groups
  }

  private func strides(of operand: descent_operand) -> [Int] {
    withUnsafeBytes(of: operand.strides) { bytes in
      bytes.bindMemory(to: Int64.self).prefix(shape.rank).map { Int($0) }
    }
  }

  private func collapsed(_ operand: descent_operand, _ space: [[Int]]) -> descent_operand {
    let old = strides(of: operand)
    var result = operand
    setSizes(&result.strides, space.isEmpty ? [0] : space.map { old[$0.last!] })
    return result
  }
}

/// The eight 64-bit numbers of a C array, which Swift sees as a tuple.
typealias EightSizes = (Int64, Int64, Int64, Int64, Int64, Int64, Int64, Int64)

func setSizes(_ field: inout EightSizes, _ sizes: [Int]) {
  precondition(
    sizes.count <= Int(DESCENT_MAX_RANK), "a tensor of more than \(DESCENT_MAX_RANK) axes")
  field = (0, 0, 0, 0, 0, 0, 0, 0)
  withUnsafeMutableBytes(of: &field) { bytes in
    let numbers = bytes.bindMemory(to: Int64.self)
    for (index, size) in sizes.enumerated() { numbers[index] = Int64(size) }
  }
}
