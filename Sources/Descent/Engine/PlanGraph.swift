import DescentKernels

/// The graph as the planner sees it: a list of values in an order that can be computed, with
/// composites opened, common subexpressions merged and identities removed.
struct PlanGraph {
  struct Value {
    var name: String
    var lowering: Lowering
    var inputs: [Int]
    var shape: Shape
    var dtype: DType
    var label: Label?
    /// For leaves: which input of the plan this is.
    var leaf: Int?
  }

  private(set) var values: [Value] = []
  private(set) var outputs: [Int] = []
  /// What a value is to the reader of the plan, such as `∂C/∂0.weight`.
  private(set) var names: [Int: String] = [:]
  private var known: [[Int]: Int] = [:]
  /// The bodies of composites, kept while nodes are told apart by their addresses.
  private var bodies: [Node] = []

  /// Reads the part of the graph that `walk` found.
  init(_ walk: GraphWalk) {
    var index: [ObjectIdentifier: Int] = [:]
    for (leaf, node) in walk.leaves.enumerated() {
      index[ObjectIdentifier(node)] = addLeaf(node, leaf)
    }
    for (node, inputs) in zip(walk.order, walk.inputs) { read(node, inputs, into: &index) }
    outputs = []
    for node in walk.outputs { addOutput(index[ObjectIdentifier(node)]!) }
    removeUnused()
    bodies = []
  }

  private mutating func addLeaf(_ node: Node, _ leaf: Int) -> Int {
    values.append(
      Value(
        name: node.operation.name, lowering: .leaf, inputs: [], shape: node.shape,
        dtype: node.dtype, label: node.label, leaf: leaf))
    return values.count - 1
  }

  private mutating func read(
    _ node: Node, _ inputs: [Node], into index: inout [ObjectIdentifier: Int]
  ) {
    guard case .body(let body) = node.operation.lowering else {
      let value = Value(
        name: node.operation.name, lowering: node.operation.lowering,
        inputs: inputs.map { index[ObjectIdentifier($0)]! }, shape: node.shape, dtype: node.dtype,
        label: node.label)
      let position = add(value, kind: node.operation)
      index[ObjectIdentifier(node)] = position
      if let named = node.operation as? Named { names[position] = named.text }
      return
    }
    // A composite without a kernel of its own: read its body in its place.
    let root = Label.$current.withValue(node.label) {
      Node.$isReadingBody.withValue(true) { body(inputs.map(Tensor.init(node:))).node }
    }
    bodies.append(root)
    let inner = GraphWalk(outputs: [root], known: { index[ObjectIdentifier($0)] != nil })
    precondition(inner.leaves.isEmpty, "\(node.operation.name): a body uses constants, not numbers")
    for (node, inputs) in zip(inner.order, inner.inputs) { read(node, inputs, into: &index) }
    let position = index[ObjectIdentifier(root)]!
    index[ObjectIdentifier(node)] = position
    if case .elementwise = values[position].lowering { values[position].name = node.operation.name }
  }

  // MARK: Simplification

  /// Adds a value, or finds the one that is the same.
  private mutating func add(_ value: Value, kind: any Operation) -> Int {
    if let simpler = simplified(value) { return simpler }
    var key = [Int(bitPattern: ObjectIdentifier(type(of: kind))), Int(value.dtype.rawValue)]
    key += value.inputs
    key.append(-1)
    key += kind.attributes
    key.append(-1)
    key += value.shape.sizes
    if let same = known[key] {
      // What both passes need belongs to the first.
      if let label = value.label, let found = values[same].label,
        label.phase.rawValue < found.phase.rawValue
      {
        values[same].label = label
      }
      return same
    }
    values.append(value)
    known[key] = values.count - 1
    return values.count - 1
  }

  /// The number that a value is everywhere, if it is one that the plan knows.
  private func constant(_ index: Int) -> Double? {
    if case .constant(let number) = values[index].lowering { number } else { nil }
  }

  private mutating func addConstant(_ number: Double, like value: Value) -> Int {
    var constant = value
    constant.lowering = .constant(number)
    constant.inputs = []
    constant.name = "\(number)"
    return add(constant, kind: Constant(value: number))
  }

