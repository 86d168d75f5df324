import Descent

/// What a network is to tell of each row: one of some classes, or a number.
public struct TableTarget: Sendable {
  /// The kinds of tasks.
  public enum Task: String, Sendable, CaseIterable {
    /// One of two classes.
    case binary
    /// One of several classes.
    case multiclass
    /// A number.
    case regression
  }

  /// What the task is.
  public let task: Task
  /// Why it was taken for that, in one line.
  public let reason: String
  /// The names of the classes, or none for a regression.
  public let classNames: [String]
  /// The class of each row, −1 where it is missing; empty for a regression.
  public let classes: [Int32]
  /// The number of each row, NaN where it is missing; empty for classes.
  public let numbers: [Double]

  /// The most classes that whole numbers are taken for.
  private static let classLimit = 20

  /// Looks at the target's values; `wish` overrules what they look like, `known` are the classes of
  /// another part of the table.
  ///
  /// - Throws: `DataError.mismatch` for a single class or value, for words where a number is needed,
  ///   and for words that name each row.
  public init(
    _ column: Table.Column, of path: String, wish: Task? = nil, known: [String]? = nil
  ) throws {
    func mismatch(_ found: String, _ expected: String, _ remedy: String) -> DataError {
      .mismatch(
        path: "\(path): column \(column.name.quoted)", found: found, expected: expected,
        remedy: remedy)
    }
    let names: [String]
    let codes: [Int32]
    switch column.values {
    case .numbers(let numbers):
      var distinct: Set<Double> = []
      for number in numbers where !number.isNaN && distinct.count <= Self.classLimit * 50 {
        distinct.insert(number)
      }
      let isWhole = distinct.allSatisfy { $0 == $0.rounded() }
      let looksLikeClasses =
        isWhole && distinct.count <= Self.classLimit
        && (distinct.count == 2 || distinct.count * 8 <= numbers.count)
      let isRegression =
        known.map(\.isEmpty) ?? wish.map { $0 == .regression } ?? !looksLikeClasses
      if isRegression {
        guard distinct.count > 1 || known != nil else {
          throw mismatch("the same value everywhere", "a target that differs", "Choose another")
        }
        task = .regression
        reason =
          wish == .regression
          ? "as you asked"
          : isWhole
            ? "its whole numbers have \(Self.many(distinct.count)) different values"
            : "its values are numbers with fractions"
        (classNames, classes, self.numbers) = ([], [], numbers)
        return
      }
      let values = distinct.sorted()
      guard values.count <= Self.classLimit * 50 else {
        throw mismatch(
          "more than \(Self.classLimit * 50) different numbers", "fewer classes",
          "Use --task regression")
      }
      let texts = values.map { $0 == $0.rounded() && abs($0) < 1e15 ? "\(Int($0))" : "\($0)" }
      let places = Dictionary(uniqueKeysWithValues: zip(values, 0...))
      names = texts
      codes = numbers.map { $0.isNaN ? -1 : Int32(places[$0] ?? -1) }
    case .words(let words, let list):
      guard wish != .regression, known.map(\.isEmpty) != true else {
        throw mismatch(
          "words such as \(list.first?.quoted ?? "")", "numbers", "Use --task multiclass")
      }
      var isUsed = [Bool](repeating: false, count: list.count)
      for code in words where code >= 0 { isUsed[Int(code)] = true }
      let used = list.indices.filter { isUsed[$0] }.sorted { list[$0] < list[$1] }
      var places = [Int32](repeating: -1, count: list.count)
      for (place, word) in used.enumerated() { places[word] = Int32(place) }
      names = used.map { list[$0] }
      codes = words.map { $0 < 0 ? -1 : places[Int($0)] }
      guard known != nil || names.count <= 20 || names.count * 2 <= words.count else {
        throw mismatch(
          "\(names.count) different words in \(words.count) rows", "a class for each row",
          "It looks like a name of each row, or like text: choose another --target")
      }
    }
    numbers = []
    if let known {
      // Classes by name: those of the training rows.
      let places = Dictionary(uniqueKeysWithValues: zip(known, Int32(0)...))
      if let stranger = names.first(where: { places[$0] == nil }) {
        throw mismatch(
          "the class \(stranger.quoted)", "one of the classes of the training rows",
          "They are \(known.prefix(20).map(\.shortened).joined(separator: ", "))")
      }
      classNames = known
      classes = codes.map { $0 < 0 ? -1 : places[names[Int($0)]]! }
      (task, reason) = (known.count == 2 ? .binary : .multiclass, "")
      return
    }
    guard names.count > 1 else {
      throw mismatch(
        names.isEmpty ? "no values" : "one class only: \(names[0].quoted)", "at least two classes",
        "Choose another --target, or add rows of other classes")
    }
    guard wish != .binary || names.count == 2 else {
      throw mismatch("\(names.count) classes", "two", "Use --task multiclass")
    }
    task = names.count == 2 ? .binary : .multiclass
    let list = names.prefix(3).map(\.shortened).joined(separator: ", ")
    let more = names.count > 3 ? ", …" : ""
    let isWords = if case .words = column.values { true } else { false }
    reason =
      wish != nil && wish != .regression
      ? "as you asked"
      : isWords
        ? "its values are \(names.count) words: \(list)\(more)"
        : "it has only \(names.count) different whole numbers: \(list)\(more)"
    (classNames, classes) = (names, codes)
  }

  private static func many(_ count: Int) -> String {
    count > classLimit * 50 ? "more than \(classLimit * 50)" : "\(count)"
  }

  /// Whether each row has a target.
  public var isKnown: [Bool] {
    classNames.isEmpty ? numbers.map { !$0.isNaN } : classes.map { $0 >= 0 }
  }
}
