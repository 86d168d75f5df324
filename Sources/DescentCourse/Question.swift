/// A question at the end of a lesson, whose answer can be checked.
public struct Question: Sendable {
  /// What is asked.
  public let text: Prose
  /// What the answer is.
  public let answer: Answer
  /// Why it is that.
  public let explanation: Prose

  /// The kinds of answer.
  public enum Answer: Sendable, Equatable {
    /// Numbers in order, each within a tolerance.
    case numbers([Double], tolerance: Double)
    /// Zeros and ones in order: a truth table.
    case bits([Int])
    /// One of several words.
    case choice(String, among: [String])
  }

  /// What came of an answer.
  public enum Verdict: Sendable, Equatable {
    /// It is right.
    case right
    /// It is wrong.
    case wrong
    /// It is not an answer to this question: what was wanted.
    case malformed(String)
  }

  /// Checks an answer as a person types it: `1,1,1,0` or `1 1 1 0`.
  public func check(_ text: String) -> Verdict {
    let words = text.split { $0 == "," || $0 == ";" || $0.isWhitespace }.map(String.init)
    switch answer {
    case .numbers(let expected, let tolerance):
      let given = words.compactMap { Double($0.replacingMinus) }
      guard given.count == words.count, given.count == expected.count else {
        return .malformed(Self.wanted(expected.count, "number", example: "0.5"))
      }
      let isRight = zip(expected, given).allSatisfy { abs($0 - $1) <= tolerance }
      return isRight ? .right : .wrong
    case .bits(let expected):
      let digits = words.joined().compactMap(\.wholeNumberValue)
      guard digits.count == expected.count, digits.count == words.joined().count,
        digits.allSatisfy({ $0 == 0 || $0 == 1 })
      else { return .malformed(Self.wanted(expected.count, "0 or 1", example: "1")) }
      return digits == expected ? .right : .wrong
    case .choice(let expected, let choices):
      let given = words.joined(separator: " ").lowercased()
      guard choices.contains(where: { $0.lowercased() == given }) else {
        return .malformed("one of these is wanted: \(choices.joined(separator: ", "))")
      }
      return given == expected.lowercased() ? .right : .wrong
    }
  }

  private static func wanted(_ count: Int, _ what: String, example: String) -> String {
    if count == 1 { return "one \(what) is wanted, such as \(example)" }
    let list = [String](repeating: example, count: count).joined(separator: ",")
    return "\(count) times a \(what) is wanted, separated by commas: \(list)"
  }
}

extension String {
  /// With the minus of typesetting as the minus of programs.
  fileprivate var replacingMinus: String { String(map { $0 == "−" ? "-" : $0 }) }
}
