import Descent

extension Experiment {
  static let first = Experiment(
    id: "first",
    summary: "784-30-10, square cost, rate 3.0, 30 epochs: the first network of the book",
    quantities: [
      // Early accuracies differ more between seeds than final ones: 90.3 to 91.3 here.
      .accuracy("test after the first epoch", 91.29, within: 1),
      .accuracy("best test", 95.42), .accuracy("last test", 95.34),
    ]
  ) { sets, profile, seed in
    let network = SigmoidNetwork(hidden: [30], cost: .square, learningRate: 3, isWide: true)
    return summary(
      try network.train(sets.training, test: sets.test, epochs: profile.epochs(30), seed: seed))
  }

  static let wider = Experiment(
    id: "wider",
    summary:
      "784-100-10, the same: more hidden units; most beginnings lose a class or two for good",
    quantities: [
      // The published number is of a beginning that lost none, as the median is not: the book, too,
      // warns of the spread. An independent program (docs/experiments/independent.py) does the same.
      .shown("test after the first epoch, %"), .shown("best test, %", 96.59),
      .shown("last test, %"), .shown("classes lost"),
    ]
  ) { sets, profile, seed in
    let network = SigmoidNetwork(hidden: [100], cost: .square, learningRate: 3, isWide: true)
    let seen = try network.train(
      sets.training, test: sets.test, epochs: profile.epochs(30), seed: seed)
    let (values, curves) = summary(seen)
    return (values + [Double(seen.last!.lostClasses)], curves)
  }

  static let rateTooSmall = Experiment(
    id: "rate-too-small", summary: "784-100-10 with a rate of 0.001: it hardly moves",
    quantities: [
      // Each beginning stays near where it began, which is anywhere from 8 to 28 %.
      .shown("test after the first epoch, %", 11.39), .shown("best test, %"),
      .shown("last test, %", 21.42),
    ]
  ) { sets, profile, seed in
    let network = SigmoidNetwork(hidden: [100], cost: .square, learningRate: 0.001, isWide: true)
    return summary(
      try network.train(sets.training, test: sets.test, epochs: profile.epochs(30), seed: seed))
  }

  static let rateTooLarge = Experiment(
    id: "rate-too-large", summary: "784-30-10 with a rate of 100: it learns nothing",
    quantities: [
      .accuracy("test after the first epoch", 10.09), .shown("best test, %"),
      .accuracy("last test", 9.82),
    ]
  ) { sets, profile, seed in
    let network = SigmoidNetwork(hidden: [30], cost: .square, learningRate: 100, isWide: true)
    return summary(
      try network.train(sets.training, test: sets.test, epochs: profile.epochs(30), seed: seed))
  }

  /// First, best and last accuracy on the test set.
  private static func summary(
    _ seen: [SigmoidNetwork.Observation]
  ) -> (values: [Double], curves: [ExperimentResult.Curve]) {
    let accuracy = seen.map(\.testAccuracy)
    return ([accuracy[0], accuracy.max()!, accuracy.last!], [.init("test accuracy, %", accuracy)])
  }

  static let rates = Experiment(
    id: "rates", summary: "784-30-10, cross-entropy, L2 5.0, rates 0.025, 0.25 and 2.5, 30 epochs",
    quantities: [
      .relative("training cost at the end, rate 0.025", 0.339),
      .relative("training cost at the end, rate 0.25", 0.339),
      .relative("lowest training cost, rate 0.25", 0.320),
      .relative("training cost at the end, rate 2.5", 0.861),
      .relative("lowest training cost, rate 2.5", 0.72),
    ]
  ) { sets, profile, seed in
    let curves = try [0.025, 0.25, 2.5].map { rate in
      // λ is for 50,000 images; fewer images have a smaller one.
      let lambda = 5 * Double(sets.training.count) / 50_000
      let seen = try SigmoidNetwork(hidden: [30], learningRate: rate, lambda: lambda)
        .train(
          sets.training, test: sets.test, epochs: profile.epochs(30), seed: seed,
          watchesTraining: true)
      return ExperimentResult.Curve("rate \(rate)", seen.map(\.trainingCost))
    }
    return (
      [
        curves[0].y.last!, curves[1].y.last!, curves[1].y.min()!, curves[2].y.last!,
        curves[2].y.min()!,
      ], curves
    )
  }

  static let overfitting = Experiment(
    id: "overfitting",
    summary: "784-30-10, cross-entropy, rate 0.5, only 1,000 images, 400 epochs",
    quantities: [
      // After one epoch of 100 steps the seeds are anywhere from 52 to 60 %.
      .accuracy("test after the first epoch", 58.9, within: 6),
      .accuracy("last test", 82.2), .accuracy("best test", 82.27),
      .relative("first epoch with all training images right", 68),
      .relative("lowest test cost", 1.2028), .relative("epoch of the lowest test cost", 15),
      .relative("last test cost", 1.7731), .relative("last training cost", 0.0042),
    ]
  ) { sets, profile, seed in
    try overfit(sets, profile, seed, lambda: 0)
  }

