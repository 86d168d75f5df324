import DescentCharts

/// A lesson as terminal text.
struct TerminalLesson {
  let style: TerminalStyle

  /// The lesson, line by line; `number` is its place among `count`.
  func lines(_ lesson: Lesson, number: Int, of count: Int) throws -> [String] {
    var lines = [
      ink("Lesson \(number) of \(count)", .faint), ink(lesson.title, .bold), "",
    ]
    lines += wrapped("Assumes: " + lesson.assumes.joined(separator: ", ") + ".") + [""]
    for block in try lesson.blocks() { lines += self.lines(block) + [""] }
    lines.append(ink("Check yourself", .bold))
    lines += wrapped(lesson.question.text) + [""]
    lines.append("  descent course check \(lesson.id) --answer …")
    return lines
  }

  private func lines(_ block: Block) -> [String] {
    switch block {
    case .heading(let text): return [ink(text, .bold)]
    case .paragraph(let prose): return wrapped(prose)
    case .formula(let formula): return ["    " + formula.description]
    case .figure(let figure):
      return figure.text(style: style).split(separator: "\n", omittingEmptySubsequences: false)
        .map(String.init)
    case .table(let table):
      let columns = table.columns.enumerated().map { index, title in
        index == 0 ? TextTable.Column.leading(title) : .trailing(title)
      }
      return [table.caption]
        + TextTable(columns, rows: table.rows).description.split(separator: "\n").map(String.init)
    case .steps(let steps):
      return steps.enumerated().flatMap { wrapped($1, first: "  \($0 + 1). ") }
    case .points(let points): return points.flatMap { wrapped($0, first: "  • ") }
    case .listing(let listing):
      let source = listing.source.split(separator: "\n", omittingEmptySubsequences: false)
      let output = listing.output.split(separator: "\n", omittingEmptySubsequences: false)
      return source.map { "  │ \($0)" } + output.map { ink("  → \($0)", .faint) }
    case .slip(let claim, let correction):
      return [ink("Find the slip", .bold)] + wrapped(claim, first: "  ? ")
        + wrapped(correction, first: "  ✓ ")
    case .control(let control):
      return wrapped("[On the page: \(control.label). descent course --site FOLDER --open]")
    }
  }

  // MARK: Words

  private enum Ink: String {
    case bold = "1"
    case faint = "2"
    case italic = "3"
  }

  private func ink(_ text: String, _ ink: Ink) -> String {
    style.colors == .none ? text : "\u{1B}[\(ink.rawValue)m\(text)\u{1B}[0m"
  }

  private func wrapped(_ text: String, first: String = "") -> [String] {
    wrap(text.split(separator: " ").map { ($0.count, String($0)) }, first: first)
  }

  private func wrapped(_ prose: Prose, first: String = "") -> [String] {
    // Words of one span next to words of another, as in "$x$,", must not come apart.
    var words: [(width: Int, text: String)] = []
    var joins = false
    for span in prose.spans {
      let (text, kind): (String, Ink?) =
        switch span {
        case .words(let text), .computed(let text): (text, nil)
        case .emphasis(let text): (text, .italic)
        case .code(let text): (text, .bold)
        case .formula(let formula): (formula.description, nil)
        }
      if text.first?.isWhitespace == true { joins = false }
      for (index, word) in text.split(separator: " ").enumerated() {
        let painted = kind.map { ink(String(word), $0) } ?? String(word)
        if index == 0, joins, let last = words.popLast() {
          words.append((last.width + word.count, last.text + painted))
        } else {
          words.append((word.count, painted))
        }
      }
      joins = text.last?.isWhitespace != true
    }
    return wrap(words, first: first)
  }

  private func wrap(_ words: [(width: Int, text: String)], first: String) -> [String] {
    let limit = min(style.width, 88)
    let indent = String(repeating: " ", count: first.count)
    var (lines, line, width) = ([String](), first, first.count)
    for word in words {
      if width + word.width + 1 > limit, width > indent.count {
        lines.append(line)
        (line, width) = (indent, indent.count)
      }
      let gap = width == indent.count ? "" : " "
      line += gap + word.text
      width += gap.count + word.width
    }
    return lines + [line]
  }
}
