extension Table {
  /// What is known of a table before it is read; the rest is found out.
  public struct Reading: Sendable {
    /// How the text is delimited.
    public var dialect: Dialect?
    /// The character between two fields, where the rest of the dialect is to be found out.
    public var separator: Character?
    /// The names of the columns, for a text without a first line of names.
    public var names: [String]?
    /// Columns whose values are words, even where they look like numbers.
    public var wordColumns: Set<String> = []
    /// Columns whose values are numbers: words in them count as missing.
    public var numberColumns: Set<String> = []
    /// The number of the text's first line in its file.
    public var firstLine = 1

    /// Creates a reading that finds out all of it.
    public init() {}
  }

  /// Reads the file at `path`.
  ///
  /// - Throws: `DataError`, with the line for wrong quotes, rows of another length and numbers that
  ///   are too large.
  public init(contentsOf path: String, _ reading: Reading = Reading()) throws {
    try self.init(bytes: try readFile(path), path: path, reading)
  }

  /// Reads the bytes of a file; `path` is its name in errors.
  ///
  /// Separator and decimal sign are found out from the first lines; a column holds numbers if at
  /// least nine in ten of its values are.
  ///
  /// - Throws: `DataError`, with the line for wrong quotes, rows of another length and numbers that
  ///   are too large.
  public init(bytes: [UInt8], path: String, _ reading: Reading = Reading()) throws {
    try Self.refuseOtherEncodings(bytes, path)
    self = try bytes.withUnsafeBufferPointer { bytes in
      try TableReader(bytes, path: path, reading).read()
    }
  }

  private static func refuseOtherEncodings(_ bytes: [UInt8], _ path: String) throws {
    let head = bytes.prefix(1_000)
    let (feature, remedy): (String, String)
    if head.starts(with: [0xFF, 0xFE]) || head.starts(with: [0xFE, 0xFF]) {
      (feature, remedy) = ("UTF-16 text", "Save it as UTF-8: iconv -f UTF-16 -t UTF-8")
    } else if Gzip.isGzip(bytes) {
      (feature, remedy) = ("packed contents", "Unpack it first: gunzip")
    } else if head.starts(with: [0x50, 0x4B, 3, 4]) {
      (feature, remedy) = (
        "packed contents, perhaps a spreadsheet's", "Export it as CSV, or unpack it: unzip"
      )
    } else if head.contains(0) {
      (feature, remedy) = (
        "bytes that are no text", "Give a text file with one row a line, in UTF-8"
      )
    } else {
      return
    }
    throw DataError.unsupported(path: path, format: "CSV", feature: feature, remedy: remedy)
  }
}

extension Table.Dialect {
  /// The dialect of a text by its first lines; `separator` is what is known of it.
  init(
    inferredFrom text: UnsafeBufferPointer<UInt8>, _ path: String, separator: Character? = nil
  ) {
    let start = text.starts(with: TableReader.byteOrderMark) ? 3 : 0
    self = TableReader.dialect(of: text, start, path, separator)
  }
}

/// Reads one table: a pass for what look like numbers, and one for the columns that turn out to be
/// words.
private struct TableReader {
  let text: UnsafeBufferPointer<UInt8>
  let path: String
  let reading: Table.Reading
  let dialect: Table.Dialect
  let start: Int

  init(_ bytes: UnsafeBufferPointer<UInt8>, path: String, _ reading: Table.Reading) {
    text = bytes
    self.path = path
    self.reading = reading
    start = reading.firstLine == 1 && bytes.starts(with: Self.byteOrderMark) ? 3 : 0
    dialect = reading.dialect ?? Self.dialect(of: bytes, start, path, reading.separator)
  }

  static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

