import Descent
import Foundation
import Testing

@testable import DescentData

/// Files that say what no program of ours would write are refused by an error, and never trap.
@Suite struct HostileFileTests {
  private let folder: TemporaryFolder
  private var path: String { folder.path + "/file" }

  init() throws { folder = try TemporaryFolder() }

  // MARK: Models

  /// Expects a file with this network, and no tensors, to be refused.
  private func expectRefusal(_ network: any Layer, input: [Int], saying words: String) throws {
    let description = try JSONEncoder().encode(NetworkDescription(network))
    let card = """
      {"version":1,"input":\(input),"card":{"scale":1,"classNames":[],"loss":"","training":{},\
      "outputActivation":"identity"},"network":\(String(decoding: description, as: UTF8.self))}
      """
    try SafetensorsFile(metadata: ["descent": card]).write(to: path)
    do {
      _ = try Model(contentsOf: path)
      Issue.record("\(network.summary) was read")
    } catch let error as DataError {
      #expect("\(error)".contains(words), "\(network.summary): \(error)")
    }
  }

  @Test func sizesBeyondAnyMachine() throws {
    let far: Extent = 16_777_216
    func expectTooLarge(_ layer: any Layer, times count: Int, input: [Int]) throws {
      let network = Sequential([any Layer](repeating: layer, count: count))
      try expectRefusal(network, input: input, saying: "a machine can hold")
    }
    try expectTooLarge(Conv2D(1 << 24, kernel: 1), times: 2, input: [1, 1 << 24, 1])
    try expectTooLarge(Dense(1 << 24), times: 2, input: [1 << 24, 16])
    try expectTooLarge(
      ConvTranspose2D(1, kernel: 1, stride: far), times: 4, input: [1, 2, 2])
    try expectTooLarge(Pad(1 << 16), times: 4, input: [1, 1, 1])
    try expectTooLarge(Upsample(1 << 10), times: 3, input: [1, 64, 64])
    // No output is large here, but all weights together are.
    try expectTooLarge(Dense(1 << 24), times: 200, input: [1 << 24])
    try expectRefusal(Upsample(1 << 10), input: [1, 1 << 14, 1 << 14], saying: "can hold")
    let border = Extent(height: .max, width: .max)
    try expectRefusal(
      MaxPool2D(3, padding: border), input: [1, 9, 9], saying: "at most half of it")
  }

  @Test func matricesOfInterpolations() throws {
    let words = "all layers together"
    try expectRefusal(
      Sequential { Upsample(1 << 10, method: .linear) }, input: [1, 1 << 20], saying: words)
    try expectRefusal(
      Sequential { AdaptiveAveragePool2D([4096, 1]) }, input: [1, 1 << 24, 1], saying: words)
    try expectRefusal(
      Sequential { AdaptiveAveragePool2D([1, 4096]) }, input: [1, 1, 1 << 24], saying: words)
  }

  @Test func aNameThatIsThereTwice() throws {
    let networks: [[any Layer]] = [
      [Dense(2).named("a"), Dense(2).named("a")], [Dense(2).named("1"), Dense(2)],
      [Dense(2).named("a.b"), Sequential { Dense(2).named("b") }.named("a")],
      [Residual([Sequential { Dense(2) }.named("shortcut")], shortcut: [Dense(2)])],
    ]
    for network in networks {
      try expectRefusal(Sequential(network), input: [2], saying: "asked for twice")
    }
  }

  @Test func classesOfATableThatHaveOneName() throws {
    var model = try Model(Dense(2), input: [1])
    model.card.classNames = ["a", "a"]
    try model.save(to: path)
    #expect(try Model(contentsOf: path).card.classNames == ["a", "a"])
    model.card.table = TableContract()
    try model.save(to: path)
    expectError(saying: "two classes of one name") { _ = try Model(contentsOf: path) }
  }

  @Test func functionsOfOnesOwn() throws {
    let own = Activation.custom("swish") { $0 * sigmoid($0) }
    let layers: [(any Layer, Shape)] = [
      (Dense(2, activation: own), [3]), (Conv2D(2, kernel: 1, activation: own), [1, 2, 2]),
      (Conv1D(2, kernel: 1, activation: own), [1, 4]),
      (ConvTranspose2D(2, kernel: 1, activation: own), [1, 2, 2]),
      (NamedNetwork(.mlp, classes: 2, activation: own), [3]),
    ]
    for (layer, input) in layers {
      let network = Sequential([layer])
      #expect(!NetworkDescription(network).isComplete, "\(layer.summary)")
      var model = try Model(network, input: input, seed: 1)
      model.card.loss = Loss.crossEntropy.name
      model.card.outputActivation = own
      try model.save(to: path)
      #expect(throws: DataError.self) { try Model(contentsOf: path) }
      let copy = try Model(contentsOf: path, network: network)
      for parameter in model.parameters {
        #expect(copy[parameter.name]!.scalars() == model[parameter.name]!.scalars())
      }
      #expect(copy.card.outputActivation == .softmax)
    }
  }

