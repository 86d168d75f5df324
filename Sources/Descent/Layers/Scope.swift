/// What a layer is given besides its input: its path, its parameters, its state, random numbers, and
/// whether it is training.
///
/// `scope.first` is the scope of the child called `first`; the names of parameters follow, as in
/// `first.weight`.
@dynamicMemberLookup
public final class Scope {
  /// Where in the network this is: `0`, `encoder.first`, or empty at the top.
  public let path: String

  /// Whether the output is wanted for training or for evaluation.
  public var isTraining: Bool { trace.isTraining && !trace.held.contains(path) }

  private let trace: Trace
  private let isShared: Bool

  /// What all scopes of one pass through the network have in common.
  final class Trace {
    let isTraining: Bool
    /// The paths of layers that work as in evaluation all the same.
    let held: Set<String>
    let provide: (Request) -> Tensor
    let update: (String, Tensor) -> Void
    let key: (String) -> RandomKey
    /// Paths asked for so far, to refuse the same name twice.
    var seen: Set<String> = []
    /// What was asked for twice.
    var repeated: String?
    /// How many numbers were asked for so far.
    var numberCount = 0.0
    /// How many numbers lie in matrices that layers made for the recording so far.
    var matrixSize = 0.0
    /// Called with each layer's path, description and output.
    let observe: ((LayerTrace, Tensor) -> Void)?
    /// Called with the path of each layer that has a weight, and its sums.
    let observeSums: ((String, Tensor) -> Void)?

    init(
      isTraining: Bool, held: Set<String> = [], observe: ((LayerTrace, Tensor) -> Void)? = nil,
      observeSums: ((String, Tensor) -> Void)? = nil,
      update: @escaping (String, Tensor) -> Void = { _, _ in },
      key: @escaping (String) -> RandomKey = { RandomKey(seed: 0, name: $0) },
      provide: @escaping (Request) -> Tensor
    ) {
      self.isTraining = isTraining
      self.held = held
      self.observe = observe
      self.observeSums = observeSums
      self.update = update
      self.key = key
      self.provide = provide
    }
  }

  /// A parameter, or state, that a layer asks for.
  struct Request {
    let path: String
    let shape: Shape
    let initializer: Initializer
    let isState: Bool
  }

  struct LayerTrace {
    let path: String
    let layer: any Layer
    let input: Shape
    let output: Shape
  }

  init(trace: Trace, path: String = "", isShared: Bool = false) {
    self.trace = trace
    self.path = path
    self.isShared = isShared
  }

  /// The scope of a child.
  public subscript(dynamicMember name: String) -> Scope { child(name) }

  /// The scope of a child whose name is not known before the program runs.
  public func child(_ name: String) -> Scope {
    Scope(trace: trace, path: path(of: name), isShared: isShared)
  }

  /// This scope for a second use on purpose: the same names give the same parameters.
  public var shared: Scope { Scope(trace: trace, path: path, isShared: true) }

  /// The parameter of this name, made by `initializer` when the model is.
  ///
  /// Asking for the same name twice in one pass is a mistake unless the scope is `shared`: the pass
  /// ends with a `ShapeError`.
  public func parameter(_ name: String, _ shape: Shape, initializer: Initializer) -> Tensor {
    let path = claim(name, "parameter")
    return provide(Request(path: path, shape: shape, initializer: initializer, isState: false))
  }

  /// Numbers that the model keeps from step to step and that are not trained, such as a running mean.
  ///
  /// They lie in the model and in its file under this name. A layer changes them with
  /// `update(_:to:)`:
  ///
  /// ```swift
  /// let mean = scope.state("mean", [x.shape.last], initial: .zeros)
  /// scope.update("mean", to: 0.9 * mean + 0.1 * x.mean(over: [0]))
  /// return x - mean
  /// ```
  public func state(_ name: String, _ shape: Shape, initial: Initializer) -> Tensor {
    let path = claim(name, "state")
    return provide(Request(path: path, shape: shape, initializer: initial, isState: true))
  }

  private func provide(_ request: Request) -> Tensor {
    trace.numberCount += elementCount(of: request.shape)
    return trace.provide(request)
  }

  /// Says what the state of this name is after a pass in training; in evaluation nothing changes.
  ///
  /// No derivative goes through it.
  public func update(_ name: String, to value: Tensor) {
    if isTraining { trace.update(path(of: name), value) }
  }

  /// The key of random numbers that are others in every pass of training, and others than those of
  /// any other name: they depend on the model's seed, this path, the step and the element alone.
  public func randomKey(_ name: String) -> RandomKey { trace.key(claim(name, "random key")) }

  private func path(of name: String) -> String { path.isEmpty ? name : path + "." + name }

  /// The path of a name that nothing else in this pass may have.
  private func claim(_ name: String, _ kind: String) -> String {
    let path = path(of: name)
    let isNew = trace.seen.insert(path).inserted
    // Names come from files, too: this is refused when the layer returns, which may throw.
    if !isNew && !isShared && trace.repeated == nil { trace.repeated = "\(kind) \"\(path)\"" }
    return path
  }

  /// The output of a layer whose weight, called `weight`, gave these sums.
  func activated(_ sums: Tensor, by activation: Activation) -> Tensor {
    trace.observeSums?(path, sums)
    return activation(sums)
  }

  /// Calls a child layer in a scope of its own, so that errors and plans name it.
  func call(_ layer: any Layer, _ x: Tensor, as name: String) throws -> Tensor {
    let scope = child(name)
    let output = try Label.$current.withValue(Label(path: scope.path, layer: layer.summary)) {
      try scope.output(of: layer, x)
    }
    trace.observe?(
      LayerTrace(path: scope.path, layer: layer, input: x.shape, output: output.shape),
      output)
    return output
  }

  /// The output of a layer, or of a whole network, in this scope.
  ///
  /// Throws `ShapeError` also where a name was asked for twice, and where sizes are beyond any
  /// machine: a file may lie. Within these bounds the reckoning of the next layer, which makes some
  /// 2²⁴ numbers of one at most, does not overflow.
  func output(of layer: any Layer, _ x: Tensor) throws -> Tensor {
    let output = try layer(x, in: self)
    func refused(_ expected: String, _ found: String, _ remedy: String) -> ShapeError {
      ShapeError(
        path: path, layer: layer.summary, expected: expected, found: found, remedy: remedy)
    }
    if let repeated = trace.repeated {
      throw refused(
        "everything to be asked for once", "the \(repeated), which is asked for twice",
        "give each child a name and a scope of its own (scope.first, scope.second), or use "
          + "scope.shared where the two are meant to be one")
    }
    guard elementCount(of: output.shape) <= 0x1p38, trace.numberCount <= 0x1p55 else {
      throw refused(
        "sizes that a machine can hold",
        "an output of \(output.shape), and so far \(brief(trace.numberCount)) parameters",
        "make samples smaller, enlarge them less, or use fewer units")
    }
    return output
  }

  /// Refuses a matrix that a layer is about to make while the network is recorded, before anybody
  /// asks for numbers, if all of them together would take more than half a gibibyte.
  func reserve(matrix shape: Shape, _ layer: String) throws {
    trace.matrixSize += elementCount(of: shape)
    guard trace.matrixSize <= 0x1p26 else {
      throw ShapeError(
        path: path, layer: layer,
        expected: "interpolations of at most \(1 << 26) numbers in all layers together",
        found: "a matrix of \(shape)", remedy: "make samples smaller, or enlarge them less")
    }
  }
}

/// The number of elements, which may be more than an `Int` holds.
private func elementCount(of shape: Shape) -> Double { shape.reduce(1.0) { $0 * Double($1) } }
