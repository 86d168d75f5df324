import Descent

/// What the values of a column are.
public enum ColumnKind: String, Sendable, CaseIterable {
  case number, integer, boolean, category, date
  /// A name or number for each row alone, from which nothing can be learned.
  case identifier
  /// Sentences.
  case text
  /// The same value everywhere.
  case constant
  /// No value at all.
  case empty
}

/// What there is to know about a column before it enters a network.
public struct ColumnProfile: Sendable {
  /// The column's name.
  public let name: String
  /// What its values are.
  public let kind: ColumnKind
  /// How many rows have no value.
  public let missingCount: Int
  /// How many different values there are; of numbers, no more than 1,000 are counted.
  public let distinctCount: Int
  /// The order of a date's parts.
  public let dateOrder: TableContract.DateOrder?

  /// Looks at the values of a column.
  public init(_ column: Table.Column) {
    name = column.name
    missingCount = column.missingCount
    switch column.values {
    case .numbers(let numbers):
      dateOrder = nil
      (kind, distinctCount) = Self.kind(of: numbers, name: column.name)
    case .words(let codes, let words):
      let present = codes.count { $0 >= 0 }
      // Rows may have been taken out: count the words that are left.
      var isUsed = [Bool](repeating: false, count: words.count)
      for code in codes where code >= 0 { isUsed[Int(code)] = true }
      let used = words.indices.filter { isUsed[$0] }.map { words[$0] }
      distinctCount = used.count
      (kind, dateOrder) = Self.kind(of: used, among: present)
    }
  }

  private static let limit = 1_000

  private static func kind(of numbers: [Double], name: String) -> (ColumnKind, Int) {
    var distinct: Set<Double> = []
    var (present, isWhole, isRising) = (0, true, true)
    var first = 0.0
    var last: Double?
    for number in numbers where !number.isNaN {
      present += 1
      if distinct.count < limit { distinct.insert(number) }
      if isWhole && number != number.rounded() { isWhole = false }
      if last == nil { first = number }
      if let last, number <= last { isRising = false }
      last = number
    }
    // Counted through, even where a part of the rows is elsewhere.
    let isCounting = isRising && (last ?? first) - first < Double(2 * present)
    if present == 0 { return (.empty, 0) }
    if distinct.count == 1 { return (.constant, 1) }
    guard isWhole else { return (.number, distinct.count) }
    let isNamed = ["id", "index", "key", "row", "nr", "no", "number"].contains { word in
      let lower = name.lowercased()
      return lower == word || lower.hasSuffix("_" + word) || lower.hasSuffix(" " + word)
        || lower.hasPrefix("unnamed")
    }
    if present >= 20, isCounting || (isNamed && Set(numbers).count == numbers.count) {
      return (.identifier, distinct.count)
    }
    return (.integer, distinct.count)
  }

  private static let booleans: [Set<String>] = [
    ["true", "false"], ["yes", "no"], ["t", "f"], ["y", "n"], ["on", "off"],
  ]

  private static func kind(
    of words: [String], among present: Int
  ) -> (ColumnKind, TableContract.DateOrder?) {
    if present == 0 { return (.empty, nil) }
    if words.count == 1 { return (.constant, nil) }
    if words.count == 2, booleans.contains(Set(words.map { $0.lowercased() })) {
      return (.boolean, nil)
    }
    for order in TableContract.DateOrder.allCases
    where CalendarDate(words[0], order: order) != nil {
      if words.allSatisfy({ CalendarDate($0, order: order) != nil }) { return (.date, order) }
    }
    guard present >= 20 else { return (.category, nil) }
    let sample = words.prefix(1_000)
    let blanks = sample.reduce(0) { $0 + $1.utf8.count { $0 == 0x20 } }
    if words.count * 2 > present && blanks >= 3 * sample.count { return (.text, nil) }
    if words.count * 10 > present * 9 { return (.identifier, nil) }
    return (.category, nil)
  }
}
