import ArgumentParser
import Descent
import DescentData
import Foundation

/// The options that say what is in a table.
struct TableOptions: ParsableArguments {
  @Option(help: "The column that the network learns to tell.")
  var target: String?

  @Option(help: "What the target is: regression, binary or multiclass; inferred if not said.")
  var task: String?

  @Option(
    help: ArgumentHelp(
      "Columns of words, even where they look like numbers.", valueName: "a,b,…"))
  var categorical: String?

  @Option(help: ArgumentHelp("Columns to leave out.", valueName: "a,b,…"))
  var drop: String?

  @Option(help: "What to do with words in a column of numbers: refuse or impute.")
  var missing = "refuse"

  @Option(help: "The character between two fields, or tab; inferred if not said.")
  var separator: String?

  @Option(help: ArgumentHelp("A table, or a folder of pictures, for the test.", valueName: "file"))
  var testData: String?

  @Option(
    help: ArgumentHelp(
      "The share of the rows or pictures for the test, where there is no --test-data.",
      discussion: "Unless said otherwise 0.1 of fewer than 2,000, and 0.2 of more."))
  var testShare: Double?

  /// Reads the table at `path` and makes it ready.
  func load(_ path: String, seed: UInt64) throws -> DataSource.Loaded {
    guard FileManager.default.fileExists(atPath: path) else {
      // A word without a dot or a slash was meant as the name of a set.
      guard path.contains(where: { "./".contains($0) }) else {
        throw unknown("data set or file", path, DataSource.names)
      }
      throw DataError.missing(
        path: path, remedy: "Check the spelling of the path, or name a set: descent data lists them"
      )
    }
    if SampleArrays.isArrays(path) { return try loadArrays(path, seed: seed) }
    guard let target else {
      let names = try Table(contentsOf: path, reading()).columns.map(\.name)
      throw UsageError(
        "\(path): which column is to be learned? Add --target, one of: "
          + names.prefix(30).joined(separator: ", "))
    }
    return loaded(try TableSet(contentsOf: path, target: target, options(seed: seed)), path)
  }

  /// Reads arrays of NumPy: bytes of three axes are images, everything else a table.
  private func loadArrays(_ path: String, seed: UInt64) throws -> DataSource.Loaded {
    let arrays = try SampleArrays(contentsOf: path, target: target)
    guard let targets = arrays.targets else {
      throw UsageError(
        "\(path): what is to be learned? Store the targets beside the inputs "
          + "(numpy.savez(file, x=…, y=…)), or add --target y.npy")
    }
    guard arrays.areImages else {
      var options = try options(seed: seed)
      options.testTable = arrays.testTable()
      return loaded(try TableSet(arrays.table(), target: "y", options), path)
    }
    let column = Table.Column(name: "y", values: .numbers(targets.doubles()))
    let target = try TableTarget(column, of: path, wish: options(seed: seed).task)
    func dataset(_ inputs: Tensor, _ targets: TableTarget) throws -> Dataset {
      guard targets.isKnown.allSatisfy({ $0 }) else {
        throw DataError.mismatch(
          path: path, found: "images whose target is nan", expected: "a target for each",
          remedy: "Take them out")
      }
      return Dataset(
        inputs: inputs,
        targets: target.classNames.isEmpty
          ? Tensor(targets.numbers.map { Float($0) }, shape: [inputs.shape[0], 1])
          : Tensor(targets.classes), classNames: target.classNames)
    }
    var training = try dataset(arrays.inputs, target)
    let test: Dataset
    if let inputs = arrays.testInputs, let targets = arrays.testTargets {
      let column = Table.Column(name: "y", values: .numbers(targets.doubles()))
      test = try dataset(
        inputs, try TableTarget(column, of: path, wish: target.task, known: target.classNames))
    } else {
      (training, test) = training.split(holdingOut: testShare ?? 0.2, seed: seed)
    }
    let (height, width) = (arrays.inputs.shape[1], arrays.inputs.shape[2])
    var loaded = DataSource.Loaded(
      name: Self.name(of: path), summary: "\(path), images of \(height)×\(width): \(target.reason)",
      training: training, test: test, image: .init(channels: 1, height: height, width: width))
    loaded.validationShare = 0.15
    return loaded
  }

