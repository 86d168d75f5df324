/// How often each true class (row) was predicted as each class (column).
public struct ConfusionMatrix: Hashable, Sendable {
  /// The names of the classes.
  public var classes: [String]
  /// `counts[t][p]` examples of class t were predicted as class p; missing entries are 0.
  public var counts: [[Int]]

  /// A confusion matrix of the given counts.
  public init(classes: [String], counts: [[Int]]) {
    self.classes = classes
    self.counts = counts
  }
}

extension ConfusionMatrix {
  /// The entry of a row and a column, 0 where the rows are too few or too short.
  func count(_ row: Int, _ column: Int) -> Int {
    row < counts.count && column < counts[row].count ? counts[row][column] : 0
  }

  /// The part of a true class that was predicted as the given class, from 0 to 1.
  func share(_ row: Int, _ column: Int) -> Double {
    var total = 0.0
    for other in classes.indices { total += Double(max(0, count(row, other))) }
    return total > 0 ? Double(max(0, count(row, column))) / total : 0
  }
}
