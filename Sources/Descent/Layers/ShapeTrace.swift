/// A pass through a network that computes nothing: what it asks for, and what its layers return.
struct ShapeTrace {
  /// Its parameters and its state, in order; what a layer asks for that is used twice is there once.
  private(set) var requests: [Scope.Request] = []
  /// Its layers in the order in which they are done, with the shapes of two samples.
  private(set) var layers: [Scope.LayerTrace] = []
  /// The shape of the network's output for one sample.
  let output: Shape

  /// Throws `ShapeError`, which names the layer, if the layers do not fit each other or `input`, the
  /// shape of one sample.
  init(_ network: any Layer, input: Shape, dtype: DType = .float32) throws {
    // Two samples, so that no layer mistakes the batch for an axis of size 1.
    let x = Tensor.placeholder(0, shape: Shape([2] + input.sizes), dtype: dtype)
    var requests: [Scope.Request] = []
    var layers: [Scope.LayerTrace] = []
    let trace = Scope.Trace(isTraining: false, observe: { layer, _ in layers.append(layer) }) {
      request in
      if !requests.contains(where: { $0.path == request.path }) { requests.append(request) }
      return .placeholder(requests.count, shape: request.shape, dtype: dtype)
    }
    output = try Scope(trace: trace).output(of: network, x).shape.withoutBatch
    (self.requests, self.layers) = (requests, layers)
  }

  /// What it learns.
  var parameters: [Scope.Request] { requests.filter { !$0.isState } }
}

extension Layer {
  /// The number of parameters for samples of shape `input`, without making any.
  ///
  /// Throws `ShapeError`, which names the layer, if the layers do not fit each other.
  public func parameterCount(input: Shape) throws -> Int {
    try ShapeTrace(self, input: input).parameters.reduce(0) { $0 + $1.shape.elementCount }
  }
}
