/// Samples and their targets, in memory; bytes stay bytes until a kernel reads them.
public struct Dataset: Sendable {
  /// The inputs, `[samples, …]`; images as uint8.
  public let inputs: Tensor
  /// Class indices (int32, `[samples]`) or numbers (`[samples, outputs]`).
  public let targets: Tensor
  /// What inputs are multiplied by on their way into the network: 1/255 for bytes.
  public let scale: Double
  /// The names of the classes, or none for a regression.
  public let classNames: [String]

  /// Creates a data set from inputs and targets with equally many samples.
  public init(inputs: Tensor, targets: Tensor, scale: Double? = nil, classNames: [String] = []) {
    precondition(
      inputs.rank > 0 && targets.rank > 0 && inputs.shape[0] == targets.shape[0],
      "Dataset: inputs \(inputs.shape) and targets \(targets.shape) differ in their first axis")
    self.inputs = inputs
    self.targets = targets
    self.scale = scale ?? (inputs.dtype == .uint8 ? 1 / 255 : 1)
    self.classNames = classNames
  }

  /// The number of samples.
  public var count: Int { inputs.shape[0] }

  /// The shape of one sample.
  public var sampleShape: Shape { inputs.shape.withoutBatch }

  /// The samples at the given positions, in that order.
  public subscript(positions: [Int]) -> Dataset {
    let index = Tensor(positions.map { Int32($0) })
    return with(inputs.gather(index), targets.gather(index))
  }

  /// A run of samples.
  public subscript(range: Range<Int>) -> Dataset {
    with(inputs.slice(0, range), targets.slice(0, range))
  }

  /// The first `count` samples, or all if there are fewer.
  public func prefix(_ count: Int) -> Dataset { self[0..<min(count, self.count)] }

  private func with(_ inputs: Tensor, _ targets: Tensor) -> Dataset {
    evaluate([inputs, targets])
    return Dataset(inputs: inputs, targets: targets, scale: scale, classNames: classNames)
  }

  /// Two parts, drawn at random: the second has this share of the samples, and of every class.
  public func split(holdingOut share: Double, seed: UInt64) -> (kept: Dataset, heldOut: Dataset) {
    let classes =
      targets.dtype == .int32 && targets.rank == 1 ? targets.scalars(as: Int32.self) : nil
    let parts = Self.split(count, classes: classes, holdingOut: share, seed: seed)
    return (self[parts.kept], self[parts.heldOut])
  }

  /// The positions of `count` samples in two parts, drawn at random: the second has this share of
  /// the samples, and of every class.
  public static func split(
    _ count: Int, classes: [Int32]?, holdingOut share: Double, seed: UInt64
  ) -> (kept: [Int], heldOut: [Int]) {
    precondition(share > 0 && share < 1, "split: a share of \(share) is not between 0 and 1")
    var generator = Philox(seed: seed, stream: RandomKey(seed: seed, name: "split").stream)
    let order = generator.permutation(of: count).map { Int($0) }
    var groups: [Int32: [Int]] = [:]
    for position in order { groups[classes?[position] ?? 0, default: []].append(position) }
    var heldOut = [Bool](repeating: false, count: count)
    for members in groups.values {
      for position in members.prefix(Int((Double(members.count) * share).rounded())) {
        heldOut[position] = true
      }
    }
    return ((0..<count).filter { !heldOut[$0] }, (0..<count).filter { heldOut[$0] })
  }

  /// One minibatch.
  public struct Batch: Sendable {
    /// The inputs as the network sees them, `[batch, …]`.
    public let inputs: Tensor
    /// The targets, `[batch]` or `[batch, outputs]`.
    public let targets: Tensor
  }

  /// The minibatches of one epoch: a fresh random partition of all samples.
  ///
  /// The last is smaller where `size` does not divide their number.
  public func batches(of size: Int, seed: UInt64, epoch: Int = 0) -> some Sequence<Batch> {
    let order = shuffled(seed: seed, epoch: epoch)
    return stride(from: 0, to: count, by: size).lazy.map { start in
      let index = Tensor(Array(order[start..<Swift.min(start + size, order.count)]))
      return Batch(inputs: prepared(inputs.gather(index)), targets: targets.gather(index))
    }
  }

  /// The order in which an epoch visits the samples.
  func shuffled(seed: UInt64, epoch: Int) -> [Int32] {
    let key = RandomKey(seed: seed, name: "shuffle \(epoch)")
    var generator = Philox(seed: key.seed, stream: key.stream)
    return generator.permutation(of: count)
  }

  /// Stored inputs as the network sees them: floating point, scaled.
  func prepared(_ inputs: Tensor, dtype: DType = .float32) -> Tensor {
    let numbers = inputs.cast(to: dtype)
    return scale == 1 ? numbers : numbers * numbers.constant(scale)
  }
}
