import Descent

/// A folder of pictures with a sub-folder for each class, and what is in it, by name.
///
/// Either the sub-folders are the classes, or they are called `train`, `test` and perhaps `val`, with
/// the classes in them. Folders within a class belong to it. Nothing is opened here.
public struct PictureFolder: Sendable {
  /// A file that is taken for a picture, by its name.
  public struct File: Equatable, Sendable {
    /// Where it is.
    public let path: String
    /// The index of its class.
    public let label: Int
  }

  /// The folder.
  public let path: String
  /// The names of the classes, sorted: those of the sub-folders.
  public let classNames: [String]
  /// The files for training, sorted; all files where there is no folder for the test.
  public let training: [File]
  /// The files that each epoch is checked on, if they have a folder of their own.
  public let validation: [File]
  /// The files for the end, if they have a folder of their own.
  public let test: [File]
  /// What else was found, and left out.
  public let remarks: [String]

  /// Looks through the folder at `path`.
  ///
  /// - Parameters:
  ///   - path: the folder.
  ///   - testPath: another folder, with the pictures for the end.
  ///   - classNames: the classes that a network knows; without them those of the sub-folders.
  /// - Throws: `DataError` where there are no classes, or no pictures.
  public init(_ path: String, testPath: String? = nil, classNames known: [String]? = nil) throws {
    var search = Search()
    let root = try search.unwrapped(path)
    self.path = root
    let folders = try search.folders(in: root)
    let parts = folders.filter { Part(named: $0) != nil }
    var roots: [Part: String] = [:]
    for name in parts { roots[Part(named: name)!] = root + "/" + name }
    let trainingRoot = try roots[.training].flatMap { folder in
      try search.folders(in: folder).isEmpty ? nil : folder
    }
    if trainingRoot == nil, !parts.isEmpty, parts.count == folders.count {
      let place = roots[.training] ?? root + "/train"
      throw DataError.mismatch(
        path: root,
        found: "the folder\(parts.count == 1 ? "" : "s") \(parts.joined(separator: ", "))",
        expected: "\(place) with one sub-folder for each class",
        remedy: "Sort the pictures by class: \(place)/cat/…, \(place)/dog/…")
    }
    if trainingRoot == nil { roots = [:] }
    if let testPath { roots[.test] = try search.unwrapped(testPath) }

    let trained = try search.classes(in: trainingRoot ?? root)
    let names = known ?? trained.map { $0.name }
    func files(_ classes: [(name: String, paths: [String])], in folder: String) throws -> [File] {
      try classes.flatMap { found in
        guard let label = names.firstIndex(of: found.name) else {
          throw DataError.mismatch(
            path: folder, found: "a class \(found.name.quoted)",
            expected: "one of those \(known == nil ? "for training" : "of the model"): "
              + names.prefix(20).joined(separator: ", "),
            remedy: known == nil
              ? "Give \(trainingRoot ?? root) pictures of it, or take it out"
              : "Take it out, or train a model that knows it")
        }
        return found.paths.map { File(path: $0, label: label) }
      }
    }
    training = try files(trained, in: trainingRoot ?? root)
    validation = try roots[.validation].map { try files(search.classes(in: $0), in: $0) } ?? []
    test = try roots[.test].map { try files(search.classes(in: $0), in: $0) } ?? []
    classNames = names
    remarks = search.remarks
    guard !training.isEmpty else {
      throw DataError.mismatch(
        path: root,
        found: search.loose > 0
          ? "\(search.loose) picture\(search.loose == 1 ? "" : "s") in no sub-folder"
          : "no pictures" + (remarks.isEmpty ? "" : " (\(remarks.joined(separator: "; ")))"),
        expected: "one sub-folder for each class, with PNG, JPEG, PGM or PPM files in it",
        remedy: "Sort the pictures by class: \(root)/cat/…, \(root)/dog/…")
    }
  }

  /// Whether at `path` is a folder.
  public static func isFolder(_ path: String) -> Bool { FileSystem.isFolder(path) }

