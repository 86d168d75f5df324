extension Layer {
  /// This network with a last layer of so many outputs, for other classes than it was made for; nil if
  /// its last layer is neither dense nor part of a named network.
  public func replacingHead(outputs: Int) -> (any Layer)? {
    switch self {
    case var dense as Dense:
      dense.units = outputs
      return dense
    case var network as NamedNetwork:
      network.classes = outputs
      return network
    case let named as NamedLayer:
      return named.layer.replacingHead(outputs: outputs).map { NamedLayer(named.name, $0) }
    case var chain as Sequential:
      guard let head = chain.layers.last?.replacingHead(outputs: outputs) else { return nil }
      chain.layers[chain.layers.count - 1] = head
      return chain
    default: return nil
    }
  }
}
