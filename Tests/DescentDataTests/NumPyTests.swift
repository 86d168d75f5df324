import Descent
import Foundation
import Testing

@testable import DescentData

/// Arrays that NumPy wrote are read as they are, and ours are NumPy's to the last byte.
@Suite struct NumPyTests {
  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("NumPy").path

  private struct Expected: Decodable {
    struct Array: Decodable {
      let shape: [Int]
      let values: [String]
    }
    let arrays: [String: Array]
    let refused: [String: String]
  }

  private static func expected() throws -> Expected {
    try JSONDecoder().decode(Expected.self, from: Data(readFile(folder + "/expected.json")))
  }

  @Test(arguments: ["arrays.npz", "packed.npz"])
  func everyTypeAndOrder(_ file: String) throws {
    let all = try Self.expected().arrays
    let arrays = try NPZ.read(Self.folder + "/" + file)
    #expect(Set(arrays.map(\.name)) == Set(all.keys))
    for (name, tensor) in arrays {
      let expected = try #require(all[name])
      #expect(tensor.shape.sizes == expected.shape, "\(name)")
      let values = try expected.values.map { try #require(Double($0)) }
      let isSame = zip(tensor.doubles(), values).allSatisfy { $0 == $1 || ($0.isNaN && $1.isNaN) }
      #expect(tensor.doubles().count == values.count && isSame, "\(name): \(tensor)")
    }
    let types = Dictionary(uniqueKeysWithValues: arrays.map { ($0.name, $0.tensor.dtype) })
    #expect(types["f2"] == .float32 && types["big_f8"] == .float64 && types["i8"] == .int32)
    #expect(types["u1"] == .uint8 && types["b1"] == .bool && types["u4"] == .int32)
  }

  @Test func oursAreNumPys() throws {
    let file = try readFile(Self.folder + "/plain.npy")
    let tensor = try NPY.decode(file)
    #expect(tensor.doubles() == [1, 2, 3, 4, 5, 6.5] && tensor.shape.sizes == [2, 3])
    #expect(NPY.encode(tensor) == file)
    // Every array of a type that we write: the bytes of its entry are found in NumPy's file.
    let whole = try readFile(Self.folder + "/arrays.npz")
    for (name, tensor) in try NPZ.decode(whole)
    where ["f4", "f8", "i4", "u1", "b1", "fractions", "scalar", "nothing", "one", "deep"].contains(
      name)
    {
      #expect(contains(whole, NPY.encode(tensor)), "\(name)")
    }
  }

  private func contains(_ whole: [UInt8], _ part: [UInt8]) -> Bool {
    whole.indices.dropLast(part.count - 1).contains { whole[$0...].starts(with: part) }
  }

  @Test func roundTrip() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/round.npz"
    let arrays: [(name: String, tensor: Tensor)] = [
      ("x", Tensor([1.5, -2, .infinity, 4, 5, 6] as [Float], shape: [3, 2])),
      ("größe", Tensor([1, 2, 3] as [Int32])), ("empty", Tensor.zeros([0, 4])),
      ("number", Tensor(repeating: 2.5, shape: [], dtype: .float64)),
      ("bits", Tensor([1, 0, 1] as [UInt8]).cast(to: .bool)),
    ]
    try NPZ.write(arrays, to: path)
    let read = try NPZ.read(path)
    #expect(read.map(\.name) == arrays.map(\.name))
    for (own, other) in zip(arrays, read) {
      #expect(own.tensor.shape == other.tensor.shape && own.tensor.dtype == other.tensor.dtype)
      #expect(own.tensor.doubles() == other.tensor.doubles())
    }
  }

  @Test func whatIsNoNumberIsRefused() throws {
    for (name, digits) in try Self.expected().refused {
      let bytes = stride(from: 0, to: digits.count, by: 2).map { start in
        UInt8(digits.dropFirst(start).prefix(2), radix: 16)!
      }
      do {
        _ = try NPY.decode(bytes, path: "a.npy")
        Issue.record("\(name) was read")
      } catch let error as DataError {
        #expect(error.exitCode == 65 && error.description.hasPrefix("a.npy: byte"), "\(error)")
      }
    }
  }

  @Test func everyDamageIsSurvived() throws {
    let small: [(name: String, tensor: Tensor)] = [
      ("x", Tensor([1, 2, 3, 4] as [Float], shape: [2, 2])), ("y", Tensor([0, 1] as [Int32])),
    ]
    let before = peakMemory()
    feedHostile("NPY", NPY.encode(small[0].tensor)) { bytes in _ = try NPY.decode(bytes) }
    feedHostile("NPZ", NPZ.encode(small)) { bytes in _ = try NPZ.decode(bytes) }
    let packed = try readFile(Self.folder + "/packed.npz")
    var random = Philox(seed: 5)
    for _ in 0..<3_000 {
      var changed = packed
      changed[Int(random.next() % UInt64(packed.count))] = UInt8(truncatingIfNeeded: random.next())
      _ = try? NPZ.decode(changed)
    }
    #expect(peakMemory() - before < 1 << 30)
  }

  @Test func aPackedFileCannotFillTheMemory() throws {
    // The limit holds for all arrays together.
    let path = Self.folder + "/packed.npz"
    #expect(throws: DataError.tooLarge(path: path, limit: 1_000)) {
      try NPZ.read(path, limit: 1_000)
    }
  }

  @Test func samplesUnderTheirUsualNames() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/samples.npz"
    let x = Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: [3, 2])
    try NPZ.write([("y", Tensor([0, 1, 1] as [Int32])), ("X", x)], to: path)
    let arrays = try SampleArrays(contentsOf: path)
    let table = arrays.table()
    #expect(table.columns.map(\.name) == ["x0", "x1", "y"] && table.rowCount == 3)
    #expect(table.text(row: 2, column: 1) == "6" && table.text(row: 0, column: 2) == "0")
    #expect(!arrays.areImages && arrays.testTable() == nil)
    try NPZ.write([("weights", x)], to: path)
    #expect(throws: DataError.self) { try SampleArrays(contentsOf: path) }
    try NPZ.write([("x", x), ("y", Tensor([0, 1] as [Int32]))], to: path)
    #expect(throws: DataError.self) { try SampleArrays(contentsOf: path) }
    try NPZ.write([("x", x), ("y", Tensor.zeros([3, 2]))], to: path)
    expectError(saying: "argmax") {
      _ = try SampleArrays(contentsOf: path)
    }
  }
}