  static let regularized = Experiment(
    id: "regularized", summary: "the same with weight decay, L2 0.1",
    quantities: [
      .shown("test after the first epoch, %"), .accuracy("last test", 86.95),
      .accuracy("best test", 87.10),
      .shown("first epoch with all training images right"), .shown("lowest test cost"),
      .shown("epoch of the lowest test cost"), .relative("last test cost", 0.891),
      .shown("last training cost"),
    ]
  ) { sets, profile, seed in
    try overfit(sets, profile, seed, lambda: 0.1)
  }

  private static func overfit(
    _ sets: ExperimentSets, _ profile: Profile, _ seed: UInt64, lambda: Double
  ) throws -> (values: [Double], curves: [ExperimentResult.Curve]) {
    let network = SigmoidNetwork(hidden: [30], learningRate: 0.5, lambda: lambda, isWide: true)
    let seen = try network.train(
      sets.training.prefix(1_000), test: sets.test, epochs: profile.epochs(400), seed: seed,
      watchesTraining: true)
    let (accuracy, cost) = (seen.map(\.testAccuracy), seen.map(\.testCost))
    let all = seen.firstIndex { $0.trainingAccuracy > 99.95 }.map { Double($0 + 1) } ?? 0
    let lowest = cost.min()!
    return (
      [
        accuracy[0], accuracy.last!, accuracy.max()!, all, lowest,
        Double(cost.firstIndex(of: lowest)! + 1), cost.last!, seen.last!.trainingCost,
      ],
      [
        .init("test accuracy, %", accuracy),
        .init("training accuracy, %", seen.map(\.trainingAccuracy)), .init("test cost", cost),
        .init("training cost", seen.map(\.trainingCost)),
      ]
    )
  }

  static let allImages = Experiment(
    id: "all-images",
    summary:
      "784-30-10, cross-entropy, rate 0.5, all training images, 30 epochs; without and with L2 5.0",
    quantities: [
      .accuracy("last test", 95.31), .accuracy("last training", 97.86),
      .accuracy("best test, with L2", 96.49), .accuracy("last test, with L2", 95.61),
      .accuracy("last training, with L2", 96.47),
    ]
  ) { sets, profile, seed in
    let seen = try [0, 5 * Double(sets.training.count) / 50_000].map { lambda in
      try SigmoidNetwork(hidden: [30], learningRate: 0.5, lambda: lambda, isWide: true).train(
        sets.training, test: sets.test, epochs: profile.epochs(30), seed: seed,
        watchesTraining: true)
    }
    return (
      [
        seen[0].last!.testAccuracy, seen[0].last!.trainingAccuracy,
        seen[1].map(\.testAccuracy).max()!, seen[1].last!.testAccuracy,
        seen[1].last!.trainingAccuracy,
      ],
      zip(["without", "with L2"], seen).flatMap { name, seen in
        [
          ExperimentResult.Curve("test, \(name)", seen.map(\.testAccuracy)),
          .init("training, \(name)", seen.map(\.trainingAccuracy)),
        ]
      }
    )
  }

  static let initialization = Experiment(
    id: "initialization",
    summary:
      "weights of spread 1/√inputs against 1, with 30 and with 100 hidden units, L2 5.0, rate 0.1",
    quantities: [
      .accuracy("30 units, 1/√n, first epoch", 92.70),
      .accuracy("30 units, 1, first epoch", 86.43),
      .accuracy("30 units, 1/√n, last", 96.50), .accuracy("30 units, 1, last", 96.37),
      .accuracy("100 units, 1/√n, first epoch", 92.95),
      .accuracy("100 units, 1, first epoch", 89.94),
      .accuracy("100 units, 1/√n, last", 97.81), .accuracy("100 units, 1, last", 97.42),
    ]
  ) { sets, profile, seed in
    var (values, curves) = ([Double](), [ExperimentResult.Curve]())
    for hidden in [30, 100] {
      let seen = try [false, true].map { isWide in
        try SigmoidNetwork(
          hidden: [hidden], learningRate: 0.1,
          lambda: 5 * Double(sets.training.count) / 50_000, isWide: isWide
        ).train(
          sets.training, test: sets.validation, epochs: profile.epochs(30), seed: seed
        ).map(\.testAccuracy)
      }
      values += [seen[0][0], seen[1][0], seen[0].last!, seen[1].last!]
      curves += [
        .init("\(hidden) units, 1/√n", seen[0]), .init("\(hidden) units, 1", seen[1]),
      ]
    }
    return (values, curves)
  }

  private static let sizes = [100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000]

