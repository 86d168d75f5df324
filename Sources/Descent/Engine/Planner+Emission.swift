import DescentKernels

/// From units to instructions.
extension Planner {
  // MARK: Operands

  /// How a unit whose iteration space is `shape` reads or writes a value.
  func operand(_ index: Int, under shape: Shape? = nil) -> descent_operand {
    let value = graph.values[index]
    var operand = descent_operand()
    operand.dtype = value.dtype.rawValue
    if case .constant(let number) = value.lowering {
      operand.slot = -1
      operand.immediate = number
      return operand
    }
    let view = view(of: index)
    operand.slot = Int32(bufferOf[view.base])
    operand.offset = Int64(view.offset)
    setSizes(&operand.strides, shape.map { view.strides(broadcastTo: $0) } ?? view.strides)
    return operand
  }

  /// A value's own memory, as one row of elements.
  func flat(_ index: Int) -> descent_operand {
    var operand = operand(index)
    setSizes(&operand.strides, [1])
    return operand
  }

  // MARK: Instructions

  mutating func append(_ kind: descent_kind, _ parameters: UnsafeMutableRawPointer) {
    let run = stripped.first { $0.units.contains(currentUnit) }
    var instruction = descent_instruction(
      kind: Int32(kind.rawValue), tasks: 1, parameters: parameters, rows: Int64(run?.rows ?? 0),
      strips: Int32(run?.strips ?? 0),
      followers: run?.units.first == currentUnit ? Int32(run!.units.count - 1) : 0)
    instructions.append(instruction)
    let byteCount = Int(descent_scratch_bytes(&instruction))
    if byteCount > 0 {
      let buffer = memory.add(byteCount: byteCount)
      use(buffer, in: min(currentUnit, units.count))
      scratch.append((instructions.count - 1, buffer))
    }
  }
  mutating func setScratch(of instruction: Int, _ buffer: Int) {
    var operand = descent_operand()
    operand.slot = Int32(buffer)
    operand.dtype = DType.uint8.rawValue
    let parameters = instructions[instruction].parameters!
    switch descent_kind(UInt32(instructions[instruction].kind)) {
    case DESCENT_REDUCE:
      owner.operand(\.scratch, of: parameters.assumingMemoryBound(to: descent_reduce.self), operand)
    case DESCENT_CONVOLUTION:
      owner.operand(
        \.scratch, of: parameters.assumingMemoryBound(to: descent_convolution.self), operand)
    case DESCENT_MATMUL:
      owner.operand(\.scratch, of: parameters.assumingMemoryBound(to: descent_matmul.self), operand)
    default: preconditionFailure("this instruction has no scratch memory")
    }
  }

  mutating func emit(_ unit: Unit, _ index: Int) {
    currentUnit = index
    let first = instructions.count
    switch unit.kind {
    case .elementwise: emitElementwise(unit.members)
    case .reduce: emitReduce(unit.members)
    case .matmul: emitMatmul(unit.members)
    case .convolution: emitConvolution(unit.members)
    case .single: emitSingle(unit.members[0])
    }
    rows.append(row(for: unit, index, instructions: first..<instructions.count))
  }

  /// Adds the steps of `members` to a program; values in `ready` are registers already.
  func addSteps(
    _ members: some Sequence<Int>, to program: inout ProgramBuilder, _ ready: inout [Int: Int]
  ) {
    for member in members {
      guard case .elementwise(let operation) = graph.values[member].lowering else { continue }
      let inputs = graph.values[member].inputs.map { input -> Int in
        if let register = ready[input] { return register }
        let register = program.load(operand(input, under: program.shape))
        ready[input] = register
        return register
      }
      ready[member] = program.step(operation, inputs)
    }
  }

  func addStores(
    _ members: some Sequence<Int>, to program: inout ProgramBuilder, _ ready: [Int: Int]
  ) {
    for member in members where bufferOf[member] >= 0 {
      program.store(ready[member]!, to: operand(member))
    }
  }

  mutating func emitElementwise(_ members: [Int]) {
    let head = graph.values[members[0]]
    var program = ProgramBuilder(
      shape: head.shape, compute: head.computeType(in: graph.values))
    var ready: [Int: Int] = [:]
    addSteps(members, to: &program, &ready)
    addStores(members, to: &program, ready)
    emitProgram(program)
  }

