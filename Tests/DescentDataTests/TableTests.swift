import Descent
import Foundation
import Testing

@testable import DescentData

/// Tables as people have them: the text around the numbers, and what their columns are taken for.
@Suite struct TableTests {
  private func table(_ text: String, _ reading: Table.Reading = .init()) throws -> Table {
    try Table(bytes: Array(text.utf8), path: "data.csv", reading)
  }

  private func texts(_ table: Table) -> [[String]] {
    (0..<table.rowCount).map { row in
      table.columns.indices.map { table.text(row: row, column: $0) }
    }
  }

  @Test(
    "marks, line ends, quotes and separators",
    arguments: [
      "a,b\n1,x\n2,y\n", "\u{FEFF}a,b\n1,x\n2,y", "a,b\r\n1,x\r\n2,y\r\n", "a,b\r1,x\r2,y\r",
      "\"a\",\"b\"\n1,\"x\"\n\"2\",y\n", "a;b\n1;x\n2;y\n", "a\tb\n1\tx\n2\ty\n", "a|b\n1|x\n2|y\n",
      "\n\na,b\n\n1,x\n\n2,y\n\n", " a , b \n 1 , x \n 2 , y \n",
    ])
  func oneTableManyTexts(_ text: String) throws {
    let table = try table(text)
    #expect(table.columns.map(\.name) == ["a", "b"])
    #expect(texts(table) == [["1", "x"], ["2", "y"]])
    guard case .numbers = table.columns[0].values, case .words = table.columns[1].values else {
      Issue.record("a holds numbers and b words")
      return
    }
  }

  @Test func quotesHoldAnything() throws {
    let read = try table("a,b\n\"x\ny\",\"say \"\"hi\"\"\"\n\"1,5\",\"\"\n")
    #expect(texts(read) == [["x\ny", "say \"hi\""], ["1,5", ""]])
    #expect(read.lines == [2, 4])
  }

  @Test func decimalCommas() throws {
    let text = "a;b\n1,5;2\n-0,25;3\n"
    #expect(try texts(table(text)) == [["1.5", "2"], ["-0.25", "3"]])
    // Also where the separator is given.
    var reading = Table.Reading()
    reading.separator = ";"
    #expect(try texts(table(text, reading)) == [["1.5", "2"], ["-0.25", "3"]])
  }

  @Test func numbersAreRead() throws {
    let words = [
      "0", "-0.0", "+7", "1e3", "1E-3", ".5", "5.", "123456789.123456789", "0.1", "1e22", "1e23",
      "9007199254740993", "2.2250738585072014e-308", "5e-324", "1.7976931348623157e308",
      "00012.500", "0.30000000000000004", "179769313486231570000000000000000000000", "1e-400",
      "123456789012345678901234567890", "0.000000000000000000000000000001234567890123456789",
    ]
    let read = try table("a\n" + words.joined(separator: "\n") + "\n")
    guard case .numbers(let numbers) = read.columns[0].values else {
      Issue.record("not numbers")
      return
    }
    for (word, number) in zip(words, numbers) {
      let exact = Double(word)!
      #expect(abs(number - exact) <= exact.ulp, "\(word): \(number)")
    }
    for word in ["1e", "e5", "0x10", "1_000", "1.2.3", "--1", "inf", "1 2", "1,5", "½"] {
      let stray = try table("a,b\n" + String(repeating: "1,1\n", count: 20) + "\"\(word)\",1\n")
      #expect(stray.columns[0].strays?.text == word)
    }
  }

  @Test func missingValuesAreCounted() throws {
    for word in ["", "NA", "?", "null", "NaN", "None", "-", " ", "#N/A", "n/a"] {
      let read = try table("a,b\n1,x\n\(word),\(word)\n3,y\n")
      #expect(read.columns.map(\.missingCount) == [1, 1], "\(word)")
    }
  }

