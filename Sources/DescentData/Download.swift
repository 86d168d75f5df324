#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Android)
  import Android
#else
  import Darwin
#endif

/// Fetching of published data sets into the user's cache folder.
///
/// The system's `curl` does it, as a program: it knows proxies and certificates, and a networking
/// library would be the largest part of this one.
public struct Download: Sendable {
  /// The folder that holds one folder for each set.
  public let folder: String
  /// The program that fetches: a name for the search path, or a path.
  let program: String

  /// Creates a downloader that stores into `folder`, or into the user's cache folder.
  public init(into folder: String? = nil) {
    self.init(into: folder, program: "curl")
  }

  init(into folder: String?, program: String) {
    self.folder = folder ?? Self.cacheFolder
    self.program = program
  }

  /// The folder with MNIST, or Fashion-MNIST, in the user's cache, fetched first if need be.
  ///
  /// - Throws: `DataError`, as `folder(of:progress:)`.
  public static func folder(
    isFashion: Bool = false, progress: (Progress) -> Void = { _ in }
  ) throws -> String {
    try Download().folder(of: isFashion ? .fashionMNIST : .mnist, progress: progress)
  }

  /// `$XDG_CACHE_HOME/descent`, or else `~/Library/Caches/descent` (Apple) or `~/.cache/descent`.
  public static var cacheFolder: String {
    cacheFolder(environment: ProcessInfo.processInfo.environment)
  }

  static func cacheFolder(environment: [String: String]) -> String {
    // The standard says that a relative path is to be ignored.
    if let folder = environment["XDG_CACHE_HOME"], folder.hasPrefix("/") {
      return folder + "/descent"
    }
    let home = environment["HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? "."
    #if canImport(Darwin)
      return home + "/Library/Caches/descent"
    #else
      return home + "/.cache/descent"
    #endif
  }

  /// How far a download is.
  public struct Progress: Equatable, Sendable {
    /// The file that is being fetched.
    public let file: String
    /// The bytes of the whole set that have arrived.
    public let bytes: Int
    /// The bytes of the whole set, if they are known.
    public let total: Int?
  }

  /// The folder with the four files of a set, fetched first where they are not there yet.
  ///
  /// Every fetched file is checked by its SHA-256 and appears in the cache whole or not at all, so
  /// that an interrupted download goes on with the next file. `progress` is called on the calling
  /// thread, which waits, whenever more has arrived, at most ten times a second.
  /// - Throws: `DataError`; where there is no network or no curl, it says what to do by hand.
  public func folder(
    of set: ImageSet, progress: (Progress) -> Void = { _ in }
  ) throws -> String {
    let target = "\(folder)/\(set.name)"
    var received = 0
    let total = set.files.reduce(0) { $0 + $1.size }
    for file in set.files {
      let path = "\(target)/\(file.name)"
      if FileSystem.size(of: path) == nil {
        try FileSystem.createFolder(target)
        var last = received
        try fetch(set.host + file.name, to: path, check: file.digest, remedy: set.manualRemedy) {
          let bytes = received + min($0, file.size)
          if bytes > last { progress(Progress(file: file.name, bytes: bytes, total: total)) }
          last = bytes
        }
      }
      received += file.size
      progress(Progress(file: file.name, bytes: received, total: total))
    }
    return target
  }

  private func fetch(
    _ url: String, to path: String, check digest: ImageSet.Digest, remedy: String,
    progress: (Int) -> Void
  ) throws {
    let temporary = "\(path).\(getpid()).part"
    let messages = "\(path).\(getpid()).log"
    defer {
      FileSystem.remove(temporary)
      FileSystem.remove(messages)
    }
    let arguments = [
      program, "--fail", "--location", "--silent", "--show-error", "--connect-timeout", "20",
      "--speed-limit", "1000", "--speed-time", "30", "--retry", "2", "--max-filesize", "200000000",
      "--stderr", messages, "--output", temporary, "--", url,
    ]
    let status: Int32
    do {
      status = try Subprocess.run(arguments) { progress(FileSystem.size(of: temporary) ?? 0) }
    } catch {
      throw DataError.download(
        url: url, reason: "the program \(program) cannot be started (\(error))", remedy: remedy)
    }
    guard status == 0 else {
      let text = (try? readFile(messages, limit: 1 << 16)).map {
        String(decoding: $0, as: UTF8.self).split(separator: "\n").last.map(String.init) ?? ""
      }
      let reason =
        text.flatMap { $0.isEmpty ? nil : $0 } ?? "\(program) ended with status \(status)"
      throw DataError.download(url: url, reason: reason, remedy: remedy)
    }
    let bytes = try readFile(temporary, limit: 200_000_000)
    let (found, expected) =
      switch digest {
      case .packed(let sum): (SHA256.hexDigest(of: bytes), sum)
      case .unpacked(let sum):
        (SHA256.hexDigest(of: try Gzip.decompress(bytes, limit: 1 << 30, path: url)), sum)
      }
    guard found == expected else {
      throw DataError.checksum(path: url, algorithm: "SHA-256", found: found, expected: expected)
    }
    try AtomicFile.write(bytes, to: path)
  }
}