  mutating func emitProgram(_ program: ProgramBuilder) {
    let pointer = owner.allocate(descent_program.self)
    pointer.pointee = program.build(in: owner, collapsing: true).program
    append(DESCENT_ELEMENTWISE, pointer)
  }

  mutating func emitReduce(_ members: [Int]) {
    let reduction = members.last { member in
      if case .reduce = graph.values[member].lowering { true } else { false }
    }!
    guard case .reduce(let kind, let axes) = graph.values[reduction].lowering else { return }
    let input = graph.values[reduction].inputs[0]
    let shape = graph.values[input].shape
    // [outer..., reduced..., inner...]: what is kept behind the last reduced axis stays innermost.
    let inner = Array((axes.last! + 1)..<shape.rank)
    let outer = (0..<axes.last!).filter { !axes.contains($0) }
    let order = outer + axes + inner
    func count(_ axes: [Int]) -> Int64 { axes.reduce(1) { $0 * Int64(shape[$1]) } }

    var program = ProgramBuilder(
      shape: Shape(order.map { shape[$0] }),
      compute: graph.values[reduction].dtype.compute)
    var ready: [Int: Int] = [:]
    func load(_ index: Int) -> Int {
      var operand = operand(index, under: shape)
      let strides = view(of: index)
      if !isConstant(index) {
        let whole = strides.strides(broadcastTo: shape)
        setSizes(&operand.strides, order.map { whole[$0] })
      }
      return program.load(operand)
    }
    for member in members where member != reduction {
      guard case .elementwise(let operation) = graph.values[member].lowering else { continue }
      let inputs = graph.values[member].inputs.map { source -> Int in
        if let register = ready[source] { return register }
        ready[source] = load(source)
        return ready[source]!
      }
      ready[member] = program.step(operation, inputs)
    }
    let source = ready[input] ?? load(input)
    let pointer = owner.allocate(descent_reduce.self)
    let built = program.build(in: owner, collapsing: true, keeping: source)
    pointer.pointee.reduction = Int32(kind.rawValue)
    pointer.pointee.source = built.register
    pointer.pointee.outer = count(outer)
    pointer.pointee.reduced = count(axes)
    pointer.pointee.inner = count(inner)
    pointer.pointee.program = built.program
    owner.operand(\.output, of: pointer, flat(reduction))
    append(DESCENT_REDUCE, pointer)
  }

  mutating func emitMatmul(_ members: [Int]) {
    let product = members[0]
    let value = graph.values[product]
    let (a, b) = (value.inputs[0], value.inputs[1])
    let batch = Array(value.shape.dropLast(2))
    let pointer = owner.allocate(descent_matmul.self)
    pointer.pointee.dtype = value.dtype.rawValue
    pointer.pointee.batch_rank = Int32(batch.count)
    setSizes(&pointer.pointee.batch_shape, batch)
    pointer.pointee.m = Int64(value.shape[value.shape.rank - 2])
    pointer.pointee.n = Int64(value.shape.last)
    pointer.pointee.k = Int64(graph.values[a].shape.last)
    pointer.pointee.rounds = isRounded(product)
    owner.operand(\.a, of: pointer, operand(a, under: batchShape(batch, a)))
    owner.operand(\.b, of: pointer, operand(b, under: batchShape(batch, b)))

    placeProduct(members)
    let c = operand(product)
    owner.operand(\.c, of: pointer, c)
    // A bias is added where the sums are, in registers.
    let biased = bias(amid: members)
    if let biased {
      pointer.pointee.has_bias = true
      owner.operand(\.bias, of: pointer, operand(biased.bias))
    }
    pointer.pointee.epilogue = epilogue(
      members.dropFirst(biased == nil ? 1 : 2), of: biased?.sum ?? product, at: c,
      collapsing: false)
    append(DESCENT_MATMUL, pointer)
  }

  /// Whether a product takes its factors as bfloat16.
  func isRounded(_ product: Int) -> Bool {
    let value = graph.values[product]
    guard case .matmul(isExact: false) = value.lowering else { return false }
    return precision.rounds(
      value.dtype, m: value.shape[value.shape.rank - 2], n: value.shape.last,
      k: graph.values[value.inputs[0]].shape.last)
  }

