/// A network and its numbers.
///
/// A model is a value: `let best = model` is a checkpoint. All its parameters lie one after
/// another in one buffer, in the order in which the network asks for them.
///
/// ```swift
/// let network = Sequential {
///   Flatten()
///   Dense(128, activation: .relu)
///   Dense(10)
/// }
/// var model = try Model(network, input: [28, 28], seed: 1)
/// print(model)
/// ```
public struct Model: Sendable {
  /// The description that the numbers belong to.
  public let network: any Layer
  /// The shape of one sample, without the batch.
  public let input: Shape
  /// The shape of one output, without the batch.
  public let output: Shape
  /// The parameters, in order.
  public let parameters: [Parameter]
  /// The layers, in the order in which they are called.
  public let layers: [LayerInfo]
  /// The type of the parameters.
  public let dtype: DType
  /// What a file says about the model besides its network and its numbers.
  public var card = ModelCard()

  /// The parameters' memory.
  ///
  /// A training step writes it in place when no one else holds it.
  var buffer: Storage
  /// Names of parameters that training leaves alone.
  private(set) var frozen: Set<String> = []
  /// While a derivative is recorded: the variables that stand for the parameters.
  private var variables: [Tensor]?

  /// One parameter's name, shape and place.
  public struct Parameter: Sendable, Hashable {
    /// The path, such as `0.weight`.
    public let name: String
    /// The sizes of its axes.
    public let shape: Shape
    /// How its first values were drawn.
    public let initializer: Initializer
    /// Its place among all parameters, in elements.
    public let offset: Int
    var range: Range<Int> { offset..<(offset + shape.elementCount) }
  }

  /// One layer's place in the network.
  public struct LayerInfo: Sendable {
    /// The path, such as `0`.
    public let path: String
    /// The layer as its user wrote it.
    public let summary: String
    /// The shape of one input sample.
    public let input: Shape
    /// The shape of one output sample.
    public let output: Shape
    /// The number of parameters that it owns.
    public let parameterCount: Int
  }

  /// How many multiplications with an addition each layer needs for one sample, by path.
  public func multiplyAdds() throws -> [String: Int] {
    let x = Tensor.placeholder(0, shape: Shape([1] + input.sizes), dtype: dtype)
    let plan = CompiledGraph([try run(x, isTraining: false)]).plan
    return plan.rows.reduce(into: [:]) { counts, row in
      if let path = row.label?.path { counts[path, default: 0] += row.multiplyAdds }
    }
  }

  /// Makes a model: traces the network on samples of shape `input`, and draws the first values of
  /// its parameters from `seed`.
  ///
  /// Throws `ShapeError`, which names the layer, if the layers do not fit each other.
  public init(
    _ network: any Layer, input: Shape, seed: UInt64 = 0, dtype: DType = .float32
  ) throws {
    try self.init(network, input: input, dtype: dtype) { parameter in
      let key = RandomKey(seed: seed, name: "initial " + parameter.name)
      return parameter.initializer.values(parameter.shape, dtype: dtype, key: key)
    }
  }

  /// Makes a model whose parameters are given, for example by a file.
  ///
  /// `value` is asked for each parameter in turn, before any memory is taken; the tensors that it
  /// returns must have the parameters' shapes. Throws what `value` throws, and `ShapeError`.
  public init(
    _ network: any Layer, input: Shape, dtype: DType = .float32,
    value: (Parameter) throws -> Tensor
  ) throws {
    self.network = network
    self.input = input
    self.dtype = dtype
    // Two samples, so that no layer mistakes the batch for an axis of size 1.
    let x = Tensor.placeholder(0, shape: Shape([2] + input.sizes), dtype: dtype)
    var parameters: [Parameter] = []
    var traces: [Scope.LayerTrace] = []
    var count = 0
    let trace = Scope.Trace(isTraining: false, observe: { trace, _ in traces.append(trace) }) {
      request in
      if !parameters.contains(where: { $0.name == request.path }) {
        parameters.append(
          Parameter(
            name: request.path, shape: request.shape, initializer: request.initializer,
            offset: count))
        count += request.shape.elementCount
      }
      return Tensor.placeholder(parameters.count, shape: request.shape, dtype: dtype)
    }
    let y = try network(x, in: Scope(trace: trace))
    output = Shape(Array(y.shape.dropFirst()))
    self.parameters = parameters
    layers = traces.map { trace in
      let own = parameters.filter { $0.name.hasPrefix(trace.path + ".") }
      return LayerInfo(
        path: trace.path, summary: trace.layer.summary,
        input: Shape(Array(trace.input.dropFirst())),
        output: Shape(Array(trace.output.dropFirst())),
        parameterCount: own.reduce(0) { $0 + $1.shape.elementCount })
    }
    let values = try parameters.map { parameter in
      let tensor = try value(parameter)
      precondition(
        tensor.shape == parameter.shape,
        "\"\(parameter.name)\" is \(parameter.shape), and its value \(tensor.shape)")
      return tensor.cast(to: dtype).reshaped([parameter.shape.elementCount] as Shape)
    }
    // One plan for each parameter: together they would need one arena for all.
    buffer = Storage(byteCount: count * dtype.size)
    for (parameter, value) in zip(parameters, values) {
      let place = buffer.pointer + parameter.offset * dtype.size
      value.withUnsafeBytes {
        if let start = $0.baseAddress { place.copyMemory(from: start, byteCount: $0.count) }
      }
    }
  }

