/// Units in layers, and the connections between them.
public struct NetworkDiagram: Hashable, Sendable {
  /// The layers from left to right, each with its units from top to bottom.
  public var layers: [[Unit]]
  /// The connections; they differ by sign in dashes and colour, and by size in width.
  public var connections: [Connection]

  /// A unit.
  public struct Unit: Hashable, Sendable {
    /// The text in its circle: a value, say.
    public var text: String
    /// The text below its circle: its name, say.
    public var label: String
    /// Whether it is lit.
    public var isActive: Bool

    /// A unit.
    public init(_ text: String, label: String = "", isActive: Bool = false) {
      (self.text, self.label, self.isActive) = (text, label, isActive)
    }
  }

  /// Where a unit stands.
  public struct Place: Hashable, Sendable {
    /// Its layer, counted from 0 at the left.
    public var layer: Int
    /// Its place in the layer, counted from 0 at the top.
    public var unit: Int

    /// The place of a unit.
    public init(_ layer: Int, _ unit: Int) { (self.layer, self.unit) = (layer, unit) }
  }

  /// A weighted connection of two units.
  public struct Connection: Hashable, Sendable {
    /// Where it comes from.
    public var start: Place
    /// Where it goes.
    public var end: Place
    /// Its weight.
    public var weight: Double
    /// The text along it.
    public var label: String

    /// A connection.
    public init(_ start: Place, _ end: Place, weight: Double = 1, label: String = "") {
      (self.start, self.end, self.weight, self.label) = (start, end, weight, label)
    }
  }

  /// A diagram of the given units and connections.
  public init(layers: [[Unit]], connections: [Connection]) {
    (self.layers, self.connections) = (layers, connections)
  }

  /// Layers of which each is fully connected to the next.
  ///
  /// - Parameters:
  ///   - weights: `weights[l][i][j]` connects unit i of layer l to unit j of layer l + 1.
  ///   - places: How many decimals of the weights are written; none are if nil.
  public init(layers: [[Unit]], weights: [[[Double]]], places: Int? = nil) {
    var connections: [Connection] = []
    for (layer, matrix) in weights.enumerated() {
      for (start, row) in matrix.enumerated() {
        for (end, weight) in row.enumerated() {
          connections.append(
            Connection(
              Place(layer, start), Place(layer + 1, end), weight: weight,
              label: places.map { Self.written(weight, places: $0) } ?? ""))
        }
      }
    }
    self.init(layers: layers, connections: connections)
  }

  private static func written(_ value: Double, places: Int) -> String {
    guard isDrawable(value), value.magnitude < 1e9 else { return Decimal.short(value) }
    let scale = power10(places)
    return Decimal(coefficient: Int((value * scale).rounded()), exponent: -places).plain
  }
}

extension NetworkDiagram {
  /// The connections whose ends are there.
  var drawable: [Connection] {
    connections.filter { connection in
      [connection.start, connection.end].allSatisfy { place in
        layers.indices.contains(place.layer) && layers[place.layer].indices.contains(place.unit)
      }
    }
  }

  /// The largest magnitude of a weight that can be drawn.
  var heaviest: Double {
    connections.lazy.map(\.weight.magnitude).filter(isDrawable).max() ?? 0
  }

  /// What a screen reader is told if the author says nothing.
  var summary: String {
    let sizes = layers.map { "\($0.count)" }.joined(separator: ", ")
    return "Network diagram; units by layer: \(sizes); connections: \(drawable.count)."
  }
}
