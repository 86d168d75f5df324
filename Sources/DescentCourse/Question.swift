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

  /// Checks an answer as a person types it: `1,1,1,0` or `1 1 1 0`, `-1/2`, `50,177,000`.
  public func check(_ text: String) -> Verdict {
    let words = text.split { $0 == "," || $0 == ";" || $0.isWhitespace }.map(String.init)
    switch answer {
    case .numbers(let expected, let tolerance):
      let whole = text.filter { !$0.isWhitespace }
      let isGrouped = expected.count == 1 && whole.wholeMatch(of: /\d{1,3}(,\d{3})+/) != nil
      let numbers = isGrouped ? [whole.filter { $0 != "," }] : words
      let given = numbers.compactMap(Self.number)
      guard given.count == numbers.count, given.count == expected.count else {
        return .malformed(
          expected.count == 1
            ? "one number is wanted, such as 0.5"
            : "\(expected.count) numbers are wanted, with commas between them, such as "
              + [String](repeating: "0.5", count: expected.count).joined(separator: ","))
      }
      let isRight = zip(expected, given).allSatisfy { abs($0 - $1) <= tolerance }
      return isRight ? .right : .wrong
    case .bits(let expected):
      let digits = words.joined().compactMap(\.wholeNumberValue)
      guard digits.count == expected.count, digits.count == words.joined().count,
        digits.allSatisfy({ $0 == 0 || $0 == 1 })
      else {
        return .malformed(
          "\(expected.count) numbers are wanted, each 0 or 1, with commas between them, such as "
            + [String](repeating: "1", count: expected.count).joined(separator: ","))
      }
      return digits == expected ? .right : .wrong
    case .choice(let expected, let choices):
      let given = words.joined(separator: " ").lowercased()
      guard choices.contains(where: { $0.lowercased() == given }) else {
        return .malformed("one of these is wanted: \(choices.joined(separator: ", "))")
      }
      return given == expected.lowercased() ? .right : .wrong
    }
  }

  /// A number as a person writes it: −0.5, 1e3 or 1/4; nil if it is none, or not finite.
  private static func number(_ text: String) -> Double? {
    let parts = String(text.map { $0 == "−" ? "-" : $0 }).parts(separatedBy: "/").map { Double($0) }
    guard let above = parts[0], parts.count <= 2 else { return nil }
    guard parts.count == 2 else { return above.isFinite ? above : nil }
    guard let below = parts[1], (above / below).isFinite else { return nil }
    return above / below
  }
}
