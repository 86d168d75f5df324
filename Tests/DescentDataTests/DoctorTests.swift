import Descent
import Foundation
import Testing

@testable import DescentData

/// The doctor names the cause in networks that are known to be wrong, and passes sound ones.
@Suite(.serialized) struct DoctorTests {
  /// Something to examine.
  struct Patient: Sendable {
    var training: Dataset
    var validation: Dataset?
    var test: Dataset
    var layers: [any Layer]
    var loss = Loss.crossEntropy
    var optimizer = Optimizer.adam(learningRate: 3e-3)
    var batchSize = 32

    func examine() throws -> [Doctor.Finding] {
      let model = try Model(Sequential(layers), input: training.sampleShape, seed: 1)
      return try Doctor(
        model, training: training, validation: validation, test: test, loss: loss,
        optimizer: optimizer, batchSize: batchSize
      ).examine()
    }
  }

  /// Two moons, scaled, and a network that learns them.
  private static func moons(_ layers: [any Layer]? = nil) throws -> Patient {
    let training = Dataset(try #require(GeneratedSet.named("moons", count: 600, seed: 1)))
    let test = Dataset(try #require(GeneratedSet.named("moons", count: 200, seed: 2)))
    return Patient(
      training: training, test: test,
      layers: layers ?? [Dense(32, activation: .relu), Dense(32, activation: .relu), Dense(2)])
  }

  private static func with(_ data: Dataset, inputs: Tensor? = nil, targets: Tensor? = nil)
    -> Dataset
  {
    Dataset(
      inputs: inputs ?? data.inputs, targets: targets ?? data.targets, scale: data.scale,
      classNames: data.classNames)
  }

  private static func shuffled(_ data: Dataset) -> Dataset {
    let keys: [Int] = (0..<data.count).map { $0 * 7919 % 4093 }
    let positions: [Int] = (0..<data.count).sorted { keys[$0] < keys[$1] }
    let order = Tensor(positions.map { Int32($0) })
    return with(data, targets: data.targets.gather(order))
  }

  private static func deep(
    _ depth: Int, _ activation: Activation, _ initializer: Initializer? = nil
  ) -> [any Layer] {
    (0..<depth).map { _ in Dense(32, activation: activation, initializer: initializer) as any Layer
    }
      + [Dense(2, initializer: initializer)]
  }

  /// Each wrong network by name, with what the doctor must say about it: the check, and words of
  /// its measurement or remedy.
  static let wrong: [(name: String, check: String, says: String)] = [
    ("learning rate × 1000", "learning rate", "is too large"),
    ("all weights zero", "learned by heart", "begin alike"),
    ("ten sigmoid layers", "gradients from layer to layer", "vanishes"),
    ("N(0, 1) in 20 layers", "gradients from layer to layer", "explodes"),
    ("biases of −10", "units that never answer", "negative for every sample"),
    ("inputs × 10,000", "the data", "scale the inputs"),
    ("shuffled labels", "more than by heart", "shuffled apart"),
    ("a constant column alone", "the data", "constant"),
    ("test rows that were trained on", "the data", "also in the training set"),
    ("a class that is missing", "the data", "no training sample of class"),
  ]

  private static func wrongPatient(_ name: String) throws -> Patient {
    var patient = try moons()
    switch name {
    case "learning rate × 1000": patient.optimizer = .adam(learningRate: 3)
    case "all weights zero":
      patient.layers = [
        Dense(32, activation: .relu, initializer: .zeros), Dense(2, initializer: .zeros),
      ]
    case "ten sigmoid layers": patient.layers = deep(10, .sigmoid)
    case "N(0, 1) in 20 layers": patient.layers = deep(20, .relu, .normal())
    case "biases of −10":
      patient.layers = [
        Dense(32, activation: .relu, biasInitializer: .constant(-10)), Dense(2),
      ]
    case "inputs × 10,000":
      patient.training = with(patient.training, inputs: patient.training.inputs * 1e4)
      patient.test = with(patient.test, inputs: patient.test.inputs * 1e4)
    case "shuffled labels":
      // As where the rows of a file and their labels came apart: in all parts.
      patient.training = shuffled(patient.training)
      patient.test = shuffled(patient.test)
    case "a constant column alone":
      patient.training = with(
        patient.training, inputs: Tensor.ones([patient.training.count, 1]))
      patient.test = with(patient.test, inputs: Tensor.ones([patient.test.count, 1]))
    case "test rows that were trained on":
      patient.test = patient.training[Array(0..<100)]
    case "a class that is missing":
      let labels = patient.training.targets.scalars(as: Int32.self)
      patient.training = patient.training[labels.indices.filter { labels[$0] == 0 }]
    default: Issue.record("no patient \(name)")
    }
    return patient
  }

  @Test(arguments: wrong.indices)
  func namesTheCause(_ index: Int) throws {
    let (name, check, says) = Self.wrong[index]
    let findings = try Self.wrongPatient(name).examine()
    let failed = findings.filter { !$0.isSound }
    let text = failed.map(\.description).joined(separator: "\n")
    let finding = failed.first { $0.check.contains(check) }
    #expect(finding != nil, "\(name): \(text)")
    #expect(finding?.description.contains(says) == true, "\(name): \(text)")
  }

  /// Ten sound networks: built-in sets, other layers and losses, and tables.
  static let sound = [
    "moons", "xor", "circles", "blobs", "spirals", "line", "digits", "tanh", "a table of classes",
    "a table of numbers",
  ]

  private static func soundPatient(_ name: String) throws -> Patient {
    var patient = try moons()
    switch name {
    case "moons": break
    case "tanh":
      patient.layers = [
        Dense(32, activation: .tanh, initializer: .xavier), Dense(16, activation: .tanh), Dense(2),
      ]
      patient.optimizer = .sgd(learningRate: 0.1, momentum: 0.9)
    case "digits":
      let (training, test) = try Digits.load()
      patient = Patient(
        training: Dataset(training), test: Dataset(test),
        layers: [Flatten(), Dense(64, activation: .relu), Dense(10)],
        optimizer: .adam(learningRate: 1e-3))
    case "a table of classes", "a table of numbers":
      let isClasses = name == "a table of classes"
      var text = "a,b,c,y\n"
      for row in 0..<400 {
        let (a, b) = (Double(row * 37 % 101) / 10, Double(row * 53 % 97) / 10)
        let c = ["red", "green", "blue"][row % 3]
        let score = a - b + (c == "red" ? 3 : 0)
        text += "\(a),\(row % 11 == 0 ? "" : "\(b)"),\(c),"
        text += isClasses ? (score > 0 ? "yes\n" : "no\n") : "\(1_000 + 50 * score)\n"
      }
      let set = try TableSet(Table(bytes: Array(text.utf8), path: "data.csv"), target: "y")
      patient = Patient(
        training: set.training, validation: set.validation, test: set.test,
        layers: [Dense(64, activation: .tanh), Dense(isClasses ? 2 : 1)],
        loss: isClasses ? .crossEntropy : .l2, optimizer: .adam(learningRate: 3e-3))
    default:
      let training = try #require(GeneratedSet.named(name, count: 600, seed: 1))
      let test = try #require(GeneratedSet.named(name, count: 200, seed: 2))
      patient.training = Dataset(training)
      patient.test = Dataset(test)
      let outputs = patient.training.classNames.count
      patient.layers = [
        Dense(64, activation: .relu), Dense(64, activation: .relu), Dense(max(outputs, 1)),
      ]
      patient.optimizer = .adam(learningRate: 0.01)
      if outputs == 0 {
        patient.layers = [Dense(1)]
        patient.loss = .l2
      }
    }
    return patient
  }

  @Test(arguments: sound)
  func passesTheSound(_ name: String) throws {
    let clock = ContinuousClock()
    let start = clock.now
    let findings = try Self.soundPatient(name).examine()
    #expect(findings.count == 10)
    let failed = findings.filter { !$0.isSound }.map(\.description).joined(separator: "\n")
    #expect(failed.isEmpty, "\(name):\n\(failed)")
    #expect(clock.now - start < .seconds(60))
  }
}

/// What is said of a training whose numbers became infinite.
@Suite struct DivergenceTests {
  private static let data: (training: Dataset, test: Dataset) = (
    Dataset(GeneratedSet.named("moons", count: 300, seed: 1)!),
    Dataset(GeneratedSet.named("moons", count: 100, seed: 2)!)
  )

  private func fit(
    _ model: inout Model, rate: Double, scale: Double = 1, epochs: Int = 3,
    events: inout [TrainingEvent]
  ) throws {
    let data = Self.data.training
    let scaled = Dataset(
      inputs: data.inputs * scale, targets: data.targets, classNames: data.classNames)
    var seen: [TrainingEvent] = []
    defer { events = seen }
    try model.fit(
      scaled, validation: Self.data.test, loss: .crossEntropy,
      optimizer: .sgd(learningRate: .constant(rate)),
      epochs: epochs, batchSize: 30, seed: 1, observer: { event, _ in seen.append(event) })
  }

  private func makeModel(_ initializer: Initializer? = nil) throws -> Model {
    try Model(
      Sequential {
        Dense(16, activation: .relu, initializer: initializer)
        Dense(2, initializer: initializer)
      }, input: [2], seed: 1)
  }

  @Test func stepsThatAreTooLong() throws {
    var model = try makeModel()
    var events: [TrainingEvent] = []
    let before = model.parameters.map { model[$0.name]!.scalars() }
    let failure = try #require(throws: TrainingDiverged.self) {
      try fit(&model, rate: 1e25, events: &events)
    }
    #expect(failure.epoch == 1 && failure.step > 1 && failure.keptEpoch == 0)
    #expect(failure.learningRate == 1e25 && failure.origin.contains("layer \""))
    let update = try #require(failure.update)
    #expect(update.ratio > 1e20)
    // The step was not applied, nor those that led to it.
    #expect(model.parameters.map { model[$0.name]!.scalars() } == before)
    guard case .finished(let finish) = events.last else {
      Issue.record("no end")
      return
    }
    #expect(finish.reason == .diverged)
    // The rate that is said to hold does.
    let rate = try #require(failure.holdingRate)
    #expect(rate > 1e-3)
    try fit(&model, rate: rate, epochs: 1, events: &events)
    #expect("\(failure)".contains("steps too large"))
  }

  @Test func inputsThatAreNotScaled() throws {
    var model = try makeModel()
    var events: [TrainingEvent] = []
    let failure = try #require(throws: TrainingDiverged.self) {
      try fit(&model, rate: 1e10, scale: 1e15, events: &events)
    }
    #expect(failure.inputs.largest > 1e15)
    #expect("\(failure)".contains("inputs that are not scaled"))
  }

