extension Formula {
  /// The formula as MathML, which browsers draw without help; `isBlock` for one on a line of its own.
  public func mathML(isBlock: Bool = false) -> String {
    let display = isBlock ? " display=\"block\"" : ""
    return "<math\(display)><mrow>\(root.mathML)</mrow></math>"
  }
}

extension Formula.Node {
  var mathML: String {
    switch self {
    case .identifier(let name): "<mi>\(name)</mi>"
    case .number(let digits): "<mn>\(digits)</mn>"
    case .symbol(let symbol): Self.mathML(ofSymbol: symbol)
    case .text(let words):
      "<mtext>\(escapedForHTML(words.replacingSpaces))</mtext>"
    case .row(let nodes): "<mrow>\(Self.joined(nodes))</mrow>"
    case .fraction(let above, let below): "<mfrac>\(above.mathML)\(below.mathML)</mfrac>"
    case .squareRoot(let inside): "<msqrt>\(inside.mathML)</msqrt>"
    case .accent(let base, let mark):
      "<mover accent=\"true\">\(base.mathML)<mo>\(mark)</mo></mover>"
    case .scripts(let base, let lower, let upper):
      Self.scripts(base, lower, upper)
    case .cases(let rows):
      "<mrow><mo fence=\"true\">{</mo><mtable columnalign=\"left\">"
        + rows.map { row in
          "<mtr>"
            + row.map { "<mtd>\($0.mathML)</mtd>" }.joined(
              separator: "<mtd><mtext>if </mtext></mtd>")
            + "</mtr>"
        }.joined() + "</mtable></mrow>"
    }
  }

  private static func scripts(
    _ base: Formula.Node, _ lower: Formula.Node?, _ upper: Formula.Node?
  ) -> String {
    // Sums and products carry their limits below and above.
    let isLarge = base == .symbol("∑") || base == .symbol("∏")
    let names = isLarge ? ("munder", "mover", "munderover") : ("msub", "msup", "msubsup")
    return switch (lower, upper) {
    case (let lower?, let upper?):
      "<\(names.2)>\(base.mathML)\(lower.mathML)\(upper.mathML)</\(names.2)>"
    case (let lower?, nil): "<\(names.0)>\(base.mathML)\(lower.mathML)</\(names.0)>"
    case (nil, let upper?): "<\(names.1)>\(base.mathML)\(upper.mathML)</\(names.1)>"
    case (nil, nil): base.mathML
    }
  }

  /// Neighbours, with a little room between the name of a function and what is not in parentheses.
  private static func joined(_ nodes: [Formula.Node]) -> String {
    var result = ""
    for (node, next) in zip(nodes, nodes.dropFirst() + [.symbol(")")]) {
      result += node.mathML
      if case .text = node {
        if case .symbol = next { continue }
        result += "<mspace width=\"0.2em\"/>"
      }
    }
    return result
  }

  private static func mathML(ofSymbol symbol: String) -> String {
    if symbol == " " || symbol == "\u{2003}" {
      return "<mspace width=\"\(symbol == " " ? "0.3em" : "1em")\"/>"
    }
    // Parentheses that grow with every index would push the lines apart.
    return "<mo stretchy=\"false\">\(escapedForHTML(symbol))</mo>"
  }
}

extension String {
  /// Spaces that a browser keeps at the ends of words in a formula.
  fileprivate var replacingSpaces: String { String(map { $0 == " " ? "\u{00A0}" : $0 }) }
}

/// Text as it stands between tags.
func escapedForHTML(_ text: String) -> String {
  var result = ""
  for character in text {
    switch character {
    case "&": result += "&amp;"
    case "<": result += "&lt;"
    case ">": result += "&gt;"
    case "\"": result += "&quot;"
    default: result.append(character)
    }
  }
  return result
}
