extension Formula: CustomStringConvertible {
  /// The formula in Unicode, on one line: ∇C = (∂C/∂w, ∂C/∂b).
  public var description: String { root.text.trimmed }
}

extension Formula.Node {
  var text: String {
    switch self {
    case .identifier(let name), .number(let name): name
    case .text(let words): words
    case .symbol(","): ", "
    case .symbol(let symbol): Self.spaced.contains(symbol) ? " \(symbol) " : symbol
    case .row(let nodes): Self.joined(nodes)
    case .fraction(.number("1"), .number("2")): "½ "
    case .fraction(let above, let below): "\(above.enclosed)/\(below.enclosed) "
    case .squareRoot(let inside): "√\(inside.enclosed)"
    case .accent(let base, let mark):
      base.text + (mark == "^" ? "\u{0302}" : mark == "¯" ? "\u{0304}" : "\u{20D7}")
    case .scripts(let base, let lower, let upper):
      base.text.trimmed + (lower.map { Self.script($0.text, "_", Self.subscripts) } ?? "")
        + (upper.map { Self.script($0.text, "^", Self.superscripts) } ?? "")
        + (base == .symbol("∑") || base == .symbol("∏") ? " " : "")
    case .cases(let rows):
      "{ " + rows.map { $0.map(\.text).joined(separator: " if ") }.joined(separator: "; ") + " }"
    }
  }

  /// In parentheses, unless it is one thing.
  private var enclosed: String {
    switch self {
    case .row(let nodes) where nodes.count > 1:
      // ∂C and the like read as one.
      nodes.count == 2 && nodes[0] == .symbol("∂") ? text : "(\(text))"
    case .fraction: "(\(text.trimmed))"
    default: text
    }
  }

  /// Neighbours with a space where two words would run together.
  private static func joined(_ nodes: [Formula.Node]) -> String {
    var result = ""
    var previous: Formula.Node?
    for node in nodes {
      defer { previous = node }
      let next = node.text
      // A sign at the beginning, or after another, belongs to what follows it.
      // max(0, z): a function stands close to its argument.
      if next.first == "(", case .text? = previous, result.last == " " { result.removeLast() }
      let isSign =
        next == " − " && (result.isEmpty || result.hasSuffix("(") || result.hasSuffix(" "))
      let piece = isSign ? "−" : next
      if case .text = node, let last = result.last, !last.isWhitespace, last != "(", last != "−" {
        result += " "
      }
      result += piece
      if case .text(let words) = node, words.last?.isLetter == true { result += " " }
    }
    let closed = [")", ",", "|", "]"].reduce(result) { text, mark in
      text.parts(separatedBy: " " + mark).joined(separator: mark)
    }
    return closed.trimmed.parts(separatedBy: "  ").joined(separator: " ")
  }

  private static func script(
    _ text: String, _ mark: String, _ map: [Character: Character]
  ) -> String {
    let characters = text.filter { !$0.isWhitespace }
    let raised = characters.compactMap { map[$0] }
    if raised.count == characters.count { return String(raised) }
    return characters.count == 1 ? mark + characters : "\(mark)(\(text))"
  }

  private static let spaced: Set<String> = [
    "=", "+", "−", "·", "×", "≤", "≥", "≠", "≈", "→", "∈", "<", ">", "∘", "±", "≪", "≫", "∝", "←",
    "⇒", "∧", "∨", "⊙",
  ]
  private static let superscripts: [Character: Character] = [
    "0": "⁰", "1": "¹", "2": "²", "3": "³", "4": "⁴", "5": "⁵", "6": "⁶", "7": "⁷", "8": "⁸",
    "9": "⁹", "+": "⁺", "−": "⁻", "n": "ⁿ", "i": "ⁱ", "T": "ᵀ", "x": "ˣ", "z": "ᶻ", "k": "ᵏ",
    "l": "ˡ", "L": "ᴸ", "m": "ᵐ", "′": "′", "(": "⁽", ")": "⁾", "j": "ʲ", "t": "ᵗ",
  ]
  private static let subscripts: [Character: Character] = [
    "0": "₀", "1": "₁", "2": "₂", "3": "₃", "4": "₄", "5": "₅", "6": "₆", "7": "₇", "8": "₈",
    "9": "₉", "+": "₊", "−": "₋", "=": "₌", "n": "ₙ", "i": "ᵢ", "j": "ⱼ", "k": "ₖ", "l": "ₗ",
    "m": "ₘ", "x": "ₓ", "t": "ₜ",
  ]
}
