import Descent

extension TableContract {
  /// What a user says about the columns of a table; the rest is inferred.
  public struct Wishes: Sendable {
    /// Columns whose values are words, even where they look like numbers.
    public var categorical: Set<String> = []
    /// Columns that are left out.
    public var dropped: Set<String> = []
    /// Creates no wishes.
    public init() {}
  }

  /// Why a column does not enter the network, or enters it otherwise than expected.
  public struct Remark: Sendable, Equatable {
    /// The column.
    public let column: String
    /// What was done and why, in a sentence.
    public let text: String
  }

  /// The largest number of words that get an input each; more become an embedding.
  static let oneHotLimit = 32

  /// Decides how each column but the target enters a network, from the training rows.
  ///
  /// Identifiers, sentences, constants and empty columns are left out, and a remark says so.
  /// - Throws: `DataError.mismatch` if no column is left, or if a wish names none.
  public static func fitted(
    to table: Table, target: String, wishes: Wishes = Wishes()
  ) throws -> (contract: TableContract, profiles: [ColumnProfile], remarks: [Remark]) {
    for name in wishes.categorical.union(wishes.dropped).sorted() { _ = try table.index(of: name) }
    var contract = TableContract()
    contract.target = target
    var profiles: [ColumnProfile] = []
    var remarks: [Remark] = []
    for column in table.columns where column.name != target {
      let profile = ColumnProfile(column)
      profiles.append(profile)
      func remark(_ text: String) { remarks.append(Remark(column: column.name, text: text)) }
      if wishes.dropped.contains(column.name) {
        remark("left out, as you asked")
        continue
      }
      if profile.missingCount > 0 && profile.kind != .empty {
        let kind = profile.kind == .number || profile.kind == .integer ? "; the mean stands in" : ""
        remark("\(profile.missingCount) of \(table.rowCount) values are missing\(kind)")
      }
      let isWished = wishes.categorical.contains(column.name)
      switch (profile.kind, column.values) {
      case (.empty, _): remark("left out: it has no values")
      case (.constant, _): remark("left out: all its values are the same")
      case (.identifier, _) where !isWished:
        remark("left out: it names each row, and nothing can be learned from that")
      case (.text, _) where !isWished:
        remark("left out: free text, which needs another kind of network")
      case (.date, .words(let codes, let words)) where !isWished:
        let order = profile.dateOrder!
        let days = words.map { CalendarDate($0, order: order)?.days ?? .nan }
        let scaling = Scaling(of: codes.lazy.map { $0 < 0 ? .nan : days[Int($0)] })
        contract.columns.append(Column(name: column.name, encoding: .date(order, scaling)))
      case (_, .words(let codes, let words)):
        var isUsed = [Bool](repeating: false, count: words.count)
        for code in codes where code >= 0 { isUsed[Int(code)] = true }
        let used = words.indices.filter { isUsed[$0] }.map { words[$0] }.sorted()
        // fastai's rule of thumb for the width (Howard and Gugger, 2020).
        let width = min(50, max(2, Int((1.6 * power(Double(used.count), 0.56)).rounded())))
        contract.columns.append(
          Column(
            name: column.name,
            encoding: used.count <= oneHotLimit ? .oneHot(used) : .embedding(used, width: width)))
      case (_, .numbers(let numbers)):
        contract.columns.append(
          Column(
            name: column.name,
            encoding: .number(
              Scaling(of: numbers), marksMissing: profile.missingCount * 100 > table.rowCount)))
      }
    }
    // Positions for embeddings are the last inputs.
    let isEmbedding = contract.columns.map { column in
      if case .embedding = column.encoding { true } else { false }
    }
    contract.columns =
      zip(contract.columns, isEmbedding).filter { !$0.1 }.map(\.0)
      + zip(contract.columns, isEmbedding).filter(\.1).map(\.0)
    guard !contract.columns.isEmpty else {
      throw DataError.mismatch(
        path: table.path, found: "no column to learn from",
        expected: "one beside the target \(target.quoted) that tells something",
        remedy: remarks.prefix(5).map { "\($0.column): \($0.text)" }.joined(separator: "; "))
    }
    return (contract, profiles, remarks)
  }

  /// The embeddings that the network has to begin with.
  public var embeddings: [EmbedColumns.Table] {
    columns.compactMap { column in
      guard case .embedding(let words, let width) = column.encoding else { return nil }
      return EmbedColumns.Table(count: words.count + 1, width: width)
    }
  }
}
