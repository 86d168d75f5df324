/// Layers one after another; each one's name is its number, as in PyTorch, or the one it was given.
///
/// ```swift
/// let network = Sequential {
///   Conv2D(6, kernel: 5, activation: .relu).named("conv1")
///   Flatten()
///   Dense(10).named("head")
/// }
/// ```
public struct Sequential: Layer {
  /// The layers in the order in which they are applied.
  public var layers: [any Layer]

  /// Creates a chain from a list of layers.
  public init(_ layers: [any Layer]) { self.layers = layers }

  /// Creates a chain from the layers that a block names, one a line.
  public init(@LayerBuilder _ layers: () -> [any Layer]) { self.layers = layers() }

  public func callAsFunction(_ x: Tensor, in scope: Scope) throws -> Tensor {
    var x = x
    for (index, layer) in layers.enumerated() {
      let named = layer as? NamedLayer
      x = try scope.call(named?.layer ?? layer, x, as: named?.name ?? "\(index)")
    }
    return x
  }

  public var summary: String { "Sequential(\(layers.count) layers)" }
}

/// A layer with a name of its own in its chain, where others have their number.
public struct NamedLayer: Layer {
  /// The name, the first part of the names of the layer's parameters.
  public var name: String
  /// What has the name.
  public var layer: any Layer

  /// Names a layer.
  public init(_ name: String, _ layer: any Layer) { (self.name, self.layer) = (name, layer) }

  public func callAsFunction(_ x: Tensor, in scope: Scope) throws -> Tensor {
    try scope.call(layer, x, as: name)
  }

  public var summary: String { layer.summary }
}

extension Layer {
  /// This layer under a name of its own in its chain: `Dense(10).named("head")`.
  public func named(_ name: String) -> NamedLayer { NamedLayer(name, self) }
}

/// y = x + f(x), with f a chain of layers (He, Zhang, Ren and Sun, 2016).
///
/// Where f changes the shape, a `shortcut` takes x along: y = g(x) + f(x). Parameters of f are named by
/// number, and those of g behind `shortcut`.
public struct Residual: Layer {
  /// The layers that are gone round.
  public var body: Sequential
  /// What x goes through on the way round; by default nothing.
  public var shortcut: Sequential

  /// Creates a residual block around the layers that a block names.
  public init(
    @LayerBuilder _ layers: () -> [any Layer], @LayerBuilder shortcut: () -> [any Layer] = { [] }
  ) {
    self.init(layers(), shortcut: shortcut())
  }

  /// Creates a residual block around a list of layers.
  public init(_ layers: [any Layer], shortcut: [any Layer] = []) {
    body = Sequential(layers)
    self.shortcut = Sequential(shortcut)
  }

  public func callAsFunction(_ x: Tensor, in scope: Scope) throws -> Tensor {
    let y = try body(x, in: scope)
    let x = try shortcut(x, in: scope.shortcut)
    guard y.shape == x.shape else {
      let round = shortcut.layers.isEmpty ? "the input" : "the shortcut's output"
      throw ShapeError(
        path: scope.path, layer: summary, expected: "the shape of \(round), \(x.shape)",
        found: "\(y.shape) after its last layer",
        remedy: "give the last layer in the block as many units as the block's input has, or "
          + "change the shape of the input, too: Residual { … } shortcut: { … }")
    }
    return x + y
  }

  public var summary: String { "Residual(\(body.layers.count) layers)" }
}

/// Branches that all see the same input, with their outputs one behind another along an axis.
///
/// Parameters are named by the branch's number.
public struct Parallel: Layer {
  /// The branches; each is a layer, or a `Sequential` of several.
  public var branches: [any Layer]
  /// The axis that grows: 1 is that of features, and of channels.
  public var axis: Int

  /// Creates parallel branches from those that a block names, one a line.
  public init(along axis: Int = 1, @LayerBuilder _ branches: () -> [any Layer]) {
    self.init(branches(), along: axis)
  }

  /// Creates parallel branches from a list.
  public init(_ branches: [any Layer], along axis: Int = 1) {
    (self.branches, self.axis) = (branches, axis)
  }

  public func callAsFunction(_ x: Tensor, in scope: Scope) throws -> Tensor {
    let outputs = try branches.enumerated().map { try scope.call($1, x, as: "\($0)") }
    guard let first = outputs.first else { return x }
    let fits = outputs.allSatisfy {
      axis >= 1 && axis < $0.rank && $0.shape.dropping([axis]) == first.shape.dropping([axis])
    }
    guard fits else {
      throw ShapeError(
        path: scope.path, layer: summary, expected: "outputs that differ in axis \(axis) only",
        found: outputs.map { "\($0.shape)" }.joined(separator: ", "),
        remedy: "make the other axes of all branches equal, for example by padding")
    }
    return Tensor.concatenate(outputs, along: axis)
  }

  public var summary: String { "Parallel(\(branches.count) branches)" }
}

/// Lets a block of layers be written without commas; `if` and `for` work in it.
@resultBuilder
public enum LayerBuilder {
  public static func buildExpression(_ layer: any Layer) -> [any Layer] { [layer] }
  public static func buildBlock(_ layers: [any Layer]...) -> [any Layer] { layers.flatMap { $0 } }
  public static func buildOptional(_ layers: [any Layer]?) -> [any Layer] { layers ?? [] }
  public static func buildEither(first layers: [any Layer]) -> [any Layer] { layers }
  public static func buildEither(second layers: [any Layer]) -> [any Layer] { layers }
  public static func buildArray(_ layers: [[any Layer]]) -> [any Layer] { layers.flatMap { $0 } }
}
