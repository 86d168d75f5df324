/// The text without control characters, which neither a terminal nor XML should be handed.
///
/// Line breaks and tabs become spaces, so that a label stays on its line.
func printable(_ text: String) -> String {
  var result = String.UnicodeScalarView()
  for scalar in text.unicodeScalars {
    switch scalar.properties.generalCategory {
    case .lineSeparator, .paragraphSeparator: result.append(" ")
    case .control where scalar.properties.isWhitespace: result.append(" ")
    case .control, .unassigned: continue
    default: result.append(scalar)
    }
  }
  return String(result)
}

extension String {
  /// The text cut to at most the given number of characters, the last being "…" if any was cut.
  func truncated(to width: Int) -> String {
    count <= width ? self : width < 1 ? "" : prefix(width - 1) + "…"
  }

  /// The text with spaces added on the side opposite to its alignment.
  func padded(to width: Int, _ alignment: TextTable.Alignment) -> String {
    let missing = max(0, width - count)
    let left =
      switch alignment {
      case .leading: 0
      case .trailing: missing
      case .center: missing / 2
      }
    return String(repeating: " ", count: left) + self
      + String(repeating: " ", count: missing - left)
  }

  /// The text without the spaces at its end.
  var trimmedEnd: String {
    var end = endIndex
    while end > startIndex, self[index(before: end)] == " " { end = index(before: end) }
    return String(self[..<end])
  }
}
