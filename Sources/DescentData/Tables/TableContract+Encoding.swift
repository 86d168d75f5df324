import Descent
import Foundation

#if canImport(FoundationEssentials)
  import FoundationEssentials
#endif

func power(_ x: Double, _ y: Double) -> Double { pow(x, y) }

extension TableContract {
  /// How a table must be read so that its columns are what the contract takes them for.
  public var reading: Table.Reading {
    var reading = Table.Reading()
    for column in columns {
      if case .number = column.encoding {
        reading.numberColumns.insert(column.name)
      } else {
        reading.wordColumns.insert(column.name)
      }
    }
    if targetIsWords { reading.wordColumns.insert(target) }
    if !targetIsWords { reading.numberColumns.insert(target) }
    return reading
  }

  /// The network's inputs for every row: `[rows × inputCount]`, row after row.
  ///
  /// Columns are found by name; others than those of the contract are ignored.
  /// - Throws: `DataError.mismatch` for a column that is not there or holds something else, and
  ///   `.notANumber` for words in a column of numbers.
  public func encode(_ table: Table) throws -> [Float] {
    let missing = columns.map(\.name).filter { name in
      !table.columns.contains { $0.name == name }
    }
    if let first = missing.first {
      let names = table.columns.map(\.name)
      let wanted = Set(columns.map(\.name))
      let strangers = names.filter { !wanted.contains($0) }
      let near = nearest(to: first, among: strangers).map { " Is it \($0.quoted)?" } ?? ""
      throw DataError.mismatch(
        path: table.path,
        found: "no column \(missing.map(\.quoted).joined(separator: ", "))",
        expected: "the columns that the model was trained on",
        remedy: "The file has \(names.prefix(20).map(\.shortened).joined(separator: ", ")).\(near)")
    }
    let width = inputCount
    var inputs = [Float](repeating: 0, count: table.rowCount * width)
    for (column, range) in zip(columns, inputRanges) {
      let source = try table.column(column.name)
      try column.encode(source, of: table, imputing: imputesStrays) { row, offset, value in
        inputs[row * width + range.lowerBound + offset] = value
      }
    }
    return inputs
  }

  /// The columns of a table that the contract has no use for.
  public func furtherColumns(of table: Table) -> [String] {
    let known = Set(columns.map(\.name) + [target])
    return table.columns.map(\.name).filter { !known.contains($0) }
  }

  /// The words of a table that the training rows do not have, and how many rows have one.
  public func unknownWords(
    in table: Table
  ) -> [(column: String, words: [String], rowCount: Int)] {
    columns.compactMap { column in
      let known: Set<String>
      switch column.encoding {
      case .oneHot(let words), .embedding(let words, _): known = Set(words)
      case .number, .date: return nil
      }
      guard let source = table.columns.first(where: { $0.name == column.name }),
        case .words(let codes, let words) = source.values
      else { return nil }
      let isUnknown = words.map { !known.contains($0) }
      guard isUnknown.contains(true) else { return nil }
      let count = codes.count { $0 >= 0 && isUnknown[Int($0)] }
      return (column.name, words.filter { !known.contains($0) }, count)
    }
  }
}

extension TableContract.Column {
  /// Gives each input that is not 0 to `put`, with its row and its place in the column's inputs.
  fileprivate func encode(
    _ source: Table.Column, of table: Table, imputing: Bool, put: (Int, Int, Float) -> Void
  ) throws {
    switch (encoding, source.values) {
    case (.number(let scaling, let marksMissing), .numbers(let numbers)):
      if let strays = source.strays, !imputing {
        throw DataError.notANumber(
          path: table.path, line: strays.line, column: name.shortened, text: strays.text)
      }
      let (mean, factor) = (scaling.mean, 1 / scaling.deviation)
      for (row, number) in numbers.enumerated() {
        if !number.isNaN {
          // A number from another world than the training rows may not drown all others.
          put(row, 0, Float(min(max((number - mean) * factor, -1e3), 1e3)))
        } else if marksMissing {
          put(row, 1, 1)
        }
      }
    case (.oneHot(let known), .words(let codes, let words)):
      let places = places(of: words, in: known)
      for (row, code) in codes.enumerated() where code >= 0 {
        if let place = places[Int(code)] { put(row, place, 1) }
      }
    case (.embedding(let known, _), .words(let codes, let words)):
      let places = places(of: words, in: known)
      for (row, code) in codes.enumerated() where code >= 0 {
        if let place = places[Int(code)] { put(row, 0, Float(place + 1)) }
      }
    case (.date(let order, let scaling), .words(let codes, let words)):
      let dates = words.map { CalendarDate($0, order: order) }
      for (row, code) in codes.enumerated() where code >= 0 {
        guard let date = dates[Int(code)] else {
          throw DataError.mismatch(
            path: "\(table.path):\(table.lines[row]): column \(name.quoted)",
            found: words[Int(code)].quoted, expected: "a date, as in the training rows",
            remedy: "Write it in the same order and with the same signs")
        }
        put(row, 0, Float((date.days - scaling.mean) / scaling.deviation))
        let (year, week) = (2 * Double.pi * date.yearPart, 2 * Double.pi * date.weekPart)
        put(row, 1, Float(sin(year)))
        put(row, 2, Float(cos(year)))
        put(row, 3, Float(sin(week)))
        put(row, 4, Float(cos(week)))
      }
    default:
      // All rows of a column of words may be missing, and then it looks like one of numbers.
      guard case .numbers(let numbers) = source.values, numbers.allSatisfy(\.isNaN) else {
        throw DataError.mismatch(
          path: "\(table.path): column \(name.quoted)", found: "other values",
          expected: "the kind that the model was trained on",
          remedy: "Read the table as the contract says (TableContract.reading)")
      }
    }
  }

  private func places(of words: [String], in known: [String]) -> [Int?] {
    let places = Dictionary(
      known.enumerated().map { ($0.element, $0.offset) }, uniquingKeysWith: { first, _ in first })
    return words.map { places[$0] }
  }
}

extension TableContract.Scaling {
  /// A number of the data as the network sees it.
  public func scaled(_ number: Double) -> Double { (number - mean) / deviation }
  /// A number of the network as it is in the data.
  public func unscaled(_ number: Double) -> Double { number * deviation + mean }
}
