import Descent
import DescentData
import Foundation
import Testing

/// Models in files: what is stored comes back, and damage is refused.
@Suite struct ModelFileTests {
  private func temporaryPath() -> String {
    FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).safetensors").path
  }

  private func model(dtype: DType = .float32) throws -> Model {
    let network = Sequential {
      Flatten()
      Dense(3, activation: .relu)
      Residual { Dense(3, activation: .gelu) }
      BatchNorm()
      Dropout(0.5)
      Reshape([3, 1])
      Reshape([-1])
      Activate(.tanh)
      Dense(2, bias: false)
    }
    var model = try Model(network, input: [2, 2], seed: 7, dtype: dtype)
    model.card.classNames = ["cat", "\"dog\""]
    model.card.outputActivation = .softmax
    model.card.scale = 0.25
    return model
  }

  @Test(arguments: [DType.float32, .float64])
  func roundTrip(_ dtype: DType) throws {
    let path = temporaryPath()
    defer { unlink(path) }
    let original = try model(dtype: dtype)
    try original.save(to: path)
    let copy = try Model(contentsOf: path)
    #expect(copy.parameters.map(\.name) == original.parameters.map(\.name))
    for parameter in original.parameters {
      #expect(copy[parameter.name]!.doubles() == original[parameter.name]!.doubles())
    }
    let x = Tensor.normal([5, 2, 2], dtype: dtype, key: RandomKey(seed: 1))
    #expect(try copy(x).doubles() == original(x).doubles())
    #expect(copy.card.classNames == original.card.classNames && copy.card.scale == 0.25)
    #expect(copy.card.outputActivation == .softmax)
    #expect(copy.layers.map(\.summary) == original.layers.map(\.summary))
    // The same model gives the same bytes.
    let bytes = try readFile(path)
    try copy.save(to: path)
    #expect(try readFile(path) == bytes)
  }

  @Test func everyBuiltInLayerComesBack() throws {
    let path = temporaryPath()
    defer { unlink(path) }
    let network = Sequential {
      Pad(before: [1, 0], after: [0, 1])
      Upsample(2)
      Upsample(2, method: .linear)
      Dropout2D(0.25)
      BatchNorm(momentum: 0.2, epsilon: 1e-4)
      InstanceNorm()
      GroupNorm(2)
      Parallel {
        LayerNorm(axisCount: 3)
        Residual {
          Dense(12)
        } shortcut: {
          Dense(12, initializer: .he.over(.outputs))
          Dropout(0.5)
        }
      }
      Flatten()
      Dense(3, initializer: .orthogonal(gain: 2), biasInitializer: .truncatedNormal())
      Embedding(9, 2)
    }
    var original = try Model(network, input: [2, 2, 2], seed: 7)
    original["4.running_mean"] = [1, 2]
    original["4.running_var"] = [3, 4]
    original.randomState.step = 1 << 60
    try original.save(to: path)
    let copy = try Model(contentsOf: path)
    #expect(copy.layers.map(\.summary) == original.layers.map(\.summary))
    #expect(copy.parameters == original.parameters && copy.state == original.state)
    #expect(copy.randomState == RandomState(seed: 7, step: 1 << 60))
    for part in original.parameters + original.state {
      #expect(copy[part.name]!.scalars() == original[part.name]!.scalars(), "\(part.name)")
    }
    let names = try SafetensorsFile(contentsOf: path).tensors.map(\.name)
    #expect(names.contains("4.running_mean") && names.contains("7.1.shortcut.0.weight"))
    let bytes = try readFile(path)
    try copy.save(to: path)
    #expect(try readFile(path) == bytes)
  }

  struct Twice: Layer {
    func callAsFunction(_ x: Tensor, in scope: Scope) -> Tensor {
      2 * x * scope.parameter("gain", [x.shape.last], initializer: .ones)
    }
  }

  @Test func networksWithOwnLayersAreRebuiltFromCode() throws {
    let path = temporaryPath()
    defer { unlink(path) }
    let network = Sequential([Twice(), Dense(2)])
    let original = try Model(network, input: [3], seed: 1)
    try original.save(to: path)
    #expect(throws: DataError.self) { try Model(contentsOf: path) }
    let copy = try Model(contentsOf: path, network: network)
    #expect(copy["1.weight"]!.doubles() == original["1.weight"]!.doubles())
    // A network whose parameters the file does not have.
    let other = Sequential([Twice(), Dense(5)])
    #expect(throws: DataError.self) { try Model(contentsOf: path, network: other) }
  }

  @Test("every damage to a model file is refused or harmless")
  func damage() throws {
    let path = temporaryPath()
    defer { unlink(path) }
    try model().save(to: path)
    let good = try readFile(path)
    func tryOut(_ bytes: [UInt8]) {
      _ = FileManager.default.createFile(atPath: path, contents: Data(bytes))
      do {
        let model = try Model(contentsOf: path)
        // What is accepted can be used.
        _ = try model(Tensor.zeros(Shape([1] + model.input.sizes))).doubles()
      } catch is DataError {
      } catch {
        Issue.record("another error than DataError: \(error)")
      }
    }
    for count in good.indices { tryOut(Array(good[..<count])) }
    for index in good.indices {
      for mask: UInt8 in [0x01, 0x10, 0x80, 0xFF] {
        var bytes = good
        bytes[index] ^= mask
        tryOut(bytes)
      }
    }
  }

  @Test("a header that lies about shapes costs no memory")
  func lies() throws {
    let path = temporaryPath()
    defer { unlink(path) }
    let card = """
      {"version":1,"input":[16777216],"card":{"scale":1,"classNames":[],"loss":"","training":{},\
      "outputActivation":"identity"},"network":{"type":"Sequential","layers":[{"type":"Dense",\
      "units":16777216,"activation":"relu","bias":true,"initializer":{"kind":"heNormal"},\
      "biasInitializer":{"kind":"constant","scale":0}}]}}
      """
    let file = SafetensorsFile(metadata: ["descent": card], tensors: [])
    try AtomicFile.write(try file.serialized(), to: path)
    #expect(throws: DataError.self) { try Model(contentsOf: path) }
    let notOurs = SafetensorsFile(metadata: ["format": "pt"], tensors: [])
    try AtomicFile.write(try notOurs.serialized(), to: path)
    #expect(throws: DataError.self) { try Model(contentsOf: path) }
  }

  @Test func unwritablePlaces() throws {
    let model = try model()
    for path in ["/proc/nowhere/model.safetensors", "/", "/dev/null/x"] {
      #expect(throws: DataError.self) { try model.save(to: path) }
    }
  }
}
