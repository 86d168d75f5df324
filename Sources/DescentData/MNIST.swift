/// MNIST and Fashion-MNIST in a folder.
public enum MNIST {
  /// Reads the training and the test set from their four IDX files, packed by gzip or not.
  ///
  /// - Throws: `DataError`, as `ImageSet.read(from:)`, which also reads other sets of this kind.
  public static func load(
    folder: String, isFashion: Bool = false
  ) throws -> (training: LabelledImages, test: LabelledImages) {
    try (isFashion ? ImageSet.fashionMNIST : .mnist).read(from: folder)
  }
}
