import ArgumentParser
import Descent
import Foundation

/// The options that describe a network.
struct NetworkOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A network by name, instead of --layers: "
        + "\(NamedNetwork.Name.allCases.map(\.rawValue).joined(separator: ", ")).",
      valueName: "name"))
  var network: String?

  @Option(
    help: ArgumentHelp(
      "The hidden layers, as units:activation, separated by commas; \"none\" for no hidden layer.",
      discussion: """
        Between them: dropout:0.5, batchnorm, layernorm, and an activation by itself, as in \
        128:identity,batchnorm,relu,dropout:0.2.
        For images, before the dense ones: conv:32x3:relu, 32 filters of 3 x 3 pixels that keep the \
        image's size, pool:2, the largest of 2 x 2 pixels, and globalpool, the mean of each filter.
        Activations: \(Activation.all.map(\.name).joined(separator: ", ")).
        """,
      valueName: "128:relu,64:relu"))
  var layers: String?

  @Option(help: "The function of the last layer, such as softmax, sigmoid or identity.")
  var outputActivation: String?

  @Option(help: "The loss: \(Loss.names.joined(separator: ", ")).")
  var loss: String?

  @Option(
    help: ArgumentHelp(
      "With cross-entropy: how much of every class is mixed into each target.",
      discussion: "0.1 for digits and folders of pictures and else 0, unless said otherwise.",
      valueName: "0.1"))
  var labelSmoothing: Double?

  @Option(
    help: ArgumentHelp(
      "How weights begin: \(Self.initializers.joined(separator: ", ")).",
      discussion: """
        With lsuv, the only one for a network by name, they are scaled so that on 256 training samples \
        the sums of each layer have a standard deviation of 1.
        """))
  var initializer: String?

  @Option(help: "How biases begin; zeros unless said otherwise.")
  var biasInitializer: String?

  /// Those of the library, and one that needs samples.
  private static let initializers = Initializer.names + ["lsuv"]

  /// A network for samples of a data set, with its loss.
  struct Design {
    var network: any Layer
    let loss: Loss
    /// What turns the network's outputs into what a user wants to see.
    let outputActivation: Activation
    /// The hidden layers as text, unless the network has a name or comes from a file.
    var layers: String?
    /// Whether weights are to be scaled by what they make of samples.
    var hasUnitVariance = false

    /// The model for a data set.
    func model(for set: DataSource.Loaded, seed: UInt64) throws -> Model {
      do {
        try checkMemory(
          of: network.parameterCount(input: set.training.sampleShape),
          layers == nil ? "--network" : "--layers")
        return try Model(network, input: set.training.sampleShape, seed: seed)
      } catch let error as ShapeError {
        guard let pictures = set.pictures, let named = network as? NamedNetwork,
          let side = named.smallestSide(channels: pictures.contract.channels)
        else { throw error }
        throw UsageError("\(error)\n  for example --image-size \(side)")
      }
    }
  }

  /// The network of this name.
  func named(_ name: String) throws -> NamedNetwork.Name {
    guard let known = NamedNetwork.Name(rawValue: name.lowercased()) else {
      throw unknown("network", name, NamedNetwork.Name.allCases.map(\.rawValue))
    }
    for (option, value) in [
      ("layers", layers), ("initializer", initializer == "lsuv" ? nil : initializer),
      ("bias-initializer", biasInitializer),
    ] where value != nil {
      throw UsageError("--\(option) and --network \(name) exclude each other: leave one out")
    }
    return known
  }

  /// What the user chose, or what suits the data; `given` is the network of a file.
  func design(for set: DataSource.Loaded, given: (any Layer)? = nil) throws -> Design {
    let isClassification = !set.classNames.isEmpty
    let lossName = loss ?? (isClassification ? "cross-entropy" : "l2")
    guard Loss.names.contains(lossName), let plainLoss = Loss.named(lossName) else {
      throw unknown("loss", lossName, Loss.names)
    }
    if !isClassification && lossName.hasSuffix("cross-entropy") {
      throw UsageError(
        "--loss \(lossName): \(set.name) has numbers as targets, not classes: use --loss l2 or l1")
    }
    let smoothing = labelSmoothing ?? (lossName == "cross-entropy" ? set.labelSmoothing : 0)
    guard smoothing >= 0 && smoothing < 1 else {
      throw UsageError("--label-smoothing is at least 0 and less than 1, not \(smoothing)")
    }
    if smoothing > 0 && lossName != "cross-entropy" {
      throw UsageError("--label-smoothing belongs to --loss cross-entropy, not \(lossName)")
    }
    let last = try outputFunction(lossName, isClassification: isClassification)
    let outputs = isClassification ? set.classNames.count : set.outputCount
    func design(_ network: any Layer, layers: String? = nil) -> Design {
      Design(
        network: network,
        loss: smoothing > 0 ? .crossEntropy(labelSmoothing: smoothing) : plainLoss,
        outputActivation: last.shown, layers: layers, hasUnitVariance: initializer == "lsuv")
    }
    let embeddings = set.table?.contract.embeddings ?? []
    if let name = network {
      let body = NamedNetwork(
        try named(name), classes: outputs, activation: last.inNetwork)
      return design(
        embeddings.isEmpty
          ? body
          : Sequential {
            EmbedColumns(embeddings)
            body
          })
    }
    if let given, layers == nil {
      // That lsuv and --from exclude each other holds for all layers.
      for case let (option, value?) in [
        ("initializer", initializer == "lsuv" ? nil : initializer),
        ("bias-initializer", biasInitializer),
      ] {
        throw UsageError(
          "--\(option) \(value): without --layers the network is that of --from, and begins as its "
            + "file says; leave it out, or give --layers")
      }
      guard let network = given.replacingHead(outputs: outputs) else {
        throw UsageError(
          "--from: the file's last layer is neither dense nor part of a network with a name: give "
            + "--network or --layers")
      }
      return design(network.ending(with: last.inNetwork))
    }
    let weights = try initializer.flatMap {
      $0 == "lsuv" ? nil : try initializer(named: $0, Self.initializers)
    }
    let biases = try biasInitializer.map { try initializer(named: $0, Initializer.names) } ?? .zeros

    let text = layers ?? set.layers
    let hidden = try HiddenLayers(text)
    if let biasInitializer, biases != .zeros, hidden.layers.contains(where: { $0 is Conv2D }) {
      throw UsageError(
        "--bias-initializer \(biasInitializer): biases of convolutions always begin with zeros; "
          + "leave it out, or use dense layers alone")
    }
    var chain = try hidden.start(for: set.training.sampleShape)
    if !embeddings.isEmpty { chain.append(EmbedColumns(embeddings)) }
    for layer in hidden.layers {
      switch layer {
      case var dense as Dense:
        if let weights { dense.initializer = weights }
        dense.biasInitializer = biases
        chain.append(dense)
      case var convolution as Conv2D:
        if let weights { convolution.initializer = weights }
        chain.append(convolution)
      default: chain.append(layer)
      }
    }
    chain.append(
      Dense(outputs, activation: last.inNetwork, initializer: weights, biasInitializer: biases))
    return design(Sequential(chain), layers: text)
  }

  /// Losses that take logits contain the last layer's softmax or sigmoid: the network leaves it
  /// out, and predictions apply it.
  private func outputFunction(
    _ loss: String, isClassification: Bool
  ) throws -> (inNetwork: Activation, shown: Activation) {
    let fused: Activation? =
      switch loss {
      case "cross-entropy": .softmax
      case "binary-cross-entropy": .sigmoid
      default: nil
      }
    let name = outputActivation ?? fused?.name ?? (isClassification ? "sigmoid" : "identity")
    guard let activation = Activation.named(name) else {
      throw unknown("activation", name, Activation.all.map(\.name))
    }
    guard let fused else { return (activation, .identity) }
    guard activation == fused || activation == .identity else {
      throw UsageError(
        "\(loss) contains the last layer's \(fused): use --output-activation \(fused), "
          + "or another loss with \(activation)")
    }
    return (.identity, fused)
  }

  private func initializer(named name: String, _ names: [String]) throws -> Initializer {
    guard let initializer = Initializer.named(name) else {
      throw unknown("initializer", name, names)
    }
    return initializer
  }
}

