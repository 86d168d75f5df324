import DescentCharts

/// A lesson as a self-contained page: no request leaves it.
struct Page {
  let lessons: [Lesson]
  let index: Int
  let blocks: [Block]

  private var lesson: Lesson { lessons[index] }

  /// The page, and the words under which a search finds it.
  func html(searchIndex: String) -> String {
    let controls = blocks.compactMap { block -> Control? in
      if case .control(let control) = block { control } else { nil }
    }
    let main = """
      <article class="lesson">
      <p class="kicker">Lesson \(index + 1) of \(lessons.count)</p>
      <h1>\(escapedForHTML(lesson.title))</h1>
      <p class="assumes">Assumes: \(lesson.assumes.map(assumed).joined(separator: ", ")).</p>
      \(blocks.map(html).joined(separator: "\n"))
      <h2 id="check">Check yourself</h2>
      \(html(lesson.question))
      </article>
      \(pager)
      """
    return Self.document(
      title: "\(lesson.title) · Descent, the course", main: main, searchIndex: searchIndex,
      vectors: controls.flatMap(vectors),
      scripts: controls.map { "Site/controls/\($0.name).js" })
  }

  /// What a search looks through, as a JSON object: each word of the page once, for every page has
  /// those of all.
  var searchEntry: String {
    let words = blocks.flatMap { block -> [String] in
      switch block {
      case .heading(let text): [text]
      case .paragraph(let prose): [prose.plain]
      case .steps(let items), .points(let items): items.map(\.plain)
      case .slip(let claim, let correction): [claim.plain, correction.plain]
      case .figure(let figure): [figure.title]
      case .table(let table): [table.caption]
      case .formula, .listing, .control: []
      }
    }
    let keywords = lesson.keywords.joined(separator: " ")
    func split(_ texts: [String]) -> [String] {
      texts.joined(separator: " ").lowercased().split { !($0.isLetter || $0.isNumber) }
        .map(String.init)
    }
    var seen = Set(split([lesson.title, lesson.summary, keywords]))
    let others = split(words).filter { $0.count > 2 && seen.insert($0).inserted }
    return [
      "page": lesson.id + ".html", "title": lesson.title, "summary": lesson.summary,
      "keywords": keywords, "words": others.joined(separator: " "),
    ].json
  }

  /// A whole document around the contents of `main`.
  static func document(
    title: String, main: String, searchIndex: String, vectors: [String] = [],
    scripts: [String] = []
  ) -> String {
    """
    <!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>\(escapedForHTML(title))</title>
    <style>
    \(Asset.text("Site/site.css"))
    </style>
    </head>
    <body>
    <a class="skip" href="#main">Skip to the lesson</a>
    <header class="top">
    <a class="home" href="index.html">Descent: the course</a>
    <form class="search" role="search"><label>Search <input type="search" name="q" \
    autocomplete="off"></label><ul class="results" aria-label="Lessons found"></ul>\
    <output class="found"></output></form>
    </header>
    <main id="main">
    \(main)
    </main>
    <footer><p>Every figure and every number here was computed by Descent when this page was made. \
    <code>descent course --site FOLDER</code> makes it again.</p></footer>
    <script type="application/json" id="search-index">\(inScript(searchIndex))</script>
    <script type="application/json" id="vectors">\
    \(inScript("[" + vectors.joined(separator: ",\n") + "]"))</script>
    <script>
    \((["Site/site.js"] + scripts).map(Asset.text).joined(separator: "\n"))
    </script>
    </body>
    </html>

    """
  }

  // MARK: Parts

  private func assumed(_ name: String) -> String {
    guard let known = lessons.first(where: { $0.id == name }) else { return escapedForHTML(name) }
    return "<a href=\"\(known.id).html\">\(escapedForHTML(known.title))</a>"
  }

  private var pager: String {
    func link(_ place: Int, _ relation: String, _ arrow: (String, String)) -> String {
      guard lessons.indices.contains(place) else { return "<span></span>" }
      let title = escapedForHTML(lessons[place].title)
      return
        "<a rel=\"\(relation)\" href=\"\(lessons[place].id).html\">\(arrow.0)\(title)\(arrow.1)</a>"
    }
    return "<nav class=\"pager\" aria-label=\"Lessons\">\(link(index - 1, "prev", ("← ", "")))"
      + "\(link(index + 1, "next", ("", " →")))</nav>"
  }

