import ArgumentParser
import Descent

/// What `--augment` says of itself.
enum AugmentationHelp {
  static let option = ArgumentHelp(
    "Random changes to training images, in order, with commas between them.",
    discussion: Augmentation.grammar.map { "\($0.form): \($0.meaning)" }.joined(separator: "; ")
      + ".",
    valueName: "shift:2,rotate:10")
}

extension DataSource.Loaded {
  /// The augmentation that was typed, if the set has images.
  func augmentation(_ text: String) throws -> Augmentation {
    let augmentation = try Augmentation(typed: text)
    guard image != nil else {
      throw UsageError("--augment changes images, and \(name) has none")
    }
    return augmentation
  }
}

/// The options of a test that looks at each image several times.
struct ViewOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Look at each image several times, changed as in training, and average the answers.",
      discussion:
        "Changes as descent train --help lists them; gentler ones than in training do best.",
      valueName: "shift:1,rotate:5"))
  var augment: String?

  @Option(
    help: ArgumentHelp(
      "With --augment: how many changed images there are of each, beside itself; 8 unless said "
        + "otherwise.", valueName: "8"))
  var views: Int?

  /// The views that were asked for, of a model that takes `subject`; `areImages` says whether these are
  /// images.
  func make(_ areImages: Bool, _ subject: String, seed: UInt64) throws -> TestTimeAugmentation? {
    guard let augment else {
      guard views == nil else {
        throw UsageError("--views says nothing without --augment: add --augment shift:1,rotate:5")
      }
      return nil
    }
    let augmentation = try Augmentation(typed: augment)
    guard areImages else {
      throw UsageError("--augment changes images, and \(subject) has none")
    }
    guard !augmentation.mixesSamples else {
      throw UsageError(
        "--augment: mixup is for training; an answer about two images is none about one")
    }
    let count = views ?? 8
    guard (1...TestTimeAugmentation.mostViews).contains(count) else {
      throw UsageError("--views is from 1 to \(TestTimeAugmentation.mostViews), not \(count)")
    }
    return TestTimeAugmentation(augmentation, views: count, seed: seed)
  }
}

extension Augmentation {
  /// The augmentation that was typed behind `--augment`.
  fileprivate init(typed text: String) throws {
    do {
      try self.init(text)
    } catch AugmentationError.unknown(let name) {
      throw unknown("augmentation", name, Augmentation.names)
    } catch {
      throw UsageError("--augment: \(error)")
    }
  }
}
