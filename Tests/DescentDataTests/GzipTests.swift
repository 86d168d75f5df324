import Testing

@testable import DescentData

@Suite struct GzipTests {
  @Test func unpacksStoredFixedAndDynamicBlocks() throws {
    #expect(
      try Gzip.decompress(Fixtures.gzipHello) == Array("hello hello hello hello\n".utf8))
    #expect(try Gzip.decompress(Fixtures.gzipStored) == Array("stored".utf8))
    let text = try Gzip.decompress(Fixtures.gzipText)
    #expect(text.count == Fixtures.gzipTextCount)
    #expect(SHA256.hexDigest(of: text) == Fixtures.gzipTextHash)
    let long = try Gzip.decompress(Fixtures.gzipLongCodes)
    #expect(SHA256.hexDigest(of: long) == Fixtures.gzipLongCodesHash)
  }

  @Test func unpacksSeveralMembers() throws {
    let twice = try Gzip.decompress(Fixtures.gzipStored + Fixtures.gzipHello)
    #expect(twice == Array("storedhello hello hello hello\n".utf8))
  }

  @Test func keepsTheLimit() throws {
    let hello = Fixtures.gzipHello
    #expect(try Gzip.decompress(hello, limit: 24).count == 24)
    #expect(throws: DataError.tooLarge(path: "a.gz", limit: 23)) {
      try Gzip.decompress(hello, limit: 23, path: "a.gz")
    }
    #expect(throws: DataError.tooLarge(path: "a.gz", limit: 7)) {
      try Gzip.decompress(Fixtures.gzipStored + hello, limit: 7, path: "a.gz")
    }
    #expect(throws: DataError.self) { try Gzip.decompress(hello, limit: 0) }
  }

  @Test func everyDamageIsSeen() throws {
    for file in [Fixtures.gzipHello, Fixtures.gzipStored, Fixtures.gzipText] {
      feedHostile("gzip", file) { _ = try Gzip.decompress($0, limit: 1 << 20) }
      // The checksum sees each change of the data. A few bits, in the header and where a block
      // ends within a byte, have no meaning.
      let contents = try Gzip.decompress(file)
      for index in 10..<file.count {
        var changed = file
        changed[index] ^= 0x10
        let result = try? Gzip.decompress(changed)
        #expect(result == nil || result == contents)
      }
    }
  }

  @Test func claimsCostNoMemory() {
    let before = peakMemory()
    var file = Fixtures.gzipHello
    file.replaceSubrange(file.count - 4..<file.count, with: [0xFF, 0xFF, 0xFF, 0xFF])
    #expect(throws: DataError.self) { try Gzip.decompress(file, limit: 1 << 40) }
    #expect(throws: DataError.self) {
      try IDXArray(bytes: [0, 0, 8, 2] + [UInt8](repeating: 0xFF, count: 8))
    }
    #expect(throws: DataError.self) {
      try SafetensorsFile(bytes: [0, 0, 0, 0xFF, 0, 0, 0, 0] + Array("{}".utf8))
    }
    #expect(throws: DataError.self) {
      try Picture(bytes: Array("P5 8192 8192 255 ".utf8))
    }
    #expect(peakMemory() - before < 1 << 30)
  }

  @Test func checksums() {
    let digits = Array("123456789".utf8)
    #expect(CRC32.of(digits) == 0xCBF4_3926)
    #expect(CRC32.of([UInt8]()) == 0)
    #expect(adler32(Array("Wikipedia".utf8)) == 0x11E6_0398)
    #expect(
      SHA256.hexDigest(of: []) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    )
    #expect(
      SHA256.hexDigest(of: Array("abc".utf8))
        == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(
      SHA256.hexDigest(of: Array("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".utf8))
        == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
    #expect(
      SHA256.hexDigest(of: [UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000))
        == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
  }
}