  /// The number of parameters.
  public var parameterCount: Int { parameters.last.map(\.range.upperBound) ?? 0 }
}

// MARK: Use

extension Model {
  /// The network's outputs for a batch of inputs, `[batch, …input]`.
  public func callAsFunction(_ x: Tensor) throws -> Tensor { try run(x, isTraining: false) }

  func run(
    _ x: Tensor, isTraining: Bool, parameters given: [Tensor]? = nil,
    observe: ((Scope.LayerTrace, Tensor) -> Void)? = nil
  ) throws -> Tensor {
    guard Array(x.shape.dropFirst()) == input.sizes else {
      throw ShapeError(
        path: "", layer: "model", expected: "a batch of \(input): [batch, …]", found: "\(x.shape)",
        remedy: "reshape the input, or make the model with input: \(Array(x.shape.dropFirst()))")
    }
    var tensors: [String: Tensor] = [:]
    let values = given ?? variables ?? self.parameters.map(tensor(of:))
    for (parameter, value) in zip(parameters, values) { tensors[parameter.name] = value }
    let trace = Scope.Trace(isTraining: isTraining, observe: observe) { request in
      guard let tensor = tensors[request.path], tensor.shape == request.shape else {
        programmerError(
          """
          the network asks for "\(request.path)" of shape \(request.shape), which it did not when \
          the model was made
            remedy: a layer's parameters may depend on nothing but the shape of its input
          """)
      }
      return tensor
    }
    let x = x.dtype == dtype ? x : x.cast(to: dtype)
    return try network(x, in: Scope(trace: trace))
  }

  /// A parameter's value by name, such as `0.weight`.
  public subscript(name: String) -> Tensor? {
    get { parameters.first { $0.name == name }.map(tensor(of:)) }
    set {
      guard let newValue, let parameter = parameters.first(where: { $0.name == name }) else {
        programmerError("the model has no parameter \"\(name)\"; it has \(parameters.map(\.name))")
      }
      precondition(
        newValue.shape == parameter.shape,
        "\"\(name)\" is \(parameter.shape), and the new value \(newValue.shape)")
      makeUnique()
      let size = dtype.size
      newValue.cast(to: dtype).withUnsafeBytes { bytes in
        (buffer.pointer + parameter.offset * size)
          .copyMemory(from: bytes.baseAddress!, byteCount: bytes.count)
      }
    }
  }

  /// Makes training leave alone every parameter whose name matches a pattern: `encoder.*`.
  public mutating func freeze(_ pattern: String) {
    for parameter in parameters where matches(parameter.name, pattern) {
      frozen.insert(parameter.name)
    }
  }

  /// Lets training change again what `freeze` held.
  public mutating func unfreeze(_ pattern: String = "*") {
    frozen = frozen.filter { !matches($0, pattern) }
  }

  private func matches(_ name: String, _ pattern: String) -> Bool {
    guard let star = pattern.firstIndex(of: "*") else { return name == pattern }
    return name.hasPrefix(pattern[..<star])
      && name.hasSuffix(pattern[pattern.index(after: star)...])
  }

  /// This model with another network: every parameter whose name and shape still fit keeps its
  /// value; the others are drawn anew from `seed`, and their names returned.
  public func replacing(
    network: any Layer, seed: UInt64 = 0
  ) throws -> (model: Model, renewed: [String]) {
    var model = try Model(network, input: input, seed: seed, dtype: dtype)
    var renewed: [String] = []
    for parameter in model.parameters {
      if let value = self[parameter.name], value.shape == parameter.shape {
        model[parameter.name] = value
      } else {
        renewed.append(parameter.name)
      }
    }
    return (model, renewed)
  }

  // MARK: Memory

  /// All parameters as one vector, sharing the model's memory.
  var flatParameters: Tensor {
    Tensor(storage: buffer, shape: [parameterCount], dtype: dtype)
  }

