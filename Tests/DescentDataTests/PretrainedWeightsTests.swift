import DescentData
import Foundation
import Testing

@testable import Descent

/// Weights of other programs and of other models.
@Suite struct PretrainedWeightsTests {
  /// What Fixtures/make_networks.py built with PyTorch.
  private static func tiny(classes: Int = 3) -> Sequential {
    Sequential {
      Conv2D(4, kernel: 3, padding: 1, bias: false)
      BatchNorm()
      Activate(.relu6)
      MaxPool2D(2)
      Conv2D(4, kernel: 3, stride: 2, padding: 1, groups: 4)
      Activate(.relu)
      Flatten()
      Dense(classes)
    }
  }

  private static let tinyPath = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Fixtures/tiny.safetensors").path

  private func temporaryPath() -> String {
    FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).safetensors").path
  }

  /// The largest difference between our output and PyTorch's, beside the largest output.
  private static func error(_ model: Model, _ path: String) throws -> Double {
    let file = try SafetensorsFile(contentsOf: path)
    func tensor(_ name: String) throws -> Tensor {
      let entry = try #require(file.tensors.first { $0.name == name })
      return Tensor(try entry.floats(), shape: Shape(entry.shape))
    }
    let expected = try tensor("check.output").doubles()
    let found = try model(tensor("check.input")).doubles()
    #expect(found.count == expected.count)
    let largest = expected.map(abs).max() ?? 0
    return (zip(found, expected).map { abs($0 - $1) }.max() ?? .infinity) / largest
  }

  @Test func agreesWithPyTorch() throws {
    var model = try Model(Self.tiny(), input: [2, 8, 8])
    #expect(try Self.error(model, Self.tinyPath) > 0.1)
    let weights = try PretrainedWeights(contentsOf: Self.tinyPath)
    #expect(weights.network == nil && weights.candidates.isEmpty)
    let transfer = try weights.load(into: &model)
    #expect(Set(transfer.loaded) == Set((model.parameters + model.state).map(\.name)))
    #expect(transfer.renewed.isEmpty)
    #expect(
      Set(transfer.unused) == ["1.num_batches_tracked", "check.input", "check.output"])
    #expect(try Self.error(model, Self.tinyPath) < 1e-5)
  }

  @Test(
    "whole networks agree with PyTorch (Fixtures/make_networks.py FOLDER)",
    .enabled(if: ProcessInfo.processInfo.environment["DESCENT_NETWORKS"] != nil),
    arguments: [NamedNetwork.Name.resnet18, .mobilenetv2, .resnet50, .alexnet])
  func wholeNetworksAgreeWithPyTorch(_ name: NamedNetwork.Name) throws {
    let folder = ProcessInfo.processInfo.environment["DESCENT_NETWORKS"] ?? ""
    let path = "\(folder)/\(name).safetensors"
    let weights = try PretrainedWeights(contentsOf: path)
    #expect(weights.candidates.last == name)
    var model = try Model(NamedNetwork(name, classes: 10), input: [3, 64, 64]) { .zeros($0.shape) }
    let transfer = try weights.load(into: &model)
    #expect(transfer.renewed.isEmpty)
    let error = try Self.error(model, path)
    print("\(name): the largest difference is \(error) of the largest output")
    #expect(error < 1e-4)
  }

  @Test func theHeadIsReplaced() throws {
    let network = try #require(Self.tiny().replacingHead(outputs: 5))
    var model = try Model(network, input: [2, 8, 8], seed: 9)
    let before = model
    let transfer = try PretrainedWeights(contentsOf: Self.tinyPath).load(into: &model)
    #expect(transfer.renewed.map(\.name) == ["7.weight", "7.bias"])
    #expect(transfer.renewed[0].reason == "[3, 16] in the file, [5, 16] here")
    #expect(model["7.weight"]!.doubles() == before["7.weight"]!.doubles())
    #expect(model["0.weight"]!.doubles() != before["0.weight"]!.doubles())
    // The value that the model was copied from is another value still.
    #expect(before["1.running_mean"]!.doubles() == [0, 0, 0, 0])
    let text = "\(transfer)"
    #expect(text.contains("loaded   7: 0.weight") && text.contains("renewed  2: 7.weight ([3, 16]"))
    #expect(text.contains("not used 3: "))
  }

  @Test func headsOfOtherNetworks() throws {
    let named = NamedNetwork(.resnet18, classes: 10).named("body")
    #expect(
      ((Sequential { named }.replacingHead(outputs: 2) as? Sequential)?.layers[0] as? NamedLayer)?
        .layer
        as? NamedNetwork == NamedNetwork(.resnet18, classes: 2))
    #expect(Sequential { Flatten() }.replacingHead(outputs: 2) == nil)
    #expect(Sequential([]).replacingHead(outputs: 2) == nil)
  }

  @Test func aFileOfDescentSaysWhatItIs() throws {
    let path = temporaryPath()
    defer { unlink(path) }
    var model = try Model(NamedNetwork(.lenet, classes: 5), input: [1, 28, 28], seed: 4)
    model.card.image = ImageContract(channels: 1, height: 28, width: 28)
    try model.save(to: path)
    let weights = try PretrainedWeights(contentsOf: path)
    #expect(weights.network as? NamedNetwork == NamedNetwork(.lenet, classes: 5))
    #expect(weights.image == model.card.image && weights.candidates == [.lenet])
    var other = try Model(NamedNetwork(.lenet, classes: 2), input: [1, 28, 28], seed: 5)
    let transfer = try weights.load(into: &other)
    #expect(transfer.renewed.map(\.name) == ["fc3.weight", "fc3.bias"])
    #expect(transfer.unused.isEmpty)
    #expect(other["conv1.weight"]!.doubles() == model["conv1.weight"]!.doubles())
  }

  /// Weights that PyTorch wrote expect ImageNet's pixels; ours, what they were learned with.
  @Test func weightsSayWhatTheyExpectOfPixels() throws {
    let path = temporaryPath()
    defer { unlink(path) }
    let foreigners: [(NamedNetwork.Name, NamedNetwork.Pixels)] = [
      (.mobilenetv2, .imagenet), (.lenet, .plain),
    ]
    for (name, foreign) in foreigners {
      let network = NamedNetwork(name, classes: 2)
      try Model(network, input: name.usualInput) { .zeros($0.shape) }.save(to: path)
      #expect(try PretrainedWeights(contentsOf: path).pixels == .plain)
      // The tensors without our description are what PyTorch would have written.
      try SafetensorsFile(tensors: SafetensorsFile(contentsOf: path).tensors).write(to: path)
      #expect(try PretrainedWeights(contentsOf: path).pixels == foreign)
    }
    #expect(try PretrainedWeights(contentsOf: Self.tinyPath).pixels == .plain)

    var network = NamedNetwork(.mobilenetv2, classes: 2)
    network.pixels = .imagenet
    try Model(network, input: [3, 32, 32]) { .zeros($0.shape) }.save(to: path)
    let weights = try PretrainedWeights(contentsOf: path)
    #expect(weights.pixels == .imagenet && weights.network as? NamedNetwork == network)
  }

  @Test func halfPrecisionIsReadAndIntegersAreNot() throws {
    let path = temporaryPath()
    defer { unlink(path) }
    func store(_ dtype: SafetensorsType, _ bytes: [UInt8]) throws {
      let entry = SafetensorsFile.Entry(name: "0.bias", dtype: dtype, shape: [1], bytes: bytes)
      try SafetensorsFile(tensors: [entry]).write(to: path)
    }
    var model = try Model(Sequential { Dense(1) }, input: [1])
    try store(.bfloat16, [0x20, 0x40])
    let transfer = try PretrainedWeights(contentsOf: path).load(into: &model)
    #expect(transfer.loaded == ["0.bias"] && model["0.bias"]!.doubles() == [2.5])
    #expect(transfer.renewed.map(\.reason) == ["not in the file"])
    try store(.int32, [1, 0, 0, 0])
    #expect(throws: DataError.self) { try PretrainedWeights(contentsOf: path).load(into: &model) }
    #expect(model["0.bias"]!.doubles() == [2.5])
  }

  @Test func aFileOfSomethingElseIsRefused() throws {
    var model = try Model(NamedNetwork(.lenet, classes: 2), input: [28, 28])
    let error = try #require(throws: DataError.self) {
      try PretrainedWeights(contentsOf: Self.tinyPath).load(into: &model)
    }
    #expect("\(error)".contains("conv1.weight") && "\(error)".contains("0.weight"))

    let path = temporaryPath()
    defer { unlink(path) }
    try Model(NamedNetwork(.lenet, classes: 5), input: [1, 28, 28]).save(to: path)
    var mlp = try Model(NamedNetwork(.mlp, classes: 2), input: [28, 28])
    let hint = try #require(throws: DataError.self) {
      try PretrainedWeights(contentsOf: path).load(into: &mlp)
    }
    #expect("\(hint)".contains("lenet"))
  }

  @Test func damageIsRefused() throws {
    let path = temporaryPath()
    defer { unlink(path) }
    let bytes = try readFile(Self.tinyPath)
    // The header, and a little of the numbers: what else there is has no meaning to damage.
    var random = Philox(seed: 3)
    for round in 0..<400 {
      var damaged = bytes
      if round % 4 == 0 {
        damaged = Array(bytes.prefix(Int(random.next() % UInt64(bytes.count))))
      } else {
        for _ in 0..<(1 + round % 3) {
          damaged[Int(random.next() % 1_400)] = UInt8(truncatingIfNeeded: random.next())
        }
      }
      try Data(damaged).write(to: URL(fileURLWithPath: path))
      var model = try Model(Self.tiny(), input: [2, 8, 8])
      do {
        _ = try PretrainedWeights(contentsOf: path).load(into: &model)
      } catch let error as DataError {
        #expect(!error.description.isEmpty)
      }
    }
  }
}

