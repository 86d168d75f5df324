import Descent
import Foundation
import Testing

@testable import DescentData

@Suite struct PictureSetTests {
  /// A picture that no other number gives: a colour of its class, with noise.
  private func picture(_ number: Int, _ red: UInt8, side: Int = 8) -> Picture {
    var random = Philox(seed: UInt64(number))
    let pixels = (0..<(side * side)).flatMap { _ in
      [red, UInt8(truncatingIfNeeded: random.next()), UInt8(number % 256)]
    }
    return Picture(width: side, height: side, channels: 3, pixels: pixels)
  }

  private func withFolder(_ body: (String) throws -> Void) throws {
    let path = FileManager.default.temporaryDirectory.path + "/descent-pictures-\(UUID())"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try body(path)
  }

  private func write(_ bytes: [UInt8], to path: String) throws {
    try FileManager.default.createDirectory(
      atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    try Data(bytes).write(to: URL(fileURLWithPath: path))
  }

  /// `count` pictures in each of these folders.
  private func fill(_ folders: [String], count: Int, first: Int = 0, side: Int = 8) throws {
    for (index, folder) in folders.enumerated() {
      for number in 0..<count {
        try write(
          picture(first + index * 1000 + number, UInt8(40 + index * 80), side: side).png(),
          to: "\(folder)/\(number).png")
      }
    }
  }

  private var options: PictureSet.Options {
    var options = PictureSet.Options(memoryLimit: 1 << 30)
    options.threads = 2
    return options
  }

  private func message(_ path: String, _ options: PictureSet.Options? = nil) -> String {
    do {
      _ = try PictureSet(contentsOf: path, options ?? self.options)
      return "no error"
    } catch {
      return "\(error)"
    }
  }

  @Test("A folder with one sub-folder for each class is split, each class by its share")
  func classes() throws {
    try withFolder { folder in
      try fill(["\(folder)/dog", "\(folder)/cat", "\(folder)/bird/young"], count: 20)
      try write([], to: "\(folder)/.DS_Store")
      try write([1, 2], to: "\(folder)/cat/Thumbs.db")
      try write([1, 2], to: "\(folder)/cat/notes.txt")
      try write([1, 2], to: "\(folder)/cat/moving.gif")
      try write(Array("\u{89}PNG".utf8), to: "\(folder)/cat/broken.png")
      let set = try PictureSet(contentsOf: folder + "/", options)
      #expect(set.training.classNames == ["bird", "cat", "dog"])
      #expect(set.contract == ImageContract(channels: 3, height: 8, width: 8))
      #expect(set.test.count == 6 && set.training.count == 45)
      #expect(try #require(set.validation).count == 9)
      #expect(set.training.inputs.dtype == .uint8 && set.training.scale == 1 / 255)
      for label in 0..<3 {
        #expect(set.test.targets.scalars(as: Int32.self).count { $0 == label } == 2)
      }
      // Each sample is the file that it is said to be, red before green before blue.
      for (index, path) in set.testPaths.enumerated() {
        let pixels = set.test[index..<(index + 1)].inputs.scalars(as: UInt8.self)
        let file = try Picture(contentsOf: path)
        #expect(pixels[0] == file.pixels[0] && pixels[64] == file.pixels[1])
        #expect(pixels[128 + 63] == file.pixels[191])
      }
      #expect(set.unreadable.map(\.path) == [folder + "/cat/broken.png"])
      let warnings = set.warnings.joined(separator: "\n")
      #expect(warnings.contains("1 .gif file left out") && warnings.contains("broken.png"))
      #expect(warnings.contains("1 file of other kinds left out"), "\(warnings)")
      #expect(!warnings.contains("DS_Store") && !warnings.contains("Thumbs"))

      // The same for any number of threads, and for another name of the folder.
      var single = options
      single.threads = 1
      let again = try PictureSet(contentsOf: folder, single)
      #expect(again.testPaths == set.testPaths)
      #expect(
        again.training.inputs.scalars(as: UInt8.self)
          == set.training.inputs.scalars(as: UInt8.self))
    }
  }

  @Test("Folders called train, val and test are the parts, and duplicates across them are told")
  func parts() throws {
    try withFolder { folder in
      let parts = ["train", "Validation", "test"].map { folder + "/wrapped/" + $0 }
      for (index, part) in parts.enumerated() {
        try fill(["\(part)/a", "\(part)/b"], count: index == 0 ? 10 : 3, first: index * 100)
      }
      let copied = try readFile("\(parts[0])/a/1.png")
      try write(copied, to: "\(parts[2])/a/copy.png")
      try write(copied, to: "\(parts[0])/b/contradiction.png")
      let set = try PictureSet(contentsOf: folder, options)
      #expect(set.training.count == 21 && set.validation?.count == 6 && set.test.count == 7)
      let warnings = set.warnings.joined(separator: "\n")
      #expect(warnings.contains("1 test picture is also in another part"), "\(warnings)")
      #expect(warnings.contains("test/a/copy.png = "))
      #expect(
        warnings.contains("2 pictures are in two classes at once")
          || warnings.contains("1 picture is in two classes at once"), "\(warnings)")

      try FileManager.default.removeItem(atPath: parts[2] + "/b")
      let lacking = try PictureSet(contentsOf: folder, options)
      #expect(lacking.warnings.contains { $0.contains("no test picture of \"b\"") })
      try fill(["\(parts[2])/zebra"], count: 1)
      #expect(
        message(folder).contains("a class \"zebra\", expected one of those for training: a, b"))

