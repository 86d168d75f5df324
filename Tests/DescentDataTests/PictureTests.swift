import Testing

@testable import DescentData

@Suite struct PictureTests {
  private static let pictures: [(String, [UInt8], String)] = [
    ("grey8", Fixtures.grey8, "grey8"), ("interlaced", Fixtures.grey8Interlaced, "grey8"),
    ("grey1", Fixtures.grey1, "grey1"), ("grey2", Fixtures.grey2, "grey2"),
    ("grey4", Fixtures.grey4, "grey4"), ("grey16", Fixtures.grey16, "grey16"),
    ("rgb8", Fixtures.rgb8, "rgb8"), ("rgba8", Fixtures.rgba8, "rgba8"),
    ("palette4, interlaced", Fixtures.palette4, "palette4"),
  ]

  @Test func readsEveryKindOfPNG() throws {
    for (name, file, shades) in Self.pictures {
      let image = try Picture(bytes: file)
      #expect(image.width == 5 && image.height == 7)
      let differences = zip(image.gray.pixels, Fixtures.shades[shades] ?? []).map {
        abs(Int($0) - Int($1))
      }
      // Colours over white and then grey is rounded in another order than grey over white.
      #expect(differences.count == 35 && differences.max()! <= (name == "rgba8" ? 1 : 0), "\(name)")
    }
    // Row filters 1, 2 and 4; Pillow chose them.
    let filtered = try Picture(bytes: Fixtures.filtered)
    #expect(SHA256.hexDigest(of: filtered.gray.pixels) == Fixtures.filteredHash)
  }

  @Test func writesPNG() throws {
    for (width, height) in [(1, 1), (3, 2), (300, 400)] {
      let pixels = (0..<width * height).map { UInt8(truncatingIfNeeded: $0 * 7) }
      let image = Picture(width: width, height: height, pixels: pixels)
      #expect(try Picture(bytes: image.png()) == image)
      let colours = Picture(
        width: width, height: height, channels: 3, pixels: pixels + pixels.reversed() + pixels)
      #expect(try Picture(bytes: colours.png()) == colours)
      #expect(colours.inverted.inverted == colours && !colours.isGray || pixels.count == 1)
    }
  }

  @Test func readsPGMAndPPM() throws {
    func shades(_ text: String, _ data: [UInt8] = []) throws -> [UInt8] {
      try Picture(bytes: Array(text.utf8) + data).gray.pixels
    }
    #expect(try shades("P2\n# a comment\n2 2 # more\n15\n0 5\n10 15") == [0, 85, 170, 255])
    #expect(try shades("P5 2 1 255\n", [7, 8]) == [7, 8])
    #expect(try shades("P5 2 1 65535\n", [0xFF, 0xFF, 0x80, 0]) == [255, 128])
    #expect(try shades("P3 1 1 255 255 255 255") == [255])
    #expect(try shades("P6 2 1 255\n", [255, 0, 0, 0, 255, 0]) == [76, 150])
    #expect(throws: DataError.self) { try shades("P5 2 1 255\n", [7]) }
    #expect(throws: DataError.self) { try shades("P5 0 1 255\n") }
    #expect(throws: DataError.self) { try shades("P2 1 1 9 10") }
    #expect(throws: DataError.self) { try shades("P4 1 1 ", [0]) }
    #expect(throws: DataError.self) { try shades("GIF89a") }
  }

  @Test func resizesByArea() throws {
    let image = Picture(width: 4, height: 2, pixels: [0, 10, 100, 200, 20, 30, 100, 200])
    #expect(image.resized(width: 2, height: 1).pixels == [15, 150])
    #expect(image.resized(width: 4, height: 2) == image)
    #expect(image.resized(width: 8, height: 2).pixels[..<4] == [0, 3, 8, 33])
    let third = Picture(width: 3, height: 1, pixels: [0, 90, 240])
    #expect(third.resized(width: 2, height: 1).pixels == [30, 190])
  }

  @Test func everyDamageIsSurvived() {
    for (name, file, _) in Self.pictures {
      feedHostile(name, file) { _ = try Picture(bytes: $0) }
      feedHostile("\(name), checksums mended", file) {
        _ = try Picture(bytes: withChecksums($0))
      }
    }
    feedHostile("PGM", Array("P2 2 2 15 0 5 10 15".utf8)) { _ = try Picture(bytes: $0) }
    feedHostile("PGM", Array("P5 2 2 255 abcd".utf8)) { _ = try Picture(bytes: $0) }
    feedHostile("PPM", Array("P6 1 2 900 abcdefghijkl".utf8)) { _ = try Picture(bytes: $0) }
  }
}