  @Test func streamsGiveTheSameRows() throws {
    var text = "\u{FEFF}a;b;c\r\n"
    for row in 0..<500 { text += "\(row),5;\"two\r\nlines; \(row % 7)\";\(row * row)\r\n" }
    let folder = try TemporaryFolder()
    let path = folder.path + "/stream.csv"
    try AtomicFile.write(text, to: path)
    let whole = try Table(contentsOf: path)
    #expect(whole.rowCount == 500)
    for size in [1, 7, 64, 1_000, 1 << 20] {
      let stream = try TableStream(contentsOf: path, chunkSize: size)
      var rows: [[String]] = []
      var lines: [Int32] = []
      while let part = try stream.next() {
        rows += texts(part)
        lines += part.lines
      }
      #expect(rows == texts(whole) && lines == whole.lines, "\(size)")
    }
    try AtomicFile.write(text + "1;2\r\n" + String(text.dropFirst(7)), to: path)
    for size in [64, 1 << 20] {
      expectError(saying: ":1002: not valid CSV: found 2 fields, expected 3") {
        let stream = try TableStream(contentsOf: path, chunkSize: size)
        while try stream.next() != nil {}
      }
    }
    try AtomicFile.write(text + "1;\"x\"y;2\r\n" + String(text.dropFirst(7)), to: path)
    expectError(saying: "text after a closing quote") {
      let stream = try TableStream(contentsOf: path, chunkSize: 64)
      while try stream.next() != nil {}
    }
  }

  @Test func everyDamageIsSurvived() throws {
    let file = Array("a,b;c\r\n1,\"x \"\"y\"\"\";2e3\n-0.5,?;\"\n\"\n2024-01-02,NA;9\n".utf8)
    let before = peakMemory()
    feedHostile("CSV", file) { bytes in
      let table = try Table(bytes: bytes, path: "data.csv")
      for column in table.columns { _ = ColumnProfile(column) }
    }
    let rows = (0..<12).map { "\($0 % 5).5,w\($0 % 3),2024-0\(1 + $0 % 9)-11,c\($0 % 2)\n" }
    feedHostile("table", Array(("n,w,d,t\n" + rows.joined()).utf8)) { bytes in
      let table = try Table(bytes: bytes, path: "data.csv")
      _ = try TableSet(table, target: "t")
    }
    #expect(peakMemory() - before < 1 << 30)
  }
}

/// What columns are taken for, and how they become numbers.
@Suite struct ColumnTests {
  private func profile(_ values: [String], name: String = "a") throws -> ColumnProfile {
    let text = "\(name),other\n" + values.map { "\"\($0)\",1\n" }.joined()
    return ColumnProfile(try Table(bytes: Array(text.utf8), path: "data.csv").columns[0])
  }

  @Test func kinds() throws {
    let counted = (0..<40).map { $0 }
    func kind(_ name: String = "a", _ value: (Int) -> String) throws -> ColumnKind {
      try profile(counted.map(value), name: name).kind
    }
    #expect(try kind { "\(Double($0 * $0) / 8 + 0.3)" } == .number)
    #expect(try kind { "\($0 * 7 % 11)" } == .integer)
    #expect(try kind { $0 % 3 == 0 ? "yes" : "no" } == .boolean)
    #expect(try kind { $0 % 3 == 0 ? "TRUE" : "False" } == .boolean)
    #expect(try kind { ["red", "green", "blue"][$0 % 3] } == .category)
    #expect(try kind { "2024-\(10 + $0 % 3)-\(10 + $0 % 19)" } == .date)
    #expect(try kind { "\(10 + $0 % 19).1\($0 % 3).2024 14:30" } == .date)
    #expect(try kind { "1\($0 % 3)/\(13 + $0 % 9)/2024" } == .date)
    #expect(try kind { "\($0 + 1)" } == .identifier)
    #expect(try kind("customer_id") { "\($0 * 7919 % 1009)" } == .identifier)
    #expect(try kind { "user-\($0 * 31)" } == .identifier)
    #expect(try kind { "a long review, number \($0), of many words" } == .text)
    #expect(try kind { _ in "same" } == .constant)
    #expect(try kind { _ in "4.5" } == .constant)
    #expect(try kind { _ in "NA" } == .empty)
    #expect(try profile(counted.map { $0 % 4 == 0 ? "" : "\($0 % 5)" }).missingCount == 10)
  }

  @Test func datesOfTheCalendar() {
    let day = CalendarDate("2024-02-29", order: .yearMonthDay)
    #expect(day?.days == 19_782)  // as Python's date.toordinal gives it, from 1970
    #expect(CalendarDate("1970-01-01T12:00", order: .yearMonthDay)?.days == 0.5)
    #expect(CalendarDate("29.02.2024", order: .dayMonthYear)?.days == 19_782)
    #expect(CalendarDate("2/29/2024", order: .monthDayYear)?.days == 19_782)
    #expect(CalendarDate("2024-01-01", order: .yearMonthDay)?.weekPart == 0)  // a Monday
    for text in [
      "2023-02-29", "2024-13-01", "2024-00-10", "2024-1-32", "24-01-01", "a-b-c", "",
      "2024-01-01T25:00",
    ] {
      #expect(CalendarDate(text, order: .yearMonthDay) == nil, "\(text)")
    }
  }