      let (data, paths, _) = try PictureSet.test(
        contentsOf: parts[1], contract: set.contract, classNames: ["b", "a"],
        memoryLimit: 1 << 30)
      #expect(data.count == 6 && paths.count == 6)
      #expect(data.targets.scalars(as: Int32.self) == [1, 1, 1, 0, 0, 0])
    }
  }

  @Test("Pictures that are the same are drawn into one part")
  func twins() throws {
    try withFolder { folder in
      try fill(["\(folder)/a", "\(folder)/b"], count: 30)
      for number in 0..<30 {
        let copied = try readFile("\(folder)/a/\(number).png")
        try write(copied, to: "\(folder)/a/copy\(number).png")
      }
      let set = try PictureSet(contentsOf: folder, options)
      let warnings = set.warnings.joined(separator: "\n")
      #expect(
        warnings.contains("30 pictures are the same as others") && !warnings.contains("flatters"))
      for path in set.testPaths where path.contains("/copy") {
        #expect(set.testPaths.contains(path.replacingOccurrences(of: "copy", with: "")))
      }
    }
  }

  @Test("Sizes and colours are inferred, or as asked for")
  func contract() throws {
    try withFolder { folder in
      try fill(["\(folder)/a", "\(folder)/b"], count: 10)
      try write(picture(1, 2, side: 9).png(), to: "\(folder)/b/larger.png")
      #expect(try PictureSet(contentsOf: folder, options).contract.shape == [3, 64, 64])
      var asked = options
      asked.size = (5, 7)
      asked.channels = 1
      let set = try PictureSet(contentsOf: folder, asked)
      #expect(set.training.sampleShape == [1, 5, 7])
      // Colours of which none is one are grey.
      for name in ["a", "b"] {
        for file in try FileManager.default.contentsOfDirectory(atPath: "\(folder)/\(name)") {
          let path = "\(folder)/\(name)/\(file)"
          let gray = try Picture(contentsOf: path).gray
          let colours = Picture(
            width: gray.width, height: gray.height, channels: 3,
            pixels: gray.pixels.flatMap { [$0, $0, $0] })
          try write(colours.png(), to: path)
        }
      }
      let gray = try PictureSet(contentsOf: folder, options)
      #expect(gray.training.sampleShape == [1, 64, 64])
      let first = try Picture(contentsOf: gray.testPaths[0]).resized(width: 64, height: 64)
      #expect(gray.test[0..<1].inputs.scalars(as: UInt8.self) == first.gray.pixels)
    }
  }

  @Test("What nothing can be learned from is refused, with the remedy")
  func refusals() throws {
    try withFolder { folder in
      #expect(message(folder).contains("no such file or folder"))
      try write([1], to: "\(folder)/notes.txt")
      #expect(message(folder).contains("found no pictures"))
      try write(picture(1, 1).png(), to: "\(folder)/loose.png")
      #expect(message(folder).contains("found 1 picture in no sub-folder"))
      #expect(message(folder).contains("Sort the pictures by class"))
      try fill(["\(folder)/cat"], count: 12)
      #expect(message(folder).contains("found one class, \"cat\""))
      try fill(["\(folder)/dog"], count: 12)
      var small = options
      small.memoryLimit = 100_000
      small.size = (512, 512)
      let error = message(folder, small)
      #expect(error.contains("24 pictures, which at 512 × 512 in colour need 0.1 GB"), "\(error)")
      #expect(error.contains("--image-size 24"), "\(error)")
      for name in ["cat", "dog"] {
        for number in 0..<12 { try write([1, 2], to: "\(folder)/\(name)/\(number).png") }
      }
      #expect(message(folder).contains("0 of 24 pictures that can be read"))
    }
    try withFolder { folder in
      for part in ["train", "test"] {
        try write(picture(1, 1).png(), to: "\(folder)/\(part)/1.png")
      }
      #expect(message(folder).contains("train with one sub-folder for each class"))
    }
    try withFolder { folder in
      // A folder that contains itself ends.
      try fill(["\(folder)/a", "\(folder)/b"], count: 10)
      for name in ["one", "two"] {
        symlink(folder + "/a", folder + "/a/" + name)
        symlink(folder, folder + "/b/" + name)
      }
      #expect(try PictureSet(contentsOf: folder, options).training.count > 0)
    }
  }
}