  @Test func aNetworkThatIsNotKnownMayBeGiven() throws {
    let model = try Model(Sequential { Dense(2) }, input: [3], seed: 1)
    try model.save(to: path)
    var file = try SafetensorsFile(contentsOf: path)
    let card = try #require(file.metadata["descent"])
    file.metadata["descent"] = card.replacingOccurrences(of: "\"Dense\"", with: "\"Swirl\"")
    try file.write(to: path)
    expectError(saying: "Swirl") { _ = try Model(contentsOf: path) }
    let copy = try Model(contentsOf: path, network: model.network)
    #expect(copy["0.weight"]!.scalars() == model["0.weight"]!.scalars())
  }

  // MARK: States of a training

  private let data = Dataset(
    inputs: .normal([4, 3], key: RandomKey(seed: 1)), targets: Tensor([0, 1, 0, 1] as [Int32]))

  /// Stores the state behind two epochs of two steps.
  private func store(_ dtype: DType = .float32) throws -> Model {
    let model = try Model(Sequential { Dense(2) }, input: [3], dtype: dtype)
    var trained = model
    try trained.fit(
      data, loss: .crossEntropy, optimizer: .adam(), metrics: [.accuracy], epochs: 2, batchSize: 2,
      checkpoints: .init(every: .seconds(1_000)) { try $0.save(to: path) })
    return model
  }

  /// The stored file with another value in what it says of the training, or of its progress.
  private func changing(_ key: String, _ value: Any) throws {
    var file = try SafetensorsFile(contentsOf: path)
    let text = try #require(file.metadata["descent.training"])
    let read = try JSONSerialization.jsonObject(with: Data(text.utf8))
    var said = try #require(read as? [String: Any])
    if said[key] == nil {
      var progress = try #require(said["progress"] as? [String: Any])
      progress[key] = value
      said["progress"] = progress
    } else {
      said[key] = value
    }
    let changed = try JSONSerialization.data(withJSONObject: said)
    file.metadata["descent.training"] = String(decoding: changed, as: UTF8.self)
    try file.write(to: path)
  }

  private func resume(_ model: Model, metrics: [Metric] = [.accuracy]) throws {
    let state = try TrainingState(contentsOf: path, model: model, optimizer: .adam())
    var model = model
    try model.fit(
      data, loss: .crossEntropy, optimizer: .adam(), metrics: metrics, epochs: 3, batchSize: 2,
      resuming: state)
  }

  @Test func countsThatDoNotGoTogether() throws {
    for (key, value) in [
      ("epoch", 1), ("epoch", .max), ("epoch", .min), ("step", -1), ("step", .max),
      ("bestEpoch", 3), ("bestEpoch", -1), ("optimizerSteps", .max), ("optimizerSteps", -1),
    ] as [(String, Int)] {
      let model = try store()
      try changing(key, value)
      expectError(saying: "numbers that go with each other") { try resume(model) }
    }
    let model = try store()
    try resume(model)
    try changing("step", 3)
    expectError(saying: "at most 2 steps") { try resume(model) }
    for totals in [[0.0], [0, 0, 0]] {
      _ = try store()
      try changing("totals", totals)
      expectError(saying: "1 metrics") { try resume(model) }
    }
    _ = try store()
    expectError(saying: "0 metrics") { try resume(model, metrics: []) }
  }

  @Test func numbersOfAnotherType() throws {
    let model = try store(.float64)
    try resume(model)
    let single = try Model(model.network, input: [3])
    expectError(saying: "other types than float32") { try resume(single) }
    // Half as many bytes as a model of double precision needs.
    for name in ["optimizer.0", "0.weight"] {
      let model = try store()
      var file = try SafetensorsFile(contentsOf: path)
      let index = try #require(file.tensors.firstIndex { $0.name == name })
      let bytes = [UInt8](repeating: 0, count: 2 * file.tensors[index].bytes.count)
      file.tensors[index] = .init(
        name: name, dtype: .float64, shape: file.tensors[index].shape, bytes: bytes)
      try file.write(to: path)
      expectError(saying: "other types than float32") { try resume(model) }
      let double = try Model(model.network, input: [3], dtype: .float64)
      expectError(saying: "other types than float64") { try resume(double) }
    }
  }

  @Test func aStateOfAnotherNetwork() throws {
    let model = try store()
    let state = try TrainingState(contentsOf: path, model: model, optimizer: .adam())
    var wider = try Model(Sequential { Dense(5) }, input: [3])
    #expect(throws: ShapeError.self) {
      try wider.fit(
        data, loss: .crossEntropy, optimizer: .adam(), metrics: [.accuracy], epochs: 3,
        batchSize: 2, resuming: state)
    }
  }

  // MARK: Arrays

  @Test func testSamplesOfAnotherType() throws {
    let bytes = Tensor([UInt8](repeating: 7, count: 12), shape: [3, 2, 2])
    let labels = Tensor([0, 1, 0] as [Int32])
    func write(_ test: Tensor) throws {
      try NPZ.write(
        [("x_train", bytes), ("y_train", labels), ("x_test", test), ("y_test", labels)], to: path)
    }
    try write(bytes)
    #expect(try SampleArrays(contentsOf: path).testInputs?.dtype == .uint8)
    try write(bytes.cast(to: .float32))
    expectError(saying: "test samples of float32") { _ = try SampleArrays(contentsOf: path) }
  }
}
