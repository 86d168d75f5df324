import DescentCharts

/// One lesson of the course: prose, formulas, figures, a listing and a question, in one description
/// that becomes a page or terminal text.
///
/// Building a lesson runs its code: every number in it comes from there.
public struct Lesson: Sendable, Identifiable {
  /// The name by which it is asked for, such as `backpropagation`.
  public let id: String
  /// The heading.
  public let title: String
  /// One sentence for the list of lessons.
  public let summary: String
  /// What the reader must know: words, and lessons by their names.
  public let assumes: [String]
  /// Other words under which it is found.
  public let keywords: [String]
  /// The question at its end.
  public let question: Question
  private let content: @Sendable () throws -> [Block]

  init(
    id: String, title: String, summary: String, assumes: [String], keywords: [String] = [],
    question: Question, content: @escaping @Sendable () throws -> [Block]
  ) {
    self.id = id
    self.title = title
    self.summary = summary
    self.assumes = assumes
    self.keywords = keywords
    self.question = question
    self.content = content
  }

  /// Runs the lesson's code, and returns what the lesson shows.
  public func blocks() throws -> [Block] { try content() }
}

/// A part of a lesson.
public enum Block: Sendable {
  /// The heading of a section.
  case heading(String)
  /// A paragraph.
  case paragraph(Prose)
  /// A formula on a line of its own.
  case formula(Formula)
  /// A picture that was computed.
  case figure(Figure)
  /// Numbers in rows and columns.
  case table(NumberTable)
  /// A numbered algorithm.
  case steps([Prose])
  /// Points in any order.
  case points([Prose])
  /// Code with what it printed.
  case listing(Listing)
  /// A mistake that is easily made, or often printed, for the reader to find; and what is right.
  case slip(claim: Prose, correction: Prose)
  /// A panel to play with, on a page.
  case control(Control)
}

/// Numbers in rows and columns.
public struct NumberTable: Sendable {
  /// The heading of each column.
  public var columns: [String]
  /// The cells of each row.
  public var rows: [[String]]
  /// What the table shows.
  public var caption: String

  init(_ columns: [String], _ rows: [[String]], caption: String) {
    self.columns = columns
    self.rows = rows
    self.caption = caption
  }
}