  private func html(_ block: Block) -> String {
    switch block {
    case .heading(let text): return "<h2>\(escapedForHTML(text))</h2>"
    case .paragraph(let prose): return "<p>\(prose.html)</p>"
    case .formula(let formula):
      return "<div class=\"formula\">\(formula.mathML(isBlock: true))</div>"
    case .figure(let figure):
      let caption = figure.description.isEmpty ? figure.title : figure.description
      // The narrow one is for telephones, where the wide one's words would be too small.
      return "<figure class=\"chart\"><div class=\"wide\">\(figure.svg())</div>"
        + "<div class=\"narrow\">\(figure.svg(width: 400))</div><figcaption>\(escapedForHTML(caption))</figcaption></figure>"
    case .table(let table): return html(table)
    case .steps(let steps): return list("ol", steps)
    case .points(let points): return list("ul", points)
    case .listing(let listing):
      return "<div class=\"listing\"><pre><code>\(escapedForHTML(listing.source))</code></pre>"
        + "<pre class=\"output\"><samp>\(escapedForHTML(listing.output))</samp></pre></div>"
    case .slip(let claim, let correction):
      return "<details class=\"slip\"><summary>Find the slip: \(claim.html)</summary>"
        + "<p>\(correction.html)</p></details>"
    case .control(let control):
      return "<section class=\"control\" id=\"panel-\(control.name)\" "
        + "data-control=\"\(control.name)\" aria-label=\"\(escapedForHTML(control.label))\">"
        + "<script type=\"application/json\">\(Self.inScript(control.parameters))</script></section>"
    }
  }

  private func list(_ tag: String, _ items: [Prose]) -> String {
    "<\(tag)>" + items.map { "<li>\($0.html)</li>" }.joined() + "</\(tag)>"
  }

  private func html(_ table: NumberTable) -> String {
    func row(_ cells: [String], _ tag: String) -> String {
      let opening = tag == "th" ? "th scope=\"col\"" : tag
      let columns = cells.map { "<\(opening)>\(escapedForHTML($0))</\(tag)>" }
      return "<tr>\(columns.joined())</tr>"
    }
    let caption = "<caption>\(escapedForHTML(table.caption))</caption>"
    return "<div class=\"scroll\"><table class=\"numbers\">\(caption)<thead>"
      + row(table.columns, "th") + "</thead><tbody>"
      + table.rows.map { row($0, "td") }.joined() + "</tbody></table></div>"
  }

  private func html(_ question: Question) -> String {
    let (kind, answer, tolerance): (String, String, Double) =
      switch question.answer {
      case .numbers(let numbers, let tolerance):
        ("numbers", numbers.map { "\($0)" }.joined(separator: ","), tolerance)
      case .bits(let bits): ("bits", bits.map { "\($0)" }.joined(separator: ","), 0)
      case .choice(let word, _): ("choice", word, 0)
      }
    var choices = ""
    if case .choice(_, let among) = question.answer {
      choices = " (\(among.map(escapedForHTML).joined(separator: ", ")))"
    }
    return """
      <form class="question" data-kind="\(kind)" data-answer="\(escapedForHTML(answer))" \
      data-tolerance="\(tolerance)">
      <p>\(question.text.html)\(choices)</p>
      <label>Your answer <input name="answer" autocomplete="off"></label>
      <button>Check</button>
      <output aria-live="polite"></output>
      <template class="explanation"><p>\(question.explanation.html)</p></template>
      </form>
      """
  }

  private func vectors(of control: Control) -> [String] {
    control.vectors.map { vector in
      """
      {"control":\(control.name.json),"function":\(vector.function.json),\
      "arguments":\(vector.arguments),"result":\(vector.result),"tolerance":\(vector.tolerance)}
      """
    }
  }

  /// JSON that cannot end the script element around it.
  static func inScript(_ json: String) -> String {
    json.parts(separatedBy: "</").joined(separator: "<\\/")
  }
}

extension Prose {
  var html: String {
    spans.map { span in
      switch span {
      case .words(let text), .computed(let text): escapedForHTML(text)
      case .emphasis(let text): "<em>\(escapedForHTML(text))</em>"
      case .code(let text): "<code>\(escapedForHTML(text))</code>"
      case .formula(let formula): formula.mathML()
      }
    }.joined()
  }
}
