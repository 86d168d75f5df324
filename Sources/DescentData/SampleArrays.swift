import Descent

/// Samples and their targets in arrays of NumPy, under the names that people give them.
///
/// ```swift
/// let arrays = try SampleArrays(contentsOf: "mnist.npz")  // x_train, y_train, x_test, y_test
/// let features = try SampleArrays(contentsOf: "X.npy", target: "y.npy")
/// ```
public struct SampleArrays: Sendable {
  /// The inputs: `[samples, …]`.
  public let inputs: Tensor
  /// A number or the index of a class for each sample, `[samples]`, if the file has them.
  public let targets: Tensor?
  /// The inputs for the end, if the file has them apart.
  public private(set) var testInputs: Tensor?
  /// The targets for the end.
  public private(set) var testTargets: Tensor?
  /// The name of the file in errors.
  public let path: String

  /// Whether the name of a file says that it holds arrays.
  public static func isArrays(_ path: String) -> Bool {
    path.hasSuffix(".npy") || path.hasSuffix(".npz")
  }

  private static let inputNames = [
    "x_train", "x", "train_images", "images", "data", "inputs", "features", "arr_0",
  ]
  private static let targetNames = [
    "y_train", "y", "train_labels", "labels", "target", "targets", "label", "arr_1",
  ]
  private static let testInputNames = ["x_test", "test_images"]
  private static let testTargetNames = ["y_test", "test_labels"]

  /// Reads the file at `path`; `target` is the array with the targets: one of the same `.npz` file by
  /// name, or a `.npy` file.
  ///
  /// - Throws: `DataError`, also where no array has one of the usual names, or sizes differ.
  public init(contentsOf path: String, target: String? = nil) throws {
    self.path = path
    func mismatch(_ found: String, _ expected: String, _ remedy: String) -> DataError {
      .mismatch(path: path, found: found, expected: expected, remedy: remedy)
    }
    let bytes = try readFile(path)
    guard NPZ.isZip(bytes) else {
      let x = try Self.checked(NPY.decode(bytes, path: path), path)
      targets = try target.map { try Self.flat(NPY.read($0), count: x.shape[0], $0) }
      inputs = x
      return
    }
    let arrays = try NPZ.decode(bytes, path: path)
    let names = arrays.map(\.name.shortened).prefix(20).joined(separator: ", ")
    func array(_ wanted: [String]) -> Tensor? {
      for name in wanted {
        if let found = arrays.first(where: { $0.name.lowercased() == name }) { return found.tensor }
      }
      return nil
    }
    guard let x = array(Self.inputNames) else {
      throw mismatch(
        "the arrays \(names)", "one called x or x_train, with the samples along its first axis",
        "numpy.savez(file, x=…, y=…)")
    }
    inputs = try Self.checked(x, path)
    if let target {
      guard let own = arrays.first(where: { $0.name == target }) else {
        throw mismatch("no array \(target.quoted)", "one of \(names)", "Check the spelling")
      }
      targets = try Self.flat(own.tensor, count: x.shape[0], path)
    } else {
      targets = try array(Self.targetNames).map { try Self.flat($0, count: x.shape[0], path) }
    }
    guard let testX = array(Self.testInputNames), let testY = array(Self.testTargetNames) else {
      return
    }
    guard Array(testX.shape.dropFirst()) == Array(inputs.shape.dropFirst()), testX.rank > 0 else {
      throw mismatch(
        "test samples of \(Array(testX.shape.dropFirst()))",
        "\(Array(inputs.shape.dropFirst())), as the others are", "Check how they were made")
    }
    guard testX.dtype == inputs.dtype else {
      throw mismatch(
        "test samples of \(testX.dtype)", "\(inputs.dtype), as the others are",
        "x_test.astype(x_train.dtype), and the same scale")
    }
    testInputs = testX
    testTargets = try Self.flat(testY, count: testX.shape[0], path)
  }

  private static func checked(_ x: Tensor, _ path: String) throws -> Tensor {
    guard x.rank > 0, x.shape.elementCount > 0 else {
      throw DataError.mismatch(
        path: path, found: "inputs of shape \(x.shape)", expected: "[samples, …]",
        remedy: "Put the samples along the first axis")
    }
    return x
  }

  private static func flat(_ y: Tensor, count: Int, _ path: String) throws -> Tensor {
    guard y.shape.elementCount == count, y.rank > 0, y.shape[0] == count else {
      throw DataError.mismatch(
        path: path, found: "targets of shape \(y.shape)",
        expected: "[\(count)]: a number or a class for each sample",
        remedy: y.rank == 2 ? "Of columns for classes make numbers: y.argmax(axis=1)" : "Check it")
    }
    return y.reshaped([count])
  }

  /// Whether the inputs are images of bytes: `[samples, height, width]`.
  public var areImages: Bool { inputs.dtype == .uint8 && inputs.rank == 3 }

  /// The samples as a table whose columns are x0, x1, … and y.
  public func table() -> Table { Self.table(inputs, targets, path) }

  /// The samples for the end as a table.
  public func testTable() -> Table? { testInputs.map { Self.table($0, testTargets, path) } }

  private static func table(_ inputs: Tensor, _ targets: Tensor?, _ path: String) -> Table {
    let count = inputs.shape[0]
    let width = inputs.shape.elementCount / max(count, 1)
    let numbers = inputs.doubles().map { $0.isFinite ? $0 : .nan }
    var columns = (0..<width).map { column in
      Table.Column(
        name: "x\(column)",
        values: .numbers((0..<count).map { numbers[$0 * width + column] }))
    }
    if let targets {
      columns.append(
        Table.Column(
          name: "y", values: .numbers(targets.doubles().map { $0.isFinite ? $0 : .nan })))
    }
    return Table(
      path: path, dialect: Table.Dialect(separator: ","), columns: columns,
      lines: (0..<count).map { Int32(clamping: $0) })
  }
}
