import Testing

@testable import Descent

@Suite struct ConvolutionDerivativeTests {
  /// Stride × padding × dilation × groups × kernels, on odd and even sizes.
  @Test(arguments: [1, 2, 3], [0, 1, 2]) func convolutions(_ stride: Int, _ padding: Int) {
    for dilation in [1, 2] {
      for groups in [1, 2] {
        for (kernel, size) in [([1, 1], [3, 4]), ([3, 2], [5, 6]), ([2, 3], [7, 5])] {
          let name = "convolution \(stride) \(padding) \(dilation) \(groups) \(kernel) \(size)"
          var random = TestRandom(name)
          let x = random.tensor([2, 2 * groups, size[0], size[1]])
          let weight = random.tensor([3 * groups, 2, kernel[0], kernel[1]])
          let bias = random.tensor([3 * groups])
          GradientCheck(name: name).run(at: [x, weight, bias]) {
            convolution(
              $0[0], $0[1], bias: $0[2], stride: [stride, 1 + stride % 2],
              padding: [padding, 2 - padding / 2], dilation: [dilation, 1], groups: groups)
          }
        }
      }
    }
  }

  /// 3 × 3 over many channels, which is computed by tiles.
  @Test func convolutionByTiles() {
    var random = TestRandom("convolution by tiles")
    let x = random.tensor([1, 8, 5, 6])
    let weight = random.tensor([9, 8, 3, 3])
    GradientCheck(name: "convolution by tiles").run(at: [x, weight]) {
      convolution($0[0], $0[1], padding: [1, 0])
    }
  }

  /// What follows a convolution runs on its blocks; no bit depends on that.
  @Test(arguments: [1, 8]) func whatFollowsAConvolutionChangesNoBit(_ channels: Int) throws {
    let x = Tensor.normal([5, channels, 9, 11], key: RandomKey(seed: 1))
    let weight = Tensor.normal([10, channels, 3, 3], key: RandomKey(seed: 2))
    let scale = Tensor.normal([10, 1, 1], key: RandomKey(seed: 3))
    let other = Tensor.normal([5, 10, 9, 11], key: RandomKey(seed: 4))
    let separate = convolution(x, weight, padding: 1)
    evaluate([separate])
    let expected = relu(separate * scale + other).scalars(as: Float.self)
    let together = relu(convolution(x, weight, padding: 1) * scale + other)
    #expect(together.scalars(as: Float.self) == expected)
  }

  /// At inference a batch normalisation costs no pass over memory of its own.
  @Test func normalisationAndActivationBelongToTheConvolution() throws {
    let network = Sequential {
      Conv2D(4, kernel: 3, padding: 1)
      BatchNorm()
      Activate(.relu)
    }
    let model = try Model(network, input: [3, 6, 6])
    let data = Dataset(
      inputs: Tensor.zeros([8, 3, 6, 6]), targets: Tensor.zeros([8, 4, 6, 6]))
    let plan = try Evaluator(model, data).plan(batchSize: 8)
    let image: Shape = [8, 4, 6, 6]
    #expect(plan.rows.count { $0.shape == image } == 1, "\(plan)")
  }

  @Test(arguments: [1, 2, 3], [1, 2]) func transposedConvolutions(_ stride: Int, _ groups: Int) {
    for (padding, output) in [(0, 0), (1, stride - 1)] {
      let name = "transposed convolution \(stride) \(groups) \(padding)"
      var random = TestRandom(name)
      let x = random.tensor([2, 2 * groups, 3, 4])
      let weight = random.tensor([2 * groups, 2, 3, 3])
      let bias = random.tensor([2 * groups])
      GradientCheck(name: name).run(at: [x, weight, bias]) {
        transposedConvolution(
          $0[0], $0[1], bias: $0[2], stride: [stride, 1], padding: [padding, 1],
          outputPadding: [output, 0], groups: groups)
      }
    }
  }

  @Test(arguments: [1, 2, 3], [1, 2, 3]) func pooling(_ kernel: Int, _ stride: Int) {
    for padding in 0...(kernel / 2) {
      let name = "pooling \(kernel) \(stride) \(padding)"
      var random = TestRandom(name)
      let x = random.distinct([2, 2, 5, 6])
      let window = Extent(height: kernel, width: max(1, kernel - 1))
      let border = Extent(height: padding, width: window.width == kernel ? padding : 0)
      let step = Extent(height: stride, width: 1 + stride % 2)
      GradientCheck(name: "max \(name)").run(at: [x]) {
        let y = maxPool($0[0], kernel: window, stride: step, padding: border)
        return y * y
      }
      for counts in [true, false] {
        GradientCheck(name: "mean \(name) \(counts)").run(at: [x]) {
          let y = averagePool(
            $0[0], kernel: window, stride: step, padding: border, countingBorder: counts)
          return y * y * y
        }
      }
    }
  }

