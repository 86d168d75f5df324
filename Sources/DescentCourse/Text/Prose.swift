/// A paragraph: words with `*emphasis*`, `` `code` `` and `$formulas$` in them, and numbers that were
/// computed.
///
/// ```swift
/// let prose: Prose = "At $v = 1$ the error is \(error, digits: 2)."
/// ```
///
/// What is interpolated is never read as markup, and is marked as computed: a test sees to it that no
/// measured number was typed in.
public struct Prose: Hashable, Sendable, ExpressibleByStringInterpolation {
  /// A run of words of one kind.
  public enum Span: Hashable, Sendable {
    /// Words as they are.
    case words(String)
    /// Words that matter.
    case emphasis(String)
    /// A name of the program.
    case code(String)
    /// A formula.
    case formula(Formula)
    /// A number, or a word, that running the lesson gave.
    case computed(String)
  }

  /// The runs, in order.
  public let spans: [Span]

  /// Reads a paragraph without computed numbers.
  public init(stringLiteral text: String) { spans = Self.spans(of: text) }

  /// Takes the pieces of an interpolation.
  public init(stringInterpolation: StringInterpolation) {
    spans = stringInterpolation.pieces.flatMap { piece -> [Span] in
      switch piece {
      case .literal(let text): return Self.spans(of: text)
      case .value(let text): return [.computed(text)]
      }
    }
  }

  /// What an interpolation gathers.
  public struct StringInterpolation: StringInterpolationProtocol {
    enum Piece {
      case literal(String)
      case value(String)
    }
    var pieces: [Piece] = []

    /// Begins an interpolation.
    public init(literalCapacity: Int, interpolationCount: Int) {}

    /// Adds words.
    public mutating func appendLiteral(_ literal: String) { pieces.append(.literal(literal)) }

    /// Adds a count.
    public mutating func appendInterpolation(_ count: Int) {
      pieces.append(.value(grouped(count)))
    }

    /// Adds a number with so many significant digits.
    public mutating func appendInterpolation(_ value: Double, digits: Int) {
      pieces.append(.value(significant(value, digits)))
    }

    /// Adds a number with so many decimal places.
    public mutating func appendInterpolation(_ value: Double, places: Int) {
      pieces.append(.value(decimal(value, places)))
    }

    /// Adds what the lesson computed as text.
    public mutating func appendInterpolation(_ text: String) { pieces.append(.value(text)) }
  }

  /// The paragraph without its markup, for search and for a terminal.
  public var plain: String {
    spans.map { span in
      switch span {
      case .words(let text), .emphasis(let text), .code(let text), .computed(let text): text
      case .formula(let formula): formula.description
      }
    }.joined()
  }

  private static func spans(of text: String) -> [Span] {
    var (result, rest) = ([Span](), text[...])
    while let place = rest.firstIndex(where: { "*`$".contains($0) }) {
      let mark = rest[place]
      let inside = rest[rest.index(after: place)...]
      guard let end = inside.firstIndex(of: mark) else {
        fatalError("prose \"\(text)\": a second \(mark) is missing")
      }
      if place > rest.startIndex { result.append(.words(String(rest[..<place]))) }
      let words = String(inside[..<end])
      result.append(
        mark == "*" ? .emphasis(words) : mark == "`" ? .code(words) : .formula(Formula(words)))
      rest = inside[inside.index(after: end)...]
    }
    return rest.isEmpty ? result : result + [.words(String(rest))]
  }
}

/// A count with its thousands apart: 50,177,000.
func grouped(_ count: Int) -> String {
  let digits = String(count.magnitude)
  var result = ""
  for (index, digit) in digits.enumerated() {
    if index > 0 && (digits.count - index) % 3 == 0 { result.append(",") }
    result.append(digit)
  }
  return count < 0 ? "−" + result : result
}

/// A number with so many decimal places, and a minus that is one.
func decimal(_ value: Double, _ places: Int) -> String {
  guard value.isFinite else { return value.isNaN ? "not a number" : value < 0 ? "−∞" : "∞" }
  let scale = (0..<places).reduce(1.0) { scale, _ in scale * 10 }
  let whole = (value.magnitude * scale).rounded()
  guard whole < 9e15 else { return significant(value, places + 1) }
  let digits = String(Int(whole))
  let padded = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
  let sign = value < 0 && whole > 0 ? "−" : ""
  return places == 0
    ? sign + grouped(Int(whole)) : sign + padded.dropLast(places) + "." + padded.suffix(places)
}

/// A number with so many significant digits: 0.00125, 2.7 · 10⁻¹¹.
func significant(_ value: Double, _ digits: Int) -> String {
  guard value.isFinite, value != 0 else { return decimal(value, 0) }
  var (exponent, scaled) = (0, value.magnitude)
  while scaled >= 10 { (scaled, exponent) = (scaled / 10, exponent + 1) }
  while scaled < 1 { (scaled, exponent) = (scaled * 10, exponent - 1) }
  if decimal(scaled, digits - 1).hasPrefix("10") {
    (scaled, exponent) = (scaled / 10, exponent + 1)
  }
  if (-4..<digits + 3).contains(exponent) { return decimal(value, max(0, digits - 1 - exponent)) }
  let raised = "⁰¹²³⁴⁵⁶⁷⁸⁹"
  let power = String(exponent.magnitude).map { digit in
    raised[raised.index(raised.startIndex, offsetBy: digit.wholeNumberValue!)]
  }
  let sign = value < 0 ? "−" : ""
  return "\(sign)\(decimal(scaled, digits - 1)) · 10\(exponent < 0 ? "⁻" : "")\(String(power))"
}
