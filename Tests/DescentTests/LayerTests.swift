import Testing

@testable import Descent

/// What PyTorch's layers make of minibatches, and a network that it trained.
struct LayerFixtures: Decodable {
  struct Layer: Decodable {
    let name: String
    let parameters: [String: StoredTensor]
    /// Passes in training, and a last one in evaluation.
    let passes: [Pass]
  }

  struct Pass: Decodable {
    let x: StoredTensor
    let value: StoredTensor
    let cotangent: StoredTensor
    let gradients: [String: StoredTensor]
    /// The running statistics behind it.
    let state: [String: StoredTensor]
  }

  struct Network: Decodable {
    let x: StoredTensor
    let labels: [Int32]
    let losses: [Double]
    let start: [String: StoredTensor]
    let output: StoredTensor
    let end: [String: StoredTensor]
  }

  let layers: [Layer]
  let network: Network

  static let stored = fixture("layers", as: LayerFixtures.self)
}

extension Model {
  /// The output for x and its gradients at x and at the parameters, under a cotangent; a pass in
  /// training leaves its mark on the state.
  fileprivate mutating func pass(
    _ x: Tensor, isTraining: Bool, cotangent: Tensor
  ) throws -> (value: Tensor, gradients: [String: Tensor]) {
    let points = [x] + parameterTensors
    var made: Pass?
    var output: Tensor?
    let gradients = try valueWithGradient(at: points) { points in
      let pass = pass(Array(points.dropFirst()), stateTensors, isTraining: isTraining)
      let value = try run(points[0], pass)
      (made, output) = (pass, value)
      return (value * cotangent).sum()
    }.gradients
    let changed = state.compactMap { part in made?.update(of: part.name).map { (part.name, $0) } }
    for (name, value) in changed { self[name] = value }
    let names = ["x"] + parameters.map(\.name)
    return (output!, Dictionary(uniqueKeysWithValues: zip(names, gradients)))
  }
}

@Suite struct LayerTests {
  static let layers: [String: any Layer] = [
    "batchNorm": BatchNorm(), "batchNormSeries": BatchNorm(), "batchNormImages": BatchNorm(),
    "batchNormMomentum": BatchNorm(momentum: 0.3, epsilon: 1e-2),
    "layerNorm": LayerNorm(), "layerNormImages": LayerNorm(axisCount: 3),
    "groupNorm": GroupNorm(2), "groupNormImages": GroupNorm(3), "instanceNorm": InstanceNorm(),
    "pad": Pad(before: [0, 1], after: [1, 2]), "upsampleNearest": Upsample(2),
    "upsampleBilinear": Upsample(3, method: .linear),
    "upsampleSeries": Upsample(2, method: .linear),
  ]

  @Test func everyFixtureHasItsLayer() {
    #expect(Set(LayerFixtures.stored.layers.map(\.name)) == Set(Self.layers.keys))
  }

  private struct Twice: Layer {
    func callAsFunction(_ x: Tensor, in scope: Scope) throws -> Tensor {
      let dense = Dense(3, activation: .tanh)
      return try dense(dense(x, in: scope.dense), in: scope.dense.shared)
    }
  }

  @Test func whatIsUsedTwiceIsThereOnceAndItsGradientIsTheSum() throws {
    var model = try Model(Twice(), input: [3], seed: 1, dtype: .float64)
    #expect(model.parameters.map(\.name) == ["dense.weight", "dense.bias"])
    #expect(try Twice().parameterCount(input: [3]) == 12 && model.parameterCount == 12)
    let apart = Sequential([Dense(3, activation: .tanh), Dense(3, activation: .tanh)])
    var copies = try Model(apart, input: [3], dtype: .float64)
    for name in ["weight", "bias"] {
      for layer in 0..<2 { copies["\(layer).\(name)"] = model["dense.\(name)"] }
    }
    let x = Tensor([0.4, -1, 0.3, 0.9, 0.1, -0.6], shape: [2, 3])
    let cotangent = Tensor([1, -0.5, 2, 0.3, 1.2, -1], shape: [2, 3])
    let (value, gradients) = try model.pass(x, isTraining: true, cotangent: cotangent)
    let (expected, parts) = try copies.pass(x, isTraining: true, cotangent: cotangent)
    expectEqual(value.doubles(), expected.doubles(), relative: 1e-14, absolute: 1e-14, "value")
    for name in ["weight", "bias"] {
      expectEqual(
        gradients["dense.\(name)"]!.doubles(),
        (parts["0.\(name)"]! + parts["1.\(name)"]!).doubles(), relative: 1e-13,
        absolute: 1e-13, name)
    }
  }

