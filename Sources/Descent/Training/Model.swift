/// A network and its numbers.
///
/// A model is a value: `let best = model` is a checkpoint. All its parameters lie one after
/// another in one buffer, in the order in which the network asks for them, and behind them its state.
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
  /// Numbers that are kept but not trained, such as running statistics, in order.
  public let state: [Parameter]
  /// The layers, in the order in which they are called.
  public let layers: [LayerInfo]
  /// The type of the parameters.
  public let dtype: DType
  /// What a file says about the model besides its network and its numbers.
  public var card = ModelCard()

  /// Where masks and noise come from; every pass in training moves it on.
  public var randomState = RandomState(seed: 0)

  /// How exact the products of matrices are in training; evaluation does not round.
  public var trainingPrecision = Precision.float32

  /// The memory of the parameters and, behind them, of the state.
  ///
  /// A training step writes it in place when no one else holds it.
  var buffer: Storage
  /// The names of parameters and state that training leaves alone.
  public private(set) var frozenNames: Set<String> = []
  /// While a derivative is recorded: what stands for the numbers, and what becomes of them.
  private var pass: Pass?

  /// The name, shape and place of one parameter, or of one part of the state.
  public struct Parameter: Sendable, Hashable {
    /// The path, such as `0.weight`.
    public let name: String
    /// The sizes of its axes.
    public let shape: Shape
    /// How its first values were drawn.
    public let initializer: Initializer
    /// Its place in the model's memory, in elements.
    public let offset: Int
    var range: Range<Int> { offset..<(offset + shape.elementCount) }

    /// Whether its name matches a pattern, in which `*` stands for any text: `features.*`.
    public func matches(_ pattern: String) -> Bool { Descent.matches(name, pattern) }
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
    /// The number of parameters that it owns, without those of layers in it.
    public let parameterCount: Int
    /// The numbers that it keeps but that are not trained.
    public let stateCount: Int
  }

  /// How many multiplications with an addition each layer needs for one sample, by path.
  public func multiplyAdds() throws -> [String: Int] {
    let x = Tensor.placeholder(0, shape: Shape([1] + input.sizes), dtype: dtype)
    let plan = CompiledGraph([try run(x)]).plan
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
    randomState.seed = seed
  }

  /// Makes a model whose parameters and state are given, for example by a file.
  ///
  /// `value` is asked for each of them in turn, before any memory is taken; the tensors that it
  /// returns must have the same shapes. Throws what `value` throws, and `ShapeError`.
  public init(
    _ network: any Layer, input: Shape, dtype: DType = .float32,
    value: (Parameter) throws -> Tensor
  ) throws {
    self.network = network
    self.input = input
    self.dtype = dtype
    let trace = try ShapeTrace(network, input: input, dtype: dtype)
    output = trace.output
    var count = 0
    func place(_ request: Scope.Request) -> Parameter {
      defer { count += request.shape.elementCount }
      return Parameter(
        name: request.path, shape: request.shape, initializer: request.initializer, offset: count)
    }
    let parameters = trace.parameters.map(place)
    let kept = trace.requests.filter(\.isState)
    // State begins on a cache line of its own.
    if !kept.isEmpty { count = (count + 15) / 16 * 16 }
    let state = kept.map(place)
    self.parameters = parameters
    self.state = state
    // A chain is what its layers are, and what a layer's children own is theirs.
    let shown = trace.layers.filter { !($0.layer is Sequential) }
    let paths = Set(shown.map(\.path))
    func owner(_ name: String) -> String {
      var path = name[...]
      while let dot = path.lastIndex(of: ".") {
        path = path[..<dot]
        if paths.contains(String(path)) { return String(path) }
      }
      return ""
    }
    func counts(_ numbers: [Parameter]) -> [String: Int] {
      numbers.reduce(into: [:]) { $0[owner($1.name), default: 0] += $1.shape.elementCount }
    }
    let (owned, remembered) = (counts(parameters), counts(state))
    layers = shown.map { layer in
      LayerInfo(
        path: layer.path, summary: layer.layer.summary, input: layer.input.withoutBatch,
        output: layer.output.withoutBatch, parameterCount: owned[layer.path] ?? 0,
        stateCount: remembered[layer.path] ?? 0)
    }
    let values = try (parameters + state).map { parameter in
      let tensor = try value(parameter)
      precondition(
        tensor.shape == parameter.shape,
        "\"\(parameter.name)\" is \(parameter.shape), and its value \(tensor.shape)")
      return tensor.cast(to: dtype).reshaped([parameter.shape.elementCount] as Shape)
    }
    // One plan for each parameter: together they would need one arena for all.
    buffer = Storage.zeros(count, dtype)
    for (parameter, value) in zip(parameters + state, values) {
      let place = buffer.pointer + parameter.offset * dtype.size
      value.withUnsafeBytes {
        if let start = $0.baseAddress { place.copyMemory(from: start, byteCount: $0.count) }
      }
    }
  }

  /// The number of parameters.
  public var parameterCount: Int { parameters.last.map(\.range.upperBound) ?? 0 }

  /// The number of numbers that are kept but not trained.
  public var stateCount: Int { state.reduce(0) { $0 + $1.shape.elementCount } }
}

