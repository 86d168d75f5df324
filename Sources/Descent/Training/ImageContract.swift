/// What pictures become on their way into a network: what a model needs to be used on further ones.
///
/// The network's inputs are `[channels, height, width]`, bytes that the model's scale multiplies.
public struct ImageContract: Codable, Sendable, Equatable {
  /// 1 for shades of grey, 3 for red, green and blue.
  public var channels: Int
  /// The number of rows.
  public var height: Int
  /// The number of columns.
  public var width: Int

  /// Creates a contract.
  public init(channels: Int, height: Int, width: Int) {
    (self.channels, self.height, self.width) = (channels, height, width)
  }

  /// The shape of one sample, `[channels, height, width]`.
  public var shape: Shape { [channels, height, width] }
}
