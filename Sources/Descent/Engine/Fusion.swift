import DescentKernels

/// A group of values that one pass over memory computes.
struct Unit {
  enum Kind { case elementwise, reduce, matmul, convolution, single }
  var kind: Kind
  /// Values in an order that can be computed.
  ///
  /// For a matmul or a convolution with an epilogue the product is first; for a reduction with a
  /// prologue the reduction is last.
  var members: [Int]
}

/// Decides which values are computed together, and when.
///
/// - An elementwise value joins the elementwise group, or the reduction, that reads it, if their
///   shapes agree; if others read it too, the group stores it on the way.
/// - A matrix product, or a convolution, joins the elementwise group that is its only reader: the
///   group becomes the epilogue that runs on each block of the product while it is in cache.
/// - Nothing may join that would make two groups wait for each other.
struct Fusion {
  private let values: [PlanGraph.Value]
  private let outputs: Set<Int>
  private let readers: [[Int]]
  private let views: [View?]
  private let names: [Int: String]
  private var groupOf: [Int]
  private var groups: [Unit] = []
  /// Whether a value that joined a group is read outside it as well.
  ///
  /// Without such a value no group can wait for itself: whatever a group reads was recorded before
  /// its members.
  private var hasSideStores = false

  /// Limits of a program: more operands or steps than this do not pay.
  static let longestProgram = 48
  static let mostOperands = 16

  static func units(of graph: PlanGraph, views: [View?]) -> [Unit] {
    var fusion = Fusion(graph, views)
    fusion.fuseElementwise()
    fusion.fuseEpilogues()
    return fusion.scheduled()
  }

  private init(_ graph: PlanGraph, _ views: [View?]) {
    values = graph.values
    outputs = Set(graph.outputs)
    self.views = views
    names = graph.names
    groupOf = [Int](repeating: -1, count: values.count)
    var readers = [[Int]](repeating: [], count: values.count)
    for (index, value) in values.enumerated() {
      for input in value.inputs where readers[input].last != index { readers[input].append(index) }
    }
    self.readers = readers
  }

  private func isElementwise(_ index: Int) -> Bool {
    if case .elementwise = values[index].lowering { true } else { false }
  }

  /// Values that own no memory: leaves, constants and views.
  private func isUnit(_ index: Int) -> Bool {
    switch values[index].lowering {
    case .leaf, .constant: false
    case .view: views[index] == nil
    default: true
    }
  }

  private mutating func fuseElementwise() {
    for index in values.indices.reversed() where isUnit(index) {
      if isElementwise(index), let group = groupToJoin(index) {
        groups[group].members.append(index)
        groupOf[index] = group
        if readers[index].contains(where: { groupOf[$0] != group }) { hasSideStores = true }
        continue
      }
      let kind: Unit.Kind =
        switch values[index].lowering {
        case .elementwise: .elementwise
        case .reduce: .reduce
        case .matmul: .matmul
        case .convolution: .convolution
        default: .single
        }
      groupOf[index] = groups.count
      groups.append(Unit(kind: kind, members: [index]))
    }
    for group in groups.indices { groups[group].members.sort() }
  }

  private func groupToJoin(_ index: Int) -> Int? {
    let value = values[index]
    // A byte that is not stored would not be rounded to a byte.
    guard value.dtype != .uint8 else { return nil }
    let isStored = outputs.contains(index)
    var candidates: [Int] = []
    for reader in readers[index] where groupOf[reader] >= 0 {
      if !candidates.contains(groupOf[reader]) { candidates.append(groupOf[reader]) }
    }
    let readByAllInOne = candidates.count == 1 && readers[index].allSatisfy { groupOf[$0] >= 0 }
    return candidates.first { group in
      let unit = groups[group]
      guard unit.members.count < Self.longestProgram, fits(index, unit) else { return false }
      if unit.kind == .reduce { return readByAllInOne && !isStored }
      let staysInside = readByAllInOne && !hasSideStores
      return staysInside || !wouldWaitForItself(group, with: index)
    }
  }

  /// Whether a value could be a step of a unit's program.
  private func fits(_ index: Int, _ unit: Unit) -> Bool {
    let value = values[index]
    let head = values[unit.members[0]]
    var operands: Set<Int> = Set(value.inputs)
    for member in unit.members { operands.formUnion(values[member].inputs) }
    operands.subtract(unit.members)
    operands.remove(index)
    guard operands.count <= Self.mostOperands else { return false }
    switch unit.kind {
    case .elementwise:
      return head.shape == value.shape && compute(index) == compute(unit.members[0])
    case .reduce:
      // The members before the reduction have the shape that the reduction reads.
      guard let reduction = unit.members.first(where: { !isElementwise($0) }) else { return false }
      let input = values[reduction].inputs[0]
      return values[input].shape == value.shape
        && compute(index) == values[reduction].dtype.compute
    case .matmul, .convolution, .single: return false
    }
  }

