/// Turns positions into rows of a table that is learned: `[batch, …]` becomes `[batch, …, width]`.
public struct Embedding: StorableLayer, Hashable {
  public static let kind = "Embedding"
  /// The number of rows; positions are from 0 to `count` − 1.
  public var count: Int
  /// The numbers in each row.
  public var width: Int

  /// Creates the layer.
  public init(_ count: Int, _ width: Int) { (self.count, self.width) = (count, width) }

  public func callAsFunction(_ x: Tensor, in scope: Scope) throws -> Tensor {
    guard (1...1 << 24).contains(count) && (1...1 << 16).contains(width) else {
      throw ShapeError(
        path: scope.path, layer: summary, expected: "1 ... 2²⁴ rows of 1 ... 2¹⁶ numbers",
        found: "\(count) of \(width)", remedy: "give the number of rows first, then their width")
    }
    return scope.parameter("weight", [count, width], initializer: .normal())
      .gather(x.cast(to: .int32))
  }

  public var summary: String { "Embedding(\(count), \(width))" }
}

/// Turns the positions at the end of each row into rows of tables that are learned:
/// `[batch, numbers + tables]` becomes `[batch, numbers + all widths]`.
///
/// What a table of data has of words enters a network this way, a table for each column
/// (Guo and Berkhahn, 2016).
public struct EmbedColumns: StorableLayer, Hashable {
  public static let kind = "EmbedColumns"

  /// The size of one embedding.
  public struct Table: Hashable, Codable, Sendable {
    /// The number of rows; positions are from 0 to `count` − 1.
    public var count: Int
    /// The numbers in each row.
    public var width: Int

    /// Creates a size.
    public init(count: Int, width: Int) { (self.count, self.width) = (count, width) }
  }

  /// The tables, one for each of the last inputs.
  public var tables: [Table]

  /// Creates the layer.
  public init(_ tables: [Table]) { self.tables = tables }

  public func callAsFunction(_ x: Tensor, in scope: Scope) throws -> Tensor {
    guard x.rank == 2, x.shape[1] >= tables.count,
      tables.allSatisfy({ (1...1 << 24).contains($0.count) && (1...4096).contains($0.width) })
    else {
      throw ShapeError(
        path: scope.path, layer: summary, expected: "[batch, at least \(tables.count)]",
        found: "\(x.shape)", remedy: "let the last \(tables.count) inputs be positions")
    }
    let numbers = x.shape[1] - tables.count
    var parts = numbers > 0 ? [x.slice(1, 0..<numbers)] : []
    for (index, table) in tables.enumerated() {
      let weight = scope.parameter(
        "weight\(index)", [table.count, table.width],
        initializer: .normal(standardDeviation: 0.1))
      let column = x.slice(1, (numbers + index)..<(numbers + index + 1))
      parts.append(weight.gather(column.reshaped([x.shape[0]] as Shape).cast(to: .int32)))
    }
    return Tensor.concatenate(parts, along: 1)
  }

  public var summary: String {
    "EmbedColumns(\(tables.map { "\($0.count)×\($0.width)" }.joined(separator: ", ")))"
  }
}
