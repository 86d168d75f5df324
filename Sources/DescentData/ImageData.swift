/// A published set of images, in its two parts.
public struct ImageData: Equatable, Sendable {
  /// What a network learns from.
  public let training: LabelledImages
  /// What it is measured by afterwards.
  public let test: LabelledImages
}
