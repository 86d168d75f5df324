import DescentCharts
import DescentData

/// The crash course: lessons whose figures and numbers are computed by the engine.
public enum Course {
  /// The lessons in the order in which they build on each other.
  public static let lessons: [Lesson] = [
    .derivative, .gradient, .descent, .regression, .stochastic, .perceptron, .logic, .sigmoid,
    .activations, .loss, .crossEntropy, .softmax, .backpropagation, .digits, .unstable,
    .receptive, .sharing, .pooling, .lenet, .imagenet, .processors,
    .dropout, .augmentation, .initialization, .transfer, .converging,
  ]

  /// The lesson of this name, or the first that is about it: `nand` is in the lesson `logic`.
  public static func lesson(_ name: String) -> Lesson? {
    let name = name.lowercased()
    return lessons.first { $0.id == name } ?? lessons.first { $0.keywords.contains(name) }
  }

  /// A lesson as terminal text.
  ///
  /// Throws what its code throws.
  public static func text(_ lesson: Lesson, style: TerminalStyle = .plain) throws -> String {
    let number = 1 + (lessons.firstIndex { $0.id == lesson.id } ?? 0)
    return try TerminalLesson(style: style).lines(lesson, number: number, of: lessons.count)
      .joined(separator: "\n")
  }

  /// The files of the site: names and contents, the index first.
  ///
  /// Throws what the lessons' code throws.
  public static func pages(progress: (String) -> Void = { _ in }) throws -> [(
    name: String, contents: String
  )] {
    let pages = try lessons.indices.map { index in
      progress(lessons[index].id)
      return Page(lessons: lessons, index: index, blocks: try lessons[index].blocks())
    }
    let searchIndex = "[" + pages.map(\.searchEntry).joined(separator: ",\n") + "]"
    let second = lessons.firstIndex { $0.id == Lesson.receptive.id } ?? lessons.count
    let index = Page.document(
      title: "Descent, the course",
      main: """
        <article class="lesson">
        <h1>From a slope to a network that reads</h1>
        <p>A ball rolls down a valley. The rest of deep learning, as far as this course goes, is that \
        picture taken seriously, for somebody who knows what a derivative is. Part one takes two or \
        three hours. Every page has a panel to play with, a short program, and a question.</p>
        <h2>Part one: from a slope to digits</h2>
        \(list(0..<second))
        <h2>Part two: images, and deep networks that learn</h2>
        \(list(second..<lessons.count))
        </article>
        """,
      searchIndex: searchIndex)
    return [("index.html", index)]
      + zip(lessons, pages).map { ("\($0.id).html", $1.html(searchIndex: searchIndex)) }
  }

  /// Some of the lessons with links to their pages, numbered as in the whole course.
  private static func list(_ part: Range<Int>) -> String {
    let items = lessons[part].map { lesson in
      "<li><a href=\"\(lesson.id).html\">\(escapedForHTML(lesson.title))</a> "
        + "<span>\(escapedForHTML(lesson.summary))</span></li>"
    }
    return "<ol class=\"lessons\" start=\"\(part.lowerBound + 1)\">"
      + items.joined(separator: "\n") + "</ol>"
  }

  /// Writes the site into a folder that is there.
  ///
  /// Throws `DataError` where the folder cannot be written.
  public static func writeSite(
    to folder: String, progress: (String) -> Void = { _ in }
  ) throws {
    for page in try pages(progress: progress) {
      try AtomicFile.write(page.contents, to: "\(folder)/\(page.name)")
    }
  }
}