  @Test func inputsThatAreNotFinite() throws {
    var model = try makeModel()
    var values = Self.data.training.inputs.scalars(as: Float.self)
    values[11] = .nan
    let data = Dataset(
      inputs: Tensor(values, shape: Self.data.training.inputs.shape),
      targets: Self.data.training.targets, classNames: Self.data.training.classNames)
    let failure = try #require(throws: TrainingDiverged.self) {
      try model.fit(
        data, loss: .crossEntropy, optimizer: .adam(), epochs: 1, batchSize: 30, seed: 1)
    }
    #expect(failure.origin == "the inputs" && failure.holdingRate == nil)
    #expect("\(failure)".contains("inputs that are not finite"))
  }

  @Test("an exploding rate after good epochs leaves the best of them")
  func laterEpochs() throws {
    var model = try makeModel()
    var best: Model?
    let failure = try #require(throws: TrainingDiverged.self) {
      try model.fit(
        Self.data.training, validation: Self.data.test, loss: .crossEntropy,
        optimizer: .sgd(learningRate: .exponential(1e-2, factor: 1e40, over: 400)), epochs: 40,
        batchSize: 30, seed: 1,
        observer: { event, model in if case .improved = event { best = model } })
    }
    #expect(failure.keptEpoch > 0 && failure.epoch > failure.keptEpoch)
    let kept = try #require(best)
    for parameter in model.parameters {
      #expect(model[parameter.name]!.scalars() == kept[parameter.name]!.scalars())
    }
  }
}
