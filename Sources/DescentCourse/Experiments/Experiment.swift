import Descent
import DescentData

/// An experiment of the course: most were published, and are done again with Descent.
///
/// The settings and results are those of Michael Nielsen, "Neural Networks and Deep Learning"
/// (2015), and of the result files that he published with it; for LeNet, those of LeCun, Bottou,
/// Bengio and Haffner, "Gradient-Based Learning Applied to Document Recognition" (1998).
public struct Experiment: Sendable, Identifiable {
  /// The name by which it is asked for, such as `overfitting`.
  public let id: String
  /// The images that it is about.
  public let images: Images
  /// What is tried, in a sentence.
  public let summary: String
  /// What is measured, in order, with what was published.
  public let quantities: [Quantity]
  /// Runs it once, and returns a number for each quantity, and curves.
  let run:
    @Sendable (ExperimentSets, Profile, UInt64) throws -> (
      values: [Double], curves: [ExperimentResult.Curve]
    )

  /// The images that an experiment is about.
  public enum Images: String, Sendable {
    /// All of MNIST; in the quick profile the embedded digits stand for it.
    case mnist = "MNIST"
    /// The digits that are part of the program.
    case embedded = "embedded digits"
  }

  init(
    id: String, images: Images = .mnist, summary: String, quantities: [Quantity],
    run:
      @escaping @Sendable (ExperimentSets, Profile, UInt64) throws -> (
        values: [Double], curves: [ExperimentResult.Curve]
      )
  ) {
    (self.id, self.images, self.summary) = (id, images, summary)
    (self.quantities, self.run) = (quantities, run)
  }

  /// How much of the experiment is run.
  public enum Profile: String, Sendable, Codable {
    /// On the embedded digits, with fewer epochs: seconds.
    case quick
    /// As it was published, on MNIST: minutes.
    case full

    func epochs(_ count: Int) -> Int { self == .full ? count : max(3, count / 5) }
  }

  /// Something that an experiment measures.
  public struct Quantity: Sendable {
    /// What it is, with its unit.
    public let name: String
    /// The value that was published, if one was.
    public let published: Double?
    /// How far the median of three seeds may be from it.
    public let tolerance: Double?

    /// An accuracy in per cent: within half a point unless said otherwise.
    static func accuracy(_ name: String, _ published: Double?, within points: Double = 0.5)
      -> Quantity
    {
      Quantity(name: name + ", %", published: published, tolerance: points)
    }

    /// A cost or ratio: within 15 % unless said otherwise.
    static func relative(_ name: String, _ published: Double?, within share: Double = 0.15)
      -> Quantity
    {
      Quantity(name: name, published: published, tolerance: published.map { $0 * share })
    }

    /// Something to look at, of which the publication says no more than a range.
    static func shown(_ name: String, _ published: Double? = nil) -> Quantity {
      Quantity(name: name, published: published, tolerance: nil)
    }
  }

  /// All experiments, in the order of the lessons that show them.
  public static let all: [Experiment] = [
    .first, .wider, .rateTooSmall, .rateTooLarge, .rates, .overfitting, .regularized, .allImages,
    .initialization, .trainingSize, .learningSpeed, .lenet, .dropout, .augmentation, .transfer,
    .transferEmbedded,
  ]

  /// The experiment of a name.
  public static func named(_ name: String) -> Experiment? { all.first { $0.id == name } }

  /// Runs the experiment with each seed.
  ///
  /// - Parameters:
  ///   - folder: MNIST's four files, for the full profile; nil takes the embedded digits.
  /// Throws `DataError` where the files cannot be read, and what training throws.
  public func result(
    _ profile: Profile, folder: String? = nil, seeds: [UInt64] = [1, 2, 3],
    progress: (UInt64) -> Void = { _ in }
  ) throws -> ExperimentResult {
    let sets = try ExperimentSets(folder: folder)
    var runs: [(values: [Double], curves: [ExperimentResult.Curve])] = []
    for seed in seeds {
      progress(seed)
      runs.append(try run(sets, profile, seed))
    }
    return ExperimentResult(self, profile: profile, data: sets.name, seeds: seeds, runs: runs)
  }
}

/// The images of an experiment: for training, for validation and for testing.
struct ExperimentSets: Sendable {
  let name: String
  /// All that is not for testing: training and validation.
  let all: Dataset
  let training: Dataset
  let validation: Dataset
  let test: Dataset

  init(folder: String?) throws {
    let images = try folder.map { try MNIST.load(folder: $0) } ?? Digits.load()
    all = Dataset(images.training)
    // Of MNIST the last 10,000 validate, as published; of the embedded digits a quarter.
    let kept = folder == nil ? 3_000 : 50_000
    name = folder == nil ? "embedded digits" : "MNIST"
    training = all.prefix(kept)
    validation = all[min(kept, all.count)..<all.count]
    test = Dataset(images.test)
  }
}