// MARK: Use

extension Model {
  /// The network's outputs for a batch of inputs, `[batch, …input]`.
  ///
  /// In evaluation mode, unless `valueWithGradient(at:of:)` is recording a step of training.
  public func callAsFunction(_ x: Tensor) throws -> Tensor { try run(x) }

  func run(
    _ x: Tensor, _ given: Pass? = nil, observe: ((Scope.LayerTrace, Tensor) -> Void)? = nil,
    observeSums: ((String, Tensor) -> Void)? = nil
  ) throws -> Tensor {
    guard Array(x.shape.dropFirst()) == input.sizes else {
      throw ShapeError(
        path: "", layer: "model", expected: "a batch of \(input): [batch, …]", found: "\(x.shape)",
        remedy: "reshape the input, or make the model with input: \(Array(x.shape.dropFirst()))")
    }
    let pass = given ?? pass ?? evaluation(on: memory)
    defer { pass.endCall() }
    let trace = Scope.Trace(
      isTraining: pass.isTraining, held: heldLayers, observe: observe, observeSums: observeSums,
      update: pass.update(_:to:), key: pass.key
    ) { request in
      guard let tensor = pass[request.path], tensor.shape == request.shape else {
        programmerError(
          """
          the network asks for "\(request.path)" of shape \(request.shape), which it did not when \
          the model was made
            remedy: a layer's parameters and state may depend on nothing but the shape of its input
          """)
      }
      return tensor
    }
    let x = x.dtype == dtype ? x : x.cast(to: dtype)
    return try Scope(trace: trace).output(of: network, x)
  }

