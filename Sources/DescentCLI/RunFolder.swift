import DescentCharts
import DescentData
import Foundation

/// The folder of one training's results.
///
/// `model.safetensors`, `config.json`, `metrics.jsonl`, `report.html`, pictures, and in
/// `checkpoint/` the files `last`, from which training goes on, and `best`.
struct RunFolder {
  let path: String
  var modelPath: String { path + "/model.safetensors" }
  var lastPath: String { path + "/checkpoint/last" }
  var bestPath: String { path + "/checkpoint/best" }

  /// Makes the folder, finds out before training begins whether it can be written, and clears away
  /// what a run that was killed left half-written.
  init(_ path: String) throws {
    self.path = path
    try makeFolder(path)
    try makeFolder(path + "/checkpoint")
    for folder in [path, path + "/checkpoint"] { AtomicFile.removeLeftovers(in: folder) }
  }

  /// Writes every event of the training, one a line.
  func writeMetrics(_ lines: [String]) throws {
    try AtomicFile.write(lines.joined(separator: "\n") + "\n", to: path + "/metrics.jsonl")
  }

  /// Writes what the run is begun with, so that it can be resumed and repeated.
  func writeConfiguration(_ text: String) throws {
    try AtomicFile.write(text, to: path + "/config.json")
  }

  /// Writes a picture as `name.svg`.
  func write(_ figure: Figure, as name: String) throws {
    try AtomicFile.write(figure.svg(), to: path + "/\(name).svg")
  }

  /// The model file behind what a user typed: the file itself, or a run folder.
  static func modelPath(_ typed: String) -> String {
    var isFolder: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: typed, isDirectory: &isFolder)
    return exists && isFolder.boolValue ? typed + "/model.safetensors" : typed
  }
}

/// Makes a folder, and finds out whether files can be made in it.
func makeFolder(_ path: String) throws {
  do {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  } catch {
    throw DataError.cannotWrite(path: path, reason: obstacle(to: path))
  }
  guard access(path, W_OK | X_OK) == 0 else {
    throw DataError.cannotWrite(path: path, reason: String(cString: strerror(errno)))
  }
}

/// What is in the way of a folder that could not be made.
private func obstacle(to path: String) -> String {
  var place = URL(fileURLWithPath: path)
  var isFolder: ObjCBool = false
  while !FileManager.default.fileExists(atPath: place.path, isDirectory: &isFolder) {
    place.deleteLastPathComponent()
  }
  guard isFolder.boolValue else { return "\(place.path) is a file; name another folder" }
  let isAllowed = access(place.path, W_OK | X_OK) == 0
  let reason = isAllowed ? "" : " (\(String(cString: strerror(errno))))"
  return "\(place.path) takes no new folder\(reason); name another"
}
