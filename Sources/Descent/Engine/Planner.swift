import DescentKernels

/// Makes a plan: from the simplified graph to instructions over placed memory.
struct Planner {
  var graph: PlanGraph
  var views: [View?] = []
  var units: [Unit] = []
  var unitOf: [Int]
  var bufferOf: [Int]
  var memory = Memory()
  let owner = PlanMemory()
  var instructions: [descent_instruction] = []
  var rows: [Plan.Row] = []
  var scratch: [(instruction: Int, buffer: Int)] = []
  let leaves: [Node]
  var numbers: [Plan.NumberInput] = []
  /// For each output that replaces an input in place: which.
  let donations: [Int: Int]
  let precision: Precision
  var currentUnit = 0
  /// Runs of units that go over the same rows strip by strip.
  var stripped: [StrippedRun] = []
  var trailingCopies: [(from: Int, output: Int, leaf: Int)] = []

  static func plan(
    _ walk: GraphWalk, donations: [Int: Int] = [:], precision: Precision = .float32
  ) -> Plan {
    var planner = Planner(walk, donations, precision)
    return planner.makePlan()
  }

  private init(_ walk: GraphWalk, _ donations: [Int: Int], _ precision: Precision) {
    graph = PlanGraph(walk)
    leaves = walk.leaves
    self.donations = donations
    self.precision = precision
    unitOf = []
    bufferOf = []
  }

  mutating func makePlan() -> Plan {
    findViews()
    copyWhereContiguityIsNeeded()
    units = Fusion.units(of: graph, views: views)
    findStrips()
    assignBuffers()
    placeConcatenatedPieces()
    reuseBuffersInPlace()
    for index in units.indices { emit(units[index], index) }
    for (number, copy) in trailingCopies.enumerated() {
      emitCopy(copy.from, toLeaf: copy.leaf, units.count + number)
    }
    for (instruction, buffer) in scratch {
      setScratch(of: instruction, buffer)
    }
    memory.layOut()
    owner.placeOperands(memory.location)
    let pointer = owner.allocate(descent_instruction.self, count: instructions.count)
    for index in instructions.indices { pointer[index] = instructions[index] }
    for index in instructions.indices { descent_prepare(pointer + index) }
    numbers = numbers.map { number in
      var placed = number
      placed.byteOffset = memory.location(of: number.buffer).byteOffset
      return placed
    }
    return Plan(
      owner: owner, instructions: pointer, instructionCount: instructions.count,
      leaves: leaves.map { Plan.Leaf(shape: $0.shape, dtype: $0.dtype) }, numbers: numbers,
      outputs: graph.outputs.map { (graph.values[$0].shape, graph.values[$0].dtype) },
      donations: donations, arenaByteCount: memory.arenaByteCount, rows: rows)
  }

  // MARK: Views

  mutating func findViews() {
    views = []
    for (index, value) in graph.values.enumerated() {
      switch value.lowering {
      case .constant: views.append(nil)
      case .view(let kind):
        views.append(view(of: value.inputs[0]).applying(kind, to: value.shape))
      default: views.append(View(wholeOf: index, shape: value.shape))
      }
    }
  }

  func view(of index: Int) -> View {
    views[index] ?? View(wholeOf: index, shape: graph.values[index].shape)
  }

  func isConstant(_ index: Int) -> Bool {
    if case .constant = graph.values[index].lowering { true } else { false }
  }

  mutating func copyWhereContiguityIsNeeded() {
    let count = graph.values.count
    for index in 0..<count {
      let value = graph.values[index]
      var (needsContiguous, isRows) = (false, false)
      switch value.lowering {
      case .rows, .gather, .scatterAdd, .random, .argReduce, .convolution, .pooling:
        needsContiguous = true
      case .matmul, .concatenate: break
      default: continue
      }
      if case .rows = value.lowering { isRows = true }
      for (position, input) in value.inputs.enumerated() {
        // The scale of a row operation may be one number for all rows.
        let isSpread =
          position == 2 && isRows
          && (isConstant(input) || view(of: input).strides.allSatisfy { $0 == 0 })
        let isReady = !isConstant(input) && (!needsContiguous || view(of: input).isContiguous)
        if isReady || isSpread { continue }
        let copy = graph.addCopy(of: input)
        graph.replaceInput(of: index, at: position, with: copy)
      }
    }
    graph.removeUnused()
    findViews()
  }

  // MARK: Buffers

  func isOwner(_ index: Int) -> Bool {
    switch graph.values[index].lowering {
    case .leaf, .constant: false
    case .view: views[index] == nil
    default: true
    }
  }

