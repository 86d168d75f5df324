/// A function of a tensor that may ask its scope for parameters.
///
/// A layer is a plain value, a description without numbers in it: shapes are inferred from the
/// input, names follow from the structure. A layer of one's own is a struct with a call:
///
/// ```swift
/// /// y = x ∘ gain, one gain per feature.
/// struct Scale: Layer {
///   func callAsFunction(_ x: Tensor, in scope: Scope) -> Tensor {
///     x * scope.parameter("gain", [x.shape.last], initializer: .ones)
///   }
/// }
/// ```
public protocol Layer: Sendable {
  /// The layer's output for the input `x`, whose first axis is the batch.
  func callAsFunction(_ x: Tensor, in scope: Scope) throws -> Tensor

  /// The layer as its user wrote it, for example `Dense(128, relu)`.
  var summary: String { get }
}

extension Layer {
  public var summary: String { "\(Self.self)" }
}

/// A layer that a model file describes and rebuilds.
public protocol StorableLayer: Layer, Codable {
  /// The name of the layer's type in files.
  static var kind: String { get }
  /// What its outputs go through at the end; one with a function of one's own is in no file.
  var activation: Activation { get }
}

extension StorableLayer {
  public var activation: Activation { .identity }
}

/// Why a layer does not fit what it was given, with the place and the remedy.
public struct ShapeError: Error, Equatable, CustomStringConvertible {
  /// The layer's path, such as `2` or `encoder.first`.
  public let path: String
  /// The layer as its user wrote it.
  public let layer: String
  /// What the layer needs.
  public let expected: String
  /// What it was given.
  public let found: String
  /// What to do.
  public let remedy: String

  /// Creates an error from its parts.
  public init(path: String, layer: String, expected: String, found: String, remedy: String) {
    self.path = path
    self.layer = layer
    self.expected = expected
    self.found = found
    self.remedy = remedy
  }

  public var description: String {
    """
    layer "\(path)" (\(layer)): expected \(expected), but found \(found)
      remedy: \(remedy)
    """
  }
}