  /// Rows with a number, a word of few, a word of many, a date, an identifier and a sentence.
  private func rows(_ count: Int) throws -> Table {
    var text = "size,colour,town,day,id,note,always,y\n"
    for row in 0..<count {
      let size = row % 10 == 3 ? "" : "\(Double(row * 37 % 101) / 4)"
      text += "\(size),\(["red", "green"][row % 2]),t\(row % 60),2024-0\(1 + row % 9)-1\(row % 10),"
      text += "k\(row),a note that says \(row) things,7,\(row * 13 % 17).5\n"
    }
    return try Table(bytes: Array(text.utf8), path: "data.csv")
  }

  @Test func encodings() throws {
    let table = try rows(400)
    let (contract, _, remarks) = try TableContract.fitted(to: table, target: "y")
    let names = contract.columns.map(\.name)
    #expect(names == ["size", "colour", "day", "town"])  // embeddings last
    guard case .number(let scaling, marksMissing: true) = contract.columns[0].encoding,
      case .oneHot(["green", "red"]) = contract.columns[1].encoding,
      case .date(.yearMonthDay, _) = contract.columns[2].encoding,
      case .embedding(let towns, let width) = contract.columns[3].encoding
    else {
      Issue.record("\(contract.columns)")
      return
    }
    #expect(towns.count == 60 && (2...50).contains(width))
    #expect(contract.embeddings.map(\.count) == [61])
    let said = Dictionary(grouping: remarks, by: \.column).mapValues { $0.map(\.text).joined() }
    #expect(said["id"]?.contains("names each row") == true)
    #expect(said["note"]?.contains("free text") == true)
    #expect(said["always"]?.contains("the same") == true)
    #expect(said["size"] == "40 of 400 values are missing; the mean stands in")

    let inputs = try contract.encode(table)
    #expect(inputs.count == 400 * contract.inputCount && contract.inputCount == 2 + 2 + 5 + 1)
    let first = Array(inputs.prefix(10))
    #expect(abs(Double(first[0]) + scaling.mean / scaling.deviation) < 1e-6 && first[1] == 0)
    #expect(first[2...3] == [0, 1] && first[9] == Float(towns.firstIndex(of: "t0")! + 1))
    let missing = Array(inputs[30..<40])
    #expect(missing[0] == 0 && missing[1] == 1)
  }

  @Test func otherOrderFurtherColumnsUnknownWords() throws {
    let (contract, _, _) = try TableContract.fitted(to: rows(400), target: "y")
    func read(_ text: String) throws -> Table {
      try Table(bytes: Array(text.utf8), path: "new.csv", contract.reading)
    }
    let one = try read("size,colour,town,day\n5,red,t3,2024-03-01\n")
    let other = try read("extra,day,town,size,colour\nq,2024-03-01,t3,5,red\n")
    #expect(try contract.encode(one) == contract.encode(other))
    #expect(contract.furtherColumns(of: other) == ["extra"])
    let strange = try read("size,colour,town,day\n5,violet,t999,2024-03-01\n6,red,t1,2024-03-01\n")
    let unknown = contract.unknownWords(in: strange)
    #expect(unknown.map(\.column) == ["colour", "town"] && unknown.map(\.rowCount) == [1, 1])
    #expect(unknown[0].words == ["violet"])
    let inputs = try contract.encode(strange)
    #expect(inputs[2...3] == [0, 0] && inputs[9] == 0)
    for (text, says) in [
      ("size,color,town,day\n5,red,t3,2024-03-01\n", "no column \"colour\""),
      ("size,color,town,day\n5,red,t3,2024-03-01\n", "Is it \"color\"?"),
      (
        "size,colour,town,day\nbig,red,t3,2024-03-01\n",
        "new.csv:2: column \"size\": \"big\" is not a number"
      ),
      (
        "size,colour,town,day\n5,red,t3,March\n",
        "new.csv:2: column \"day\": found \"March\", expected a date"
      ),
    ] {
      expectError(saying: says) {
        _ = try contract.encode(read(text))
      }
    }
  }