  func read() throws -> Table {
    var scanner = try scanner()
    let names = try reading.names ?? header(&scanner)
    let expected = names.count
    let first = scanner

    var builders = names.map {
      NumberBuilder(
        isWords: reading.wordColumns.contains($0), isFixed: reading.numberColumns.contains($0))
    }
    var lines: [Int32] = []
    var fields: [FieldScanner.Field] = []
    let point = dialect.point.asciiValue ?? UInt8(ascii: ".")
    // Fewer than this and memory would be taken twice; more, and a lie in the file could cost.
    let guess = min(text.count / max(2 * expected, 1), text.count / 8 + 16)
    lines.reserveCapacity(guess / 2)
    while let line = try scanner.nextRow(&fields) {
      guard fields.count == expected else {
        throw scanner.malformed(
          line, found: "\(fields.count) field\(fields.count == 1 ? "" : "s")",
          expected: "\(expected), as the first line has")
      }
      for column in 0..<expected where !builders[column].isWords {
        let field = fields[column]
        switch DecimalNumber.read(text, field.start, field.end, point: point) {
        case .number(let value): builders[column].append(value)
        case .text:
          if isMissing(field) {
            builders[column].numbers.append(.nan)
          } else {
            builders[column].stray(line: line, scanner.string(field))
          }
        case .tooLarge: builders[column].tooLarge(line: line, scanner.string(field))
        }
      }
      lines.append(Int32(clamping: line))
    }

    let wordColumns = names.indices.filter { builders[$0].isWords || builders[$0].areWords }
    for column in wordColumns { builders[column].numbers = [] }
    for (name, builder) in zip(names, builders) where !builder.isWords && !builder.areWords {
      guard let giant = builder.giant else { continue }
      throw DataError.malformed(
        path: path, format: "CSV", place: .line(giant.line),
        found: "\(giant.text.quoted) in column \(name.quoted)",
        expected: "a number of at most 1.8e308")
    }
    let words = try readWords(wordColumns, from: first, rows: lines.count)
    var columns = zip(names, builders).map { name, builder in
      Table.Column(name: name, values: .numbers(builder.numbers), strays: builder.strays)
    }
    for (column, values) in zip(wordColumns, words) {
      columns[column].values = values
      columns[column].strays = nil
    }
    return Table(path: path, dialect: dialect, columns: columns, lines: lines)
  }

  private func scanner() throws -> FieldScanner {
    guard let separator = dialect.separator.asciiValue, !"\"\r\n".contains(dialect.separator) else {
      throw DataError.mismatch(
        path: "separator of \(path)", found: "\"\(dialect.separator)\"",
        expected: "an ASCII character", remedy: "Use , or ; or | or a tab")
    }
    return FieldScanner(
      text, separator: separator, path: path, offset: start, line: reading.firstLine)
  }

  private func header(_ scanner: inout FieldScanner) throws -> [String] {
    var fields: [FieldScanner.Field] = []
    guard let line = try scanner.nextRow(&fields) else {
      throw scanner.malformed(1, found: "an empty file", expected: "a line with the column names")
    }
    let names = fields.enumerated().map { index, field in
      let name = scanner.string(field).trimmingBlanks
      return name.isEmpty ? "column \(index + 1)" : name
    }
    let isNumbers = fields.allSatisfy { field in
      if case .number = DecimalNumber.read(text, field.start, field.end, point: UInt8(ascii: ".")) {
        return true
      }
      return false
    }
    guard !isNumbers else {
      throw scanner.malformed(
        line, found: "numbers in the first line", expected: "the names of the columns")
    }
    var seen: [String: Int] = [:]
    for (index, name) in names.enumerated() {
      if let other = seen[name] {
        throw scanner.malformed(
          line, found: "the name \(name.quoted) for columns \(other + 1) and \(index + 1)",
          expected: "a name of its own for every column")
      }
      seen[name] = index
    }
    return names
  }

  private func isMissing(_ field: FieldScanner.Field) -> Bool {
    guard field.end - field.start <= 10 else { return false }
    if field.isEmpty { return true }
    let word = String(decoding: text[field.start..<field.end], as: UTF8.self)
    return Table.missingWords.contains(word.trimmingBlanks)
  }

  private func readWords(
    _ columns: [Int], from first: FieldScanner, rows: Int
  ) throws -> [Table.Values] {
    guard !columns.isEmpty else { return [] }
    var scanner = first
    var fields: [FieldScanner.Field] = []
    var builders = columns.map { _ in WordBuilder() }
    for position in builders.indices { builders[position].codes.reserveCapacity(rows) }
    while try scanner.nextRow(&fields) != nil {
      for (position, column) in columns.enumerated() {
        let field = fields[column]
        builders[position].append(
          isMissing(field) ? nil : scanner.string(field).trimmingBlanks)
      }
    }
    return builders.map { .words($0.codes, $0.words) }
  }

  private static let separators: [Character] = [",", "\t", ";", "|"]