  private func compute(_ index: Int) -> DType { values[index].computeType(in: values) }

  private mutating func fuseEpilogues() {
    for group in groups.indices where groups[group].kind == .elementwise {
      let unit = groups[group]
      let head = values[unit.members[0]]
      let products = unit.members.flatMap { values[$0].inputs }.filter { input in
        return takesEpilogue(values[input].lowering) && values[input].shape == head.shape
          && !outputs.contains(input)
          && compute(unit.members[0]) == values[input].dtype
          && readers[input].allSatisfy { groupOf[$0] == group }
      }
      guard let product = products.max(),
        !hasSideStores || !wouldWaitForItself(group, with: product)
      else { continue }
      groups[group].kind = groups[groupOf[product]].kind
      groups[groupOf[product]].members = []
      groupOf[product] = group
      groups[group].members.insert(product, at: 0)
    }
  }

  /// Whether the blocks of a product are finished one by one.
  private func takesEpilogue(_ lowering: Lowering) -> Bool {
    switch lowering {
    case .matmul: true
    case .convolution(DESCENT_CONVOLUTION_FORWARD, _): true
    // With a stride, neighbouring pixels belong to different correlations.
    case .convolution(DESCENT_CONVOLUTION_INPUT, let geometry): geometry.stride == [1, 1]
    default: false
    }
  }

  /// Whether a group that took in `index` would need a result of its own before it can start.
  private func wouldWaitForItself(_ group: Int, with index: Int) -> Bool {
    var members = Set(groups[group].members)
    members.insert(index)
    var seen: Set<Int> = []
    var pending: [Int] = []
    for member in members {
      for input in values[member].inputs where !members.contains(input) { pending.append(input) }
    }
    while let value = pending.popLast() {
      if members.contains(value) { return true }
      guard seen.insert(value).inserted else { continue }
      pending += values[value].inputs
      if groupOf[value] >= 0 {
        for member in groups[groupOf[value]].members { pending += values[member].inputs }
      }
    }
    return false
  }

  // MARK: Schedule

  /// The units, each after those that it reads; otherwise forward before backward, and a
  /// parameter's gradient as soon as the buffer that it is made from is there.
  private func scheduled() -> [Unit] {
    var waitsFor = [Set<Int>](repeating: [], count: groups.count)
    var leadsTo = [Set<Int>](repeating: [], count: groups.count)
    for (group, unit) in groups.enumerated() {
      for member in unit.members {
        for owner in values[member].inputs.flatMap(owners) where groupOf[owner] != group {
          waitsFor[group].insert(groupOf[owner])
          leadsTo[groupOf[owner]].insert(group)
        }
      }
    }
    let rank = groups.map { unit -> (Int, Int, Int) in
      let phase = unit.members.compactMap { values[$0].label?.phase.rawValue }.max() ?? 0
      return (phase, unit.members.contains { names[$0] != nil } ? 0 : 1, unit.members.max() ?? -1)
    }
    var ready = groups.indices.filter { waitsFor[$0].isEmpty && !groups[$0].members.isEmpty }
    var result: [Unit] = []
    while !ready.isEmpty {
      let position = ready.indices.min { rank[ready[$0]] < rank[ready[$1]] }!
      let group = ready.remove(at: position)
      result.append(groups[group])
      for next in leadsTo[group] {
        waitsFor[next].remove(group)
        if waitsFor[next].isEmpty { ready.append(next) }
      }
    }
    precondition(
      result.count == groups.count { !$0.members.isEmpty }, "the plan's units wait for each other")
    return result
  }

  /// The values with memory of their own that a value is read from.
  private func owners(_ index: Int) -> [Int] {
    if groupOf[index] >= 0 { return [index] }
    if let view = views[index], view.base != index { return owners(view.base) }
    return []
  }
}

extension PlanGraph.Value {
  /// The type in which an elementwise value is computed.
  func computeType(in values: [PlanGraph.Value]) -> DType {
    if dtype == .bool, let first = inputs.first { return values[first].dtype.compute }
    return dtype.compute
  }
}
