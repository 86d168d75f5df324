import Synchronization

/// A vertex of the computation graph: an operation, its inputs, and, once known, its value.
///
/// Nodes do not change, but for two things that happen once: the value is memoised, and with it
/// the inputs may be let go, so that a long chain of results does not keep its history alive.
final class Node: @unchecked Sendable {
  let operation: any Operation
  let shape: Shape
  let dtype: DType
  /// The layer in which the node was recorded; its name appears in `Plan.description`.
  let label: Label?
  /// The longest chain of unevaluated operations that ends here.
  let depth: Int
  /// Whether the value depends on a variable of a derivative that is being recorded.
  let isTraced: Bool
  /// Whether the value depends on an input that a plan is still to be given.
  let isOpen: Bool

  struct State: ~Copyable {
    var inputs: [Node]
    var storage: Storage?
    /// Set when a plan computed this node on the way to another: the second time it is kept.
    var wasVisited = false
  }
  let state: Mutex<State>

  /// A chain longer than this is evaluated when it is recorded (mlx#1711: it must not grow
  /// without end).
  static let longestChain = 2_000

  /// Whether what is recorded is part of a plan that is being made: it is not evaluated by itself.
  @TaskLocal static var isReadingBody = false

  init(
    _ operation: any Operation, inputs: [Node] = [], shape: Shape, dtype: DType,
    storage: Storage? = nil
  ) {
    self.operation = operation
    self.shape = shape
    self.dtype = dtype
    label = Label.current
    var depth = 0
    var isTraced = operation is Variable
    var isOpen = operation is Placeholder
    for input in inputs {
      depth = max(depth, input.isEvaluated ? 0 : input.depth)
      isTraced = isTraced || input.isTraced
      isOpen = isOpen || input.isOpen
    }
    self.depth = depth + 1
    self.isTraced = isTraced
    self.isOpen = isOpen
    state = Mutex(State(inputs: inputs, storage: storage))
  }

  var inputs: [Node] { state.withLock { $0.inputs } }
  /// The inputs of a node that has no value yet, or nil if it has: one look at both.
  var unevaluatedInputs: [Node]? { state.withLock { $0.storage == nil ? $0.inputs : nil } }
  var storage: Storage? { state.withLock { $0.storage } }
  var isEvaluated: Bool { state.withLock { $0.storage != nil } }
  var byteCount: Int { shape.elementCount * dtype.size }

  /// Memoises the value.
  ///
  /// Inputs are kept only where a derivative may still need them.
  func fill(_ storage: Storage) {
    var released = state.withLock { state -> [Node] in
      // Another thread may have been faster; both computed the same.
      if state.storage == nil { state.storage = storage }
      guard !isTraced else { return [] }
      let inputs = state.inputs
      state.inputs = []
      return inputs
    }
    Node.release(&released)
  }

  /// Frees deep graphs in a loop: recursion would overflow the stack (pytorch#5534).
  ///
  /// `nodes` is emptied in place: a copy of the array would be a second owner of every node.
  private static func release(_ nodes: inout [Node]) {
    while var node = nodes.popLast() {
      if isKnownUniquelyReferenced(&node) {
        nodes += node.state.withLock { state in
          let inputs = state.inputs
          state.inputs = []
          return inputs
        }
      }
    }
  }

  deinit {
    var inputs = state.withLock { state in
      let inputs = state.inputs
      state.inputs = []
      return inputs
    }
    if !inputs.isEmpty { Node.release(&inputs) }
  }
}
