import Foundation
import Testing

@testable import DescentData

/// A fresh folder that is removed when it goes out of use.
final class TemporaryFolder: Sendable {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "descent-tests-\(UUID().uuidString)"
    try FileSystem.createFolder(path)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  var contents: [String] {
    get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
  }
}

@Suite struct AtomicFileTests {
  @Test func writesAndReplaces() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/a.bin"
    try AtomicFile.write([1, 2, 3], to: path)
    #expect(try readFile(path) == [1, 2, 3])
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
    try AtomicFile.write(parts: [[4], [], [5, 6]], to: path)
    #expect(try readFile(path) == [4, 5, 6])
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    #expect(attributes[.posixPermissions] as? Int == 0o600)
    #expect(try folder.contents == ["a.bin"])
    try AtomicFile.write("", to: path)
    #expect(try readFile(path) == [])
  }

  @Test func followsLinks() throws {
    let folder = try TemporaryFolder()
    try AtomicFile.write([1], to: folder.path + "/real")
    try FileManager.default.createSymbolicLink(
      atPath: folder.path + "/link", withDestinationPath: folder.path + "/real")
    try AtomicFile.write([2], to: folder.path + "/link")
    #expect(try readFile(folder.path + "/real") == [2])
  }

  @Test func failuresLeaveNothing() throws {
    let folder = try TemporaryFolder()
    #expect(
      throws: DataError.cannotWrite(
        path: folder.path, reason: "a folder of that name is there")
    ) { try AtomicFile.write([1], to: folder.path) }
    #expect(throws: DataError.self) { try AtomicFile.write([1], to: folder.path + "/no/file") }
    #expect(throws: DataError.self) { try AtomicFile.write([1], to: "") }
    let long = folder.path + "/" + String(repeating: "x", count: 300)
    #expect(throws: DataError.self) { try AtomicFile.write([1], to: long) }
    #expect(try folder.contents.isEmpty)
    #if os(Linux)
      #expect(throws: DataError.self) { try AtomicFile.write([1], to: "/proc/descent-test") }
    #endif
    // The superuser may write anywhere else.
    if getuid() != 0 {
      try FileManager.default.setAttributes(
        [.posixPermissions: 0o500], ofItemAtPath: folder.path)
      #expect(throws: DataError.self) { try AtomicFile.write([1], to: folder.path + "/a") }
    }
  }

  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/dev/full")))
  func aFullDiskIsAnError() throws {
    do {
      try AtomicFile.write([1], to: "/dev/full")
      Issue.record("no error")
    } catch let error as DataError {
      guard case .writeFailed("/dev/full", _) = error else {
        Issue.record("\(error)")
        return
      }
      #expect(error.exitCode == 74)
    }
    try AtomicFile.write([1], to: "/dev/null")
    #expect(FileManager.default.fileExists(atPath: "/dev/null"))
  }

  @Test func readingFails() throws {
    let folder = try TemporaryFolder()
    #expect(throws: DataError.missing(path: "/no/such", remedy: "Look")) {
      try readFile("/no/such", remedy: "Look")
    }
    #expect(throws: DataError.self) { try readFile(folder.path) }
    try AtomicFile.write([1, 2, 3], to: folder.path + "/a")
    #expect(throws: DataError.self) { try readFile(folder.path + "/a", limit: 2) }
    #expect(throws: DataError.self) { try FileSystem.createFolder(folder.path + "/a/b") }
  }

  @Test func wordsAndExitCodes() {
    let error: any Error = DataError.missing(path: "a.csv", remedy: "Check it")
    #expect(error.localizedDescription == "a.csv: no such file or folder. Check it")
    #expect((error as? DataError)?.exitCode == 66)
    #expect(DataError.cannotWrite(path: "x", reason: "y").exitCode == 73)
    #expect("a\u{1B}[31m\n".quoted == "\"a\u{FFFD}[31m\u{FFFD}\"")
  }
}
