import ArgumentParser
import Descent
import DescentCharts
import DescentData
import Foundation

/// `descent predict`: what a stored model makes of new samples.
struct PredictCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict",
    abstract: "Use a stored model on pictures, IDX files or rows of a CSV file.",
    discussion: """
      Examples:
        descent predict runs/photos a.jpg b.png more-photos/
        descent predict runs/digits seven.png --augment shift:1,rotate:5 --views 16
        descent predict runs/houses new-houses.csv --format csv > prices.csv

      Rows of a table are matched by the names of their columns, and treated as those that the \
      model was trained on; they are read part by part, so the file may be larger than memory. \
      Pictures (PNG, JPEG, PGM, PPM) become what those were that the model was trained on; a folder \
      stands for all pictures in it. For a model of digits they are taken for ink: grey, and inverted \
      where the paper is light. For a model that was trained on no table, a CSV file has one sample \
      a line, its numbers in the order of the model's inputs, and no header or one line of names.
      """)

  /// How results are printed.
  enum Format: String, ExpressibleByArgument, CaseIterable { case text, csv, json }

  @Argument(help: "The model: a run folder or a .safetensors file.")
  var model: String

  @Argument(help: "The files to predict; folders for a model of pictures.")
  var files: [String]

  @Option(help: "How results are printed: text, csv or json (one object a line).")
  var format = Format.text

  @OptionGroup var viewOptions: ViewOptions

  @Option(help: "The seed of --augment.")
  var seed: UInt64 = 1

  @Option(help: "How many threads compute.")
  var threads: Int?

  func run() throws {
    try reportingErrors {
      try setThreads(threads)
      let path = RunFolder.modelPath(self.model)
      let model = try Model(contentsOf: path)
      try checkClasses(model, path)
      _ = try viewOptions.make(model.card.table == nil, files[0], seed: seed)
      if format == .csv { print(header(model)) }
      try Samples.read(files, for: model) { samples in
        let areImages = model.card.table == nil && samples.inputs.dtype == .uint8
        let views = try viewOptions.make(areImages, samples.source, seed: seed)
        let outputs =
          try views.map { try model.predict(samples.inputs, scale: samples.scale, over: $0) }
          ?? model.predict(samples.inputs, scale: samples.scale)
        let shown = model.shown(outputs)
        let values = shown.doubles()
        let width = values.count / max(samples.count, 1)
        for row in 0..<samples.count {
          show(Array(values[(row * width)..<((row + 1) * width)]), model, samples, row)
        }
      }
    }
  }

  /// Refuses a model that has not a name for each class.
  private func checkClasses(_ model: Model, _ path: String) throws {
    let (names, outputs) = (model.card.classNames.count, model.output.elementCount)
    // One output tells two classes apart.
    guard names == 0 || names == outputs || (names == 2 && outputs == 1) else {
      throw DataError.mismatch(
        path: path, found: "\(names) names of classes and \(outputs) outputs",
        expected: "as many of both", remedy: "store the model with the names in its card mended")
    }
  }

  private func header(_ model: Model) -> String {
    let names = model.card.classNames
    let outputs =
      names.isEmpty
      ? outputNames(model) : [model.card.table?.target ?? "class"] + names.map { "p_\($0)" }
    return (["sample"] + outputs).map(csvField).joined(separator: ",")
  }

  /// What the numbers of a regression are called.
  private func outputNames(_ model: Model) -> [String] {
    if let table = model.card.table { return [table.target] }
    return (0..<model.output.elementCount).map { "output_\($0)" }
  }

  private func show(_ values: [Double], _ model: Model, _ samples: Samples, _ row: Int) {
    let names = model.card.classNames
    let best = values.indices.max { values[$0] < values[$1] } ?? 0
    let name = samples.name(of: row)
    switch format {
    case .csv:
      let cells = values.map(compact)
      print(
        ([name] + (names.isEmpty ? [] : [names[best]]) + cells).map(csvField)
          .joined(separator: ","))
    case .json:
      var line = JSONLine()
      line.add("sample", name)
      if names.isEmpty, let target = model.card.table?.target {
        line.add(target, values[0])
      } else if names.isEmpty {
        line.add("outputs", values)
      } else {
        line.add("class", names[best])
        var probabilities = JSONLine()
        for (name, value) in zip(names, values) { probabilities.add(name, value) }
        line.add("probabilities", probabilities)
      }
      print(line)
    case .text:
      if let picture = samples.picture(of: row) { print(picture.text(style: .detect())) }
      if names.isEmpty {
        print("\(name): \(values.map(compact).joined(separator: ", "))")
      } else {
        let others = values.indices.sorted { values[$0] > values[$1] }.prefix(3)
        let list = others.map { "\(names[$0]) \(percent(values[$0]))" }.joined(separator: ", ")
        print("\(name): \(names[best])  (\(list))")
      }
    }
  }
}

/// A text as a field of a CSV file (RFC 4180).
func csvField(_ text: String) -> String {
  guard text.utf8.contains(where: { ",\"\r\n".utf8.contains($0) }) else { return text }
  return "\"" + text.replacingOccurrences(of: "\"", with: "\"\"") + "\""
}
