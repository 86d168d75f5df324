/// How the columns of a table become the numbers of a network: what a model needs to be used on
/// further rows.
///
/// Its numbers come from the training rows alone.
public struct TableContract: Codable, Sendable, Equatable {
  /// The columns that enter the network, in the order of its inputs.
  public var columns: [Column] = []
  /// The column that the network was trained to tell.
  public var target = ""
  /// Whether the target's values are words rather than numbers.
  public var targetIsWords = false
  /// For a regression: what the network's output is multiplied by, and what is added to it.
  public var targetScaling = Scaling()

  /// Whether words in a column of numbers count as missing; otherwise they are refused.
  public var imputesStrays = false

  /// Creates an empty contract.
  public init() {}

  /// One column.
  public struct Column: Codable, Sendable, Equatable {
    /// The name in the first line of the file.
    public var name: String
    /// How its values become numbers.
    public var encoding: Encoding

    /// Creates a column.
    public init(name: String, encoding: Encoding) { (self.name, self.encoding) = (name, encoding) }
  }

  /// How the values of a column become numbers.
  public enum Encoding: Codable, Sendable, Equatable {
    /// (x − mean) / deviation, 0 where it is missing; with `marksMissing`, a second input is 1
    /// there.
    case number(Scaling, marksMissing: Bool)
    /// The day as a number, and its place in the year and in the week on two circles.
    case date(DateOrder, Scaling)
    /// An input for each word, 1 for the word that it is; all 0 where it is missing or unknown.
    case oneHot([String])
    /// The position in the list, from 1, for a row of an embedding; 0 where missing or unknown.
    case embedding([String], width: Int)
  }

  /// A mean and a standard deviation.
  public struct Scaling: Codable, Sendable, Equatable {
    /// The mean.
    public var mean = 0.0
    /// The standard deviation; 1 where all values are the same.
    public var deviation = 1.0

    /// Creates a scaling that leaves numbers as they are.
    public init() {}

    /// Creates the scaling of the numbers that are there: NaN is not counted.
    public init(of numbers: some Sequence<Double>) {
      var (count, mean, squares) = (0.0, 0.0, 0.0)
      // Welford, 1962: one pass without cancellation.
      for number in numbers where !number.isNaN {
        count += 1
        let difference = number - mean
        mean += difference / count
        squares += difference * (number - mean)
      }
      self.mean = mean
      let deviation = count > 0 ? (squares / count).squareRoot() : 0
      // A constant leaves rounding errors behind, which are no spread.
      if deviation > 1e-12 * max(abs(mean), 1e-300) { self.deviation = deviation }
    }
  }

  /// The order of a date's parts.
  public enum DateOrder: String, Codable, Sendable, CaseIterable {
    case yearMonthDay, dayMonthYear, monthDayYear
  }
}

extension TableContract.Encoding {
  /// The number of the network's inputs that the column takes.
  public var inputCount: Int {
    switch self {
    case .number(_, let marksMissing): marksMissing ? 2 : 1
    case .date: 5
    case .oneHot(let words): words.count
    case .embedding: 1
    }
  }
}

extension TableContract {
  /// The number of the network's inputs.
  public var inputCount: Int { columns.reduce(0) { $0 + $1.encoding.inputCount } }

  /// The inputs that belong to each column.
  public var inputRanges: [Range<Int>] {
    var start = 0
    return columns.map { column in
      defer { start += column.encoding.inputCount }
      return start..<(start + column.encoding.inputCount)
    }
  }
}