  private mutating func simplified(_ value: Value) -> Int? {
    switch value.lowering {
    case .identity: return value.inputs[0]
    case .view(let kind):
      let input = value.inputs[0]
      if let number = constant(input) { return addConstant(number, like: value) }
      if case .permute(let order) = kind { return simplifiedPermute(order, value) }
      guard case .reshape = kind else { return nil }
      if values[input].shape == value.shape { return input }
      if case .view(.reshape) = values[input].lowering {
        var shorter = value
        shorter.inputs = values[input].inputs
        return add(shorter, kind: ReshapeView())
      }
      return nil
    case .reduce(DESCENT_SUM, let axes):
      let input = value.inputs[0]
      guard let number = constant(input) else { return nil }
      let count = axes.reduce(1) { $0 * values[input].shape[$1] }
      return addConstant(number * Double(count), like: value)
    case .elementwise(let operation):
      return simplifiedElementwise(operation, value)
    default: return nil
    }
  }

  /// Two permutations are one, and (AB)ᵀ = BᵀAᵀ, whose kernel reads A and B as they lie and
  /// writes the result as it is wanted.
  private mutating func simplifiedPermute(_ order: [Int], _ value: Value) -> Int? {
    let input = values[value.inputs[0]]
    switch input.lowering {
    case .view(.permute(let earlier)):
      let both = order.map { earlier[$0] }
      if both == Array(0..<both.count) { return input.inputs[0] }
      return add(permuted(input.inputs[0], both, label: value.label), kind: Permute(order: both))
    case .matmul(let isExact):
      let swapped = Array(0..<(order.count - 2)) + [order.count - 1, order.count - 2]
      guard order == swapped else { return nil }
      let operands = input.inputs.reversed().map { operand -> Int in
        let rank = values[operand].shape.rank
        let order = Array(0..<(rank - 2)) + [rank - 1, rank - 2]
        return add(permuted(operand, order, label: value.label), kind: Permute(order: order))
      }
      var product = input
      product.inputs = operands
      product.shape = value.shape
      return add(product, kind: Matmul(isExact: isExact))
    default: return nil
    }
  }

  private func permuted(_ index: Int, _ order: [Int], label: Label?) -> Value {
    Value(
      name: "permute", lowering: .view(.permute(order)), inputs: [index],
      shape: Shape(order.map { values[index].shape[$0] }), dtype: values[index].dtype, label: label)
  }

  private mutating func simplifiedElementwise(_ operation: descent_op, _ value: Value) -> Int? {
    let a = value.inputs[0]
    let b = value.inputs.count > 1 ? value.inputs[1] : a
    func isWhole(_ index: Int) -> Bool {
      values[index].shape == value.shape && values[index].dtype == value.dtype
    }
    switch (operation, constant(a), constant(b)) {
    case (DESCENT_OP_NEGATE, let x?, _): return addConstant(-x, like: value)
    case (DESCENT_OP_MULTIPLY, let x?, let y?): return addConstant(x * y, like: value)
    case (DESCENT_OP_ADD, let x?, let y?): return addConstant(x + y, like: value)
    case (DESCENT_OP_SUBTRACT, let x?, let y?): return addConstant(x - y, like: value)
    case (DESCENT_OP_MULTIPLY, 1, _) where isWhole(b): return b
    case (DESCENT_OP_MULTIPLY, _, 1) where isWhole(a): return a
    case (DESCENT_OP_ADD, 0, _) where isWhole(b): return b
    case (DESCENT_OP_ADD, _, 0) where isWhole(a): return a
    case (DESCENT_OP_SUBTRACT, _, 0) where isWhole(a): return a
    case (DESCENT_OP_DIVIDE, _, 1) where isWhole(a): return a
    case (DESCENT_OP_NEGATE, _, _):
      if case .elementwise(DESCENT_OP_NEGATE) = values[a].lowering { return values[a].inputs[0] }
      return nil
    default: return nil
    }
  }

  // MARK: Outputs and copies