  /// The program of what else happens to each block of `product`, which lies at `place`.
  private func epilogue(
    _ members: ArraySlice<Int>, of product: Int, at place: descent_operand, collapsing: Bool
  ) -> UnsafeMutablePointer<descent_program>? {
    if members.isEmpty { return nil }
    let value = graph.values[product]
    var program = ProgramBuilder(shape: value.shape, compute: value.dtype)
    var ready = [product: program.load(place)]
    addSteps(members, to: &program, &ready)
    addStores(members, to: &program, ready)
    let epilogue = owner.allocate(descent_program.self)
    epilogue.pointee = program.build(in: owner, collapsing: collapsing).program
    return epilogue
  }

  /// Without a buffer of its own a product is formed where its epilogue's first result goes.
  private mutating func placeProduct(_ members: [Int]) {
    let product = members[0]
    guard bufferOf[product] < 0 else { return }
    let home = members.first { member in
      bufferOf[member] >= 0 && graph.values[member].dtype == graph.values[product].dtype
    }
    if let home {
      bufferOf[product] = bufferOf[home]
    } else {
      bufferOf[product] = memory.add(byteCount: byteCount(product))
      use(bufferOf[product], in: currentUnit)
    }
  }

  /// The sum with a row for all rows, if that is the first thing and the only one that happens to
  /// the product.
  private func bias(amid members: [Int]) -> (sum: Int, bias: Int)? {
    guard members.count > 1, case .elementwise(DESCENT_OP_ADD) = graph.values[members[1]].lowering
    else { return nil }
    let (product, sum) = (members[0], members[1])
    let value = graph.values[product]
    let others = graph.values[sum].inputs.filter { $0 != product }
    guard others.count == 1, graph.values[sum].shape == value.shape, value.shape.last > 1,
      graph.values[sum].dtype == value.dtype, graph.values[others[0]].dtype == value.dtype,
      !isConstant(others[0]), bufferOf[sum] < 0 || bufferOf[sum] == bufferOf[product],
      !members.dropFirst(2).contains(where: { graph.values[$0].inputs.contains(product) }),
      !graph.outputs.contains(product), !isStored(product)
    else { return nil }
    let strides = view(of: others[0]).strides(broadcastTo: value.shape)
    guard strides.last == 1, strides.dropLast().allSatisfy({ $0 == 0 }) else { return nil }
    return (sum, others[0])
  }

  func batchShape(_ batch: [Int], _ index: Int) -> Shape {
    Shape(batch + graph.values[index].shape.suffix(2))
  }

  mutating func emitSingle(_ index: Int) {
    let value = graph.values[index]
    let inputs = value.inputs
    switch value.lowering {
    case .argReduce(let smallest, let axis):
      let pointer = owner.allocate(descent_arg_reduce.self)
      emitArgReduce(pointer, index, smallest, axis)
    case .gather, .scatterAdd:
      emitRowMove(index)
    case .random(let distribution):
      let pointer = owner.allocate(descent_random.self)
      pointer.pointee.distribution = Int32(distribution.rawValue)
      pointer.pointee.count = Int64(value.shape.elementCount)
      owner.operand(\.key, of: pointer, flat(inputs[0]))
      owner.operand(\.output, of: pointer, flat(index))
      append(DESCENT_RANDOM, pointer)
    case .rows(let operation):
      let pointer = owner.allocate(descent_rows.self)
      let n = graph.values[inputs[0]].shape.last
      pointer.pointee.operation = Int32(operation.rawValue)
      pointer.pointee.n = Int64(n)
      pointer.pointee.rows = Int64(graph.values[inputs[0]].shape.elementCount / max(n, 1))
      owner.operand(\.x, of: pointer, flat(inputs[0]))
      owner.operand(\.y, of: pointer, flat(index))
      if inputs.count > 1 { owner.operand(\.label, of: pointer, flat(inputs[1])) }
      if inputs.count > 2 {
        var scale = operand(inputs[2])
        if view(of: inputs[2]).isContiguous { setSizes(&scale.strides, [1]) }
        owner.operand(\.scale, of: pointer, scale)
      }
      append(DESCENT_ROWS, pointer)
    case .pooling(let operation, let geometry): emitPooling(index, operation, geometry)
    case .concatenate(let axis):
      var start = 0
      for input in inputs {
        emitCopy(input, into: index, axis: axis, start: start)
        start += graph.values[input].shape[axis]
      }
    case .embed(let starts, let steps):
      emitFill(index)
      emitEmbed(inputs[0], into: index, starts, steps)
    case .view:
      // A reshape that no strides can express: the elements are copied in the input's order.
      var program = ProgramBuilder(
        shape: graph.values[inputs[0]].shape, compute: value.dtype.compute)
      let copy = program.step(DESCENT_OP_COPY, [program.load(operand(inputs[0]))])
      var place = operand(index)
      setSizes(&place.strides, graph.values[inputs[0]].shape.contiguousStrides)
      program.store(copy, to: place)
      emitProgram(program)
    default: preconditionFailure("\(value.name) is not an instruction")
    }
  }

