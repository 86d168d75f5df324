import Descent
import DescentData

/// A hidden layer with dropout behind it.
struct DropoutSetting: CustomStringConvertible {
  let units: Int
  let rate: Double

  static let all = [(30, 0.0), (30, 0.2), (30, 0.5), (100, 0.0), (100, 0.5)].map(Self.init)
  /// What is measured with each.
  static let quantities = [
    "last test, %", "last training, %", "lowest test cost", "last test cost",
  ]

  var description: String { "\(units) units, rate \(rate)" }
}

/// Whether images are changed before they are learned.
enum ImageChanges: String, CaseIterable {
  case none = "as they are"
  case stored = "with four shifts each"
  case anew = "changed anew in each epoch"
}

extension Experiment {
  static let dropout = Experiment(
    id: "dropout",
    summary:
      "the network that overfits 1,000 images, with dropout behind its hidden layer: 30 and 100 units",
    quantities: DropoutSetting.all.flatMap { setting in
      DropoutSetting.quantities.map { .shown("\(setting): \($0)") }
    }
  ) { sets, profile, seed in
    var (values, curves) = ([Double](), [ExperimentResult.Curve]())
    for setting in DropoutSetting.all {
      let network = SigmoidNetwork(
        hidden: [setting.units], learningRate: 0.5, isWide: true, dropout: setting.rate)
      let seen = try network.train(
        sets.training.prefix(1_000), test: sets.test, epochs: profile.epochs(400), seed: seed,
        watchesTraining: true)
      values += [
        seen.last!.testAccuracy, seen.last!.trainingAccuracy, seen.map(\.testCost).min()!,
        seen.last!.testCost,
      ]
      curves += [
        .init("\(setting): test, %", seen.map(\.testAccuracy)),
        .init("\(setting): test cost", seen.map(\.testCost)),
      ]
    }
    return (values, curves)
  }

  static let augmentation = Experiment(
    id: "augmentation", images: .embedded,
    summary: "LeNet on the 4,000 embedded digits, 3,125 steps: as they are, shifted, changed anew",
    quantities: ImageChanges.allCases.flatMap {
      [.shown("\($0.rawValue): last test, %"), .shown("\($0.rawValue): last training loss")]
    }
  ) { sets, profile, seed in
    let (images, test) = (sets.all, sets.test)
    let epochs = profile == .full ? 25 : 5
    let changes: Augmentation = [.shift(pixels: 2), .rotate(degrees: 10), .zoom(fraction: 0.1)]
    // All three take as many steps: the five times as many images are seen in a fifth of the epochs.
    let runs = try ImageChanges.allCases.map { kind in
      let data = kind == .stored ? images.withShifts : images
      let epochs = kind == .stored ? epochs / 5 : epochs
      var model = try Model(NamedNetwork(.lenet, classes: 10), input: [28, 28], seed: seed)
      let history = try model.fit(
        data, validation: test, loss: .crossEntropy, optimizer: .adam(learningRate: 1e-3),
        metrics: [.accuracy], epochs: epochs, augmentation: kind == .anew ? changes : nil,
        stopping: .never,
        seed: seed)
      let accuracy = history.epochs.map { 100 * ($0.validationMetrics.first?.value ?? .nan) }
      return (
        values: [accuracy.last!, history.losses.last!],
        curve: ExperimentResult.Curve(
          kind.rawValue, x: accuracy.indices.map { Double(($0 + 1) * data.count / images.count) },
          y: accuracy)
      )
    }
    return (runs.flatMap(\.values), runs.map(\.curve))
  }
}

extension Dataset {
  /// Five times as many images: as they are, and moved by a pixel in each of four directions.
  var withShifts: Dataset {
    let (height, width) = (inputs.shape[inputs.rank - 2], inputs.shape[inputs.rank - 1])
    let (size, pixels) = (height * width, inputs.scalars(as: UInt8.self))
    let moves: [PixelMap] = [
      .identity, .shift(1, 0), .shift(-1, 0), .shift(0, 1), .shift(0, -1),
    ]
    let all = moves.flatMap { move in
      (0..<count).flatMap { index in
        // Whole pixels stay whole numbers.
        move.resampled(
          Array(pixels[index * size..<(index + 1) * size]), height: height, width: width
        ).map { UInt8($0) }
      }
    }
    let labels = targets.scalars(as: Int32.self)
    return Dataset(
      inputs: Tensor(all, shape: Shape([moves.count * count] + sampleShape.sizes)),
      targets: Tensor(moves.flatMap { _ in labels }), classNames: classNames)
  }
}
