import Descent
import DescentData
import Foundation

/// Keeps the states of a run in its folder, and finds the one from which it goes on.
final class Checkpoints {
  /// Where the run goes on, if it does.
  let state: TrainingState?
  private let folder: RunFolder
  private let fingerprint: String
  private var savedBest = 0

  /// With `isResuming` reads the last state; a run that was killed before its first one begins anew.
  ///
  /// Throws `DataError` if the state is damaged, or of other data.
  init(
    folder: RunFolder, data: Dataset, model: Model, optimizer: Optimizer, isResuming: Bool,
    _ reporter: ProgressReporter
  ) throws {
    self.folder = folder
    fingerprint = data.fingerprint
    guard isResuming else {
      // A state of a former run in this folder must not be taken for one of this.
      for path in [folder.lastPath, folder.bestPath] { unlink(path) }
      state = nil
      return
    }
    guard FileManager.default.fileExists(atPath: folder.lastPath) else {
      reporter.note("no checkpoint in \(folder.path) yet: beginning anew")
      state = nil
      return
    }
    let state = try TrainingState(
      contentsOf: folder.lastPath, model: model, optimizer: optimizer)
    guard state.model.card.training["data"] == fingerprint else {
      throw DataError.mismatch(
        path: folder.lastPath, found: "a checkpoint of a training on other samples",
        expected: "the samples that the run was begun with",
        remedy: "Restore the data, or begin a new run without --resume")
    }
    self.state = state
    savedBest = state.progress.bestEpoch
  }

  /// Stores a state as `checkpoint/last`, and the best weights where they are new.
  func save(_ state: TrainingState) throws {
    var state = state
    state.model.card.training["data"] = fingerprint
    if let best = state.best, state.progress.bestEpoch != savedBest {
      try best.save(to: folder.bestPath)
      savedBest = state.progress.bestEpoch
    }
    try state.save(to: folder.lastPath)
  }
}

extension Dataset {
  /// A number that changes with any sample or target.
  fileprivate var fingerprint: String {
    [inputs, targets].map { tensor in
      tensor.withUnsafeBytes { bytes in
        var hash = ByteHash()
        hash.add(bytes)
        return String(hash.value, radix: 16)
      }
    }.joined(separator: "-")
  }
}