  mutating func emitConvolution(_ members: [Int]) {
    let index = members[0]
    guard case .convolution(let direction, let geometry) = graph.values[index].lowering else {
      return
    }
    placeProduct(members)
    let inputs = graph.values[index].inputs
    // x, the weight and y, of which the direction makes one from the two others.
    let (x, weight, y) =
      switch direction {
      case DESCENT_CONVOLUTION_INPUT: (index, inputs[1], inputs[0])
      case DESCENT_CONVOLUTION_WEIGHT: (inputs[0], index, inputs[1])
      default: (inputs[0], inputs[1], index)
      }
    let pointer = owner.allocate(descent_convolution.self)
    pointer.pointee.direction = Int32(direction.rawValue)
    pointer.pointee.dtype = graph.values[index].dtype.rawValue
    pointer.pointee.batch = Int64(graph.values[x].shape[0])
    pointer.pointee.groups = Int64(geometry.groups)
    pointer.pointee.in_channels = Int64(graph.values[x].shape[1])
    pointer.pointee.out_channels = Int64(graph.values[y].shape[1])
    pointer.pointee.x_size = pair(geometry.x)
    pointer.pointee.y_size = pair(geometry.y)
    pointer.pointee.kernel = pair(geometry.kernel)
    pointer.pointee.stride = pair(geometry.stride)
    pointer.pointee.padding = pair(geometry.padding)
    pointer.pointee.dilation = pair(geometry.dilation)
    owner.operand(\.x, of: pointer, flat(x))
    owner.operand(\.weight, of: pointer, flat(weight))
    owner.operand(\.y, of: pointer, flat(y))
    if inputs.count > 2 {
      pointer.pointee.has_bias = true
      owner.operand(\.bias, of: pointer, flat(inputs[2]))
    }
    pointer.pointee.epilogue = epilogue(
      members.dropFirst(), of: index, at: operand(index), collapsing: true)
    append(DESCENT_CONVOLUTION, pointer)
  }

  mutating func emitPooling(
    _ index: Int, _ operation: descent_pooling_operation, _ geometry: PoolingGeometry
  ) {
    let inputs = graph.values[index].inputs
    let moved = inputs.last!
    let isWide = operation == DESCENT_POOLING_HAND_BACK || operation == DESCENT_POOLING_SPREAD
    let pointer = owner.allocate(descent_pooling.self)
    pointer.pointee.operation = Int32(operation.rawValue)
    pointer.pointee.dtype = graph.values[index].dtype.rawValue
    pointer.pointee.planes = Int64(graph.values[index].shape.prefix(2).reduce(1, *))
    pointer.pointee.x_size = pair(geometry.x)
    pointer.pointee.y_size = pair(geometry.y)
    pointer.pointee.kernel = pair(geometry.kernel)
    pointer.pointee.stride = pair(geometry.stride)
    pointer.pointee.padding = pair(geometry.padding)
    pointer.pointee.counts_border = geometry.countsBorder
    owner.operand(\.x, of: pointer, flat(inputs[0]))
    owner.operand(\.wide, of: pointer, flat(isWide ? index : moved))
    owner.operand(\.narrow, of: pointer, flat(isWide ? moved : index))
    append(DESCENT_POOLING, pointer)
  }

  private func pair(_ sizes: [Int]) -> (Int64, Int64) { (Int64(sizes[0]), Int64(sizes[1])) }

