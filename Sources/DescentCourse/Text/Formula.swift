/// A formula, written in a small part of TeX.
///
/// `\frac{a}{b}`, `\sqrt{a}`, `x_1^2`, `\sum_{i=1}^{n}`, `\hat{x}`, Greek letters, relations and arrows
/// by their names, `\text{words}`, and `\cases{0 & z \le 0 \\ 1 & z > 0}`. A formula becomes MathML on
/// a page and Unicode in a terminal.
public struct Formula: Hashable, Sendable, ExpressibleByStringLiteral {
  /// The formula as it was written.
  public let source: String
  let root: Node

  /// A part of a formula.
  indirect enum Node: Hashable, Sendable {
    case identifier(String)
    case number(String)
    case symbol(String)
    case text(String)
    case row([Node])
    case fraction(Node, Node)
    case squareRoot(Node)
    /// A base with what stands below and above its end, or, for sums, below and above it.
    case scripts(Node, lower: Node?, upper: Node?)
    case accent(Node, String)
    case cases([[Node]])
  }

  /// Reads a formula; one that cannot be read is a mistake of its author, and traps.
  public init(_ source: String) {
    self.source = source
    var reader = FormulaReader(source)
    root = reader.row(until: nil)
  }

  public init(stringLiteral value: String) { self.init(value) }
}

/// Reads the notation of `Formula`.
struct FormulaReader {
  private let characters: [Character]
  private var position = 0
  private let source: String

  init(_ source: String) {
    self.source = source
    characters = Array(source)
  }

  private var next: Character? { position < characters.count ? characters[position] : nil }

  private func fail(_ reason: String) -> Never {
    fatalError("formula \"\(source)\", character \(position): \(reason)")
  }

  /// Everything up to a closing character, which is taken, or to the end.
  mutating func row(until end: Character?) -> Formula.Node {
    var nodes: [Formula.Node] = []
    while let character = next, character != end {
      if character == " " {
        position += 1
        continue
      }
      nodes.append(scripted())
    }
    if end != nil {
      guard next == end else { fail("\"\(end!)\" is missing") }
      position += 1
    }
    return nodes.count == 1 ? nodes[0] : .row(nodes)
  }

  /// One thing and its scripts.
  private mutating func scripted() -> Formula.Node {
    let base = single()
    var (lower, upper): (Formula.Node?, Formula.Node?)
    while let character = next, character == "_" || character == "^" || character == "'" {
      position += 1
      if character == "_" {
        lower = single()
      } else {
        upper = character == "'" ? .symbol("′") : single()
      }
    }
    return lower == nil && upper == nil ? base : .scripts(base, lower: lower, upper: upper)
  }

  private mutating func single() -> Formula.Node {
    while next == " " { position += 1 }
    guard let character = next else { fail("something is missing at the end") }
    position += 1
    switch character {
    case "{": return row(until: "}")
    case "}": fail("\"}\" without \"{\"")
    case "\\": return command()
    case "-": return .symbol("−")
    case "*": return .symbol("·")
    case "0"..."9":
      var digits = String(character)
      while let digit = next, digit.isNumber || digit == "." || digit == "," {
        // A comma or point belongs to the number only between digits.
        if !digit.isNumber {
          guard position + 1 < characters.count, characters[position + 1].isNumber else { break }
        }
        digits.append(digit)
        position += 1
      }
      return .number(digits)
    default:
      return character.isLetter ? .identifier(String(character)) : .symbol(String(character))
    }
  }

  private mutating func command() -> Formula.Node {
    guard let first = next else { fail("a name is missing after \"\\\"") }
    if !first.isLetter {
      position += 1
      return .symbol(first == "|" ? "‖" : first == "," || first == ";" ? " " : String(first))
    }
    var name = ""
    while let letter = next, letter.isLetter {
      name.append(letter)
      position += 1
    }
    switch name {
    case "frac": return .fraction(single(), single())
    case "sqrt": return .squareRoot(single())
    case "hat", "bar", "vec":
      return .accent(single(), name == "hat" ? "^" : name == "bar" ? "¯" : "→")
    case "text": return .text(braced())
    case "cases":
      return .cases(
        braced().parts(separatedBy: "\\\\").map { line in
          line.parts(separatedBy: "&").map { Formula($0.trimmed).root }
        })
    case "left", "right": return single()
    case "quad": return .symbol("\u{2003}")
    default: break
    }
    if Self.functions.contains(name) { return .text(name) }
    if let letter = Self.letters[name] { return .identifier(letter) }
    guard let symbol = Self.symbols[name] else { fail("there is no \"\\\(name)\"") }
    return .symbol(symbol)
  }

  /// The characters between braces, as they are.
  private mutating func braced() -> String {
    guard next == "{" else { fail("\"{\" is missing") }
    position += 1
    var (result, depth) = ("", 1)
    while let character = next {
      position += 1
      depth += character == "{" ? 1 : character == "}" ? -1 : 0
      if depth == 0 { return result }
      result.append(character)
    }
    fail("\"}\" is missing")
  }

  private static let functions: Set<String> = [
    "log", "ln", "exp", "max", "min", "sin", "cos", "tanh", "softmax", "argmax", "ReLU", "if",
  ]
  private static let letters = [
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "eta": "η",
    "theta": "θ", "lambda": "λ", "mu": "μ", "pi": "π", "sigma": "σ", "tau": "τ", "phi": "φ",
    "Delta": "Δ", "Sigma": "Σ", "Phi": "Φ", "ell": "ℓ",
  ]
  private static let symbols = [
    "nabla": "∇", "partial": "∂", "sum": "∑", "prod": "∏", "cdot": "·", "times": "×", "le": "≤",
    "ge": "≥", "ne": "≠", "approx": "≈", "infty": "∞", "to": "→", "in": "∈", "ldots": "…",
    "cdots": "⋯", "circ": "∘", "pm": "±", "ll": "≪", "gg": "≫", "propto": "∝", "odot": "⊙",
    "leftarrow": "←", "Rightarrow": "⇒", "neg": "¬", "land": "∧", "lor": "∨",
  ]
}

extension String {
  var trimmed: String {
    var slice = self[...]
    while slice.first?.isWhitespace == true { slice.removeFirst() }
    while slice.last?.isWhitespace == true { slice.removeLast() }
    return String(slice)
  }

  /// The parts between the places where a separator stands.
  func parts(separatedBy separator: String) -> [String] {
    var (parts, rest) = ([String](), self[...])
    while let place = rest.firstRange(of: separator) {
      parts.append(String(rest[..<place.lowerBound]))
      rest = rest[place.upperBound...]
    }
    return parts + [String(rest)]
  }
}