  /// The pictures at and below `path`, sorted, by their names.
  ///
  /// - Throws: `DataError` where the folder cannot be read, or has no pictures.
  public static func pictures(below path: String) throws -> [String] {
    var search = Search()
    let found = try search.pictures(below: path)
    guard !found.isEmpty else {
      throw DataError.mismatch(
        path: path, found: "no pictures", expected: "PNG, JPEG, PGM or PPM files",
        remedy: "Check the spelling of the path")
    }
    return found
  }

  /// What a folder beside others is for.
  private enum Part {
    case training, validation, test

    init?(named name: String) {
      switch name.lowercased() {
      case "train", "training": self = .training
      case "val", "valid", "validation": self = .validation
      case "test", "testing": self = .test
      default: return nil
      }
    }
  }
}

/// A walk through folders, and what it leaves out.
private struct Search {
  private static let readable: Set<String> = [
    "png", "jpg", "jpeg", "jpe", "jfif", "pgm", "ppm", "pnm",
  ]
  private static let unreadable: Set<String> = [
    "gif", "bmp", "tif", "tiff", "webp", "heic", "heif", "avif", "jp2", "jxl", "svg", "psd", "pbm",
    "dng", "cr2", "nef", "arw", "ico",
  ]

  /// Pictures beside the folders of the classes.
  private(set) var loose = 0
  private var unsupported: [String: Int] = [:]
  private var otherCount = 0
  private var emptyClasses: [String] = []
  /// A link may lead back to a folder above it.
  private var visited: Set<[UInt64]> = []

  /// The folder itself or, where all is in one folder in it, that one: so archives unpack.
  func unwrapped(_ path: String) throws -> String {
    var path = path
    while path.count > 1 && path.hasSuffix("/") { path.removeLast() }
    for _ in 0..<3 {
      let names = try visible(in: path)
      guard names.count == 1, FileSystem.isFolder(path + "/" + names[0]),
        try !folders(in: path + "/" + names[0]).isEmpty
      else { break }
      path += "/" + names[0]
    }
    return path
  }

  func folders(in path: String) throws -> [String] {
    try visible(in: path).filter { FileSystem.isFolder(path + "/" + $0) }
  }

  /// The names in a folder, without what systems leave behind.
  private func visible(in path: String) throws -> [String] {
    try FileSystem.names(in: path).filter {
      !$0.hasPrefix(".") && !["__MACOSX", "@eaDir", "Thumbs.db", "desktop.ini"].contains($0)
    }
  }

  /// The classes in a folder with their pictures.
  mutating func classes(in root: String) throws -> [(name: String, paths: [String])] {
    var found: [(name: String, paths: [String])] = []
    for name in try visible(in: root) {
      let path = root + "/" + name
      if FileSystem.isFolder(path) {
        let paths = try pictures(below: path)
        if paths.isEmpty { emptyClasses.append(path) } else { found.append((name, paths)) }
      } else if isPicture(name) {
        loose += 1
      }
    }
    return found
  }

  /// The pictures in a folder and in those below it, sorted.
  mutating func pictures(below path: String) throws -> [String] {
    guard visited.insert(FileSystem.identity(of: path)).inserted else { return [] }
    var found: [String] = []
    for name in try visible(in: path) {
      let path = path + "/" + name
      if FileSystem.isFolder(path) {
        found += try pictures(below: path)
      } else if isPicture(name) {
        found.append(path)
      }
    }
    return found
  }

  private mutating func isPicture(_ name: String) -> Bool {
    let ending = name.lastIndex(of: ".").map { name[name.index(after: $0)...].lowercased() } ?? ""
    if Self.readable.contains(ending) { return true }
    if Self.unreadable.contains(ending) {
      unsupported[ending, default: 0] += 1
    } else {
      otherCount += 1
    }
    return false
  }

  var remarks: [String] {
    var result: [String] = []
    if loose > 0 {
      result.append("\(loose) picture\(loose == 1 ? "" : "s") in no class's folder left out")
    }
    result += unsupported.sorted { $0.key < $1.key }.map {
      "\($0.value) .\($0.key) file\($0.value == 1 ? "" : "s") left out: save them as PNG or JPEG"
    }
    if otherCount > 0 {
      result.append("\(otherCount) file\(otherCount == 1 ? "" : "s") of other kinds left out")
    }
    result += emptyClasses.map { "\($0) has no pictures: left out" }
    return result
  }
}
