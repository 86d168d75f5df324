import DescentData
import Foundation
import Testing

@testable import Descent

/// Networks by name, compared with torchvision's (Fixtures/make_networks.py).
@Suite struct NamedNetworkTests {
  struct Reference: Decodable {
    struct Part: Decodable, Hashable {
      let name: String
      let shape: [Int]
    }
    let count: Int
    let parameters: [Part]
    let buffers: [Part]
  }

  static let references: [String: Reference] = {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Fixtures/networks.json")
    // swift-format-ignore: NeverUseForceTry
    return try! JSONDecoder().decode([String: Reference].self, from: Data(contentsOf: file))
  }()

  @Test(arguments: references.keys.sorted())
  func parametersAreTorchvisions(_ text: String) throws {
    let reference = try #require(Self.references[text])
    let name = try #require(NamedNetwork.Name(rawValue: text))
    #expect(name.usualInput == [3, 224, 224] && name.usualClasses == 1_000)
    let network = NamedNetwork(name, classes: 1_000)
    let shapes = try #require(network.parameterShapes())
    let ours = shapes.map { Reference.Part(name: $0.name, shape: $0.shape.sizes) }
    #expect(Set(ours) == Set(reference.parameters) && ours.count == reference.parameters.count)
    #expect(ours.reduce(0) { $0 + $1.shape.reduce(1, *) } == reference.count)
  }

