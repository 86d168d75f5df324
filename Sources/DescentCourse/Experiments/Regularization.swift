import Descent
import DescentData

extension Experiment {
  static let dropout = Experiment(
    id: "dropout",
    summary:
      "the network that overfits 1,000 images, with dropout behind its hidden layer: 30 and 100 units",
    quantities: [(30, 0.0), (30, 0.2), (30, 0.5), (100, 0.0), (100, 0.5)].flatMap { units, rate in
      ["last test, %", "last training, %", "lowest test cost", "last test cost"].map {
        .shown("\(units) units, rate \(rate): \($0)")
      }
    }
  ) { sets, profile, seed in
    var (values, curves) = ([Double](), [ExperimentResult.Curve]())
    for (units, rate) in [(30, 0.0), (30, 0.2), (30, 0.5), (100, 0.0), (100, 0.5)] {
      let network = SigmoidNetwork(
        hidden: [units], learningRate: 0.5, isWide: true, dropout: rate)
      let seen = try network.train(
        sets.training.prefix(1_000), test: sets.test, epochs: profile.epochs(400), seed: seed,
        watchesTraining: true)
      values += [
        seen.last!.testAccuracy, seen.last!.trainingAccuracy, seen.map(\.testCost).min()!,
        seen.last!.testCost,
      ]
      let name = "\(units) units, rate \(rate)"
      curves += [
        .init("\(name): test, %", seen.map(\.testAccuracy)),
        .init("\(name): test cost", seen.map(\.testCost)),
      ]
    }
    return (values, curves)
  }

  static let augmentation = Experiment(
    id: "augmentation", images: .embedded,
    summary: "LeNet on the 4,000 embedded digits, 3,125 steps: as they are, shifted, changed anew",
    quantities: ["as they are", "with four shifts each", "changed anew in each epoch"].flatMap {
      [.shown("\($0): last test, %"), .shown("\($0): last training loss")]
    }
  ) { sets, profile, seed in
    let (images, test) = (sets.all.asChannels, sets.test.asChannels)
    let epochs = profile == .full ? 25 : 5
    let changes: Augmentation = [.shift(pixels: 2), .rotate(degrees: 10), .zoom(fraction: 0.1)]
    // All three take as many steps: the five times as many images are seen in a fifth of the epochs.
    let runs = try [
      ("as they are", images, epochs, nil),
      ("with four shifts each", images.withShifts, epochs / 5, nil),
      ("changed anew in each epoch", images, epochs, changes),
    ].map { name, data, epochs, augmentation in
      var model = try Model(NamedNetwork(.lenet, classes: 10), input: [1, 28, 28], seed: seed)
      let history = try model.fit(
        data, validation: test, loss: .crossEntropy, optimizer: .adam(learningRate: 1e-3),
        metrics: [.accuracy], epochs: epochs, augmentation: augmentation, stopping: .never,
        seed: seed)
      let accuracy = history.epochs.map { 100 * ($0.validationMetrics.first?.value ?? .nan) }
      return (
        values: [accuracy.last!, history.losses.last!],
        curve: ExperimentResult.Curve(
          name, x: accuracy.indices.map { Double(($0 + 1) * data.count / images.count) },
          y: accuracy)
      )
    }
    return (runs.flatMap(\.values), runs.map(\.curve))
  }
}

extension Dataset {
  /// Images `[samples, height, width]` with an axis for their one channel.
  var asChannels: Dataset {
    let shape = inputs.shape
    return Dataset(
      inputs: inputs.reshaped([shape[0], 1, shape[1], shape[2]]), targets: targets,
      classNames: classNames)
  }

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
