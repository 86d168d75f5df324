/// Backpropagation: walks the graph of `output` once, from the end to `variables`.
///
/// Going forward, every operation stored its inputs. Going backward, each node receives the sum
/// of what its consumers hand down, and hands on the vector–Jacobian product of its operation
/// (Rumelhart, Hinton and Williams, 1986). A variable that the output does not depend on has the
/// derivative zero.
func derivatives(of output: Tensor, at variables: [Tensor]) -> [Tensor] {
  let wanted = Set(variables.map { ObjectIdentifier($0.node) })
  let order = nodesThatReach(wanted, from: output.node)
  var active: Set<ObjectIdentifier> = []
  for node in order { active.insert(ObjectIdentifier(node)) }

  var received: [ObjectIdentifier: Tensor] = [
    ObjectIdentifier(output.node): Tensor(repeating: 1, shape: output.shape, dtype: output.dtype)
  ]
  for node in order.reversed() where !wanted.contains(ObjectIdentifier(node)) {
    guard let dy = received.removeValue(forKey: ObjectIdentifier(node)) else { continue }
    let inputs = node.inputs
    let isWanted = inputs.map { active.contains(ObjectIdentifier($0)) }
    let handedDown = Label.$current.withValue(Label.backward(of: node.label)) {
      node.operation.derivative(
        dy, inputs.map(Tensor.init(node:)), Tensor(node: node), wanted: isWanted)
    }
    for (position, input) in inputs.enumerated() where isWanted[position] {
      guard let share = handedDown[position] else { continue }
      let key = ObjectIdentifier(input)
      received[key] = received[key].map { $0 + share } ?? share
    }
  }
  return variables.map { variable in
    received[ObjectIdentifier(variable.node)]
      ?? Tensor(repeating: 0, shape: variable.shape, dtype: variable.dtype)
  }
}

/// The nodes between the output and the variables, inputs before their consumers.
private func nodesThatReach(_ variables: Set<ObjectIdentifier>, from output: Node) -> [Node] {
  var order: [Node] = []
  var reaches: [ObjectIdentifier: Bool] = [:]
  var pending: [(node: Node, isExpanded: Bool)] = [(output, false)]
  while let (node, isExpanded) = pending.popLast() {
    let key = ObjectIdentifier(node)
    if isExpanded {
      let isReaching =
        variables.contains(key)
        || node.inputs.contains { reaches[ObjectIdentifier($0)] == true }
      reaches[key] = isReaching
      if isReaching { order.append(node) }
    } else if reaches[key] == nil {
      reaches[key] = false
      pending.append((node, true))
      // Nothing before a variable matters, and what depends on no variable leads to none.
      guard node.isTraced, !variables.contains(key) else { continue }
      for input in node.inputs { pending.append((input, false)) }
    }
  }
  return order
}

/// How deeply the closures of `gradient(at:of:)` are nested right now.
enum Differentiation {
  @TaskLocal static var depth = 0

  /// Runs `body` on variables that stand for `points`, differentiates its first result, and
  /// gives back values that carry no history, unless an outer derivative still needs it.
  static func run(
    at points: [Tensor], _ body: ([Tensor]) throws -> (value: Tensor, others: [Tensor])
  ) rethrows -> (value: Tensor, others: [Tensor], gradients: [Tensor]) {
    for point in points {
      precondition(
        point.dtype.isFloatingPoint, "gradient: there is no derivative at a point of \(point.dtype)"
      )
    }
    let variables = points.map { unary(Variable(), $0) }
    let (value, others) = try $depth.withValue(depth + 1) { try body(variables) }
    precondition(
      value.shape.elementCount == 1,
      "gradient: the function must return one number, not \(value.shape); take a sum() or mean()")
    let gradients = $depth.withValue(depth + 1) { derivatives(of: value, at: variables) }
    if depth > 0 { return (value, others, gradients) }
    evaluate([value] + others + gradients)
    return (value.detached, others.map(\.detached), gradients.map(\.detached))
  }
}

extension Tensor {
  /// The same value without a history.
  var detached: Tensor { Tensor(storage: storage, shape: shape, dtype: dtype) }
}

// MARK: The functions

/// The gradient of a scalar function at a point: the direction of steepest ascent, of the shape
/// of the point.
///
/// ```swift
/// gradient(at: Tensor(3)) { x in x * x }                                         // 6
/// gradient(at: Tensor(2)) { x in gradient(at: x) { x in x * x * x } }            // 12
/// ```
public func gradient(at x: Tensor, of f: (Tensor) throws -> Tensor) rethrows -> Tensor {
  try valueWithGradient(at: x, of: f).gradient
}

/// The gradients of a scalar function of two tensors.
public func gradient(
  at x: Tensor, _ y: Tensor, of f: (Tensor, Tensor) throws -> Tensor
) rethrows -> (Tensor, Tensor) {
  let result = try Differentiation.run(at: [x, y]) { (try f($0[0], $0[1]), []) }
  return (result.gradients[0], result.gradients[1])
}

/// The gradients of a scalar function of three tensors.
public func gradient(
  at x: Tensor, _ y: Tensor, _ z: Tensor, of f: (Tensor, Tensor, Tensor) throws -> Tensor
) rethrows -> (Tensor, Tensor, Tensor) {
  let result = try Differentiation.run(at: [x, y, z]) { (try f($0[0], $0[1], $0[2]), []) }
  return (result.gradients[0], result.gradients[1], result.gradients[2])
}

/// A scalar function's value and gradient at a point, from one pass forward and one backward.
public func valueWithGradient(
  at x: Tensor, of f: (Tensor) throws -> Tensor
) rethrows -> (value: Tensor, gradient: Tensor) {
  let result = try Differentiation.run(at: [x]) { (try f($0[0]), []) }
  return (result.value, result.gradients[0])
}

/// A scalar function's value and gradients with respect to each of several tensors.
public func valueWithGradient(
  at points: [Tensor], of f: ([Tensor]) throws -> Tensor
) rethrows -> (value: Tensor, gradients: [Tensor]) {
  let result = try Differentiation.run(at: points) { (try f($0), []) }
  return (result.value, result.gradients)
}
