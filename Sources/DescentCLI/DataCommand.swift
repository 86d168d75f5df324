import ArgumentParser
import Descent
import DescentCharts
import DescentData

/// `descent data`: what sets there are, and what is in them.
struct DataCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "data",
    abstract: "List the data sets, describe one, and show a few of its samples.",
    discussion: """
      Examples:
        descent data
        descent data digits --show 10
        descent data photos/ --show 5
      """)

  @Argument(help: "The data set, or a folder of pictures; without it, all sets are listed.")
  var set: String?

  @Option(help: "The folder of mnist's or fashion's IDX files.")
  var data: String?

  @Option(help: "How many samples to show.")
  var show = 10

  @Option(help: "The seed of a generated set.")
  var seed: UInt64 = 1

  func run() throws {
    try reportingErrors {
      guard let set else { return list() }
      var arguments = [set]
      if let data { arguments += ["--data", data] }
      let loaded = try DataSource.parse(arguments).load(seed: seed)
      describe(loaded)
      guard show > 0 else { return }
      let shown = loaded.training.prefix(show)
      if let image = loaded.image {
        print(pictures(shown, image).text(style: .detect()))
      } else {
        print(shown.inputs, shown.targets, separator: "\n")
      }
    }
  }

  private func list() {
    var table = TextTable([.leading("set"), .leading("what it is")])
    table.append(["digits", "5,000 handwritten digits of MNIST, in the program itself"])
    table.append(["mnist", "70,000 handwritten digits: --data FOLDER, or downloaded"])
    table.append(["fashion", "70,000 pictures of clothes: --data FOLDER, or downloaded"])
    for name in GeneratedSet.names {
      table.append([name, GeneratedSet.summary(of: name) ?? "generated"])
    }
    print(table)
  }

  private func describe(_ set: DataSource.Loaded) {
    print("\(set.name): \(set.summary)")
    print("samples  \(set.training.count) for training, \(set.test.count) for testing")
    print("input    \(set.training.sampleShape) \(set.training.inputs.dtype)")
    guard !set.classNames.isEmpty else { return print("target   \(set.outputCount) number(s)") }
    let labels = set.training.targets.scalars(as: Int32.self)
    let counts = set.classNames.indices.map { index in labels.count { $0 == Int32(index) } }
    print("classes  " + zip(set.classNames, counts).map { "\($0): \($1)" }.joined(separator: ", "))
  }

  private func pictures(_ set: Dataset, _ image: ImageContract) -> Figure {
    let pixels = set.inputs.scalars(as: UInt8.self)
    let labels = set.targets.scalars(as: Int32.self)
    let size = image.shape.elementCount
    let images = labels.indices.map { index in
      ImageGrid.Image(
        pixels: Array(pixels[(index * size)..<((index + 1) * size)]),
        caption: set.classNames[Int(labels[index])])
    }
    return Figure(
      title: "",
      content: .images(
        ImageGrid(
          height: image.height, width: image.width, channels: image.channels, images: images)))
  }
}
