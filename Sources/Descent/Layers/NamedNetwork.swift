/// A network that has a name in the literature, for any number of classes.
///
/// ```swift
/// let model = try Model(NamedNetwork(.resnet18, classes: 10), input: [3, 64, 64])
/// ```
///
/// Input `[batch, channels, height, width]` with any number of channels, or `[batch, height, width]`,
/// which is one channel; output `[batch, classes]`. Where torchvision has the network, every parameter has
/// its name and shape there, so that weights travel by name.
public struct NamedNetwork: StorableLayer, Hashable {
  public static let kind = "NamedNetwork"

  /// The networks by name.
  public enum Name: String, CaseIterable, Codable, Sendable {
    /// One unit for each class (Rosenblatt, 1958).
    case perceptron
    /// Two hidden layers of 256 and 128 units.
    case mlp
    /// LeNet-5 with maxima and rectifiers (LeCun, Bottou, Bengio and Haffner, 1998).
    case lenet
    /// AlexNet on one device (Krizhevsky, *One weird trick for parallelizing convolutional neural
    /// networks*, 2014).
    case alexnet
    /// Eight convolutions and three dense layers (Simonyan and Zisserman, 2015, column A).
    case vgg11
    /// Ten convolutions and three dense layers (the same, column B).
    case vgg13
    /// Thirteen convolutions and three dense layers (the same, column D).
    case vgg16
    /// Residual blocks of two convolutions, eight of them (He, Zhang, Ren and Sun, 2016).
    case resnet18
    /// Residual blocks of two convolutions, sixteen of them (the same).
    case resnet34
    /// Residual blocks of three convolutions, sixteen of them (the same; the stride is in the middle one).
    case resnet50
    /// Inverted residual blocks (Sandler, Howard, Zhu, Zhmoginov and Chen, 2018).
    case mobilenetv2
  }

  /// What becomes of pixels between 0 and 1 on their way in.
  public enum Pixels: String, CaseIterable, Codable, Sendable {
    /// They stay as they are.
    case plain
    /// Red, green and blue are standardised by their means and standard deviations over ImageNet, as
    /// torchvision's weights expect it.
    case imagenet
  }

  /// Which network it is.
  public var name: Name
  /// The number of outputs.
  public var classes: Int
  /// What the outputs go through.
  public var activation: Activation
  /// What becomes of pixels on their way in.
  public var pixels = Pixels.plain

  /// Creates a network with an output for each class.
  public init(_ name: Name, classes: Int, activation: Activation = .identity) {
    precondition(classes > 0, "NamedNetwork: \(classes) classes")
    (self.name, self.classes, self.activation) = (name, classes, activation)
  }

  public func callAsFunction(_ x: Tensor, in scope: Scope) throws -> Tensor {
    let x = try standardized(x, in: scope)
    if name == .perceptron || name == .mlp { return try layers(for: x.shape)(x, in: scope) }
    let images = x.rank == 3 ? x.expandingShape(at: 1) : x
    guard images.rank == 4, images.shape.allSatisfy({ $0 > 0 }) else {
      throw ShapeError(
        path: scope.path, layer: summary, expected: "images: [batch, channels, height, width]",
        found: "\(x.shape)", remedy: "for rows of numbers, use the network mlp")
    }
    do {
      return try layers(for: images.shape)(images, in: scope)
    } catch let error as ShapeError {
      guard let side = smallestSide(channels: images.shape[1]) else { throw error }
      throw ShapeError(
        path: error.path, layer: error.layer, expected: error.expected, found: error.found,
        remedy: "\(name.rawValue) needs images of at least \(side) × \(side), and was given "
          + "\(images.shape[2]) × \(images.shape[3]): enlarge them, or choose a smaller network")
    }
  }