  @Test(arguments: layers.keys.sorted(), [DType.float64, .float32])
  func agreesWithPyTorch(_ name: String, _ dtype: DType) throws {
    let fixture = try #require(LayerFixtures.stored.layers.first { $0.name == name })
    let layer = try #require(Self.layers[name])
    let tolerance = dtype == .float64 ? 1e-10 : 1e-5
    let input = Shape(Array(fixture.passes[0].x.shape.dropFirst()))
    var model = try Model(layer, input: input, dtype: dtype)
    #expect(Set(model.parameters.map(\.name)) == Set(fixture.parameters.keys))
    for (name, value) in fixture.parameters { model[name] = value.tensor }
    for (step, expected) in fixture.passes.enumerated() {
      let isTraining = step < fixture.passes.count - 1
      let what = "\(name) in \(dtype), pass \(step)"
      let (value, gradients) = try model.pass(
        expected.x.tensor.cast(to: dtype), isTraining: isTraining,
        cotangent: expected.cotangent.tensor.cast(to: dtype))
      #expect(value.shape.sizes == expected.value.shape)
      expectEqual(
        value.doubles(), expected.value.values, relative: tolerance, absolute: tolerance, what)
      #expect(Set(gradients.keys) == Set(expected.gradients.keys))
      for (parameter, gradient) in expected.gradients {
        expectEqual(
          gradients[parameter]!.doubles(), gradient.values, relative: tolerance,
          absolute: 3 * tolerance, "\(what), the gradient at \(parameter)")
      }
      #expect(Set(model.state.map(\.name)) == Set(expected.state.keys))
      for (part, value) in expected.state {
        expectEqual(
          model[part]!.doubles(), value.values, relative: tolerance, absolute: tolerance,
          "\(what), \(part)")
      }
    }
  }

  private static let shapes: [(layer: any Layer, input: Shape)] = [
    (BatchNorm(), [3]), (BatchNorm(), [2, 3]), (BatchNorm(), [2, 2, 2]), (LayerNorm(), [4]),
    (LayerNorm(), [2, 3]), (LayerNorm(axisCount: 2), [2, 3]), (GroupNorm(2), [4]),
    (GroupNorm(2), [4, 3]), (GroupNorm(4), [4, 2, 2]), (InstanceNorm(), [2, 4]),
    (Dropout(0.4), [6]), (Dropout2D(0.4), [4, 2, 2]), (Pad(1), [1, 2, 2]),
    (Upsample(2), [1, 2, 2]), (Upsample(2, method: .linear), [1, 3, 2]),
    (Upsample(3, method: .linear), [2, 3]),
    (Residual { Dense(3, activation: .tanh) }, [3]),
    (Residual([Dense(2)], shortcut: [Dense(2, bias: false)]), [3]),
    (
      Parallel {
        Dense(2)
        Sequential {
          Dense(3, activation: .tanh)
          BatchNorm()
        }
      }, [3]
    ),
  ]

  @Test(arguments: shapes.indices, [true, false])
  func derivatives(_ index: Int, isTraining: Bool) throws {
    let (layer, input) = Self.shapes[index]
    let name = "\(layer.summary) on \(input)"
    var random = TestRandom(name)
    let model = try Model(layer, input: input, seed: 3, dtype: .float64)
    let points =
      [random.tensor(Shape([4] + input))]
      + model.parameters.map { random.awayFromZero($0.shape, by: 0.3...1.5) }
    let state = model.state.map { random.tensor($0.shape, in: 0.5...2) }
    // The closure must make the same of the same points: the passes have the same step.
    GradientCheck(name: name).run(at: points) { points in
      let pass = model.pass(Array(points.dropFirst()), state, isTraining: isTraining)
      do {
        return try model.run(points[0], pass)
      } catch { fatalError("\(error)") }
    }
  }

  @Test(arguments: [DType.float64, .float32]) func training(_ dtype: DType) throws {
    let fixture = LayerFixtures.stored.network
    let network = Sequential {
      Dense(6)
      BatchNorm()
      Activate(.relu)
      Dense(3)
    }
    let x = fixture.x.tensor.cast(to: dtype)
    let labels = Tensor(fixture.labels)
    let tolerance = dtype == .float64 ? 1e-9 : 2e-4
    var start = try Model(network, input: [4], dtype: dtype)
    for (name, value) in fixture.start { start[name] = value.tensor }
    func compare(_ model: Model, _ losses: [Double], _ what: String) throws {
      expectEqual(losses, fixture.losses, relative: tolerance, what)
      let all = (model.parameters + model.state).map(\.name)
      #expect(Set(all) == Set(fixture.end.keys))
      // In front of a normalisation a bias has no influence: its gradient is rounding, which Adam
      // magnifies, and the running mean follows it.
      for name in all {
        if ["0.bias", "1.running_mean"].contains(name) { continue }
        expectEqual(
          model[name]!.doubles(), fixture.end[name]!.values, relative: tolerance,
          absolute: tolerance, "\(what), \(name)")
      }
      if dtype == .float64 {
        expectEqual(
          try model(x).doubles(), fixture.output.values, relative: 10 * tolerance,
          absolute: 10 * tolerance, "\(what), evaluation")
      }
      #expect(model.randomState.step == UInt64(losses.count))
    }

    // By hand.
    var model = start
    var optimizer = Optimizer.adam(learningRate: 0.01)
    var losses: [Double] = []
    for _ in fixture.losses {
      let (loss, gradient) = try valueWithGradient(at: &model) { crossEntropy(try $0(x), labels) }
      optimizer.update(&model, along: gradient)
      losses.append(loss.scalar)
    }
    try compare(model, losses, "by hand")

    // Compiled.
    model = start
    let step = try TrainingStep(
      model, Dataset(inputs: x, targets: labels), loss: .crossEntropy,
      optimizer: .adam(learningRate: 0.01))
    losses = try fixture.losses.map { _ in
      try step(&model, positions: (0..<8).map { Int32($0) }).loss
    }
    try compare(model, losses, "compiled")
    #expect(start["1.running_var"]!.doubles() == [1, 1, 1, 1, 1, 1])
  }

