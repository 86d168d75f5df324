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
        descent data digits --augment rotate:20,elastic:1.5 --output augmented.svg
      """)

  @Argument(help: "The data set, or a folder of pictures; without it, all sets are listed.")
  var set: String?

  @Option(help: "The folder of mnist's or fashion's IDX files.")
  var data: String?

  @Option(help: "How many samples to show; 10, or 4 with what augmentation makes of them.")
  var show: Int?

  @Option(help: AugmentationHelp.option)
  var augment: String?

  @Option(help: ArgumentHelp("An SVG file for the pictures.", valueName: "file.svg"))
  var output: String?

  @Option(help: "The seed of a generated set.")
  var seed: UInt64 = 1

  func run() throws {
    try reportingErrors {
      guard let set else { return list() }
      var arguments = [set]
      if let data { arguments += ["--data", data] }
      let loaded = try DataSource.parse(arguments).load(seed: seed)
      describe(loaded)
      let augmentation = try augment.map { try loaded.augmentation($0) }
      let show = show ?? (augmentation == nil ? 10 : 4)
      guard show > 0 else { return }
      let shown = loaded.training.prefix(show)
      guard let image = loaded.image else {
        if output != nil { throw UsageError("--output is for pictures, and \(set) has none") }
        return print(shown.inputs, shown.targets, separator: "\n")
      }
      let figure =
        try augmentation.map { try augmented(shown, image, $0) } ?? pictures(shown, image)
      print(figure.text(style: .detect()))
      if let output { try AtomicFile.write(figure.svg(), to: output) }
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
    let names = captions(set)
    let images = Self.images(set.inputs, image).enumerated().map {
      ImageGrid.Image(pixels: $1, caption: names[$0])
    }
    return Figure(title: "", content: .images(ImageGrid(image, images)))
  }

  /// Each sample, and beside it what augmentation makes of it in the first epochs.
  private func augmented(
    _ set: Dataset, _ image: ImageContract, _ augmentation: Augmentation
  ) throws -> Figure {
    let names = captions(set)
    let originals = Self.images(set.inputs, image)
    let epochs = try (0..<7).map {
      Self.images(try augmentation(set.inputs, seed: seed, epoch: $0), image)
    }
    let images = originals.indices.flatMap { index in
      [ImageGrid.Image(pixels: originals[index], caption: "\(names[index]), original")]
        + epochs.enumerated().map {
          ImageGrid.Image(pixels: $1[index], caption: "epoch \($0 + 1)")
        }
    }
    return Figure(
      title: "Augmentation \(augmentation)",
      description: "Each sample, and what a training with seed \(seed) sees in its first epochs.",
      content: .images(ImageGrid(image, images, rowsOf: 1 + epochs.count)))
  }

  private func captions(_ set: Dataset) -> [String] {
    set.classNames.isEmpty
      ? set.targets.doubles().map(compact)
      : set.targets.scalars(as: Int32.self).map { set.classNames[Int($0)] }
  }

  private static func images(_ inputs: Tensor, _ image: ImageContract) -> [[UInt8]] {
    let pixels = inputs.scalars(as: UInt8.self)
    let size = image.shape.elementCount
    return stride(from: 0, to: pixels.count, by: size).map { Array(pixels[$0..<($0 + size)]) }
  }
}

extension ImageGrid {
  fileprivate init(_ image: ImageContract, _ images: [Image], rowsOf columns: Int? = nil) {
    self.init(
      height: image.height, width: image.width, channels: image.channels, images: images,
      columns: columns, keepsRows: columns != nil)
  }
}
