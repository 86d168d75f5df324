/// A label and a scale.
public struct Axis: Hashable, Sendable {
  /// The quantity, with its unit if it has one.
  public var label: String
  /// How values become positions.
  public var scale: Scale

  /// How values become positions.
  public enum Scale: Hashable, Sendable {
    /// Equal steps for equal differences.
    case linear
    /// Equal steps for equal ratios; values that are not positive are not drawn.
    case logarithmic
  }

  /// An axis, linear unless said otherwise.
  public init(_ label: String = "", scale: Scale = .linear) {
    self.label = label
    self.scale = scale
  }
}
