import ArgumentParser
import Descent
import DescentCharts
import DescentData

/// `descent evaluate`: how good a stored model is on a data set.
struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Test a stored model on a data set.",
    discussion: """
      Examples:
        descent evaluate runs/digits digits
        descent evaluate runs/mnist mnist --data FOLDER --json
        descent evaluate runs/houses new-houses.csv --output houses.json
        descent evaluate runs/photos new-photos/
        descent evaluate runs/digits digits --augment shift:1,rotate:5 --views 16

      Rows of a table need the column that the model was trained to tell. A folder of pictures has \
      one sub-folder for each class; where it has a folder called test, that one is used.
      """)

  @Argument(help: "The model: a run folder or a .safetensors file.")
  var model: String

  @OptionGroup var source: DataSource

  @OptionGroup var viewOptions: ViewOptions

  @Option(help: "The seed of a generated set, and of --augment.")
  var seed: UInt64 = 1

  @Option(help: "How many threads compute.")
  var threads: Int?

  @Flag(help: "Print the result as one line of JSON.")
  var json = false

  @Option(help: ArgumentHelp("Write the result as JSON, too.", valueName: "file"))
  var output: String?

  func run() throws {
    try reportingErrors {
      try setThreads(threads)
      let model = try Model(contentsOf: RunFolder.modelPath(model))
      let data: Dataset
      let name: String
      if let contract = model.card.table {
        (data, name) = (try rows(contract, model.card.classNames), "rows of \(source.set)")
      } else if let contract = model.card.image {
        data = try pictures(contract, model.card.classNames)
        name = "pictures of \(source.set)"
      } else {
        let set = try source.load(seed: seed)
        (data, name) = (set.test, "test samples of \(set.name)")
      }
      try check(model, fits: data, name)
      let loss = Loss.named(model.card.loss) ?? .crossEntropy
      let areImages = model.card.table == nil && data.inputs.dtype == .uint8
      let views = try viewOptions.make(areImages, source.set, seed: seed)
      let report = try Report(model, on: data, loss: loss, over: views)
      var result = report.detailedJSON(prefix: "test_")
      if let views { result.add("views", views.views) }
      if let sketch = model.card.trainedOn {
        let known = sketch.knownCount(in: data)
        result.add("known_samples", known)
        if known > 0 { warn(known, of: data.count, isExact: sketch.isExact, model) }
      }
      if let output { try AtomicFile.write(result.description + "\n", to: output) }
      if json {
        print(result)
      } else {
        let seen = views.map { ", each seen \($0.views + 1) times" } ?? ""
        print("on the \(data.count) \(name)\(seen):", terminator: " ")
        print(report.text(style: .detect()))
      }
    }
  }

  /// Says that the model has seen some of the samples in training.
  private func warn(_ known: Int, of count: Int, isExact: Bool, _ model: Model) {
    let about = isExact || known == count ? "" : "about "
    let arePictures = model.card.image != nil
    writeError(
      """
      note: the model was trained on \(about)\(known) of these \(count) \
      \(arePictures ? "pictures" : "rows"), and knows them by now: the result flatters
        \(arePictures
          ? "keep pictures for the test apart, in a sub-folder called test"
          : "test it on rows of a file of their own")

      """)
  }

  /// The rows of a table that have a target.
  private func rows(_ contract: TableContract, _ classNames: [String]) throws -> Dataset {
    let table =
      try SampleArrays.isArrays(source.set)
      ? SampleArrays(contentsOf: source.set).table()
      : Table(contentsOf: source.set, contract.reading)
    let known = try TableTarget(
      table.column(contract.target), of: source.set,
      wish: classNames.isEmpty ? .regression : .multiclass, known: classNames
    ).isKnown
    let positions = known.indices.filter { known[$0] }
    guard !positions.isEmpty else {
      throw DataError.mismatch(
        path: source.set, found: "no row with a value of \"\(contract.target)\"",
        expected: "at least one", remedy: "Use descent predict for rows without it")
    }
    return try Dataset(table[positions], contract, classNames: classNames)
  }

  /// The pictures of a folder by their classes.
  private func pictures(_ contract: ImageContract, _ classNames: [String]) throws -> Dataset {
    guard !source.imageOptions.isGiven else {
      throw UsageError("--image-size, --grayscale and --color: the model says what pictures become")
    }
    guard PictureFolder.isFolder(source.set) else {
      throw DataError.mismatch(
        path: source.set, found: "no folder",
        expected: "one with a sub-folder of pictures for each of: "
          + classNames.prefix(20).joined(separator: ", "),
        remedy: "Use descent predict for single pictures")
    }
    var progress = DecodingProgress(isQuiet: json)
    let test = try PictureSet.test(
      contentsOf: source.set, contract: contract, classNames: classNames, memoryLimit: memoryLimit
    ) { try progress.show($0, of: $1) }
    for warning in test.warnings { writeError("note: \(warning)\n") }
    return test.data
  }

  private func check(_ model: Model, fits data: Dataset, _ name: String) throws {
    func mismatch(_ found: String, _ expected: String) -> DataError {
      .mismatch(
        path: self.model, found: found, expected: expected,
        remedy: "evaluate it on the set that it was trained on: "
          + (model.card.training["set"] ?? "unknown"))
    }
    guard model.input == data.sampleShape else {
      throw mismatch(
        "a model for samples of \(model.input)", "one for \(data.sampleShape), as are the \(name)")
    }
    let numbers = data.targets.rank > 1 ? data.targets.shape[1] : 1
    let outputs = data.classNames.isEmpty ? numbers : data.classNames.count
    guard model.output == [outputs] else {
      throw mismatch(
        "a model with outputs \(model.output)", "\(outputs) for each of the \(name)")
    }
  }
}