  private static func name(of path: String) -> String {
    URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
  }

  private func loaded(_ set: TableSet, _ path: String) -> DataSource.Loaded {
    var loaded = DataSource.Loaded(
      name: Self.name(of: path), summary: summary(set, path), training: set.training,
      test: set.test)
    loaded.validation = set.validation
    loaded.table = set
    loaded.suit(rows: set.training.count)
    return loaded
  }

  /// The share of the samples for the test, if one was given.
  func share() throws -> Double? {
    if let testShare, !(testShare > 0 && testShare < 1) {
      throw UsageError("--test-share is between 0 and 1, unlike \(testShare)")
    }
    return testShare
  }

  private func reading() throws -> Table.Reading {
    var reading = Table.Reading()
    reading.separator = try separatorCharacter()
    return reading
  }

  private func separatorCharacter() throws -> Character? {
    guard let separator else { return nil }
    if separator == "tab" || separator == "\\t" { return "\t" }
    guard separator.count == 1, let character = separator.first, character.isASCII else {
      throw UsageError("--separator is one character, or tab; not \"\(separator)\"")
    }
    return character
  }

  private func options(seed: UInt64) throws -> TableSet.Options {
    var options = TableSet.Options()
    if let task {
      guard let known = TableTarget.Task(rawValue: task) else {
        throw unknown("task", task, TableTarget.Task.allCases.map(\.rawValue))
      }
      options.task = known
    }
    guard ["refuse", "impute"].contains(missing) else {
      throw unknown("way with --missing", missing, ["refuse", "impute"])
    }
    options.imputesStrays = missing == "impute"
    options.wishes.categorical = names(categorical)
    options.wishes.dropped = names(drop)
    options.separator = try separatorCharacter()
    options.testPath = testData
    options.testShare = try share()
    options.seed = seed
    return options
  }

  private func names(_ list: String?) -> Set<String> {
    Set(list?.split(separator: ",").map(String.init) ?? [])
  }

  /// What was found in the table, for a person.
  private func summary(_ set: TableSet, _ path: String) -> String {
    let target = set.contract.target
    let kind =
      switch set.target.task {
      case .regression: "a number (regression)"
      case .binary: "one of two classes (binary)"
      case .multiclass: "one of \(set.target.classNames.count) classes"
      }
    var lines = [
      "\(path), \(set.contract.columns.count) columns",
      "target \"\(target)\" is \(kind): \(set.target.reason)",
    ]
    if set.unknownCount > 0 { lines.append("\(set.unknownCount) rows without a target left out") }
    lines += set.remarks.prefix(20).map { "column \"\($0.column)\": \($0.text)" }
    if set.remarks.count > 20 { lines.append("… and \(set.remarks.count - 20) more columns") }
    if set.duplicateCount > 0 {
      lines.append(
        "test rows that are also in the training part: \(set.duplicateCount); the test flatters")
    }
    return lines.joined(separator: "\n  ")
  }
}

extension DataSource.Loaded {
  /// Chooses what suits a table of so many training rows.
  ///
  /// Found by trying (Benchmarks/tabular): few rows want a smooth function, strong weight decay and
  /// steps that become small; many want width.
  mutating func suit(rows: Int) {
    optimizer = "adamw"
    schedule = "cosine"
    switch rows {
    case ..<2_000: (layers, learningRate, weightDecay) = ("64:tanh", 3e-3, 0.3)
    case ..<20_000: (layers, learningRate, weightDecay) = ("128:relu,64:relu", 2e-3, 0.05)
    default: (layers, learningRate, weightDecay) = ("256:relu,128:relu", 1e-3, 0.01)
    }
    batchSize = rows < 5_000 ? 32 : rows < 50_000 ? 128 : 512
    epochs = rows < 5_000 ? 100 : rows < 100_000 ? 40 : 20
  }
}