  @Test("scales, words and widths come from the training rows alone")
  func nothingLeaksFromOtherRows() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/leak.csv"
    var text = "x,w,y\n"
    for row in 0..<300 { text += "\(row * 17 % 101),w\(row % 4),\(row * 7 % 23).5\n" }
    try AtomicFile.write(text, to: path)
    let plain = try TableSet(contentsOf: path, target: "y")
    let outside = Set(plain.testRows.lines)
    // The test rows become giants with words of their own: nothing that training sees may change.
    var changed = "x,w,y\n"
    for (row, line) in text.split(separator: "\n").dropFirst().enumerated() {
      let isOutside = outside.contains(Int32(row + 2))
      changed += isOutside ? "1e9,other,9e9\n" : line + "\n"
    }
    try AtomicFile.write(changed, to: path)
    let other = try TableSet(contentsOf: path, target: "y")
    #expect(other.contract == plain.contract)
    #expect(other.training.inputs.scalars() == plain.training.inputs.scalars())
    #expect(other.training.targets.scalars() == plain.training.targets.scalars())
    // And the training inputs are standardised.
    let inputs = plain.training.inputs.slice(1, 0..<1).doubles()
    let mean = inputs.reduce(0, +) / Double(inputs.count)
    let squares = inputs.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(inputs.count)
    #expect(abs(mean) < 1e-5 && abs(squares - 1) < 1e-5)
  }

  @Test("the parts are drawn at random, each with its share of every class")
  func stratifiedSplit() throws {
    // Sorted by class, as iris is: a split by position would leave a class out.
    var text = "x,y\n"
    for row in 0..<200 { text += "\(row * 17 % 101),\(row < 100 ? "a" : row < 160 ? "b" : "c")\n" }
    let table = try Table(bytes: Array(text.utf8), path: "data.csv")
    let set = try TableSet(table, target: "y")
    func counts(_ data: Dataset) -> [Int] {
      let labels = data.targets.scalars(as: Int32.self)
      return (0..<3).map { label in labels.count { $0 == Int32(label) } }
    }
    #expect(counts(set.test) == [10, 6, 4])
    let validation = try #require(set.validation)
    #expect(zip(counts(set.training), counts(validation)).map { $0 + $1 } == [90, 54, 36])
    #expect(counts(validation).allSatisfy { $0 > 0 })
    var options = TableSet.Options()
    options.seed = 2
    #expect(try TableSet(table, target: "y", options).testRows.lines != set.testRows.lines)
    #expect(try TableSet(table, target: "y").testRows.lines == set.testRows.lines)
  }
}

/// What a target is taken for, with the reason, and what overrules it.
@Suite struct TargetTests {
  private func target(
    _ value: (Int) -> String, count: Int = 100, wish: TableTarget.Task? = nil
  ) throws -> TableTarget {
    let text = "y\n" + (0..<count).map { "\"\(value($0))\"\n" }.joined()
    let table = try Table(bytes: Array(text.utf8), path: "data.csv")
    return try TableTarget(table.columns[0], of: "data.csv", wish: wish)
  }

  @Test func inference() throws {
    let fractions = try target { "\(Double($0) / 7)" }
    #expect(
      fractions.task == .regression && fractions.reason == "its values are numbers with fractions")
    let many = try target { "\($0)" }
    #expect(
      many.task == .regression && many.reason == "its whole numbers have 100 different values")
    let few = try target { "\($0 % 4)" }
    #expect(few.task == .multiclass && few.classNames == ["0", "1", "2", "3"])
    #expect(few.reason == "it has only 4 different whole numbers: 0, 1, 2, …")
    let two = try target { $0 % 3 == 0 ? "yes" : "no" }
    #expect(two.task == .binary && two.classNames == ["no", "yes"])
    #expect(two.reason == "its values are 2 words: no, yes")
    #expect(try target { "\($0 % 2)" }.task == .binary)
  }

  @Test func wishes() throws {
    let regression = try target({ "\($0 % 4)" }, wish: .regression)
    #expect(regression.task == .regression && regression.reason == "as you asked")
    #expect(try target({ "\($0 % 50)" }, wish: .multiclass).classNames.count == 50)
    #expect(throws: DataError.self) { try target({ ["a", "b"][$0 % 2] }, wish: .regression) }
    #expect(throws: DataError.self) { try target({ "\($0 % 3)" }, wish: .binary) }
  }
}

/// Files from which nothing can be learned, and what is said about each.
@Suite struct BadTableTests {
  private static let good =
    "a,b,y\n" + (0..<30).map { "\($0 * 7 % 13),\($0 % 5),\($0 % 2)\n" }.joined()
  private static let rows = String(good.dropFirst(6))