/// Part 2 of the course, transfer learning: what was learned of some digits helps with others.
@Suite struct TransferLearningTests {
  /// The digits of some classes, numbered from 0, so many of each.
  private func digits(_ all: Dataset, _ classes: ClosedRange<Int>, each: Int) -> Dataset {
    let labels = all.targets.scalars(as: Int32.self).map(Int.init)
    let positions = classes.flatMap { digit in
      labels.indices.filter { labels[$0] == digit }.prefix(each)
    }
    let part = all[positions]
    return Dataset(
      inputs: part.inputs,
      targets: Tensor(positions.map { Int32(labels[$0] - classes.lowerBound) }),
      classNames: classes.map(String.init))
  }

  @Test func theHeadIsRenewedAndWhatIsFrozenStays() throws {
    let all = Dataset(try Digits.load().training)
    let known = digits(all, 0...4, each: 20)
    let few = digits(all, 5...9, each: 10)
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID())").path
    defer { unlink(path) }
    var first = try Model(NamedNetwork(.lenet, classes: 5), input: [28, 28], seed: 1)
    try first.fit(known, loss: .crossEntropy, optimizer: .adam(), epochs: 1, batchSize: 32)
    try first.save(to: path)

    var model = try Model(NamedNetwork(.lenet, classes: 5), input: [28, 28], seed: 101)
    // As many classes as before, but others.
    let transfer = try PretrainedWeights(contentsOf: path).load(into: &model, sparing: "fc3.*")
    #expect(transfer.renewed.map(\.name) == ["fc3.weight", "fc3.bias"])
    #expect(model["conv2.weight"]!.doubles() == first["conv2.weight"]!.doubles())
    model.freeze("conv*")
    let start = model
    try model.fit(
      few, loss: .crossEntropy, optimizer: .adam(), epochs: 2, batchSize: 10, stopping: .never)
    #expect(model["conv2.weight"]!.doubles() == start["conv2.weight"]!.doubles())
    #expect(model["fc3.weight"]!.doubles() != start["fc3.weight"]!.doubles())
  }
}