  /// Taps as far apart as they may be: the worker's memory holds one such patch.
  @Test(arguments: [[178, 181], [1, 16_000]]) func tapsFarApart(_ dilation: [Int]) {
    let (batch, filters) = (9, 13)
    let size = [dilation[0] + 2, dilation[1] + 3]
    let x = Tensor.normal([batch, 1, size[0], size[1]], key: RandomKey(seed: 1))
    let weight = Tensor.normal([filters, 1, 2, 2], key: RandomKey(seed: 2))
    func f(_ weight: Tensor) -> Tensor {
      convolution(x, weight, dilation: [dilation[0], dilation[1]])
    }
    func plainly(_ weight: Tensor) -> Tensor {
      var sum = Tensor.zeros([1])
      for tap in 0..<4 {
        let (i, j) = (tap / 2, tap % 2)
        let part = x.slice(2, i * dilation[0]..<i * dilation[0] + 2)
          .slice(3, j * dilation[1]..<j * dilation[1] + 3)
        sum = sum + part * weight.slice(2, i..<i + 1).slice(3, j..<j + 1).reshaped([filters, 1, 1])
      }
      return sum
    }
    let (y, expected) = (f(weight), plainly(weight))
    #expect(y.shape == [batch, filters, 2, 3])
    expectEqual(y.doubles(), expected.doubles(), relative: 1e-5, absolute: 1e-5, "\(dilation)")
    let cotangent = Tensor.normal(y.shape, key: RandomKey(seed: 3))
    let gradients = [f, plainly].map { f in
      valueWithGradient(at: weight) { (f($0) * cotangent).sum() }.gradient.doubles()
    }
    expectEqual(gradients[0], gradients[1], relative: 1e-4, absolute: 1e-4, "\(dilation)")
  }

  /// So many taps in float64 have just room beside their distances.
  @Test func aLargeKernel() {
    let x = Tensor.normal([2, 1, 65, 129], key: RandomKey(seed: 1)).cast(to: .float64)
    let weight = Tensor.normal([3, 1, 64, 128], key: RandomKey(seed: 2)).cast(to: .float64)
    let y = convolution(x, weight)
    for (i, j) in [(0, 0), (1, 1)] {
      let patch = x.slice(2, i..<i + 64).slice(3, j..<j + 128).reshaped([2, 8_192])
      let expected = patch.matmul(weight.reshaped([3, 8_192]).transposed())
      let part = y.slice(2, i..<i + 1).slice(3, j..<j + 1)
      expectEqual(
        part.doubles(), expected.doubles(), relative: 1e-11, absolute: 1e-11, "\(i) \(j)")
    }
  }

  /// A stride far beyond the image leaves one step, and takes no longer for it.
  @Test func aStrideBeyondTheImage() {
    let x = Tensor.normal([2, 3, 9, 8], key: RandomKey(seed: 1)).cast(to: .float64)
    let weight = Tensor.normal([4, 3, 2, 3], key: RandomKey(seed: 2)).cast(to: .float64)
    let far = Extent(height: 1 << 24, width: 1 << 24)
    let (y, gradient) = valueWithGradient(at: x) { convolution($0, weight, stride: far).sum() }
    let first = x.slice(2, 0..<2).slice(3, 0..<3)
    #expect(abs(y.scalar - (first.expandingShape(at: 1) * weight).sum().scalar) < 1e-12)
    let corner = gradient.slice(2, 0..<2).slice(3, 0..<3)
    let sums = weight.sum(over: [0])
    expectEqual(
      corner.doubles(), sums.doubles() + sums.doubles(), relative: 1e-12, absolute: 1e-12, "")
    #expect(abs(gradient.sum().scalar - corner.sum().scalar) < 1e-12)
  }

  @Test(arguments: [1, 8]) func nothingAtAll(_ channels: Int) {
    let weight = Tensor.normal([8, channels, 3, 3], key: RandomKey(seed: 1))
    let none = Tensor.zeros([0, channels, 5, 5])
    #expect(convolution(none, weight).shape == [0, 8, 3, 3])
    let gradients = valueWithGradient(at: [none, weight]) { convolution($0[0], $0[1]).sum() }
      .gradients
    #expect(gradients[0].shape == none.shape && gradients[0].doubles().isEmpty)
    #expect(gradients[1].doubles().allSatisfy { $0 == 0 })
    let noFilters = Tensor.zeros([0, channels, 3, 3])
    #expect(convolution(Tensor.zeros([2, channels, 5, 5]), noFilters).doubles().isEmpty)
    #expect(Tensor.zeros([0, 20_000, 2]).sum(over: [1]).shape == [0, 2])
    #expect(Tensor.zeros([0, 20_000, 2]).sum(over: [1]).doubles().isEmpty)
  }