  private static func utf16(_ text: String) -> [UInt8] {
    text.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
  }

  private static func thirty(_ row: (Int) -> String) -> String {
    (1...30).map(row).joined()
  }

  /// A name, the bytes of a file, and what must be said about it.
  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let bytes: [UInt8]
    let says: String

    init(_ name: String, _ text: String, _ says: String) {
      self.init(name, Array(text.utf8), says)
    }

    init(_ name: String, _ bytes: [UInt8], _ says: String) {
      (testDescription, self.bytes, self.says) = (name, bytes, says)
    }
  }

  static let cases: [Case] = [
    Case(
      "ragged row", good + "1,2\n",
      "data.csv:32: not valid CSV: found 2 fields, expected 3, as the first line has"),
    Case(
      "unterminated quote", good + "1,\"2,0\n",
      "data.csv:32: not valid CSV: found a quote without its end, expected a second quote"),
    Case(
      "text after a quote", good + "\"1\"2,3,0\n",
      "data.csv:32: not valid CSV: found text after a closing quote"),
    Case(
      "UTF-16", [0xFF, 0xFE] + utf16(good),
      "UTF-16 text, which is not supported. Save it as UTF-8: iconv -f UTF-16 -t UTF-8"),
    Case("UTF-16 without a mark", utf16(good), "bytes that are no text"),
    Case(
      "a giant", good + "1e400,2,0\n",
      "data.csv:32: not valid CSV: found \"1e400\" in column \"a\", expected a number of at most"),
    Case(
      "a name twice", "a,a,y\n" + rows,
      "data.csv:1: not valid CSV: found the name \"a\" for columns 1 and 2"),
    Case(
      "no target", "a,b,z\n" + rows,
      "no column \"y\", expected one of a, b, z. Check the spelling."),
    Case("one row", "a,b,y\n1,2,0\n", "found 1 row, expected at least 10"),
    Case("two rows", "a,b,y\n1,2,0\n2,3,1\n", "found 2 rows, expected at least 10"),
    Case("one class", "a,b,y\n" + thirty { "\($0 * 7 % 13),2,0\n" }, "one class only: \"0\""),
    Case(
      "one class of words", "a,b,y\n" + thirty { "\($0 * 7 % 13),2,cat\n" },
      "one class only: \"cat\", expected at least two classes"),
    Case(
      "no values of the target", "a,b,y\n" + thirty { "\($0),2,\n" },
      "column \"y\": found no values"),
    Case(
      "empty", "", "data.csv:1: not valid CSV: found an empty file, expected a line with the column"
    ),
    Case("a header alone", "a,b,y\n", "no rows below the first line, expected at least 10"),
    Case("no header", rows, "numbers in the first line, expected the names of the columns"),
    Case("a picture", [0x89, 0x50, 0x4E, 0x47, 13, 10, 0x1A, 10, 0], "bytes that are no text"),
    Case("packed", [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3], "Unpack it first: gunzip"),
    Case("a spreadsheet", [0x50, 0x4B, 3, 4, 20, 0], "Export it as CSV"),
    Case(
      "words among numbers", good + "many,2,0\n",
      "data.csv:32: column \"a\": found \"many\", expected a number. Use --missing impute, or "
        + "--categorical a"),
    Case(
      "nothing to learn from", "id,y\n" + thirty { "\($0),\($0 % 2)\n" }, "no column to learn from"),
  ]

  @Test(arguments: cases)
  func isExplained(_ one: Case) throws {
    let error = try #require(throws: DataError.self) {
      _ = try TableSet(Table(bytes: one.bytes, path: "data.csv"), target: "y")
    }
    #expect("\(error)".contains(one.says), "\(error)")
    #expect(error.exitCode == 65)
  }

  @Test("a giant among words is a word")
  func giantsAmongWords() throws {
    let text = "a,y\n" + (0..<30).map { "\(["7e9999", "ab", "cd"][$0 % 3]),\($0 % 2)\n" }.joined()
    let table = try Table(bytes: Array(text.utf8), path: "data.csv")
    #expect(table.text(row: 0, column: 0) == "7e9999")
  }

  @Test func strayWordsMayCountAsMissing() throws {
    let bytes = Array((Self.good + "many,2,0\n").utf8)
    var options = TableSet.Options()
    options.imputesStrays = true
    let set = try TableSet(Table(bytes: bytes, path: "data.csv"), target: "y", options)
    #expect(set.contract.columns.map(\.name) == ["a", "b"])
  }
}
