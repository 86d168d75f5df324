/// Where in the network a node was recorded: the layer's path and what it is, and whether in the
/// forward or the backward pass.
///
/// Labels have no influence on what is computed; plans and error messages print them.
final class Label: Sendable {
  enum Phase: Int, Sendable { case forward, loss, backward, update }

  let path: String
  let layer: String
  let phase: Phase

  init(path: String, layer: String, phase: Phase = .forward) {
    self.path = path
    self.layer = layer
    self.phase = phase
  }

  /// The label of the code that is running.
  @TaskLocal static var current: Label?

  private static let unnamedBackward = Label(path: "", layer: "", phase: .backward)

  /// The label of the derivative of what was recorded under `label`.
  static func backward(of label: Label?) -> Label {
    guard let label else { return unnamedBackward }
    if label.phase == .backward { return label }
    return Label(path: label.path, layer: label.layer, phase: .backward)
  }
}