  private func standardized(_ images: Tensor, in scope: Scope) throws -> Tensor {
    guard pixels == .imagenet else { return images }
    guard images.rank == 4, images.shape[1] == 3 else {
      throw ShapeError(
        path: scope.path, layer: summary,
        expected: "red, green and blue: [batch, 3, height, width]", found: "\(images.shape)",
        remedy: "leave the pixels plain, or give pictures in colour")
    }
    func colors(_ values: [Double]) -> Tensor {
      .concatenate(values.map { images.constant($0).reshaped([1, 1, 1, 1]) }, along: 1)
    }
    return (images - colors([0.485, 0.456, 0.406])) / colors([0.229, 0.224, 0.225])
  }

  /// The side of the smallest square images that the network takes.
  public func smallestSide(channels: Int) -> Int? {
    (1...512).first { parameterShapes(input: [channels, $0, $0]) != nil }
  }

  /// The names and shapes of all parameters, in order, without making any; nil if samples of this shape,
  /// `[channels, height, width]`, do not fit.
  public func parameterShapes(input: Shape? = nil) -> [(name: String, shape: Shape)]? {
    trace(input)?.parameters.map { ($0.path, $0.shape) }
  }

  /// What a layer with parameters costs.
  public struct Cost: Sendable {
    /// The layer's path, such as `features.0`.
    public let path: String
    /// The shape of one output sample.
    public let output: Shape
    /// The number of parameters.
    public let parameters: Int
    /// The multiplications with an addition for one sample, of convolutions and dense layers.
    public let multiplyAdds: Int
  }

  /// What each layer with parameters costs, in order, without making any; nil if samples of this shape,
  /// `[channels, height, width]`, do not fit.
  public func costs(input: Shape? = nil) -> [Cost]? {
    guard let trace = trace(input) else { return nil }
    return trace.layers.compactMap { layer in
      let (path, output) = (layer.path, layer.output.withoutBatch)
      let own = trace.parameters.filter {
        $0.path.hasPrefix(path + ".") && !$0.path.dropFirst(path.count + 1).contains(".")
      }
      guard !own.isEmpty else { return nil }
      // Every place of an image uses all weights; a vector of gains is no product of matrices.
      let places = output.rank == 3 ? output[1] * output[2] : 1
      let weights = own.filter { $0.shape.rank > 1 }.reduce(0) { $0 + $1.shape.elementCount }
      return Cost(
        path: path, output: output, parameters: own.reduce(0) { $0 + $1.shape.elementCount },
        multiplyAdds: weights * places)
    }
  }

  private func trace(_ input: Shape?) -> ShapeTrace? {
    let input = input ?? name.usualInput
    return try? ShapeTrace(layers(for: Shape([2] + input.sizes)), input: input)
  }

  public var summary: String {
    "\(name.rawValue)(\(classes)\(pixels == .plain ? "" : ", pixels: \(pixels.rawValue)"))"
  }

  private enum CodingKeys: String, CodingKey { case name, classes, activation, pixels }

  public init(from decoder: Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let classes = try container.decode(Int.self, forKey: .classes)
    guard (1...1 << 24).contains(classes) else {
      throw DecodingError.dataCorruptedError(
        forKey: .classes, in: container, debugDescription: "a network of \(classes) classes")
    }
    self.init(
      try container.decode(Name.self, forKey: .name), classes: classes,
      activation: try container.decode(Activation.self, forKey: .activation))
    pixels = try container.decodeIfPresent(Pixels.self, forKey: .pixels) ?? .plain
  }
}

extension NamedNetwork.Name {
  /// The samples that the network was made for, `[channels, height, width]`.
  public var usualInput: Shape {
    switch self {
    case .perceptron, .mlp, .lenet: [1, 28, 28]
    default: [3, 224, 224]
    }
  }

  /// The number of classes that it was made for: ten digits, or ImageNet's thousand.
  public var usualClasses: Int { usualInput[0] == 1 ? 10 : 1_000 }
}

// MARK: The networks