  @Test func adaptivePooling() {
    var random = TestRandom("adaptive pooling")
    let x = random.tensor([2, 3, 5, 7])
    for size: Extent in [1, 2, [3, 5], [5, 7], [1, 4]] {
      GradientCheck(name: "adaptive pooling to \(size)").run(at: [x]) {
        adaptiveAveragePool($0[0] * $0[0], to: size)
      }
    }
  }

  @Test func equalPixelsAndTheFirst() {
    let x = Tensor([1.0, 3, 3, 3, 2, 0, 0, 0], shape: [1, 1, 2, 4])
    let slope = gradient(at: x) { maxPool($0, kernel: 2).sum() }
    #expect(slope.doubles() == [0, 1, 1, 0, 0, 0, 0, 0])
  }

  /// Shifting the image shifts the result, exactly, away from the borders.
  @Test func shiftsCommute() {
    let x = Tensor.normal([1, 2, 12, 12], key: RandomKey(seed: 1))
    let weight = Tensor.normal([3, 2, 3, 3], key: RandomKey(seed: 2))
    let moved = x.slice(2, 0..<11).padded([(0, 0), (0, 0), (1, 0), (0, 0)])
    let y = convolution(x, weight), z = convolution(moved, weight)
    #expect(y.slice(2, 0..<9).scalars(as: Float.self) == z.slice(2, 1..<10).scalars(as: Float.self))
  }
}

@Suite struct ConvolutionFixtureTests {
  /// A case of Fixtures/make_convolution_fixtures.py: a function, its options and PyTorch's numbers.
  struct Case: Decodable {
    let function: String
    let options: [String: [Int]]
    let inputs: [StoredTensor]
    let value: StoredTensor
    let cotangent: StoredTensor
    let gradients: [StoredTensor]
  }

  static let cases = fixture("convolution", as: [Case].self)

  @Test(arguments: cases.indices, [DType.float64, .float32]) func agreesWithPyTorch(
    _ index: Int, _ dtype: DType
  ) throws {
    let it = Self.cases[index]
    func extent(_ name: String, _ standard: Int) -> Extent {
      it.options[name].map { Extent(height: $0[0], width: $0[1]) }
        ?? Extent(height: standard, width: standard)
    }
    let groups = it.options["groups"]?[0] ?? 1
    func f(_ x: [Tensor]) -> Tensor {
      switch it.function {
      case "conv2d":
        convolution(
          x[0], x[1], bias: x[2], stride: extent("stride", 1), padding: extent("padding", 0),
          dilation: extent("dilation", 1), groups: groups)
      case "conv_transpose2d":
        transposedConvolution(
          x[0], x[1], bias: x[2], stride: extent("stride", 1), padding: extent("padding", 0),
          outputPadding: extent("output_padding", 0), dilation: extent("dilation", 1),
          groups: groups)
      case "max_pool2d":
        maxPool(
          x[0], kernel: extent("kernel_size", 2), stride: extent("stride", 2),
          padding: extent("padding", 0))
      case "avg_pool2d":
        averagePool(
          x[0], kernel: extent("kernel_size", 2), stride: extent("stride", 2),
          padding: extent("padding", 0), countingBorder: it.options["count_include_pad"] != [0])
      default: adaptiveAveragePool(x[0], to: extent("output_size", 1))
      }
    }
    let points = it.inputs.map { $0.tensor.cast(to: dtype) }
    let cotangent = it.cotangent.tensor.cast(to: dtype)
    let value = f(points)
    #expect(value.shape.sizes == it.value.shape)
    let gradients = valueWithGradient(at: points) { (f($0) * cotangent).sum() }.gradients
    let tolerance = dtype == .float64 ? 1e-12 : 1e-5
    for (ours, theirs) in zip([value] + gradients, [it.value] + it.gradients) {
      let scale = max(1, theirs.values.map { abs($0) }.max() ?? 1)
      for (a, b) in zip(ours.doubles(), theirs.values) {
        #expect(abs(a - b) <= tolerance * scale, "\(it.function) \(it.options)")
      }
    }
  }
}

