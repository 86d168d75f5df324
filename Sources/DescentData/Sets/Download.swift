import Foundation

/// Files that are fetched once and kept in the user's cache.
///
/// The system's `curl` does the fetching: a networking library would make the program larger and
/// slower to start for something that happens once.
public enum Download {
  /// How far a download is.
  public struct Progress: Sendable {
    /// The file's name.
    public let file: String
    /// The bytes that are there.
    public let bytes: Int
    /// The bytes that there will be, if that is known.
    public let total: Int?
  }

  struct Source {
    let name: String
    let address: String
    /// SHA-256 of the unpacked files, in the order of `MNIST.files`; none where they are unknown.
    let digests: [String]
  }

  static let mnist = Source(
    name: "mnist", address: "https://ossci-datasets.s3.amazonaws.com/mnist/",
    digests: [
      "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
      "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
      "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
      "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ])

  static let fashion = Source(
    name: "fashion", address: "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    digests: [])

  /// The folder with MNIST's (or Fashion-MNIST's) files, which are downloaded if they are not
  /// there yet.
  ///
  /// Throws `DataError.download` where there is no network, with what to do instead, and
  /// `DataError.checksum` if what came is not what should have come.
  public static func folder(
    isFashion: Bool = false, progress: (Progress) -> Void = { _ in }
  ) throws -> String {
    try folder(of: isFashion ? fashion : mnist, in: cacheFolder, curl: "curl", progress: progress)
  }

  static func folder(
    of source: Source, in cache: String, curl: String, progress: (Progress) -> Void
  ) throws -> String {
    let folder = cache + "/" + source.name
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw DataError.cannotWrite(path: folder, reason: error.localizedDescription)
    }
    for (index, file) in MNIST.files.enumerated() {
      let path = folder + "/" + file + ".gz"
      if FileManager.default.fileExists(atPath: path) { continue }
      // A name of its own: two programs that fetch at once do not write into each other's file.
      let partial = path + ".\(getpid()).part"
      defer { unlink(partial) }
      let url = source.address + file + ".gz"
      try fetch(url, to: partial, curl: curl, source: source) {
        progress(Progress(file: file, bytes: $0, total: nil))
      }
      let packed = try readFile(partial)
      let unpacked = try Gzip.decompress(packed, path: url)
      if index < source.digests.count {
        let digest = SHA256.hexadecimal(unpacked)
        guard digest == source.digests[index] else {
          throw DataError.checksum(path: url, found: digest, expected: source.digests[index])
        }
      }
      try AtomicFile.write(packed, to: path)
    }
    return folder
  }

  /// `XDG_CACHE_HOME/descent`, or what the system has in its place.
  private static var cacheFolder: String {
    let environment = ProcessInfo.processInfo.environment
    if let folder = environment["XDG_CACHE_HOME"], folder.hasPrefix("/") {
      return folder + "/descent"
    }
    let home = environment["HOME"] ?? NSHomeDirectory()
    #if canImport(Darwin)
      return home + "/Library/Caches/descent"
    #else
      return home + "/.cache/descent"
    #endif
  }

  private static func fetch(
    _ url: String, to path: String, curl: String, source: Source, progress: (Int) -> Void
  ) throws {
    func failure(_ reason: String) -> DataError {
      .download(
        url: url, reason: reason,
        remedy: "get \(MNIST.files.map { $0 + ".gz" }.joined(separator: ", ")) from "
          + "\(source.address) on a machine with a network, and name their folder: --data FOLDER")
    }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [
      curl, "--fail", "--location", "--silent", "--show-error", "--connect-timeout", "15",
      "--max-filesize", "100000000", "--output", path, url,
    ]
    let errors = Pipe()
    process.standardError = errors
    process.standardOutput = FileHandle.nullDevice
    process.standardInput = FileHandle.nullDevice
    do {
      try process.run()
    } catch {
      throw failure("the program curl does not start: \(error.localizedDescription)")
    }
    while process.isRunning {
      usleep(200_000)
      var status = stat()
      if stat(path, &status) == 0 { progress(Int(status.st_size)) }
    }
    let message = errors.fileHandleForReading.readDataToEndOfFile()
    guard process.terminationStatus == 0 else {
      let text = String(decoding: message, as: UTF8.self)
        .trimmingCharacters(in: .whitespacesAndNewlines)
      throw failure(text.isEmpty ? "curl ended with \(process.terminationStatus)" : text)
    }
  }
}
