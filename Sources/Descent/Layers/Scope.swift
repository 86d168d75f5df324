/// What a layer is given besides its input: its path, its parameters, and whether it is training.
///
/// `scope.first` is the scope of the child called `first`; the names of parameters follow, as in
/// `first.weight`.
@dynamicMemberLookup
public final class Scope {
  /// Where in the network this is: `0`, `encoder.first`, or empty at the top.
  public let path: String

  /// Whether the output is wanted for training or for evaluation.
  public var isTraining: Bool { trace.isTraining }

  private let trace: Trace
  private let isShared: Bool

  /// What all scopes of one pass through the network have in common.
  final class Trace {
    let isTraining: Bool
    let provide: (ParameterRequest) -> Tensor
    /// Paths asked for so far, to refuse the same name twice.
    var seen: Set<String> = []
    /// Called with each layer's path, description and output.
    let observe: ((LayerTrace, Tensor) -> Void)?

    init(
      isTraining: Bool, observe: ((LayerTrace, Tensor) -> Void)? = nil,
      provide: @escaping (ParameterRequest) -> Tensor
    ) {
      self.isTraining = isTraining
      self.observe = observe
      self.provide = provide
    }
  }

  struct ParameterRequest {
    let path: String
    let shape: Shape
    let initializer: Initializer
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
    Scope(trace: trace, path: path.isEmpty ? name : path + "." + name, isShared: isShared)
  }

  /// This scope for a second use on purpose: the same names give the same parameters.
  public var shared: Scope { Scope(trace: trace, path: path, isShared: true) }

  /// The parameter of this name, made by `initializer` when the model is.
  ///
  /// Asking for the same name twice in one pass is a mistake unless the scope is `shared`.
  public func parameter(_ name: String, _ shape: Shape, initializer: Initializer) -> Tensor {
    let path = self.path.isEmpty ? name : self.path + "." + name
    let isNew = trace.seen.insert(path).inserted
    if !isNew && !isShared {
      programmerError(
        """
        the parameter "\(path)" is asked for twice
          remedy: give each child a scope of its own (scope.first, scope.second), or use \
        scope.shared where the two are meant to be one
        """)
    }
    let tensor = trace.provide(ParameterRequest(path: path, shape: shape, initializer: initializer))
    return tensor
  }

  /// Calls a child layer in a scope of its own, so that errors and plans name it.
  func call(_ layer: any Layer, _ x: Tensor, as name: String) throws -> Tensor {
    let scope = child(name)
    let output = try Label.$current.withValue(Label(path: scope.path, layer: layer.summary)) {
      try layer(x, in: scope)
    }
    trace.observe?(
      LayerTrace(path: scope.path, layer: layer, input: x.shape, output: output.shape),
      output)
    return output
  }
}
