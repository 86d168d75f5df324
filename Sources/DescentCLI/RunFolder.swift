import DescentCharts
import DescentData
import Foundation

/// The folder of one training's results: `model.safetensors`, `metrics.jsonl`, and pictures.
struct RunFolder {
  let path: String
  var modelPath: String { path + "/model.safetensors" }

  /// Makes the folder, and finds out before training begins whether it can be written.
  init(_ path: String) throws {
    self.path = path
    try makeFolder(path)
  }

  /// Writes every event of the training, one a line.
  func writeMetrics(_ lines: [String]) throws {
    let text = lines.joined(separator: "\n") + "\n"
    try AtomicFile.write(Array(text.utf8), to: path + "/metrics.jsonl")
  }

  /// Writes a picture as `name.svg`.
  func write(_ figure: Figure, as name: String) throws {
    try AtomicFile.write(Array(figure.svg().utf8), to: path + "/\(name).svg")
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
    throw DataError.cannotWrite(path: path, reason: error.localizedDescription)
  }
  guard access(path, W_OK | X_OK) == 0 else {
    throw DataError.cannotWrite(path: path, reason: String(cString: strerror(errno)))
  }
}
