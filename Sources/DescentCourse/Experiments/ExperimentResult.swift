import DescentCharts
import Foundation

/// What came of an experiment, beside what was published.
public struct ExperimentResult: Codable, Sendable {
  /// Which experiment.
  public var experiment: String
  /// What was tried.
  public var summary: String
  /// How much of it was run.
  public var profile: Experiment.Profile
  /// The images.
  public var data: String
  /// The seeds, one for each run.
  public var seeds: [UInt64]
  /// What was measured.
  public var quantities: [Quantity]
  /// Curves of the first seed.
  public var curves: [Curve]

  /// A measured number.
  public struct Quantity: Codable, Sendable {
    /// What it is, with its unit.
    public var name: String
    /// The published value.
    public var published: Double?
    /// How far the median may be from it.
    public var tolerance: Double?
    /// The median over the seeds.
    public var median: Double
    /// The value of each seed.
    public var values: [Double]

    /// Whether the median is as near to the published value as it should be; nil if nothing says.
    public var agrees: Bool? {
      guard let published, let tolerance else { return nil }
      return abs(median - published) <= tolerance
    }
  }

  /// A curve of the experiment.
  public struct Curve: Codable, Sendable {
    /// Its name.
    public var name: String
    /// The places, such as epochs.
    public var x: [Double]
    /// The values there.
    public var y: [Double]

    /// A curve over epochs, counted from 1.
    init(_ name: String, _ y: [Double]) {
      (self.name, self.x, self.y) = (name, y.indices.map { Double($0 + 1) }, y)
    }

    init(_ name: String, x: [Double], y: [Double]) { (self.name, self.x, self.y) = (name, x, y) }

    /// The curve for a chart.
    public var series: Series { Series(name, points: zip(x, y).map { .init(x: $0, y: $1) }) }
  }

  init(
    _ experiment: Experiment, profile: Experiment.Profile, data: String, seeds: [UInt64],
    runs: [(values: [Double], curves: [Curve])]
  ) {
    self.experiment = experiment.id
    summary = experiment.summary
    self.profile = profile
    self.data = data
    self.seeds = seeds
    quantities = experiment.quantities.enumerated().map { index, quantity in
      let values = runs.map { $0.values[index] }
      let isComparable = profile == .full
      return Quantity(
        name: quantity.name, published: quantity.published,
        tolerance: isComparable ? quantity.tolerance : nil,
        median: values.sorted()[values.count / 2], values: values)
    }
    curves = (runs.first?.curves ?? []).map { $0.rounded }
  }

  /// The result as a file: a line of JSON with sorted keys.
  public func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
  }

  /// Reads a file that `json()` made.
  public init(json: String) throws {
    self = try JSONDecoder().decode(ExperimentResult.self, from: Data(json.utf8))
  }

  /// The numbers as a table.
  public var table: TextTable {
    var table = TextTable([.leading("quantity"), .trailing("published"), .trailing("median")])
    for quantity in quantities {
      let verdict = quantity.agrees.map { $0 ? "" : "  (off by more than expected)" } ?? ""
      table.append([
        quantity.name + verdict, quantity.published.map { "\($0)" } ?? "–",
        significant(quantity.median, 4),
      ])
    }
    return table
  }
}

extension ExperimentResult.Curve {
  /// With four significant digits: files stay small, and pictures the same.
  fileprivate var rounded: Self {
    Self(
      name, x: x,
      y: y.map { value in
        guard value.isFinite, value != 0 else { return value.isFinite ? value : 0 }
        return Double(String(format: "%.4g", value)) ?? value
      })
  }
}
