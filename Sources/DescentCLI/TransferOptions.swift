import ArgumentParser
import Descent
import DescentData

/// The options of a training that begins with another's weights.
struct TransferOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Begin with the weights in this file, by name and shape; the last layer begins anew where "
        + "there are other classes.",
      discussion: """
        A model or run folder of descent, or a safetensors file that PyTorch wrote. Without --network \
        or --layers the network is the file's.
        """, valueName: "model.safetensors"))
  var from: String?

  @Option(
    help: ArgumentHelp(
      "Leave parameters alone whose name matches, such as features.* or layer1.*,layer2.*.",
      valueName: "pattern"))
  var freeze: String?

  @Option(
    help: ArgumentHelp(
      "Learning rates by name; the first pattern that matches counts, and others have "
        + "--learning-rate.", valueName: "fc.*=1e-2,*=1e-4"))
  var rates: String?

  @Option(
    help: ArgumentHelp(
      "Pixels of a network by name: plain, or standardised by ImageNet's mean and deviation.",
      discussion: """
        Unless said otherwise imagenet for weights that PyTorch wrote and pictures in colour, as \
        torchvision's weights expect it; for those of descent, what they were learned with.
        """, valueName: "plain|imagenet"))
  var pixels: NamedNetwork.Pixels?

  /// The weights to begin with.
  func weights() throws -> PretrainedWeights? {
    try from.map { try PretrainedWeights(contentsOf: RunFolder.modelPath($0)) }
  }

  /// The network with what becomes of pixels on their way in.
  ///
  /// A resumed run that says nothing of them was begun with plain ones.
  func settingPixels(
    of network: any Layer, for set: DataSource.Loaded, _ weights: PretrainedWeights?,
    isResumed: Bool
  ) throws -> any Layer {
    guard var named = network as? NamedNetwork else {
      if let pixels {
        throw UsageError("--pixels \(pixels.rawValue) belongs to a network by name: see --network")
      }
      return network
    }
    let shape = set.training.sampleShape
    let isInColor = shape.rank == 3 && shape[0] == 3
    if pixels == .imagenet && !isInColor {
      throw UsageError("--pixels imagenet: \(set.name) has no red, green and blue, only \(shape)")
    }
    let expected = isInColor && !isResumed ? weights?.pixels : nil
    named.pixels = pixels ?? expected ?? .plain
    return named
  }

  /// Refuses weights that were learned from other inputs: they go by the place of an input, and
  /// those of words by the place of a word.
  func checkColumns(of set: DataSource.Loaded) throws {
    // Of PyTorch's weights nobody knows, and with images everything goes by shape.
    guard let from, set.image == nil, let model = try? Model(contentsOf: RunFolder.modelPath(from))
    else { return }
    let theirs = model.card.table?.columns.map(\.unscaled) ?? []
    let ours = set.table?.contract.columns.map(\.unscaled) ?? []
    guard theirs != ours else { return }
    let other = theirs.first { !ours.contains($0) } ?? ours.first { !theirs.contains($0) }
    let difference =
      other.map { "column \"\($0.name)\" is not the same" } ?? "columns have another order"
    throw UsageError(
      "--from \(from): its weights belong to other inputs than \(set.name) has, of which "
        + "\(difference); train on a table with the same columns and words, or leave --from out")
  }

  /// Loads the weights; those of the last layer only if they are of the same classes.
  func load(
    _ weights: PretrainedWeights, into model: inout Model, _ set: DataSource.Loaded
  ) throws -> PretrainedWeights.Transfer {
    let isKnown = weights.classNames.isEmpty || weights.classNames == set.classNames
    let head = model.parameters.last?.name.split(separator: ".").dropLast().joined(separator: ".")
    return try weights.load(into: &model, sparing: isKnown ? nil : head.map { $0 + ".*" })
  }

  /// Freezes what is to be left alone.
  func freeze(_ model: inout Model) throws {
    guard let freeze else { return }
    for pattern in freeze.split(separator: ",").map(String.init) {
      let before = model
      model.freeze(pattern)
      guard model.frozenNames.count > before.frozenNames.count else {
        throw unmatched("--freeze", pattern, model)
      }
    }
    guard model.parameters.contains(where: { !model.frozenNames.contains($0.name) }) else {
      throw UsageError("--freeze \(freeze): nothing is left to train")
    }
  }

  /// The optimiser with the learning rates that patterns give.
  func scale(_ optimizer: Optimizer, for model: Model) throws -> Optimizer {
    var result = optimizer
    for part in (rates ?? "").split(separator: ",") {
      let sides = part.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
      guard sides.count == 2, let rate = Double(sides[1]), rate >= 0 && rate.isFinite else {
        throw UsageError(
          "--rates: \"\(part)\" is no rate; write pattern=rate, for example fc.*=1e-2,*=1e-4")
      }
      guard model.parameters.contains(where: { $0.matches(sides[0]) }) else {
        throw unmatched("--rates", sides[0], model)
      }
      result = result.scalingLearningRate(
        of: sides[0], by: rate / optimizer.learningRate.peak)
    }
    return result
  }

  private func unmatched(_ option: String, _ pattern: String, _ model: Model) -> UsageError {
    let names = model.parameters.map(\.name)
    let shown = names.count > 8 ? names.prefix(4) + ["…"] + names.suffix(3) : names[...]
    return UsageError(
      "\(option): nothing, or nothing more, is called \"\(pattern)\"."
        + "\(suggestion(for: pattern, among: names)) There are \(shown.joined(separator: ", "))")
  }
}

extension TableContract.Column {
  /// The column without the scale of its numbers, which other rows may have otherwise.
  fileprivate var unscaled: TableContract.Column {
    let scaling = TableContract.Scaling()
    var result = self
    switch encoding {
    case .number(_, let marksMissing):
      result.encoding = .number(scaling, marksMissing: marksMissing)
    case .date(let order, _): result.encoding = .date(order, scaling)
    case .oneHot, .embedding: break
    }
    return result
  }
}

extension NamedNetwork.Pixels: ExpressibleByArgument {}
