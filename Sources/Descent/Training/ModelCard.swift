/// What a model needs to be used again besides its numbers, and how it came about.
public struct ModelCard: Codable, Sendable {
  /// What stored inputs are multiplied by: 1/255 for images of bytes.
  public var scale = 1.0
  /// The names of the classes, or none for a regression.
  public var classNames: [String] = []
  /// The name of the loss that it was trained with.
  public var loss = ""
  /// The function that turns the network's outputs into what a user wants to see, such as
  /// `softmax` where the network gives logits.
  ///
  /// Training sets the one that its loss contains, unless another was set before. In a file that
  /// one stands for a function of one's own, too.
  public var outputActivation = Activation.identity
  /// How the columns of a table become the network's inputs, if it was trained on one.
  public var table: TableContract?
  /// What pictures become on their way into the network, if it was trained on files of them.
  public var image: ImageContract?
  /// What it takes to recognise the samples that it was trained on.
  public var trainedOn: SampleSketch?
  /// How it was trained: options and results by name.
  public var training: [String: String] = [:]

  /// Creates an empty card.
  public init() {}

  /// Notes what the model is trained by, and with it what its outputs mean.
  mutating func note(loss: String) {
    if outputActivation == .contained(inLoss: self.loss) {
      outputActivation = .contained(inLoss: loss)
    }
    self.loss = loss
  }
}

extension Activation {
  /// The function that is part of the loss of this name, and left out of the network: it makes
  /// probabilities of logits.
  public static func contained(inLoss name: String) -> Activation {
    switch name {
    case Loss.crossEntropy.name: softmax
    case Loss.binaryCrossEntropy.name: sigmoid
    default: identity
    }
  }
}