extension NamedNetwork {
  /// The layers for a batch of this shape, behind what becomes of its pixels.
  public func layers(for input: Shape) -> Sequential {
    switch name {
    case .perceptron:
      Sequential {
        Flatten()
        Dense(classes, activation: activation)
      }
    case .mlp:
      Sequential {
        Flatten()
        Dense(256, activation: .relu)
        Dense(128, activation: .relu)
        Dense(classes, activation: activation)
      }
    case .lenet: lenet(padding: input[2] < 32 || input[3] < 32 ? 2 : 0)
    case .alexnet: alexnet
    case .vgg11: vgg([[64], [128], [256, 256], [512, 512], [512, 512]])
    case .vgg13: vgg([[64, 64], [128, 128], [256, 256], [512, 512], [512, 512]])
    case .vgg16:
      vgg([[64, 64], [128, 128], [256, 256, 256], [512, 512, 512], [512, 512, 512]])
    case .resnet18: resnet([2, 2, 2, 2], isDeep: false)
    case .resnet34: resnet([3, 4, 6, 3], isDeep: false)
    case .resnet50: resnet([3, 4, 6, 3], isDeep: true)
    case .mobilenetv2: mobilenet
    }
  }

  /// LeNet-5 was made for digits of 28 × 28 with a border of 2.
  private func lenet(padding: Extent) -> Sequential {
    Sequential {
      Conv2D(6, kernel: 5, padding: padding, activation: .relu).named("conv1")
      MaxPool2D(2).named("pool1")
      Conv2D(16, kernel: 5, activation: .relu).named("conv2")
      MaxPool2D(2).named("pool2")
      Flatten().named("flatten")
      Dense(120, activation: .relu).named("fc1")
      Dense(84, activation: .relu).named("fc2")
      Dense(classes, activation: activation).named("fc3")
    }
  }

  private var alexnet: Sequential {
    Sequential {
      Sequential {
        convolution(64, kernel: 11, stride: 4, padding: 2)
        Activate(.relu)
        MaxPool2D(3, stride: 2)
        convolution(192, kernel: 5, padding: 2)
        Activate(.relu)
        MaxPool2D(3, stride: 2)
        convolution(384, kernel: 3, padding: 1)
        Activate(.relu)
        convolution(256, kernel: 3, padding: 1)
        Activate(.relu)
        convolution(256, kernel: 3, padding: 1)
        Activate(.relu)
        MaxPool2D(3, stride: 2)
      }.named("features")
      AdaptiveAveragePool2D(6).named("avgpool")
      Flatten().named("flatten")
      Sequential {
        Dropout(0.5)
        Dense(4096, initializer: .he)
        Activate(.relu)
        Dropout(0.5)
        Dense(4096, initializer: .he)
        Activate(.relu)
        Dense(classes, activation: activation)
      }.named("classifier")
    }
  }

  /// Stages of small convolutions, each with a pool behind it.
  private func vgg(_ stages: [[Int]]) -> Sequential {
    Sequential {
      Sequential {
        for stage in stages {
          for filters in stage {
            convolution(filters, kernel: 3, padding: 1)
            Activate(.relu)
          }
          MaxPool2D(2)
        }
      }.named("features")
      AdaptiveAveragePool2D(7).named("avgpool")
      Flatten().named("flatten")
      Sequential {
        Dense(4096, initializer: .he)
        Activate(.relu)
        Dropout(0.5)
        Dense(4096, initializer: .he)
        Activate(.relu)
        Dropout(0.5)
        Dense(classes, activation: activation)
      }.named("classifier")
    }
  }

  /// Four stages of so many blocks; a deep block narrows its input to a quarter of its output.
  private func resnet(_ counts: [Int], isDeep: Bool) -> Sequential {
    Sequential {
      convolution(64, kernel: 7, stride: 2, padding: 3, bias: false).named("conv1")
      BatchNorm().named("bn1")
      Activate(.relu).named("relu")
      MaxPool2D(3, stride: 2, padding: 1).named("maxpool")
      for (stage, count) in counts.enumerated() {
        Sequential {
          for index in 0..<count {
            let stride: Extent = stage > 0 && index == 0 ? 2 : 1
            let isNew = index == 0 && (isDeep || stage > 0)
            block(64 << stage, stride: stride, isDeep: isDeep, isNew: isNew)
          }
        }.named("layer\(stage + 1)")
      }
      GlobalAveragePool2D().named("avgpool")
      Dense(classes, activation: activation).named("fc")
    }
  }

