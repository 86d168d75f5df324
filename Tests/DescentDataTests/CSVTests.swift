import Testing

@testable import DescentData

@Suite struct CSVTests {
  private func table(_ text: String, hasHeader: Bool = true) throws -> CSV {
    try CSV(bytes: Array(text.utf8), path: "data.csv", hasHeader: hasHeader)
  }

  @Test func quotesAndLineEnds() throws {
    let text = "\u{FEFF}name,\"a \"\"b\"\"\",c\r\n\"x,1\",\"two\r\nlines\",\n\n,\"\",\"z\"\rq,r,s"
    let csv = try table(text)
    #expect(csv.columnNames == ["name", "a \"b\"", "c"])
    #expect(csv.rowCount == 3)
    #expect(csv.row(0) == ["x,1", "two\r\nlines", ""])
    #expect(csv.row(1) == ["", "", "z"])
    #expect(csv.row(2) == ["q", "r", "s"])
    #expect(csv.lines == [2, 5, 6])
  }

  @Test func emptyTables() throws {
    #expect(throws: DataError.self) { try table("") }
    #expect(try table("", hasHeader: false).rowCount == 0)
    #expect(try table("a,b\n").rowCount == 0)
    #expect(try table("a,b\n").numbers() == [])
    #expect(try table("1,2\n3,4", hasHeader: false).numbers() == [1, 2, 3, 4])
    #expect(try table("1,2\n3,4", hasHeader: false).numbers(["2"]) == [2, 4])
  }

  @Test func numbers() throws {
    let csv = try table("x,y\n1, -2.5e-3\t\n16777216,0.1\n")
    #expect(try csv.numbers() == [1, -2.5e-3, 16_777_216, 0.1])
    #expect(try csv.numbers(["y", "x"]) == [-2.5e-3, 1, 0.1, 16_777_216])
    #expect(throws: DataError.self) { try csv.numbers(["z"]) }
    for text in ["nan", "inf", "0x10", "1e999", "", "1 2", "--1", "1,5", "e5"] {
      #expect(throws: DataError.self) { try table("x\n\"\(text)\"\n").numbers() }
    }
  }

  @Test func numbersFindTheirHeader() throws {
    func numbers(_ text: String) throws -> CSV.Numbers {
      try CSV.numbers(Array(text.utf8), path: "data.csv")
    }
    let named = try numbers("a,b\n1,2\n")
    #expect(named.names == ["a", "b"] && named.values == [1, 2] && named.columnCount == 2)
    let plain = try numbers("1,2\n3,4\n")
    #expect(plain.names == [] && plain.values == [1, 2, 3, 4] && plain.columnCount == 2)
    #expect(throws: DataError.self) { try numbers("") }
    // A header has no number and no empty field; this first line is wrong data.
    #expect(throws: DataError.notANumber(path: "data.csv", line: 1, column: "1", text: "x")) {
      try numbers("x,2\n3,4\n")
    }
  }

  @Test func errorsNameThePlace() throws {
    let error = DataError.notANumber(path: "data.csv", line: 4, column: "age", text: "n/a")
    #expect(throws: error) { try table("id,age\n1,2\n\n2,n/a\n").numbers() }
    #expect(error.description == "data.csv:4: column \"age\": \"n/a\" is not a number")
    #expect(
      throws: DataError.malformed(
        path: "data.csv", format: "CSV", place: .line(3), found: "3 fields", expected: "2")
    ) { try table("a,b\n1,2\n1,2,3\n") }
    #expect(throws: DataError.self) { try table("a,b\n1,\"2\n") }
    #expect(throws: DataError.self) { try table("a,b\n1,\"2\"3\n") }
    #expect(throws: DataError.self) { try CSV(bytes: [0xFF, 0xFE, 0x61, 0]) }
    #expect(throws: DataError.self) { try CSV(bytes: [0x61], separator: "\"") }
  }

  @Test func everyDamageIsSurvived() {
    feedHostile("CSV", Array("\u{FEFF}a,\"b\"\"\"\r\n1.5,\"2\"\n\"3\",-4e2".utf8)) { bytes in
      let csv = try CSV(bytes: bytes)
      for row in 0..<csv.rowCount { _ = csv.row(row) }
      _ = try csv.numbers()
    }
  }
}
