/// A plan for a graph that was recorded on placeholders, with everything bound that does not
/// change from run to run: numbers as they were when it was recorded, and captured tensors.
struct CompiledGraph {
  let plan: Plan
  /// The leaf of each placeholder; nil where the graph does not use it.
  private let leafOf: [Int?]
  /// The output of each placeholder that is replaced without being read.
  private let outputOf: [Int: Int]
  /// Captured tensors' memory, which the plan reads.
  private let captured: [Storage]

  /// Compiles the graph behind `outputs`.
  ///
  /// `donations` says which outputs (by position) replace which placeholders (by number) in place.
  init(_ outputs: [Tensor], donations: [Int: Int] = [:], precision: Precision = .float32) {
    let walk = GraphWalk(outputs: outputs.map(\.node))
    var leafOf: [Int: Int] = [:]
    for (position, node) in walk.leaves.enumerated() {
      if let placeholder = node.operation as? Placeholder { leafOf[placeholder.index] = position }
    }
    plan = Planner.plan(
      walk, donations: donations.compactMapValues { leafOf[$0] }, precision: precision)
    var captured: [Storage] = []
    for (position, node) in walk.leaves.enumerated() {
      if let number = node.operation as? Number {
        plan.setNumber(position, number.value)
      } else if let storage = node.storage {
        plan.setInput(position, storage.pointer)
        captured.append(storage)
      }
    }
    outputOf = donations.reduce(into: [:]) { outputs, donation in
      if leafOf[donation.value] == nil { outputs[donation.value] = donation.key }
    }
    self.leafOf = (0...(leafOf.keys.max() ?? 0)).map { leafOf[$0] }
    self.captured = captured
  }

  /// Says where the value of a placeholder lies.
  ///
  /// Nothing happens if the graph does not use it.
  func set(_ placeholder: Int, _ pointer: UnsafeMutableRawPointer) {
    if placeholder < leafOf.count, let leaf = leafOf[placeholder] {
      plan.setInput(leaf, pointer)
    } else if let output = outputOf[placeholder] {
      plan.setOutput(output, pointer)
    }
  }
}
