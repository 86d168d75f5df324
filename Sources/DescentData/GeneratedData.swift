/// Samples with their targets, as plain numbers.
public struct GeneratedData: Equatable, Sendable {
  /// The number of samples.
  public let count: Int
  /// The name of each feature.
  public let featureNames: [String]
  /// The features: `[count, featureNames.count]`.
  public let features: [Float]
  /// What belongs to each sample.
  public let targets: Targets

  /// What is to be learnt.
  public enum Targets: Equatable, Sendable {
    /// The index of the class of each sample: `[count]`.
    case classes([Int32], names: [String])
    /// A number for each sample: `[count]`.
    case values([Float])
  }
}
