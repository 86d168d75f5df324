import Testing

@testable import DescentData

@Suite struct SafetensorsTests {
  private typealias Entry = SafetensorsFile.Entry

  private let sample = SafetensorsFile(
    metadata: ["b": "line\n\"quoted\" \u{1} é😀", "a": "1"],
    tensors: [
      Entry(name: "mask", dtype: .bool, shape: [3], bytes: [1, 0, 1]),
      Entry(name: "body.weight", shape: [2, 3], floats: [1, 2, 3, -4, 5.5, 6]),
      Entry(name: "scale", shape: [], floats: [0.25]),
      Entry(name: "empty", shape: [0, 5], floats: []),
    ])

  private func file(_ header: String, data: Int = 0) -> [UInt8] {
    let count = header.utf8.count
    return (0..<8).map { UInt8(truncatingIfNeeded: count >> ($0 * 8)) } + Array(header.utf8)
      + [UInt8](repeating: 0, count: data)
  }

  @Test func roundTrip() throws {
    let bytes = try sample.serialized()
    let read = try SafetensorsFile(bytes: bytes)
    #expect(read.metadata == sample.metadata)
    #expect(read.tensors == [1, 2, 3, 0].map { sample.tensors[$0] })
    #expect(try read.tensors[0].floats() == [1, 2, 3, -4, 5.5, 6])
    #expect(try read.tensors[1].floats() == [0.25])
    #expect(try read.serialized() == bytes)
  }

  @Test func bytesAreFixed() throws {
    let file = SafetensorsFile(
      metadata: ["k": "v"], tensors: [Entry(name: "x", shape: [1], floats: [1])])
    let header =
      #"{"__metadata__":{"k":"v"},"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#
    let padding = String(repeating: " ", count: (8 - header.utf8.count % 8) % 8)
    #expect(try file.serialized() == self.file(header + padding) + [0, 0, 0x80, 0x3F])
    #expect(try sample.serialized()[0] % 8 == 0)
  }

  @Test func everyFloat() throws {
    let half: [UInt8] = [0, 0x3C, 0, 0xC0, 1, 0, 0, 0x7C, 0xFF, 0x7B, 0, 0x80]
    #expect(
      try Entry(name: "h", dtype: .float16, shape: [6], bytes: half).floats()
        == [1, -2, 0x1p-24, .infinity, 65504, -0.0])
    #expect(
      try Entry(name: "b", dtype: .bfloat16, shape: [1], bytes: [0xC0, 0x3F]).floats() == [1.5])
    let double: [UInt8] = [0, 0, 0, 0, 0, 0, 0xF8, 0x3F]
    #expect(try Entry(name: "d", dtype: .float64, shape: [1], bytes: double).floats() == [1.5])
    #expect(throws: DataError.self) {
      try Entry(name: "i", dtype: .int32, shape: [1], bytes: [0, 0, 0, 0]).floats()
    }
  }

  @Test func refusesToWrite() throws {
    let good = Entry(name: "x", shape: [1], floats: [1])
    for bad in [
      good, Entry(name: "__metadata__", shape: [1], floats: [1]),
      Entry(name: "y", shape: [2], floats: [1]), Entry(name: "y", shape: [-1], floats: []),
    ] {
      #expect(throws: DataError.self) { try SafetensorsFile(tensors: [good, bad]).serialized() }
    }
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
    #expect(throws: DataError.self) { try SafetensorsFile(bytes: file(header, data: data)) }
  }

  @Test func acceptsWhatTheFormatAllows() throws {
    #expect(try SafetensorsFile(bytes: file("{}")).tensors.isEmpty)
    let read = try SafetensorsFile(
      bytes: file(
        " {\"\\u0061\\ud83d\\ude00\" : {\"shape\": [ ], \"data_offsets\":[0,1],"
          + "\t\"dtype\":\"U8\"}}  ", data: 1))
    #expect(read.tensors.map(\.name) == ["a😀"])
    for header: UInt8 in [0xFF, 0x7F] {
      let claim = [UInt8](repeating: 0xFF, count: 7) + [header]
      #expect(throws: DataError.self) { try SafetensorsFile(bytes: claim + [0x7B, 0x7D]) }
    }
  }

  @Test func everyDamageIsSurvived() throws {
    feedHostile("safetensors", try sample.serialized()) { bytes in
      let file = try SafetensorsFile(bytes: bytes)
      for tensor in file.tensors { _ = try? tensor.floats() }
      _ = try file.serialized()
    }
  }
}
