import DescentCharts
import Testing

@Suite("Text tables")
struct TextTableTests {
  @Test("Columns are aligned as asked, and lines end without spaces")
  func alignment() {
    var table = TextTable([
      .leading("layer"), .init("kind", alignment: .center), .trailing("parameters"),
    ])
    table.append(["Dense 128", "a", "100480"])
    table.append(["Größe·é", "bcd"])
    table.footer = ["total", "", "101770"]
    #expect(
      "\(table)" == """
        layer      kind  parameters
        ───────────────────────────
        Dense 128   a        100480
        Größe·é    bcd
        ───────────────────────────
        total                101770
        """)
  }

  @Test("A column can be added, and missing cells are empty")
  func columns() {
    let matrix = ConfusionMatrix(classes: ["cat", "dog"], counts: [[9, 1], [0, 10]])
    var table = matrix.table()
    table.append(column: .trailing("recall"), cells: ["0.90"])
    #expect(
      "\(table)" == """
        true \\ predicted  cat  dog  recall
        ──────────────────────────────────
        cat                 9    1    0.90
        dog                 ·   10
        """)
  }

  @Test("An empty table is its headings; control characters are removed")
  func degenerate() {
    #expect("\(TextTable([.leading("a\u{1B}[1m\tb")]))" == "a[1m b\n──────")
    #expect("\(TextTable([]))" == "\n")
    #expect("\(TextTable([.leading("a")], rows: [["1", "beyond"]]))" == "a\n─\n1")
  }
}
