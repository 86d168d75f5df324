import Descent
import DescentData

/// How much worse a network gets when the values of one column are shuffled (Breiman, 2001).
struct PermutationImportance {
  /// The columns, the most important first.
  let columns: [(name: String, increase: Double)]

  /// The rows that are asked, and how often each column is shuffled.
  private static let (rowLimit, repeats) = (2_000, 3)

  init(model: Model, data: Dataset, contract: TableContract, loss: Loss) throws {
    let data = data.prefix(Self.rowLimit)
    let width = contract.inputCount
    let inputs = data.inputs.scalars(as: Float.self)
    let plain = try model.evaluate(data, loss: loss).loss
    var found: [(name: String, increase: Double)] = []
    for (column, range) in zip(contract.columns, contract.inputRanges) {
      var sum = 0.0
      for number in 0..<Self.repeats {
        let key = RandomKey(seed: UInt64(number), name: "importance of \(column.name)")
        var generator = Philox(seed: key.seed, stream: key.stream)
        let order = generator.permutation(of: data.count)
        var shuffled = inputs
        for row in 0..<data.count {
          let other = Int(order[row])
          for input in range { shuffled[row * width + input] = inputs[other * width + input] }
        }
        let changed = Dataset(
          inputs: Tensor(shuffled, shape: data.inputs.shape), targets: data.targets, scale: 1,
          classNames: data.classNames)
        sum += try model.evaluate(changed, loss: loss).loss - plain
      }
      found.append((column.name, sum / Double(Self.repeats)))
    }
    columns = found.sorted { $0.increase > $1.increase }
  }
}
