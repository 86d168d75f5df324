/// A pass through a network that computes nothing: what it asks for, and what its layers return.
struct ShapeTrace {
  /// The names and shapes of its parameters, in order.
  fileprivate(set) var shapes: [(name: String, shape: Shape)] = []
  /// The paths of its layers and the shapes of their outputs, without the batch.
  fileprivate(set) var outputs: [(path: String, shape: Shape)] = []
}

extension Layer {
  /// The number of parameters for samples of shape `input`, without making any.
  ///
  /// Throws `ShapeError`, which names the layer, if the layers do not fit each other.
  public func parameterCount(input: Shape) throws -> Int {
    try traced(input: input).shapes.reduce(0) { $0 + $1.shape.elementCount }
  }

  func traced(input: Shape) throws -> ShapeTrace {
    // Two samples, so that no layer mistakes the batch for an axis of size 1.
    let x = Tensor.placeholder(0, shape: Shape([2] + input.sizes), dtype: .float32)
    var result = ShapeTrace()
    let trace = Scope.Trace(
      isTraining: false,
      observe: { layer, _ in
        result.outputs.append((layer.path, Shape(Array(layer.output.dropFirst()))))
      }
    ) { request in
      if !request.isState { result.shapes.append((request.path, request.shape)) }
      return .placeholder(1, shape: request.shape, dtype: .float32)
    }
    _ = try self(x, in: Scope(trace: trace))
    return result
  }
}
