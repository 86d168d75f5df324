import Descent

/// A table made ready for training: split, and turned into numbers by what its training rows say.
///
/// ```swift
/// let cars = try TableSet(contentsOf: "cars.csv", target: "mpg")
/// try model.fit(cars.training, validation: cars.validation, loss: .l2, optimizer: .adam())
/// ```
public struct TableSet: Sendable {
  /// The rows for training.
  public let training: Dataset
  /// The rows that each epoch is checked on, if there are enough for that.
  public let validation: Dataset?
  /// The rows for the end.
  public let test: Dataset
  /// How the columns become numbers.
  public let contract: TableContract
  /// What the target is, of all rows.
  public let target: TableTarget
  /// What the columns are.
  public let profiles: [ColumnProfile]
  /// Which columns were left out or mended, and why.
  public let remarks: [TableContract.Remark]
  /// The rows for the end as they are in the file.
  public let testRows: Table
  /// How many rows had no target, and were left out.
  public let unknownCount: Int
  /// How many test rows are also among the rows for training, target and all.
  public let duplicateCount: Int

  /// What a user may say; the rest is inferred.
  public struct Options: Sendable {
    /// What the target is taken for.
    public var task: TableTarget.Task?
    /// What is said about columns.
    public var wishes = TableContract.Wishes()
    /// The character between two fields.
    public var separator: Character?
    /// Whether words in a column of numbers count as missing.
    public var imputesStrays = false
    /// A file with the rows for the end; without it they are drawn from the table.
    public var testPath: String?
    /// The rows for the end, where they have been read already.
    public var testTable: Table?
    /// The share of the rows for the end; without it a tenth of fewer than 2,000, a fifth of more.
    public var testShare: Double?
    /// The share of the other rows that each epoch is checked on.
    public var validationShare = 0.15
    /// The seed of the draw.
    public var seed: UInt64 = 1
    /// Creates the usual options.
    public init() {}
  }

  /// The fewest rows that anything can be learned from.
  private static let fewestRows = 10

  /// Reads the file at `path` and makes it ready; `target` is the name of the column to tell.
  ///
  /// - Throws: `DataError` for what cannot be read, or nothing can be learned from.
  public init(contentsOf path: String, target name: String, _ options: Options = Options()) throws {
    var reading = Table.Reading()
    reading.wordColumns = options.wishes.categorical
    reading.separator = options.separator
    try self.init(Table(contentsOf: path, reading), target: name, options)
  }

  /// Makes a table ready; `target` is the name of the column to tell.
  ///
  /// - Throws: `DataError` if nothing can be learned from it.
  public init(_ all: Table, target name: String, _ options: Options = Options()) throws {
    let path = all.path
    let column = try all.column(name)
    guard all.rowCount >= Self.fewestRows else {
      let found = all.rowCount == 1 ? "1 row" : "\(all.rowCount) rows"
      throw DataError.mismatch(
        path: path, found: all.rowCount == 0 ? "no rows below the first line" : found,
        expected: "at least \(Self.fewestRows)",
        remedy: "Add rows, one sample a line: nothing can be learned from so few")
    }
    try Self.refuseStrays(all, options)

    let whole = try TableTarget(column, of: path, wish: options.task)
    let known = whole.isKnown
    let rows = all.lines.indices.filter { known[$0] }
    unknownCount = all.rowCount - rows.count
    guard rows.count >= Self.fewestRows else {
      throw DataError.mismatch(
        path: path, found: "\(rows.count) row\(rows.count == 1 ? "" : "s") with a target",
        expected: "at least \(Self.fewestRows)",
        remedy: "Add rows: nothing can be learned from so few")
    }
    let table = rows.count == all.rowCount ? all : all[rows]
    let classes = whole.classNames.isEmpty ? nil : rows.map { whole.classes[$0] }

    var kept = Array(table.lines.indices)
    var testPositions: [Int] = []
    if options.testPath == nil && options.testTable == nil {
      (kept, testPositions) = Dataset.split(
        table.rowCount, classes: classes,
        holdingOut: options.testShare ?? (table.rowCount < 2_000 ? 0.1 : 0.2), seed: options.seed)
    }
    let parts = Dataset.split(
      kept.count, classes: classes.map { all in kept.map { all[$0] } },
      holdingOut: options.validationShare, seed: options.seed &+ 1)
    let trainingPositions = parts.kept.map { kept[$0] }
    let trainingRows = table[trainingPositions]

    (contract, profiles, remarks) = try Self.fitted(
      trainingRows, target: name, options, whole, trainingPositions, rows)
    target = whole
    let contract = contract
    func dataset(_ part: Table) throws -> Dataset {
      try Dataset(part, contract, classNames: whole.classNames)
    }
    training = try dataset(trainingRows)
    let held = parts.heldOut.map { kept[$0] }
    validation = held.isEmpty ? nil : try dataset(table[held])
    if let testPath = options.testPath {
      var reading = contract.reading
      reading.separator = options.separator
      testRows = try Self.known(Table(contentsOf: testPath, reading), contract, target: whole)
    } else if let testTable = options.testTable {
      testRows = try Self.known(testTable, contract, target: whole)
    } else {
      testRows = table[testPositions]
    }
    guard testRows.rowCount > 0 else {
      throw DataError.mismatch(
        path: options.testPath ?? path, found: "no rows for testing", expected: "at least one",
        remedy: "Raise --test-share, or add rows")
    }
    test = try dataset(testRows)
    duplicateCount = Self.duplicates(of: test, in: training)
  }