  /// The numbers are those of torchvision's documentation, "Models and pre-trained weights".
  @Test func pixelsAreThoseOfImageNet() throws {
    var network = NamedNetwork(.resnet18, classes: 2)
    let plain = try Model(network, input: [3, 32, 32], seed: 1)
    network.pixels = .imagenet
    let model = try Model(network, input: [3, 32, 32], seed: 1)
    #expect(model.parameters.map(\.name) == plain.parameters.map(\.name))
    let pixels = Tensor.uniform([2, 3, 32, 32], key: RandomKey(seed: 5))
    let (means, deviations) = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    let standardized = pixels.doubles().enumerated().map { index, pixel in
      Float((pixel - means[index / 1_024 % 3]) / deviations[index / 1_024 % 3])
    }
    let expected = try plain(Tensor(standardized, shape: pixels.shape)).doubles()
    let found = try model(pixels).doubles()
    for (a, b) in zip(found, expected) { #expect(abs(a - b) < 1e-5) }
    #expect(try abs(plain(pixels).doubles()[0] - found[0]) > 1e-2)

    var dense = NamedNetwork(.mlp, classes: 2)
    let unchanged = try Model(dense, input: [3, 4, 4], seed: 1)
    dense.pixels = .imagenet
    let changed = try Model(dense, input: [3, 4, 4], seed: 1)
    let gray = Tensor.ones([1, 3, 4, 4])
    #expect(try changed(gray).doubles() != unchanged(gray).doubles())

    let error = #expect(throws: ShapeError.self) { try Model(network, input: [1, 32, 32]) }
    #expect("\(try #require(error))".contains("red, green and blue"))
    // Files from before there was a choice say nothing of it.
    let text = #"{"name":"resnet18","classes":2,"activation":"identity"}"#
    let old = try JSONDecoder().decode(NamedNetwork.self, from: Data(text.utf8))
    #expect(old == NamedNetwork(.resnet18, classes: 2))
    let stored = try JSONDecoder().decode(NamedNetwork.self, from: JSONEncoder().encode(network))
    #expect(stored == network && network.summary == "resnet18(2, pixels: imagenet)")
  }

  @Test func countsAreThePublishedOnes() throws {
    let published: [NamedNetwork.Name: Int] = [
      .alexnet: 61_100_840, .vgg11: 132_863_336, .vgg13: 133_047_848, .vgg16: 138_357_544,
      .resnet18: 11_689_512, .resnet34: 21_797_672, .resnet50: 25_557_032,
      .mobilenetv2: 3_504_872, .lenet: 61_706, .perceptron: 7_850,
      .mlp: 784 * 256 + 256 + 256 * 128 + 128 + 128 * 10 + 10,
    ]
    for name in NamedNetwork.Name.allCases {
      let network = NamedNetwork(name, classes: name.usualClasses)
      let shapes = try #require(network.parameterShapes())
      #expect(shapes.reduce(0) { $0 + $1.shape.elementCount } == published[name], "\(name)")
    }
  }

  @Test(arguments: [NamedNetwork.Name.lenet, .resnet18, .mobilenetv2])
  func costsAreThePlans(_ name: NamedNetwork.Name) throws {
    let input: Shape = name == .lenet ? [1, 28, 28] : [3, 32, 32]
    let network = NamedNetwork(name, classes: 10)
    let model = try Model(network, input: input) { .zeros($0.shape) }
    let work = try model.multiplyAdds()
    let costs = try #require(network.costs(input: input))
    for cost in costs {
      #expect(work[cost.path] ?? 0 == cost.multiplyAdds, "\(cost.path)")
    }
    #expect(costs.reduce(0) { $0 + $1.multiplyAdds } == work.values.reduce(0, +))
    #expect(costs.reduce(0) { $0 + $1.parameters } == model.parameterCount)
    #expect(NamedNetwork(.vgg16, classes: 10).costs(input: [3, 8, 8]) == nil)
  }

  @Test(arguments: [NamedNetwork.Name.resnet18, .mobilenetv2])
  func stateIsTorchvisions(_ name: NamedNetwork.Name) throws {
    let reference = try #require(Self.references[name.rawValue])
    let model = try Model(NamedNetwork(name, classes: 10), input: [3, 32, 32]) { .zeros($0.shape) }
    let wanted = reference.buffers.filter { !$0.name.hasSuffix("num_batches_tracked") }
    let ours = model.state.map { Reference.Part(name: $0.name, shape: $0.shape.sizes) }
    #expect(Set(ours) == Set(wanted) && ours.count == wanted.count)
    // What the layers own is all there is, once.
    #expect(model.layers.reduce(0) { $0 + $1.parameterCount } == model.parameterCount)
    #expect(model.layers.reduce(0) { $0 + $1.stateCount } == model.stateCount)
    #expect(!model.layers.contains { $0.summary.hasPrefix("Sequential") })
  }

  @Test(arguments: [[28, 28], [1, 28, 28], [1, 32, 32]])
  func lenet(_ input: [Int]) throws {
    let model = try Model(NamedNetwork(.lenet, classes: 10), input: Shape(input))
    #expect(
      model.layers.map(\.path) == [
        "conv1", "pool1", "conv2", "pool2", "flatten", "fc1", "fc2", "fc3",
      ])
    #expect(model.layers.map(\.parameterCount) == [156, 0, 2_416, 0, 0, 48_120, 10_164, 850])
    #expect(
      model.layers.map(\.output) == [
        [6, 28, 28], [6, 14, 14], [16, 10, 10], [16, 5, 5], [400], [120], [84], [10],
      ])
    #expect(model.parameterCount == 61_706 && model.output == [10])
    #expect("\(model)".contains("fc1      Dense(120, relu)"))
  }

  @Test func channelsAndClassesAreFree() throws {
    for name in NamedNetwork.Name.allCases {
      let network = NamedNetwork(name, classes: 3)
      let gray = try #require(network.parameterShapes(input: [1, 64, 64]))
      let color = try #require(network.parameterShapes(input: [3, 64, 64]))
      #expect(gray[0].shape != color[0].shape)
      #expect(gray.dropFirst().map(\.shape) == color.dropFirst().map(\.shape))
      #expect(gray[gray.count - 1].shape == [3])
    }
  }

  @Test(arguments: NamedNetwork.Name.allCases)
  func describedAndRebuilt(_ name: NamedNetwork.Name) throws {
    let network = Sequential {
      NamedNetwork(name, classes: 7, activation: .sigmoid).named("body")
      Residual { Dense(7).named("last") }
    }
    let description = NetworkDescription(network)
    #expect(description.isComplete)
    let data = try JSONEncoder().encode(description)
    let copy = try JSONDecoder().decode(NetworkDescription.self, from: data).network
    let chain = try #require(copy as? Sequential)
    let body = try #require(chain.layers[0] as? NamedLayer)
    #expect(body.name == "body" && chain.layers[1] is Residual)
    #expect(
      body.layer as? NamedNetwork == NamedNetwork(name, classes: 7, activation: .sigmoid))
    #expect(body.summary == "\(name)(7)")
    for wrong in [
      #"{"type":"NamedNetwork","name":"resnet19","classes":2,"activation":"identity"}"#,
      #"{"type":"NamedNetwork","name":"lenet","classes":0,"activation":"identity"}"#,
      #"{"type":"NamedNetwork","name":"lenet","classes":-1,"activation":"identity"}"#,
      #"{"type":"Named","name":"a"}"#,
    ] {
      #expect(throws: DecodingError.self) {
        try JSONDecoder().decode(NetworkDescription.self, from: Data(wrong.utf8))
      }
    }
  }

  @Test func storedAndReadBack() throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID())").path
    defer { unlink(path) }
    let model = try Model(NamedNetwork(.lenet, classes: 4), input: [1, 28, 28], seed: 3)
    try model.save(to: path)
    let copy = try Model(contentsOf: path)
    let x = Tensor.normal([3, 1, 28, 28], key: RandomKey(seed: 1))
    #expect(try copy(x).doubles() == model(x).doubles())
  }

  @Test(arguments: [
    (NamedNetwork.Name.alexnet, "features.", 63), (.lenet, "pool2", 12),
    (.vgg16, "features.", 32),
  ])
  func tooSmallImagesAreRefused(_ name: NamedNetwork.Name, _ place: String, _ side: Int) throws {
    let network = NamedNetwork(name, classes: 10)
    #expect(network.smallestSide(channels: 1) == side)
    #expect(network.parameterShapes(input: [1, side, side]) != nil)
    let small = side - 1
    let error = try #require(throws: ShapeError.self) {
      try Model(network, input: [1, small, small]) { .zeros($0.shape) }
    }
    #expect(error.path.hasPrefix(place))
    #expect(error.remedy.contains("at least \(side) × \(side)"))
    #expect(error.remedy.contains("\(small) × \(small)"))
  }

  @Test func rowsOfNumbersAreRefused() throws {
    let error = try #require(throws: ShapeError.self) {
      try Model(NamedNetwork(.resnet18, classes: 10), input: [12])
    }
    #expect(error.remedy.contains("mlp") && error.found == "[2, 12]")
    #expect(throws: Never.self) { try Model(NamedNetwork(.mlp, classes: 10), input: [12]) }
  }

  @Test(arguments: [NamedNetwork.Name.resnet18, .mobilenetv2])
  func networksWithBatchNormLearn(_ name: NamedNetwork.Name) throws {
    // Sixteen pictures of noise, to be told apart by heart.
    let data = Dataset(
      inputs: .normal([16, 1, 32, 32], key: RandomKey(seed: 5)),
      targets: Tensor((0..<16).map { Int32($0 % 4) }), classNames: ["a", "b", "c", "d"])
    var model = try Model(NamedNetwork(name, classes: 4), input: [1, 32, 32], seed: 1)
    let history = try model.fit(
      data, loss: .crossEntropy, optimizer: .adam(), metrics: [.accuracy], epochs: 12,
      batchSize: 16, stopping: .never)
    #expect(history.epochs[11].loss < 0.3 * history.epochs[0].loss)
  }
}