  static let trainingSize = Experiment(
    id: "training-size",
    summary:
      "784-30-10 on 100 to 50,000 images, 1,500,000 samples seen each: accuracy against size",
    quantities: zip(sizes, [69.09, 76.37, 85.29, 88.85, 91.27, 93.24, 94.89, 95.85, 95.97]).map {
      size, value in
      // One run was published for each size, and seeds are up to a point apart. At 200 and 10,000 images
      // our median of three is not within half a point of it, nor are an independent program's runs.
      [200, 10_000].contains(size)
        ? .shown("\(size) images, %", value) : .accuracy("\(size) images", value)
    }
  ) { sets, profile, seed in
    let seen = profile == .full ? 1_500_000 : 60_000
    let accuracies = try sizes.map { size -> (training: Double, validation: Double) in
      guard size <= sets.training.count else { return (.nan, .nan) }
      let network = SigmoidNetwork(
        hidden: [30], learningRate: 0.5, lambda: Double(size) * 0.0001, isWide: true)
      let last = try network.train(
        sets.training.prefix(size), test: sets.validation, epochs: max(1, seen / size), seed: seed,
        watchesTraining: true, isLastOnly: true
      ).last!
      return (last.trainingAccuracy, last.testAccuracy)
    }
    let places = sizes.map { Double($0) }
    return (
      accuracies.map { $0.validation.isNaN ? 0 : $0.validation },
      [
        .init("validation accuracy, %", x: places, y: accuracies.map(\.validation)),
        .init("training accuracy, %", x: places, y: accuracies.map(\.training)),
      ]
    )
  }

  static let learningSpeed = Experiment(
    id: "learning-speed",
    summary:
      "how fast each of 2, 3 and 4 hidden layers of 30 learns: 1,000 images at once, 500 steps",
    quantities: [
      // One beginning was published for each depth. Two of its numbers are not within 15 % of our median:
      // 0.003, which is printed with one digit, and 15.9, which neither Descent nor an independent
      // program (docs/experiments/independent.py) comes near from other beginnings: 5 to 13.
      .relative("2 layers: first, at the start", 0.066),
      .relative("2 layers: last, at the start", 0.309),
      .relative("3 layers: first", 0.012),
      .relative("3 layers: last", 0.283),
      .shown("4 layers: first", 0.003),
      .relative("4 layers: last", 0.285),
      .relative("2 layers: median of last/first", 2.0),
      .shown("3 layers: median of last/first", 15.9),
      .relative("4 layers: median of last/first", 74),
    ]
  ) { sets, profile, seed in
    let data = sets.training.prefix(1_000)
    let steps = profile == .full ? 500 : 50
    var (starts, ratios, curves) = ([Double](), [Double](), [ExperimentResult.Curve]())
    for depth in 2...4 {
      let network = SigmoidNetwork(
        hidden: Array(repeating: 30, count: depth), learningRate: 0.1, lambda: 5,
        batchSize: data.count)
      var model = try network.model(seed: seed)
      let step = try TrainingStep(
        model, data, loss: network.cost.loss, optimizer: network.optimizer(samples: data.count))
      var norms: [[Double]] = []
      for _ in 0..<steps {
        norms.append(try network.hiddenNorms(&model, data))
        try step(&model)
      }
      starts += [norms[0][0], norms[0].last!]
      ratios.append(norms.map { $0.last! / $0[0] }.sorted()[steps / 2])
      curves += (0..<depth).map { layer in
        .init("\(depth) layers: hidden \(layer + 1)", norms.map { $0[layer] })
      }
    }
    return (starts + ratios, curves)
  }

  static let lenet = Experiment(
    id: "lenet",
    summary: "LeNet-5 in today's form, Adam, rates along a cosine, minibatches of 128, 10 epochs",
    // 0.95 % of error was published for the form of 1998, after 20 epochs on all 60,000 images.
    quantities: [.accuracy("test", 99.05), .shown("test after the first epoch, %")]
  ) { sets, profile, seed in
    let parts = sets.all.split(holdingOut: 1.0 / 6, seed: seed)
    let (epochs, batchSize) = (profile.epochs(10), 128)
    let steps = epochs * ((parts.kept.count + batchSize - 1) / batchSize)
    var model = try Model(NamedNetwork(.lenet, classes: 10), input: [28, 28], seed: seed)
    let evaluator = Evaluator(model, sets.test, metrics: [.accuracy])
    func accuracy(_ model: Model) throws -> Double {
      100 * (try evaluator.evaluate(model)["accuracy"] ?? .nan)
    }
    var seen: [Result<Double, any Error>] = []
    try model.fit(
      parts.kept, validation: parts.heldOut, loss: .crossEntropy,
      optimizer: .adam(learningRate: .cosine(1e-3, over: steps)), metrics: [.accuracy],
      epochs: epochs, batchSize: batchSize, stopping: .keepingBest(by: .accuracy), seed: seed
    ) { event, model in
      if case .epoch = event { seen.append(Result { try accuracy(model) }) }
    }
    let curve = try seen.map { try $0.get() }
    return ([try accuracy(model), curve[0]], [.init("test accuracy, %", curve)])
  }
}