@Suite struct ConvolutionLayerTests {
  private static let lenet = Sequential {
    Conv2D(6, kernel: 5, padding: 2, activation: .relu)
    MaxPool2D(2)
    Conv2D(16, kernel: 5, activation: .relu)
    MaxPool2D(2)
    Conv2D(120, kernel: 5, activation: .relu)
    Flatten()
    Dense(84, activation: .relu)
    Dense(10)
  }

  @Test func lenetHasTheCoursesCounts() throws {
    let model = try Model(Self.lenet, input: [1, 28, 28], seed: 1)
    #expect(model.layers.map(\.parameterCount) == [156, 0, 2_416, 0, 48_120, 0, 10_164, 850])
    #expect(model.parameterCount == 61_706)
    #expect(
      model.layers.map(\.output.sizes).prefix(5) == [
        [6, 28, 28], [6, 14, 14], [16, 10, 10], [16, 5, 5], [120, 1, 1],
      ])
  }

  @Test func misfitsAreNamed() throws {
    let cases: [(any Layer, Shape, String)] = [
      (Conv2D(4, kernel: 7), [1, 5, 5], "a height of at least 7"),
      (Conv2D(4, kernel: 3), [28, 28], "Reshape([1, 28, 28])"),
      (Conv2D(4, kernel: 3, groups: 2), [3, 8, 8], "channels and filters that 2 groups divide"),
      (MaxPool2D(4), [1, 3, 3], "smaller windows"), (Conv1D(4, kernel: 9), [2, 5], "at least 9"),
      (Conv2D(-1, kernel: 3), [1, 8, 8], "sizes of at least 1"),
      (ConvTranspose2D(2, kernel: 2, padding: 3), [1, 2, 2], "less padding"),
    ]
    for (layer, input, text) in cases {
      let error = #expect(throws: ShapeError.self) {
        try Model(Sequential([layer]), input: input)
      }
      let message = error?.description ?? ""
      #expect(message.contains(text) && message.contains("layer \"0\""), "\(message)")
    }
  }

  @Test func kernelsThatSpanTooMuchAreRefused() {
    let layers: [any Layer] = [
      Conv2D(8, kernel: 3, padding: 200, dilation: 200), Conv2D(8, kernel: [0, 3]),
      Conv2D(8, kernel: 2, padding: 65_536, dilation: 16_777_216),
    ]
    for layer in layers {
      #expect(throws: ShapeError.self, "\(layer.summary)") { try Model(layer, input: [1, 28, 28]) }
    }
    let series = Conv1D(2, kernel: 3, padding: 1 << 15, dilation: 20_000)
    #expect(throws: ShapeError.self) { try Model(series, input: [1, 40]) }
  }

  @Test func layersSurviveTheirDescription() throws {
    let network = Sequential {
      Conv2D(4, kernel: [3, 5], stride: 2, padding: 1, activation: .relu)
      ConvTranspose2D(3, kernel: 2, stride: 2)
      AveragePool2D(3, stride: 2, padding: 1)
      AdaptiveAveragePool2D([2, 3])
      GlobalMaxPool2D()
    }
    let model = try Model(network, input: [2, 9, 11], seed: 1)
    #expect(NetworkDescription(network).isComplete)
    let again = model.layers.map(\.summary)
    #expect(again[0] == "Conv2D(4, kernel: 3×5, stride: 2, padding: 1, relu)")
    #expect(model.output == [3])
  }

  /// The step's plan and the loop by hand agree, so conv networks learn the same by both.
  @Test func aStepFollowsTheGradient() throws {
    let data = Dataset(
      inputs: .normal([40, 1, 28, 28], key: RandomKey(seed: 1)),
      targets: Tensor((0..<40).map { Int32($0 * 7 % 10) }))
    let start = try Model(Self.lenet, input: [1, 28, 28], seed: 1)
    var (stepped, looped) = (start, start)
    let step = try TrainingStep(
      stepped, data, loss: .crossEntropy, optimizer: .sgd(learningRate: 0.1))
    var optimizer = Optimizer.sgd(learningRate: 0.1)
    for _ in 0..<3 {
      try step(&stepped)
      let (_, gradient) = try valueWithGradient(at: &looped) { model in
        crossEntropy(try model(data.inputs), data.targets)
      }
      optimizer.update(&looped, along: gradient)
    }
    for parameter in start.parameters {
      let difference = (stepped[parameter.name]! - looped[parameter.name]!).doubles()
      #expect(difference.allSatisfy { abs($0) < 1e-5 }, "\(parameter.name)")
    }
  }
}