  mutating func emitArgReduce(
    _ pointer: UnsafeMutablePointer<descent_arg_reduce>, _ index: Int, _ smallest: Bool, _ axis: Int
  ) {
    let input = graph.values[index].inputs[0]
    let shape = graph.values[input].shape
    pointer.pointee.smallest = smallest
    pointer.pointee.outer = Int64(shape.prefix(axis).reduce(1, *))
    pointer.pointee.reduced = Int64(shape[axis])
    pointer.pointee.inner = Int64(shape.dropFirst(axis + 1).reduce(1, *))
    var operand = operand(input)
    let inner = Int(pointer.pointee.inner)
    setSizes(&operand.strides, [inner * shape[axis], inner, 1])
    owner.operand(\.input, of: pointer, operand)
    owner.operand(\.output, of: pointer, flat(index))
    append(DESCENT_ARG_REDUCE, pointer)
  }

  mutating func emitRowMove(_ index: Int) {
    let value = graph.values[index]
    let (source, indices) = (value.inputs[0], value.inputs[1])
    let count = Int64(graph.values[indices].shape.elementCount)
    if case .gather = value.lowering {
      let pointer = owner.allocate(descent_gather.self)
      let table = graph.values[source].shape
      pointer.pointee.count = count
      pointer.pointee.rows = Int64(table[0])
      pointer.pointee.inner = Int64(table.dropFirst().reduce(1, *))
      owner.operand(\.table, of: pointer, flat(source))
      owner.operand(\.index, of: pointer, flat(indices))
      owner.operand(\.output, of: pointer, flat(index))
      append(DESCENT_GATHER, pointer)
    } else {
      let pointer = owner.allocate(descent_scatter_add.self)
      pointer.pointee.count = count
      pointer.pointee.rows = Int64(value.shape[0])
      pointer.pointee.inner = Int64(value.shape.dropFirst().reduce(1, *))
      owner.operand(\.input, of: pointer, flat(source))
      owner.operand(\.index, of: pointer, flat(indices))
      owner.operand(\.output, of: pointer, flat(index))
      append(DESCENT_SCATTER_ADD, pointer)
    }
  }

  mutating func emitFill(_ index: Int) {
    let value = graph.values[index]
    var program = ProgramBuilder(shape: value.shape, compute: value.dtype.compute)
    var zero = descent_operand()
    zero.slot = -1
    zero.dtype = value.dtype.rawValue
    let copy = program.step(DESCENT_OP_COPY, [program.load(zero)])
    program.store(copy, to: operand(index))
    emitProgram(program)
  }

  mutating func emitEmbed(_ input: Int, into index: Int, _ starts: [Int], _ steps: [Int]) {
    let strides = graph.values[index].shape.contiguousStrides
    var place = operand(index)
    place.offset += Int64(zip(starts, strides).reduce(0) { $0 + $1.0 * $1.1 })
    setSizes(&place.strides, zip(strides, steps).map { $0 * $1 })
    emitStridedCopy(input, to: place)
  }

  mutating func emitCopy(_ input: Int, into index: Int, axis: Int, start: Int) {
    let view = view(of: input)
    if bufferOf[view.base] >= 0, isOwner(view.base) {
      // A piece that was computed where it lies needs no copy.
      let from = memory.root(of: bufferOf[view.base])
      let to = memory.root(of: bufferOf[index])
      let value = graph.values[index]
      let distance = start * value.shape.contiguousStrides[axis] * value.dtype.size
      if from.buffer == to.buffer, from.distance == to.distance + distance,
        view.isWhole(of: graph.values[view.base].shape.elementCount),
        value.shape.prefix(axis).allSatisfy({ $0 == 1 })
      {
        return
      }
    }
    var starts = [Int](repeating: 0, count: graph.values[index].shape.rank)
    starts[axis] = start
    emitEmbed(input, into: index, starts, starts.map { _ in 1 })
  }

  mutating func emitStridedCopy(_ input: Int, to place: descent_operand) {
    let value = graph.values[input]
    var program = ProgramBuilder(shape: value.shape, compute: value.dtype.compute)
    let copy = program.step(DESCENT_OP_COPY, [program.load(operand(input, under: value.shape))])
    program.store(copy, to: place)
    emitProgram(program)
  }

  mutating func emitCopy(_ output: Int, toLeaf leaf: Int, _ unit: Int) {
    currentUnit = units.count
    let buffer = memory.add(byteCount: byteCount(output), slot: 1 + leaf)
    var place = operand(output)
    place.slot = Int32(buffer)
    place.offset = 0
    emitStridedCopy(output, to: place)
  }
}