/// Refuses a network whose weights, gradients and optimiser state this machine cannot hold.
func checkMemory(of parameters: Int, _ option: String) throws {
  let needed = Double(parameters) * 4 * 6
  guard needed < Double(ProcessInfo.processInfo.physicalMemory) else {
    throw UsageError(
      "\(option): \(compact(Double(parameters))) parameters need about \(compact(needed / 1e9)) GB "
        + "of memory for training, more than this machine has: use fewer units, or fewer classes")
  }
}

/// An error for a name that is not on the list, with the nearest one that is.
func unknown(_ kind: String, _ name: String, _ names: [String]) -> UsageError {
  UsageError(
    "there is no \(kind) called \"\(name)\".\(suggestion(for: name, among: names)) "
      + "Known: \(names.joined(separator: ", "))")
}

extension Layer {
  /// This network with another function behind its last layer: the one that suits the loss.
  fileprivate func ending(with activation: Activation) -> any Layer {
    switch self {
    case var dense as Dense:
      dense.activation = activation
      return dense
    case var network as NamedNetwork:
      network.activation = activation
      return network
    case let named as NamedLayer:
      return NamedLayer(named.name, named.layer.ending(with: activation))
    case var chain as Sequential:
      if let head = chain.layers.popLast() { chain.layers.append(head.ending(with: activation)) }
      return chain
    default: return self
    }
  }
}

extension Model {
  /// Scales the weights by what they make of a few samples, drawn at random.
  mutating func initializeWithUnitVariance(on training: Dataset, seed: UInt64) throws {
    let few = training.batches(of: 256, seed: seed).first { _ in true }
    if let few { try initializeWithUnitVariance(on: few.inputs, seed: seed) }
  }
}