  /// The separator that cuts the first lines into the most equally long rows, and the decimal sign
  /// of their numbers.
  static func dialect(
    of text: UnsafeBufferPointer<UInt8>, _ start: Int, _ path: String, _ known: Character?
  ) -> Table.Dialect {
    var best: (width: Int, separator: Character) = (1, known ?? ",")
    guard known?.isASCII != false else { return Table.Dialect(separator: best.separator) }
    for separator in known == nil ? separators : [] {
      var scanner = FieldScanner(
        text, separator: separator.asciiValue!, path: path, offset: start)
      var fields: [FieldScanner.Field] = []
      var widths: [Int] = []
      while widths.count < 50, scanner.offset < start + 1 << 18,
        let _ = try? scanner.nextRow(&fields)
      {
        widths.append(fields.count)
      }
      let isRegular = widths.allSatisfy { $0 == widths[0] }
      if isRegular, let width = widths.first, width > best.width { best = (width, separator) }
    }
    // Where no separator cuts regularly the first line decides, so that the error names the row
    // that is at fault.
    if best.width == 1 && known == nil {
      let line = text[start...].prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
      let counts = separators.map { separator in line.count { $0 == separator.asciiValue } }
      let most = counts.indices.max { counts[$0] < counts[$1] } ?? 0
      if counts[most] > 0 { best.separator = separators[most] }
    }
    guard best.separator != "," else { return Table.Dialect(separator: ",") }
    // 3,14 in a file that is separated otherwise.
    var scanner = FieldScanner(
      text, separator: best.separator.asciiValue!, path: path, offset: start)
    var fields: [FieldScanner.Field] = []
    var (commas, points) = (0, 0)
    for _ in 0..<50 {
      guard (try? scanner.nextRow(&fields)) != nil else { break }
      for field in fields {
        for (sign, isComma) in [(UInt8(ascii: ","), true), (UInt8(ascii: "."), false)]
        where text[field.start..<field.end].contains(sign) {
          guard case .number = DecimalNumber.read(text, field.start, field.end, point: sign) else {
            continue
          }
          if isComma { commas += 1 } else { points += 1 }
        }
      }
    }
    return Table.Dialect(separator: best.separator, point: commas > points ? "," : ".")
  }
}

/// A column as long as it looks like numbers.
private struct NumberBuilder {
  var isWords: Bool
  /// Whether words count as missing.
  let isFixed: Bool
  var numbers: [Double] = []
  private(set) var strays: (count: Int, line: Int, text: String)?
  /// The first number that no Double holds; in a column of words it is one of them.
  private(set) var giant: (line: Int, text: String)?
  private var numberCount = 0

  init(isWords: Bool, isFixed: Bool) { (self.isWords, self.isFixed) = (isWords, isFixed) }

  mutating func append(_ number: Double) {
    numbers.append(number)
    numberCount += 1
  }

  mutating func stray(line: Int, _ text: @autoclosure () -> String) {
    numbers.append(.nan)
    if strays == nil { strays = (0, line, text().shortened) }
    strays!.count += 1
    // Plainly words: no need to look at the rest as numbers.
    if strays!.count >= 1_000 && areWords { isWords = true }
  }

  mutating func tooLarge(line: Int, _ text: String) {
    if giant == nil { giant = (line, text) }
    append(.nan)
  }

  /// Whether more than one in ten of the values that there are is no number.
  var areWords: Bool {
    guard let strays, !isFixed else { return false }
    return strays.count * 10 > strays.count + numberCount
  }
}

/// A column of words: each as the position in a list of the different ones.
private struct WordBuilder {
  var codes: [Int32] = []
  var words: [String] = []
  private var known: [String: Int32] = [:]

  mutating func append(_ word: String?) {
    guard let word else { return codes.append(-1) }
    if let code = known[word] { return codes.append(code) }
    let code = Int32(words.count)
    known[word] = code
    words.append(word)
    codes.append(code)
  }
}

extension String {
  /// The text without blanks at its ends.
  var trimmingBlanks: String {
    let scalars = unicodeScalars
    guard let first = scalars.first, let last = scalars.last,
      first == " " || last == " " || first == "\t" || last == "\t"
    else { return self }
    var view = scalars[...]
    while let scalar = view.first, scalar == " " || scalar == "\t" { view.removeFirst() }
    while let scalar = view.last, scalar == " " || scalar == "\t" { view.removeLast() }
    return String(view)
  }
}
