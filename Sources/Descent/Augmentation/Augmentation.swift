/// Random changes to training images that leave what they show the same, drawn anew for every
/// sample in every epoch.
///
/// ```swift
/// let augmentation: Augmentation = [.shift(pixels: 2), .rotate(degrees: 10), .elastic(pixels: 1)]
/// try model.fit(
///   training, validation: validation, loss: .crossEntropy, optimizer: .adam(), epochs: 30,
///   augmentation: augmentation)
/// let changed = try augmentation(images, seed: 1)
/// ```
///
/// Images are bytes, `[samples, height, width]` or `[samples, channels, height, width]`.
///
/// The changes of place (shift, rotate, zoom, shear, crop, flip, elastic) are made one after another
/// in the order given, but resampled only once, by bilinear interpolation; what comes from beyond
/// the border is 0. Then noise and cut-out follow in their order, and last mixup.
///
/// What is drawn depends on the seed, the epoch and the sample's position alone: not on the
/// minibatch, the number of threads, or whether a training was resumed. (Mixup's partners depend
/// on the minibatch.) Adding a change to the list does not change what the others draw.
public struct Augmentation: Sendable, Hashable {
  /// The changes in order, each kind once.
  public let changes: [Change]

  /// Creates an augmentation from changes in order.
  public init(_ changes: [Change]) {
    for change in changes {
      if let problem = change.problem { programmerError("Augmentation: \(problem)") }
    }
    if let twice = Self.repeated(changes) {
      programmerError("Augmentation: \(twice.rawValue) is there twice")
    }
    self.changes = changes
  }

  /// A kind that is there twice, if there is one.
  static func repeated(_ changes: [Change]) -> Kind? {
    changes.indices.dropFirst().first { index in
      changes[..<index].contains { $0.kind == changes[index].kind }
    }.map { changes[$0].kind }
  }

  /// One random change.
  public struct Change: Sendable, Hashable {
    let kind: Kind
    let amount: Double
    /// The second number of an elastic distortion.
    let smoothness: Double

    init(_ kind: Kind, _ amount: Double, smoothness: Double = Self.usualSmoothness) {
      (self.kind, self.amount, self.smoothness) = (kind, amount, smoothness)
    }

    static let usualSmoothness = 4.0
  }

  /// What a change does; the raw value is its name in text.
  enum Kind: String, CaseIterable, Sendable {
    case shift, rotate, zoom, shear, crop, flip, elastic, noise, cutout, mixup
  }
}

extension Augmentation: ExpressibleByArrayLiteral {
  public init(arrayLiteral changes: Change...) { self.init(changes) }
}

extension Augmentation.Change {
  /// Moved by up to so many pixels, or parts of pixels, in each direction.
  public static func shift(pixels: Double) -> Self { .init(.shift, pixels) }

  /// Rotated about the centre by up to so many degrees either way.
  public static func rotate(degrees: Double) -> Self { .init(.rotate, degrees) }

  /// Enlarged or reduced by a factor of up to 1 + `fraction`, both equally likely.
  public static func zoom(fraction: Double) -> Self { .init(.zoom, fraction) }

  /// Slanted sideways, with verticals leaning by up to so many degrees either way.
  public static func shear(degrees: Double) -> Self { .init(.shear, degrees) }

  /// Padded by so many pixels of 0 on each side and cut out again at random: moved by whole pixels,
  /// which keeps them sharp.
  public static func crop(padding: Int) -> Self { .init(.crop, Double(padding)) }

  /// Flipped left to right with this probability.
  public static func flip(probability: Double = 0.5) -> Self { .init(.flip, probability) }

  /// Distorted as if drawn on rubber: each pixel comes from a place some way off, further for
  /// larger `pixels`, which is the standard deviation in each direction.
  ///
  /// Neighbours move alike as far as `smoothness` pixels reach: white noise is smoothed by a Gaussian
  /// of that standard deviation (Simard, Steinkraus and Platt, 2003; their α of 34 with σ 4 is
  /// `elastic(pixels: 1.4)`).
  public static func elastic(pixels: Double, smoothness: Double = 4) -> Self {
    .init(.elastic, pixels, smoothness: smoothness)
  }

  /// Noise added to every value: normally distributed up to nearly five standard deviations, each
  /// of which is this fraction of the full range.
  public static func noise(fraction: Double) -> Self { .init(.noise, fraction) }

  /// A square with sides of so many pixels set to 0, anywhere, and partly outside where its centre
  /// is near the border (DeVries and Taylor, 2017).
  public static func cutout(side: Int) -> Self { .init(.cutout, Double(side)) }

  /// Mixed with another sample of the minibatch, and the loss with that of the other's target, in
  /// a proportion drawn for the minibatch from the Beta(`alpha`, `alpha`) distribution (Zhang,
  /// Cissé, Dauphin and Lopez-Paz, 2018).
  ///
  /// As losses are mixed, and not targets, class indices and any loss will do. Metrics look at
  /// the target with the larger share.
  public static func mixup(alpha: Double = 0.2) -> Self { .init(.mixup, alpha) }
}

// MARK: Use

extension Augmentation {
  /// Images changed as in an epoch of a training.
  ///
  /// `positions` are the samples' positions in their data set: 0, 1, 2, … unless said otherwise.
  /// Throws `ShapeError` if these are no images of bytes.
  public func callAsFunction(
    _ images: Tensor, seed: UInt64, epoch: Int = 0, positions: [Int]? = nil
  ) throws -> Tensor {
    precondition(
      positions == nil || positions!.count == images.shape[0],
      "Augmentation: \(images.shape[0]) images, and \(positions?.count ?? 0) positions")
    let images = images.detached
    let augmenter = try Augmenter(self, images, seed: seed)
    augmenter.reserve(images.shape[0])
    augmenter.fill(names: positions?.map(Int32.init), epoch: epoch)
    return Tensor(storage: augmenter.filled.copy(), shape: images.shape, dtype: .uint8)
  }
}
