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
    let augmentation: Augmentation
    do {
      augmentation = try Augmentation(text)
    } catch AugmentationError.unknown(let name) {
      throw unknown("augmentation", name, Augmentation.names)
    } catch {
      throw UsageError("--augment: \(error)")
    }
    guard image != nil else {
      throw UsageError("--augment changes images, and \(name) has none")
    }
    return augmentation
  }
}