  @Test func aLoneSampleIsNormalisedByTheRunningMeans() throws {
    var model = try Model(BatchNorm(), input: [2])
    model["running_mean"] = [1, 2]
    model["running_var"] = [4, 9]
    let x = Tensor(rows: [[3, 5]])
    let (value, _) = try valueWithGradient(at: &model) { try $0(x).sum() }
    #expect(abs(value.scalar - 2) < 1e-5)
    #expect(model["running_mean"]!.scalars() == [1, 2])
    #expect(model["running_var"]!.scalars() == [4, 9])
  }

  @Test func upsamplingAndPaddingByHand() throws {
    let x = Tensor([1.0, 2, 3, 4], shape: [1, 1, 2, 2])
    let doubled = try Model(Upsample(2), input: [1, 2, 2], dtype: .float64)(x)
    #expect(doubled.doubles() == [1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4])
    let padded = try Model(Pad(1), input: [1, 2, 2], dtype: .float64)(x)
    #expect(padded.doubles() == [0, 0, 0, 0, 0, 1, 2, 0, 0, 3, 4, 0, 0, 0, 0, 0])
  }

  @Test func embeddings() throws {
    let model = try Model(Embedding(5, 2), input: [3], seed: 1)
    #expect(model.output == [3, 2])
    let table = model["weight"]!.scalars()
    let rows = try model(Tensor(rows: [[4, 0, 4]])).scalars()
    #expect(rows == Array(table[8...9] + table[0...1] + table[8...9]))
  }

  @Test func containers() throws {
    let network = Sequential {
      Parallel {
        Dense(2)
        Sequential {
          Dense(4)
          BatchNorm()
        }
      }
      Residual {
        Dense(3)
      } shortcut: {
        Dense(3, bias: false)
      }
    }
    let model = try Model(network, input: [5])
    #expect(model.output == [3])
    #expect(
      model.parameters.map(\.name) == [
        "0.0.weight", "0.0.bias", "0.1.0.weight", "0.1.0.bias", "0.1.1.weight", "0.1.1.bias",
        "1.0.weight", "1.0.bias", "1.shortcut.0.weight",
      ])
    #expect(model.state.map(\.name) == ["0.1.1.running_mean", "0.1.1.running_var"])
    #expect(model.stateCount == 8 && "\(model)".contains("and 8 numbers of state"))
    #expect(model.layers.first { $0.path == "0.1.1" }?.stateCount == 8)
  }

  @Test func errorsSayWhatFits() {
    func error(_ layer: any Layer, _ input: Shape) -> ShapeError? {
      do {
        _ = try Model(Sequential([layer]), input: input)
        return nil
      } catch { return error as? ShapeError }
    }
    let grouped = error(GroupNorm(4), [6, 2])
    #expect(grouped?.path == "0" && grouped?.layer == "GroupNorm(4)")
    #expect(grouped?.found.contains("6 channels") == true)
    #expect(grouped?.remedy == "use 1, 2, 3, 6 groups")
    #expect(error(LayerNorm(axisCount: 3), [6, 2])?.remedy == "give it an axisCount of 1 ... 2")
    let uneven = Parallel {
      Dense(2)
      Reshape([2, -1])
    }
    let huge = Sequential([Upsample(1024), Upsample(1024), Upsample(1024)])
    let cases: [(any Layer, Shape)] = [
      (BatchNorm(), []), (GroupNorm(1), []), (InstanceNorm(), [3]), (Dropout2D(0.5), [3]),
      (Pad(1), [3]), (Upsample(2), [3]), (Upsample(2), [1, 2, 2, 2]), (uneven, [4]),
      (Parallel([Dense(2)], along: 2), [4]), (Residual([Dense(2)]), [4]), (huge, [1, 64, 64]),
    ]
    for (layer, input) in cases {
      let found = error(layer, input)
      #expect(found != nil && found?.remedy.isEmpty == false, "\(layer.summary) on \(input)")
    }
  }
}