  /// The value of a parameter, or of state, by name, such as `0.weight`.
  public subscript(name: String) -> Tensor? {
    get { (parameters + state).first { $0.name == name }.map(tensor(of:)) }
    set {
      let all = parameters + state
      guard let newValue, let parameter = all.first(where: { $0.name == name }) else {
        programmerError("the model has no parameter \"\(name)\"; it has \(all.map(\.name))")
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

  /// Makes training leave alone every parameter and all state whose name matches a pattern, in which
  /// `*` stands for any text: `encoder.*`.
  ///
  /// A layer whose state is frozen works as in evaluation: what it has learned of its inputs stays.
  public mutating func freeze(_ pattern: String) {
    for part in parameters + state where part.matches(pattern) { frozenNames.insert(part.name) }
  }

  /// Lets training change again what `freeze` held.
  public mutating func unfreeze(_ pattern: String = "*") {
    frozenNames = frozenNames.filter { !matches($0, pattern) }
  }

  /// The paths of layers that work as in evaluation, whatever the pass is.
  private var heldLayers: Set<String> {
    Set(
      state.filter { frozenNames.contains($0.name) }
        .map { String($0.name.prefix(upTo: $0.name.lastIndex(of: ".") ?? $0.name.startIndex)) })
  }

  /// This model with another network: every parameter whose name and shape still fit keeps its
  /// value; the others are drawn anew from `seed`, and their names returned.
  ///
  /// What is drawn anew is not frozen; all else that the model says of itself stays.
  public func replacing(
    network: any Layer, seed: UInt64 = 0
  ) throws -> (model: Model, renewed: [String]) {
    var model = try Model(network, input: input, seed: seed, dtype: dtype)
    var renewed: [String] = []
    for parameter in model.parameters + model.state {
      if let value = self[parameter.name], value.shape == parameter.shape {
        model[parameter.name] = value
      } else {
        renewed.append(parameter.name)
      }
    }
    let kept = Set((model.parameters + model.state).map(\.name)).subtracting(renewed)
    model.frozenNames = frozenNames.intersection(kept)
    (model.card, model.trainingPrecision) = (card, trainingPrecision)
    return (model, renewed)
  }

  // MARK: Memory

  /// Parameters and state as one vector, sharing the model's memory.
  var memory: Tensor { Tensor(storage: buffer, shape: memoryShape, dtype: dtype) }

  var memoryShape: Shape { [buffer.byteCount / dtype.size] }

  /// All parameters as one vector, sharing the model's memory.
  var flatParameters: Tensor { memory[0..<parameterCount] }

  private func tensor(of parameter: Parameter) -> Tensor {
    memory[parameter.range].reshaped(parameter.shape)
  }

  /// Where a part of the model's numbers lies.
  func pointer(to parameter: Parameter) -> UnsafeMutableRawPointer {
    buffer.pointer + parameter.offset * dtype.size
  }

  mutating func makeUnique() {
    if !isKnownUniquelyReferenced(&buffer) { buffer = buffer.copy() }
  }

  mutating func replaceParameters(_ storage: Storage) {
    if state.isEmpty {
      buffer = storage
    } else {
      makeUnique()
      buffer.pointer.copyMemory(from: storage.pointer, byteCount: parameterCount * dtype.size)
    }
  }

  /// A pass in evaluation mode over numbers that lie in `memory`.
  func evaluation(on memory: Tensor) -> Pass {
    var numbers: [String: Tensor] = [:]
    for part in parameters + state { numbers[part.name] = memory[part.range].reshaped(part.shape) }
    return Pass(numbers, isTraining: false, randomState: randomState)
  }

  /// A pass in which `variables` stand for the parameters and `state` for the state.
  func pass(
    _ variables: [Tensor], _ state: [Tensor], isTraining: Bool, firstKey: Int? = nil
  ) -> Pass {
    let names = (parameters + self.state).map(\.name)
    let numbers = Dictionary(uniqueKeysWithValues: zip(names, variables + state))
    return Pass(numbers, isTraining: isTraining, randomState: randomState, firstKey: firstKey)
  }

  /// 1 for each parameter that weight decay draws to zero, 0 for biases and what is frozen.
  var decayMask: Tensor {
    numbers { $0.shape.rank > 1 && !frozenNames.contains($0.name) ? 1 : 0 }
  }

  /// A number for each parameter, as often as it has elements.
  func numbers(_ number: (Parameter) -> Double) -> Tensor {
    func filled<Number: BinaryFloatingPoint>(_ type: Number.Type) -> [Number] {
      var result = [Number](repeating: 0, count: parameterCount)
      for parameter in parameters {
        let value = Number(number(parameter))
        for index in parameter.range { result[index] = value }
      }
      return result
    }
    return dtype == .float64 ? Tensor(filled(Double.self)) : Tensor(filled(Float.self))
  }

  /// Whether no parameter and no state is infinite or not a number.
  var isFinite: Bool { ((memory - memory) .!= 0).sum().scalar == 0 }

  /// The model during a recording.
  func recording(_ pass: Pass) -> Model {
    var result = self
    result.pass = pass
    return result
  }
}

extension Model: CustomStringConvertible {
  /// The layers with their shapes and parameter counts.
  public var description: String {
    let width = max(8, (layers.map(\.path.count).max() ?? 0) + 2)
    var lines = ["\("layer".padded(width))\("".padded(24))\("output".padded(18))parameters"]
    for layer in layers {
      lines.append(
        layer.path.padded(width) + layer.summary.padded(24) + "\(layer.output)".padded(18)
          + grouped(layer.parameterCount).padded(10, right: true))
    }
    let kept = stateCount > 0 ? ", and \(grouped(stateCount)) numbers of state" : ""
    lines.append("input \(input), output \(output), \(grouped(parameterCount)) parameters\(kept)")
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
  if variables.isEmpty { return Tensor([Float](), shape: [0]).cast(to: model.dtype) }
  let label = Label(path: "gradient", layer: "", phase: .backward)
  let parts = zip(model.parameters, derivatives(of: value, at: variables)).map { parameter, part in
    let part =
      model.frozenNames.contains(parameter.name)
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
///
/// The model that the closure is given runs in training mode, and the & is honest: the model's state
/// (running statistics) and the step of its random numbers advance. With `isTraining` false neither
/// does.
public func valueWithGradient(
  at model: inout Model, isTraining: Bool = true, of f: (Model) throws -> (Tensor, Tensor)
) rethrows -> (value: Tensor, auxiliary: Tensor, gradient: Gradient) {
  let variables = model.parameterTensors.map { unary(Variable(), $0) }
  let pass = model.pass(variables, model.stateTensors, isTraining: isTraining)
  let (value, auxiliary) = try Differentiation.$depth.withValue(Differentiation.depth + 1) {
    try f(model.recording(pass))
  }
  precondition(
    value.shape.elementCount == 1,
    "valueWithGradient: the closure must return one number first, not \(value.shape)")
  let flat = flatGradient(of: value, at: variables, model)
  let updates = model.state.compactMap { part in pass.update(of: part.name).map { (part, $0) } }
  evaluate([value, auxiliary, flat] + updates.map(\.1))
  for (part, update) in updates { model[part.name] = update.detached }
  model.randomState = pass.randomState
  return (
    value.detached, auxiliary.detached, Gradient(flat: flat.detached, parameters: model.parameters)
  )
}

/// The value and the gradient, with respect to a model's parameters, of a number that a closure
/// computes with it.
public func valueWithGradient(
  at model: inout Model, isTraining: Bool = true, of f: (Model) throws -> Tensor
) rethrows -> (value: Tensor, gradient: Gradient) {
  let result = try valueWithGradient(at: &model, isTraining: isTraining) { model in
    let value = try f(model)
    return (value, value)
  }
  return (result.value, result.gradient)
}

extension Model {
  var parameterTensors: [Tensor] { parameters.map(tensor(of:)) }
  var stateTensors: [Tensor] { state.map(tensor(of:)) }
}