  mutating func assignBuffers() {
    unitOf = [Int](repeating: -1, count: graph.values.count)
    for (index, unit) in units.enumerated() {
      for member in unit.members { unitOf[member] = index }
    }
    bufferOf = [Int](repeating: -1, count: graph.values.count)
    for (index, value) in graph.values.enumerated() where value.leaf != nil {
      let leaf = value.leaf!
      if leaves[leaf].operation is Number {
        bufferOf[index] = memory.add(byteCount: 8)
        numbers.append(
          Plan.NumberInput(leaf: leaf, dtype: value.dtype, buffer: bufferOf[index], byteOffset: 0))
        // Numbers are written before the first instruction and may be read by the last.
        memory.use(bufferOf[index], in: 0)
        memory.use(bufferOf[index], in: units.count)
      } else {
        bufferOf[index] = memory.add(byteCount: byteCount(index), slot: 1 + leaf)
      }
    }
    for index in graph.values.indices where isStored(index) {
      bufferOf[index] = memory.add(byteCount: byteCount(index))
    }
    for (unit, group) in units.enumerated() {
      for member in group.members {
        if bufferOf[member] >= 0 { use(bufferOf[member], in: unit) }
        for input in graph.values[member].inputs where !isConstant(input) {
          let base = view(of: input).base
          if bufferOf[base] >= 0 { use(bufferOf[base], in: unit) }
        }
      }
    }
    for (position, output) in graph.outputs.enumerated() { placeOutput(position, output) }
  }

  func byteCount(_ index: Int) -> Int {
    graph.values[index].shape.elementCount * graph.values[index].dtype.size
  }

  /// Whether a value is written to memory: it is an output, or a unit other than its own reads it.
  func isStored(_ index: Int) -> Bool {
    guard isOwner(index) else { return false }
    if graph.outputs.contains(index) { return true }
    let unit = units[unitOf[index]]
    if unit.kind == .single || unit.members.count == 1 { return true }
    if unit.kind == .reduce { return index == unit.members.last }
    return graph.values.indices.contains { reader in
      guard graph.values[reader].inputs.contains(index) else { return false }
      return unitOf[reader] != unitOf[index]
    }
  }

  /// Results leave the arena.
  ///
  /// One that replaces an input goes straight there if everything else has read that input before,
  /// and otherwise at the end.
  mutating func placeOutput(_ position: Int, _ output: Int) {
    guard let leaf = donations[position] else {
      memory.setSlot(of: bufferOf[output], 1 + leaves.count + position)
      return
    }
    let input = graph.values.indices.first { graph.values[$0].leaf == leaf }
    let lastReader = input.map { memory.lastUnit(of: bufferOf[$0]) } ?? -1
    let unit = units[unitOf[output]]
    let readsInStep = unit.members.allSatisfy { member in
      graph.values[member].inputs.allSatisfy { source in
        if isConstant(source) { return true }
        let view = view(of: source)
        return view.base != input || view.isWhole(of: graph.values[output].shape.elementCount)
      }
    }
    if unit.kind == .elementwise && lastReader <= unitOf[output] && readsInStep {
      memory.setSlot(of: bufferOf[output], 1 + leaf)
    } else {
      memory.use(bufferOf[output], in: units.count)
      trailingCopies.append((output, position, leaf))
    }
  }

  /// Lets the pieces of a concatenation be computed where they will lie, so that nothing is
  /// copied: all gradients end in one buffer.
  mutating func placeConcatenatedPieces() {
    for (index, value) in graph.values.enumerated() {
      guard case .concatenate(let axis) = value.lowering, bufferOf[index] >= 0,
        value.shape.prefix(axis).allSatisfy({ $0 == 1 })
      else { continue }
      var distance = 0
      for input in value.inputs {
        let view = view(of: input)
        let buffer = bufferOf[view.base]
        let size = graph.values[input].shape.elementCount * value.dtype.size
        if isOwner(view.base), view.isWhole(of: graph.values[view.base].shape.elementCount),
          memory.isFree(buffer),
          value.inputs.count(where: { self.view(of: $0).base == view.base }) == 1
        {
          memory.place(buffer, inside: bufferOf[index], distance: distance)
        }
        distance += size
      }
    }
  }

  /// Lets an elementwise unit write over an operand that nobody reads later.
  mutating func reuseBuffersInPlace() {
    for (index, unit) in units.enumerated() where unit.kind == .elementwise {
      for member in unit.members where bufferOf[member] >= 0 && memory.isFree(bufferOf[member]) {
        let inputs = unit.members.flatMap { graph.values[$0].inputs }.filter { !isConstant($0) }
        for input in inputs where unitOf[view(of: input).base] != index {
          let view = view(of: input)
          let buffer = bufferOf[view.base]
          guard isOwner(view.base), memory.isFree(buffer), buffer != bufferOf[member],
            memory.lastUnit(of: buffer) == index,
            byteCount(view.base) == byteCount(member),
            graph.values[view.base].dtype.size == graph.values[member].dtype.size,
            inputs.allSatisfy({
              self.view(of: $0).base != view.base
                || (self.view(of: $0).isWhole(of: graph.values[member].shape.elementCount)
                  && graph.values[$0].shape == graph.values[member].shape)
            })
          else { continue }
          memory.place(bufferOf[member], inside: buffer)
          break
        }
      }
    }
  }
}
