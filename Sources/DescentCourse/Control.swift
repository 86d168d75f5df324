/// A live panel of a page, with what it starts from.
public struct Control: Sendable {
  /// Which panel, such as `softmax`.
  public let name: String
  /// What it is for, as a screen reader says it.
  public let label: String
  /// Its parameters as JSON.
  public let parameters: String
  /// Values of its functions, computed by the engine, that the page must reproduce.
  public let vectors: [Vector]

  /// One call of one of the panel's functions.
  public struct Vector: Sendable {
    /// The function's name.
    public let function: String
    /// Its arguments as a JSON array.
    public let arguments: String
    /// Its result as JSON.
    public let result: String
    /// How far a number may be off, relative to the larger of itself and 1.
    public let tolerance: Double

    /// The call of a function, and what the engine says of it.
    init(
      _ function: String, _ arguments: any JSONText..., gives result: any JSONText,
      within tolerance: Double = 1e-9
    ) {
      self.function = function
      self.arguments = "[" + arguments.map(\.json).joined(separator: ",") + "]"
      self.result = result.json
      self.tolerance = tolerance
    }
  }

  init(
    _ name: String, label: String, parameters: [String: any JSONText] = [:],
    vectors: [Vector] = []
  ) {
    self.name = name
    self.label = label
    self.parameters = parameters.json
    self.vectors = vectors
  }
}