  private func tensor(of parameter: Parameter) -> Tensor {
    flatParameters[parameter.range].reshaped(parameter.shape)
  }

  mutating func makeUnique() {
    if !isKnownUniquelyReferenced(&buffer) { buffer = buffer.copy() }
  }

  mutating func replaceParameters(_ storage: Storage) { buffer = storage }

  /// 1 for each parameter that weight decay draws to zero, 0 for biases and what is frozen.
  var decayMask: Tensor {
    var mask = [Float](repeating: 0, count: parameterCount)
    for parameter in parameters where parameter.shape.rank > 1 && !frozen.contains(parameter.name) {
      for index in parameter.range { mask[index] = 1 }
    }
    return Tensor(mask).cast(to: dtype)
  }

  /// Whether no parameter is infinite or not a number.
  var isFinite: Bool {
    let parameters = flatParameters
    return ((parameters - parameters) .!= 0).sum().scalar == 0
  }

  /// The model during a recording, in which `variables` stand for its parameters.
  func standingFor(_ variables: [Tensor]) -> Model {
    var result = self
    result.variables = variables
    return result
  }
}

extension Model: CustomStringConvertible {
  /// The layers with their shapes and parameter counts.
  public var description: String {
    var lines = ["\("layer".padded(8))\("".padded(24))\("output".padded(18))parameters"]
    for layer in layers {
      lines.append(
        layer.path.padded(8) + layer.summary.padded(24) + "\(layer.output)".padded(18)
          + grouped(layer.parameterCount).padded(10, right: true))
    }
    lines.append("input \(input), output \(output), \(grouped(parameterCount)) parameters")
    return lines.joined(separator: "\n")
  }
}

// MARK: Gradients

/// The derivative of a number with respect to every parameter of a model.
public struct Gradient: Sendable {
  let flat: Tensor
  let parameters: [Model.Parameter]

  /// The gradient of one parameter, by name.
  public subscript(name: String) -> Tensor? {
    parameters.first { $0.name == name }.map { flat[$0.range].reshaped($0.shape) }
  }

  /// The length of the gradient over all parameters.
  public var norm: Double { sqrt((flat * flat).sum()).scalar }

  /// The length of the gradient of one parameter.
  public func norm(of name: String) -> Double? {
    self[name].map { sqrt(($0 * $0).sum()).scalar }
  }
}

/// The derivative of `value` at each variable, joined into one vector in the parameters' order.
func flatGradient(of value: Tensor, at variables: [Tensor], _ model: Model) -> Tensor {
  let label = Label(path: "gradient", layer: "", phase: .backward)
  let parts = zip(model.parameters, derivatives(of: value, at: variables)).map { parameter, part in
    let part =
      model.frozen.contains(parameter.name)
      ? Tensor(repeating: 0, shape: parameter.shape, dtype: model.dtype) : part
    return unary(Named(text: "∂C/∂\(parameter.name)"), part)
  }
  return Label.$current.withValue(label) {
    Tensor.concatenate(parts.map { $0.reshaped([$0.shape.elementCount] as Shape) })
  }
}

/// The value and the gradient, with respect to a model's parameters, of a number that a closure
/// computes with it; any other tensor that the closure returns comes out of the same computation.
///
/// ```swift
/// let (loss, logits, gradient) = try valueWithGradient(at: &model) { model in
///   let logits = try model(batch.inputs)
///   return (crossEntropy(logits, batch.targets), logits)
/// }
/// ```
public func valueWithGradient(
  at model: inout Model, of f: (Model) throws -> (Tensor, Tensor)
) rethrows -> (value: Tensor, auxiliary: Tensor, gradient: Gradient) {
  let original = model
  let points = original.parameterTensors
  let variables = points.map { unary(Variable(), $0) }
  let (value, auxiliary) = try Differentiation.$depth.withValue(Differentiation.depth + 1) {
    try f(original.standingFor(variables))
  }
  precondition(
    value.shape.elementCount == 1,
    "valueWithGradient: the closure must return one number first, not \(value.shape)")
  let flat = flatGradient(of: value, at: variables, original)
  evaluate([value, auxiliary, flat])
  return (
    value.detached, auxiliary.detached,
    Gradient(flat: flat.detached, parameters: original.parameters)
  )
}

/// The value and the gradient, with respect to a model's parameters, of a number that a closure
/// computes with it.
public func valueWithGradient(
  at model: inout Model, of f: (Model) throws -> Tensor
) rethrows -> (value: Tensor, gradient: Gradient) {
  let result = try valueWithGradient(at: &model) { model in
    let value = try f(model)
    return (value, value)
  }
  return (result.value, result.gradient)
}

extension Model {
  var parameterTensors: [Tensor] { parameters.map(tensor(of:)) }
}