  private static func fitted(
    _ rows: Table, target name: String, _ options: Options, _ whole: TableTarget,
    _ positions: [Int], _ known: [Int]
  ) throws -> (TableContract, [ColumnProfile], [TableContract.Remark]) {
    var (contract, profiles, remarks) = try TableContract.fitted(
      to: rows, target: name, wishes: options.wishes)
    if case .words = try rows.column(name).values { contract.targetIsWords = true }
    contract.imputesStrays = options.imputesStrays
    if whole.classNames.isEmpty {
      contract.targetScaling = .init(of: positions.lazy.map { whole.numbers[known[$0]] })
    }
    return (contract, profiles, remarks)
  }

  private static func refuseStrays(_ table: Table, _ options: Options) throws {
    guard !options.imputesStrays else { return }
    for column in table.columns where !options.wishes.dropped.contains(column.name) {
      guard let strays = column.strays else { continue }
      let like = strays.count > 1 ? " (\(strays.count) rows like it)" : ""
      throw DataError.mismatch(
        path: "\(table.path):\(strays.line): column \(column.name.quoted)",
        found: "\(strays.text.quoted)\(like)", expected: "a number",
        remedy: "Use --missing impute, or --categorical \(column.name.shortened)")
    }
  }

  /// The rows that have a target.
  private static func known(
    _ table: Table, _ contract: TableContract, target: TableTarget
  ) throws -> Table {
    let known = try TableTarget(
      table.column(contract.target), of: table.path, wish: target.task, known: target.classNames
    ).isKnown
    return known.allSatisfy { $0 } ? table : table[known.indices.filter { known[$0] }]
  }

  /// How many samples of one set are in another, target and all.
  private static func duplicates(of test: Dataset, in training: Dataset) -> Int {
    func samples(_ set: Dataset) -> [[UInt32]] {
      let width = set.sampleShape.elementCount
      let inputs = set.inputs.scalars(as: Float.self)
      let targets = set.targets.doubles()
      return (0..<set.count).map { row in
        inputs[(row * width)..<((row + 1) * width)].map(\.bitPattern)
          + [Float(targets[row]).bitPattern]
      }
    }
    // A set of a million rows would take longer to compare than to learn.
    guard training.count <= 200_000 else { return 0 }
    let known = Set(samples(training))
    return samples(test).count { known.contains($0) }
  }
}

extension Dataset {
  /// The rows of a table as a contract turns them into numbers; each has a target.
  ///
  /// - Throws: `DataError` for rows that do not fit the contract.
  public init(_ table: Table, _ contract: TableContract, classNames: [String]) throws {
    let inputs = Tensor(
      try contract.encode(table), shape: [table.rowCount, contract.inputCount])
    let target = try TableTarget(
      table.column(contract.target), of: table.path,
      wish: classNames.isEmpty ? .regression : .multiclass, known: classNames)
    let targets =
      classNames.isEmpty
      ? Tensor(
        target.numbers.map { Float(contract.targetScaling.scaled($0)) },
        shape: [table.rowCount, 1])
      : Tensor(target.classes)
    self.init(inputs: inputs, targets: targets, classNames: classNames)
  }
}
