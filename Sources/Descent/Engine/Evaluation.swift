import Synchronization

/// Computes what has not been computed yet, in one plan, and memoises it.
///
/// A node that an earlier evaluation computed on its way is kept this time, so that a loop which
/// prints as it goes computes nothing more than twice.
func evaluate(_ tensors: [Tensor]) {
  var wanted: [Node] = []
  for tensor in tensors where !tensor.node.isEvaluated {
    if !wanted.contains(where: { $0 === tensor.node }) { wanted.append(tensor.node) }
  }
  if wanted.isEmpty { return }
  let walk = GraphWalk(outputs: wanted)
  let kept = walk.order.filter { node in node.wasVisited && !wanted.contains { $0 === node } }
  let needed = kept.filter { keptNode in
    // Only what new nodes read is worth keeping.
    walk.order.contains { !$0.wasVisited && $0.inputs.contains { $0 === keptNode } }
  }
  for node in walk.order { node.markVisited() }
  PlanCache.shared.run(needed.isEmpty ? walk : GraphWalk(outputs: wanted + needed))
}

extension Node {
  var wasVisited: Bool { state.withLock { $0.wasVisited } }
  func markVisited() { state.withLock { $0.wasVisited = true } }
}

/// Plans by the structure of their graphs, so that a loop written by hand replays the same plan.
final class PlanCache: Sendable {
  static let shared = PlanCache()
  private static let capacity = 64

  /// Sendable because a plan is out of the cache for as long as it runs.
  private struct Entry: @unchecked Sendable {
    let plan: Plan
    var lastUse = 0
  }
  private struct Entries: ~Copyable {
    var plans: [[Int]: Entry] = [:]
    var clock = 0
  }
  private let entries = Mutex(Entries())

  /// Evaluates the outputs of a walk and fills their nodes.
  func run(_ walk: GraphWalk, donations: [Int: Int] = [:]) {
    // A plan's arena serves one run at a time: it is taken out of the cache while it runs.
    let plan = take(walk.key) ?? Planner.plan(walk)
    var alive: [Storage] = []
    for (index, leaf) in walk.leaves.enumerated() {
      if let number = leaf.operation as? Number {
        plan.setNumber(index, number.value)
      } else {
        let storage = leaf.storage!
        alive.append(storage)
        plan.setInput(index, storage.pointer)
      }
    }
    let results = walk.outputs.map { Storage(byteCount: $0.byteCount) }
    for (position, result) in results.enumerated() { plan.setOutput(position, result.pointer) }
    withExtendedLifetime(alive) { plan.run() }
    for (node, result) in zip(walk.outputs, results) { node.fill(result) }
    put(plan, walk.key)
  }

  private func take(_ key: [Int]) -> Plan? {
    entries.withLock { $0.plans.removeValue(forKey: key) }?.plan
  }

  private func put(_ plan: Plan, _ key: [Int]) {
    let entry = Entry(plan: plan)
    entries.withLock { entries in
      entries.clock += 1
      entries.plans[key] = entry
      entries.plans[key]?.lastUse = entries.clock
      if entries.plans.count > Self.capacity {
        let oldest = entries.plans.min { $0.value.lastUse < $1.value.lastUse }!.key
        entries.plans.removeValue(forKey: oldest)
      }
    }
  }
}
