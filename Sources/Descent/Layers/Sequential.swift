/// Layers one after another; each one's name is its number, as in PyTorch.
public struct Sequential: Layer {
  /// The layers in the order in which they are applied.
  public var layers: [any Layer]

  /// Creates a chain from a list of layers.
  public init(_ layers: [any Layer]) { self.layers = layers }

  /// Creates a chain from the layers that a block names, one a line.
  public init(@LayerBuilder _ layers: () -> [any Layer]) { self.layers = layers() }

  public func callAsFunction(_ x: Tensor, in scope: Scope) throws -> Tensor {
    var x = x
    for (index, layer) in layers.enumerated() { x = try scope.call(layer, x, as: "\(index)") }
    return x
  }

  public var summary: String { "Sequential(\(layers.count) layers)" }
}

/// y = x + f(x), with f a chain of layers (He, Zhang, Ren and Sun, 2016).
public struct Residual: Layer {
  /// The layers that are gone round.
  public var body: Sequential

  /// Creates a residual block around the layers that a block names.
  public init(@LayerBuilder _ layers: () -> [any Layer]) { body = Sequential(layers()) }

  /// Creates a residual block around a list of layers.
  public init(_ layers: [any Layer]) { body = Sequential(layers) }

  public func callAsFunction(_ x: Tensor, in scope: Scope) throws -> Tensor {
    let y = try body(x, in: scope)
    guard y.shape == x.shape else {
      throw ShapeError(
        path: scope.path, layer: summary, expected: "the shape of the input, \(x.shape)",
        found: "\(y.shape) after its last layer",
        remedy: "give the last layer in the block as many units as the block's input has")
    }
    return x + y
  }

  public var summary: String { "Residual(\(body.layers.count) layers)" }
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
