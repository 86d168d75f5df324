import Descent
import Foundation
import Testing

@testable import DescentData

/// Files of every kind against what Pillow and NumPy see in them (Fixtures/make_pictures.py).
@Suite struct PictureFileTests {
  private struct Expected: Decodable {
    struct Seen: Decodable {
      let height: Int
      let width: Int
      let pixels: String
    }
    let pictures: [String: Seen]
    let resized: [String: String]
  }

  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Fixtures/pictures").path

  private static let expected = try? JSONDecoder().decode(
    Expected.self, from: Data(contentsOf: URL(fileURLWithPath: folder + "/expected.json")))

  private static let names = (expected?.pictures ?? [:]).keys.sorted()
  private static let plainNames = names.filter { !$0.hasSuffix(".jpg") }
  private static let jpegNames = names.filter { $0.hasSuffix(".jpg") }

  private static func bytes(_ hex: String) -> [UInt8] {
    let digits = Array(hex.utf8).map { Int($0) - ($0 < 58 ? 48 : 87) }
    return stride(from: 0, to: digits.count, by: 2).map {
      UInt8(digits[$0] << 4 | digits[$0 + 1])
    }
  }

  private static func file(_ name: String) throws -> [UInt8] {
    try readFile(folder + "/" + name)
  }

  /// The largest and the mean difference from what is expected, in levels of 256.
  private func difference(_ picture: Picture, _ expected: [UInt8]) -> (largest: Int, mean: Double) {
    let copies = 3 / picture.channels
    let pixels = picture.pixels.flatMap { Array(repeating: Int($0), count: copies) }
    let differences = zip(pixels, expected).map { abs($0 - Int($1)) }
    return (
      pixels.count == expected.count ? differences.max() ?? 0 : 999,
      Double(differences.reduce(0, +)) / Double(max(differences.count, 1))
    )
  }

  @Test("PNG, PGM and PPM files of every kind are what Pillow sees", arguments: plainNames)
  func plain(_ name: String) throws {
    let picture = try Picture(contentsOf: Self.folder + "/" + name)
    let seen = try #require(Self.expected?.pictures[name])
    #expect(picture.height == seen.height && picture.width == seen.width)
    // Pillow cuts 16 bits off where this rounds, and rounds transparency in another order.
    let isExact = !["16", "rgba", "graya", "palette2"].contains { name.contains($0) }
    let (largest, _) = difference(picture, Self.bytes(seen.pixels))
    #expect(largest <= (isExact ? 0 : 1), "\(name): \(largest)")
    let isGray = name.hasPrefix("gray") || name.hasSuffix(".pgm")
    #expect(picture.channels == (isGray ? 1 : 3))
  }

  @Test(
    "JPEG files are what Pillow sees, to a few levels, and upright",
    .enabled(if: JPEG.isAvailable, "libturbojpeg is not installed"), arguments: jpegNames)
  func jpeg(_ name: String) throws {
    let picture = try Picture(contentsOf: Self.folder + "/" + name)
    let seen = try #require(Self.expected?.pictures[name])
    #expect(picture.height == seen.height && picture.width == seen.width)
    let (largest, mean) = difference(picture, Self.bytes(seen.pixels))
    #expect(largest <= 4 && mean < 1, "\(name): \(largest), \(mean)")
    #expect(picture.channels == (name == "gray.jpg" ? 1 : 3))
  }

  @Test("Smaller is the mean of what is covered, larger is bilinear")
  func resizing() throws {
    let noise = try Picture(contentsOf: Self.folder + "/noise.ppm")
    let resized = try #require(Self.expected?.resized)
    #expect(resized.count == 7 && Self.names.count == 33)
    for (size, hex) in resized {
      let sides = size.split(separator: "x").compactMap { Int($0) }
      let other = noise.resized(width: sides[1], height: sides[0])
      let (largest, _) = difference(other, Self.bytes(hex))
      #expect(largest <= 1, "\(size): \(largest)")
    }
  }

  @Test(
    "A large JPEG of which little is needed is decoded smaller, and looks the same",
    .enabled(if: JPEG.isAvailable, "libturbojpeg is not installed"))
  func reducedDecoding() throws {
    for name in ["full.jpg", "held6.jpg"] {
      let file = try Self.file(name)
      let reduced = try Picture(bytes: file, path: name, atLeast: (width: 2, height: 2))
      let whole = try Picture(bytes: file, path: name)
      #expect(reduced.width == (whole.width + 1) / 2 && reduced.height == (whole.height + 1) / 2)
      let (largest, _) = difference(
        reduced.resized(width: 2, height: 2), whole.resized(width: 2, height: 2).pixels)
      #expect(largest <= 16)
    }
  }

  @Test("Every damage gives a picture or an error with words", arguments: plainNames)
  func damage(_ name: String) throws {
    let file = try Self.file(name)
    feedHostile(name, file) { _ = try Picture(bytes: $0) }
    guard name.hasSuffix(".png") else { return }
    feedHostile("\(name), checksums mended", file) { _ = try Picture(bytes: withChecksums($0)) }
  }

  @Test(
    "Every damage to a JPEG gives a picture or an error with words",
    .enabled(if: JPEG.isAvailable, "libturbojpeg is not installed"),
    arguments: ["full.jpg", "halved.jpg", "progressive.jpg", "gray.jpg", "inks.jpg", "held6.jpg"])
  func jpegDamage(_ name: String) throws {
    let before = peakMemory()
    feedHostile(name, try Self.file(name)) { _ = try Picture(bytes: $0) }
    #expect(peakMemory() - before < 1 << 30)
  }

  @Test("A truncated JPEG is refused, not shown with grey below")
  func truncated() throws {
    guard JPEG.isAvailable else { return }
    let file = try Self.file("full.jpg")
    for length in stride(from: 10, to: file.count - 60, by: 20) {
      #expect(throws: DataError.self) { try Picture(bytes: Array(file[..<length])) }
    }
  }

  @Test("Headers that promise far more than there is are refused before memory is taken")
  func bombs() throws {
    let before = peakMemory()
    func word(_ value: UInt32) -> [UInt8] {
      (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) }
    }
    for side: UInt32 in [100_000, 8_000] {
      var file = try Self.file("rgb8.png")
      file.replaceSubrange(16..<24, with: word(side) + word(side))
      #expect(throws: DataError.self) { try Picture(bytes: withChecksums(file)) }
      #expect(throws: DataError.self) {
        try Picture(bytes: Array("P6 \(side) \(side) 255 abc".utf8))
      }
    }
    #expect(throws: DataError.self) { try Picture(bytes: Array("P2 9999999999 9 9 1".utf8)) }
    if JPEG.isAvailable {
      var file = try Self.file("full.jpg")
      let frame = try #require(file.indices.first { file[$0...].starts(with: [0xFF, 0xC0]) })
      file.replaceSubrange((frame + 5)..<(frame + 9), with: [0x1F, 0xF0, 0x1F, 0xF0])
      #expect(throws: DataError.self) { try Picture(bytes: file) }
    }
    #expect(peakMemory() - before < 300 << 20)
  }
}

/// A PNG file whose parts have the right checksums, so that damage gets past them.
func withChecksums(_ file: [UInt8]) -> [UInt8] {
  var file = file
  var start = 8
  while start + 12 <= file.count {
    let length = file[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
    let end = start + 8 + length
    guard end + 4 <= file.count else { break }
    let check = CRC32.of(file[start + 4..<end])
    for byte in 0..<4 { file[end + byte] = UInt8(truncatingIfNeeded: check >> (24 - byte * 8)) }
    start = end + 4
  }
  return file
}