  /// A residual block of a ResNet; `isNew` says that its output has another shape than its input.
  private func block(_ width: Int, stride: Extent, isDeep: Bool, isNew: Bool) -> ResidualBlock {
    ResidualBlock(
      body: Sequential {
        if isDeep {
          convolution(width, kernel: 1, bias: false).named("conv1")
          BatchNorm().named("bn1")
          Activate(.relu).named("relu1")
          convolution(width, kernel: 3, stride: stride, padding: 1, bias: false).named("conv2")
          BatchNorm().named("bn2")
          Activate(.relu).named("relu2")
          convolution(4 * width, kernel: 1, bias: false).named("conv3")
          BatchNorm().named("bn3")
        } else {
          convolution(width, kernel: 3, stride: stride, padding: 1, bias: false).named("conv1")
          BatchNorm().named("bn1")
          Activate(.relu).named("relu1")
          convolution(width, kernel: 3, padding: 1, bias: false).named("conv2")
          BatchNorm().named("bn2")
        }
      },
      projection: !isNew
        ? nil
        : Sequential {
          convolution(isDeep ? 4 * width : width, kernel: 1, stride: stride, bias: false)
          BatchNorm()
        })
  }

  private var mobilenet: Sequential {
    // The expansion, the channels, how often, and the stride of the first.
    let stages: [(Int, Int, Int, Extent)] = [
      (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2),
      (6, 320, 1, 1),
    ]
    var channels = 32
    var features: [any Layer] = [normalized(32, kernel: 3, stride: 2)]
    for (expansion, filters, count, stride) in stages {
      for index in 0..<count {
        features.append(
          invertedBlock(
            channels, expansion, filters, stride: index == 0 ? stride : 1))
        channels = filters
      }
    }
    features.append(normalized(1280, kernel: 1))
    return Sequential {
      Sequential(features).named("features")
      GlobalAveragePool2D().named("avgpool")
      Sequential {
        Dropout(0.2)
        Dense(classes, activation: activation)
      }.named("classifier")
    }
  }

  /// Widens, filters each channel by itself, and narrows again; goes round where it can.
  private func invertedBlock(
    _ channels: Int, _ expansion: Int, _ filters: Int, stride: Extent
  ) -> any Layer {
    let wide = channels * expansion
    let body = Sequential {
      if expansion > 1 { normalized(wide, kernel: 1) }
      normalized(wide, kernel: 3, stride: stride, groups: wide)
      convolution(filters, kernel: 1, bias: false)
      BatchNorm()
    }.named("conv")
    return stride == 1 && channels == filters ? Residual { body } : Sequential { body }
  }

  /// A convolution that keeps the size, normalised, and held between 0 and 6.
  private func normalized(
    _ filters: Int, kernel: Extent, stride: Extent = 1, groups: Int = 1
  ) -> Sequential {
    Sequential {
      convolution(
        filters, kernel: kernel, stride: stride, padding: kernel == 1 ? 0 : 1, groups: groups,
        bias: false)
      BatchNorm()
      Activate(.relu6)
    }
  }

  /// A convolution whose weights suit the rectifier that comes behind it.
  private func convolution(
    _ filters: Int, kernel: Extent, stride: Extent = 1, padding: Extent = 0, groups: Int = 1,
    bias: Bool = true
  ) -> Conv2D {
    Conv2D(
      filters, kernel: kernel, stride: stride, padding: padding, groups: groups, bias: bias,
      initializer: .he)
  }
}

/// y = max(0, f(x) + g(x)), with g a projection where the shape changes, and else the identity.
private struct ResidualBlock: Layer {
  let body: Sequential
  let projection: Sequential?

  func callAsFunction(_ x: Tensor, in scope: Scope) throws -> Tensor {
    let shortcut = try projection.map { try scope.call($0, x, as: "downsample") } ?? x
    return relu(try body(x, in: scope) + shortcut)
  }

  var summary: String { "relu(f(x) + \(projection == nil ? "x" : "g(x)"))" }
}
