import Descent

extension Dataset {
  /// Images and their labels; the pixels stay bytes.
  public init(_ images: LabelledImages) {
    self.init(
      inputs: Tensor(images.pixels, shape: [images.count, images.height, images.width]),
      targets: Tensor(images.labels.map { Int32($0) }), classNames: images.classNames)
  }

  /// A generated set: `[samples, features]` with classes or numbers as targets.
  public init(_ set: GeneratedSet) {
    let count = set.featureCount > 0 ? set.features.count / set.featureCount : 0
    let targets = set.labels.map { Tensor($0) } ?? Tensor(set.targets ?? [], shape: [count, 1])
    self.init(
      inputs: Tensor(set.features, shape: [count, set.featureCount]), targets: targets,
      classNames: set.classNames)
  }
}
