import Testing

@testable import DescentData

@Suite struct IDXTests {
  @Test func roundTrip() throws {
    let array = try IDXArray(shape: [2, 3], bytes: [1, 2, 3, 4, 5, 255])
    let file = array.encoded()
    #expect(file == [0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 255])
    #expect(try IDXArray(bytes: file) == array)
    let wide = try IDXArray(dtype: .float64, shape: [2], bytes: Array(0..<16))
    #expect(try IDXArray(bytes: wide.encoded()) == wide)
    let empty = try IDXArray(shape: [0, 28], bytes: [])
    #expect(try IDXArray(bytes: empty.encoded()) == empty)
  }

  @Test func everyTypeCode() throws {
    func floats(_ code: UInt8, _ data: [UInt8]) throws -> [Float] {
      try IDXArray(bytes: [0, 0, code, 1, 0, 0, 0, 1] + data).floats
    }
    #expect(try floats(0x08, [0xFE]) == [254])
    #expect(try floats(0x09, [0xFE]) == [-2])
    #expect(try floats(0x0B, [0xFF, 0xFE]) == [-2])
    #expect(try floats(0x0C, [0, 1, 0, 0]) == [65536])
    #expect(try floats(0x0D, [0x3F, 0xC0, 0, 0]) == [1.5])
    #expect(try floats(0x0E, [0x3F, 0xF8, 0, 0, 0, 0, 0, 0]) == [1.5])
    #expect(throws: DataError.self) { try floats(0x0A, [0, 0]) }
  }

  @Test func dimensionsThatLie() throws {
    let max: [UInt8] = [0xFF, 0xFF, 0xFF, 0xFF]
    #expect(throws: DataError.self) { try IDXArray(bytes: [0, 0, 14, 3] + max + max + max) }
    // Nothing times too much is nothing.
    #expect(try IDXArray(bytes: [0, 0, 14, 3, 0, 0, 0, 0] + max + max).bytes.isEmpty)
    #expect(
      throws: DataError.malformed(
        path: "x.idx", format: "IDX", place: .byte(8), found: "2 bytes of data",
        expected: "3 × 1")
    ) { try IDXArray(bytes: [0, 0, 8, 1, 0, 0, 0, 3, 1, 2], path: "x.idx") }
    #expect(throws: DataError.self) { try IDXArray(shape: [3], bytes: [1, 2]) }
    #expect(throws: DataError.self) { try IDXArray(shape: [-1, -2], bytes: [1, 2]) }
    #expect(throws: DataError.self) { try IDXArray(shape: [], bytes: [1]) }
  }

  @Test func everyDamageIsSurvived() throws {
    let array = try IDXArray(dtype: .int16, shape: [2, 3], bytes: Array(0..<12))
    feedHostile("IDX", array.encoded()) { _ = try IDXArray(bytes: $0).floats }
  }
}
