import Testing

@testable import DescentData

@Suite struct SafetensorsTests {
  private func sample() throws -> Safetensors {
    var file = Safetensors(metadata: ["b": "line\n\"quoted\" \u{1} é😀", "a": "1"])
    try file.append("mask", .bool, shape: [3], bytes: [1, 0, 1])
    try file.append("body.weight", shape: [2, 3], floats: [1, 2, 3, -4, 5.5, 6])
    try file.append("scale", shape: [], floats: [0.25])
    try file.append("empty", shape: [0, 5], floats: [])
    return file
  }

  private func file(_ header: String, data: Int = 0) -> [UInt8] {
    let count = header.utf8.count
    return (0..<8).map { UInt8(truncatingIfNeeded: count >> ($0 * 8)) } + Array(header.utf8)
      + [UInt8](repeating: 0, count: data)
  }

  @Test func roundTrip() throws {
    let bytes = try sample().encoded()
    let read = try Safetensors(parsing: bytes)
    #expect(read.metadata == ["b": "line\n\"quoted\" \u{1} é😀", "a": "1"])
    #expect(read.entries.map(\.name) == ["body.weight", "scale", "empty", "mask"])
    let weight = try #require(read.entry("body.weight"))
    #expect(weight.shape == [2, 3] && weight.element == .f32)
    #expect(try read.floats(of: weight) == [1, 2, 3, -4, 5.5, 6])
    #expect(try read.floats(of: try #require(read.entry("scale"))) == [0.25])
    #expect(Array(read.bytes(of: try #require(read.entry("mask")))) == [1, 0, 1])
    #expect(read.entry("none") == nil)
    #expect(read.encoded() == bytes)
  }

  @Test func bytesAreFixed() throws {
    var file = Safetensors(metadata: ["k": "v"])
    try file.append("x", shape: [1], floats: [1])
    let header =
      #"{"__metadata__":{"k":"v"},"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#
    let padding = String(repeating: " ", count: (8 - header.utf8.count % 8) % 8)
    #expect(file.encoded() == self.file(header + padding) + [0, 0, 0x80, 0x3F])
    #expect(try sample().encoded() == sample().encoded())
    #expect(try sample().encoded()[0] % 8 == 0)
  }

  @Test func halfPrecision() throws {
    var file = Safetensors()
    try file.append(
      "h", .f16, shape: [6], bytes: [0, 0x3C, 0, 0xC0, 1, 0, 0, 0x7C, 0xFF, 0x7B, 0, 0x80])
    try file.append("b", .bf16, shape: [1], bytes: [0xC0, 0x3F])
    try file.append("d", .f64, shape: [1], bytes: [0, 0, 0, 0, 0, 0, 0xF8, 0x3F])
    #expect(
      try file.floats(of: file.entries[0]) == [1, -2, 0x1p-24, .infinity, 65504, -0.0])
    #expect(try file.floats(of: file.entries[1]) == [1.5])
    #expect(try file.floats(of: file.entries[2]) == [1.5])
    try file.append("i", .i32, shape: [1], bytes: [0, 0, 0, 0])
    #expect(throws: DataError.self) { try file.floats(of: file.entries[3]) }
  }

  @Test func refusesToWrite() throws {
    var file = Safetensors()
    try file.append("x", shape: [1], floats: [1])
    #expect(throws: DataError.self) { try file.append("x", shape: [1], floats: [1]) }
    #expect(throws: DataError.self) { try file.append("__metadata__", shape: [1], floats: [1]) }
    #expect(throws: DataError.self) { try file.append("y", shape: [2], floats: [1]) }
    #expect(throws: DataError.self) { try file.append("y", shape: [-1], floats: []) }
    #expect(file.entries.count == 1)
  }

  @Test(arguments: [
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}}"#, 8),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, 8),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#, 8),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}"#, 4),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, 3),
    (#"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#, 4),
    (#"{"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}}"#, 4),
    (#"{"a":{"dtype":"F32","shape":[01],"data_offsets":[0,4]}}"#, 4),
    (#"{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}"#, 0),
    (#"{"a":{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,0]}}"#, 0),
    (#"{"a":{"dtype":"X32","shape":[1],"data_offsets":[0,4]}}"#, 4),
    (#"{"a":{"dtype":"F32","shape":[1]}}"#, 0),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,4]}}"#, 4),
    (#"{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, 4),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"more":1}}"#, 4),
    (
      #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"#
        + #""a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}"#, 2
    ),
    (
      #"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"#
        + #""b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}"#, 3
    ),
    (#"{"__metadata__":{"a":"1","a":"2"}}"#, 0),
    (#"{"__metadata__":{},"__metadata__":{}}"#, 0),
    (#"{"__metadata__":{"a":1}}"#, 0),
    (#"{"a":"#, 0), ("", 0), ("[]", 0), ("{} x", 0), ("{\"a\n\":{}}", 0), (#"{"\ud800":{}}"#, 0),
    (#"{"\q":{}}"#, 0), (String(repeating: #"{"a":"#, count: 10000), 0),
  ])
  func refusesToRead(header: String, data: Int) {
    #expect(throws: DataError.self) { try Safetensors(parsing: file(header, data: data)) }
  }

  @Test func acceptsWhatTheFormatAllows() throws {
    #expect(try Safetensors(parsing: file("{}")).entries.isEmpty)
    let read = try Safetensors(
      parsing: file(
        " {\"\\u0061\\ud83d\\ude00\" : {\"shape\": [ ], \"data_offsets\":[0,1],"
          + "\t\"dtype\":\"U8\"}}  ", data: 1))
    #expect(read.entries.map(\.name) == ["a😀"])
    for header: UInt8 in [0xFF, 0x7F] {
      let claim = [UInt8](repeating: 0xFF, count: 7) + [header]
      #expect(throws: DataError.self) { try Safetensors(parsing: claim + [0x7B, 0x7D]) }
    }
  }

  @Test func everyDamageIsSurvived() throws {
    feedHostile("safetensors", try sample().encoded()) { bytes in
      let file = try Safetensors(parsing: bytes)
      for entry in file.entries {
        _ = file.bytes(of: entry).count
        if entry.element.size >= 4 { _ = try? file.floats(of: entry) }
      }
      _ = try Safetensors(parsing: file.encoded())
    }
  }
}
