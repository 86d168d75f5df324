import Descent
import DescentData

/// What is worth saying about the rows of a file, on standard error when all have been seen.
struct TableRemarks {
  private let contract: TableContract
  private let file: String
  private var further: [String]?
  private var unknown: [String: (words: [String], rowCount: Int)] = [:]

  init(_ contract: TableContract, _ file: String) { (self.contract, self.file) = (contract, file) }

  mutating func look(at part: Table) {
    if further == nil { further = contract.furtherColumns(of: part) }
    for (column, words, rowCount) in contract.unknownWords(in: part) {
      var known = unknown[column] ?? ([], 0)
      for word in words where known.words.count < 3 && !known.words.contains(word) {
        known.words.append(word)
      }
      known.rowCount += rowCount
      unknown[column] = known
    }
  }

  func show() {
    if let further, !further.isEmpty {
      let names = further.prefix(10).joined(separator: ", ") + (further.count > 10 ? ", …" : "")
      writeError("note: \(file): not used: \(names)\n")
    }
    for (column, found) in unknown.sorted(by: { $0.key < $1.key }) {
      let words = found.words.map { "\"\($0)\"" }.joined(separator: ", ")
      let rows = "\(found.rowCount) row\(found.rowCount == 1 ? "" : "s")"
      writeError(
        "note: \(file): column \"\(column)\": words that no training row has (\(words)) in "
          + "\(rows), treated as missing\n")
    }
  }
}