  /// An output is memory of its own: a leaf, a view, a constant or an output already is copied.
  private mutating func addOutput(_ index: Int) {
    let needsCopy =
      switch values[index].lowering {
      case .leaf, .view, .constant: true
      default: outputs.contains(index)
      }
    outputs.append(needsCopy ? addCopy(of: index) : index)
  }

  /// A contiguous copy of a value, for kernels that read nothing else.
  mutating func addCopy(of index: Int) -> Int {
    var copy = values[index]
    copy.name = "copy"
    copy.lowering = .elementwise(DESCENT_OP_COPY)
    copy.inputs = [index]
    copy.leaf = nil
    values.append(copy)
    return values.count - 1
  }

  mutating func replaceInput(of index: Int, at position: Int, with input: Int) {
    values[index].inputs[position] = input
  }

  /// Drops what no output depends on, and restores the order (copies come after their readers).
  mutating func removeUnused() {
    var order: [Int] = []
    var isDone = [Bool](repeating: false, count: values.count)
    var pending = outputs.reversed().map { (index: $0, isExpanded: false) }
    while let (index, isExpanded) = pending.popLast() {
      if isExpanded {
        order.append(index)
      } else if !isDone[index] {
        isDone[index] = true
        pending.append((index, true))
        for input in values[index].inputs.reversed() { pending.append((input, false)) }
      }
    }
    var renumbered = [Int](repeating: -1, count: values.count)
    for (new, old) in order.enumerated() { renumbered[old] = new }
    values = order.map { old in
      var value = values[old]
      value.inputs = value.inputs.map { renumbered[$0] }
      return value
    }
    outputs = outputs.map { renumbered[$0] }
    names = names.reduce(into: [:]) { names, pair in
      if renumbered[pair.key] >= 0 { names[renumbered[pair.key]] = pair.value }
    }
    known = [:]
  }
}

/// The unevaluated part of the graph behind some outputs: inputs before their consumers.
struct GraphWalk {
  let outputs: [Node]
  private(set) var order: [Node] = []
  /// The inputs of each node of `order` as the walk found them: another thread that evaluates the
  /// same node lets them go at any time.
  private(set) var inputs: [[Node]] = []
  /// Stored values, numbers and placeholders, in the order in which they were met.
  private(set) var leaves: [Node] = []
  /// What a plan for this graph depends on: operations, attributes, shapes and how they are
  /// connected; no values.
  private(set) var key: [Int] = []

  init(outputs: [Node], known: (Node) -> Bool = { _ in false }) {
    self.outputs = outputs
    var number: [ObjectIdentifier: Int] = [:]
    var pending = outputs.reversed().map { (node: $0, inputs: [Node]?.none) }
    while let (node, inputs) = pending.popLast() {
      let id = ObjectIdentifier(node)
      if let inputs {
        append(node, inputs, &number)
      } else if number[id] == nil && !known(node) {
        let inputs = node.unevaluatedInputs
        let isLeaf = if case .leaf = node.operation.lowering { true } else { inputs == nil }
        if isLeaf {
          number[id] = leaves.count + order.count
          leaves.append(node)
          appendShape(of: node, kind: node.operation is Number ? -2 : -3)
        } else {
          number[id] = -1
          pending.append((node, inputs!))
          for input in inputs!.reversed() where number[ObjectIdentifier(input)] == nil {
            pending.append((input, nil))
          }
        }
      }
    }
    key.append(-4)
    for node in outputs { key.append(number[ObjectIdentifier(node)] ?? -1) }
  }

  private mutating func append(
    _ node: Node, _ inputs: [Node], _ number: inout [ObjectIdentifier: Int]
  ) {
    let id = ObjectIdentifier(node)
    number[id] = leaves.count + order.count
    order.append(node)
    self.inputs.append(inputs)
    appendShape(of: node, kind: Int(bitPattern: ObjectIdentifier(type(of: node.operation))))
    key += node.operation.attributes
    for input in inputs { key.append(number[ObjectIdentifier(input)] ?? -1) }
  }

  private mutating func appendShape(of node: Node, kind: Int) {
    key.append(kind)
    key.append(Int(node.dtype.rawValue) << 8 | node.shape.rank)
    key += node.shape.sizes
  }
}
