/// How much a terminal can show: its width, and whether it has colours.
public struct TerminalStyle: Hashable, Sendable {
  /// The colours that may be used.
  public var colors: Colors
  /// The characters in a line, 20 at least.
  public let width: Int

  /// The colours that a terminal has.
  public enum Colors: Hashable, Sendable {
    /// None: text contains no control characters.
    case none
    /// The palette of 256 colours.
    case palette
    /// All colours of 24 bits.
    case full
  }

  /// A style of the given width and colours; less than 20 characters are taken as 20.
  public init(width: Int = 80, colors: Colors = .none) {
    self.width = min(max(20, width), 1000)
    self.colors = colors
  }

  /// Eighty characters without colours: right for files and pipes.
  public static let plain = TerminalStyle()
}

extension TerminalStyle {
  /// A meaning that may be shown by colour, never by colour alone.
  enum Ink: Hashable {
    case bold
    case series(Int)
    case faint
    case right
    case wrong

    /// The parameters of the escape sequence; the numbers are near the palette of the SVG.
    var code: String {
      switch self {
      case .bold: return "1"
      case .faint: return "38;5;245"
      case .right: return "38;5;32"
      case .wrong: return "38;5;166"
      case .series(let index):
        let codes = ["38;5;32", "38;5;166", "38;5;36", "38;5;175", "39"]
        return codes[index % codes.count]
      }
    }
  }

  /// The text in the given ink, or as it is where there are no colours.
  func paint(_ text: String, _ ink: Ink) -> String {
    colors == .none || text.isEmpty ? text : "\u{1B}[\(ink.code)m\(text)\u{1B}[0m"
  }

  /// The parameters of a colour, without whether it is the text's or the background's.
  func code(_ color: Palette.Color) -> String {
    if colors == .full { return "2;\(color.red);\(color.green);\(color.blue)" }
    // The palette has a cube of 6 × 6 × 6 colours from 16 on.
    func level(_ value: UInt8) -> Int { (Int(value) * 5 + 127) / 255 }
    return "5;\(16 + 36 * level(color.red) + 6 * level(color.green) + level(color.blue))"
  }

  /// Characters with more and more ink.
  static let ramp: [Character] = Array(" .:-=+*#%@")

  /// The character of a place from 0, no ink, to 1.
  static func density(_ position: Double) -> Character {
    ramp[min(ramp.count - 1, max(0, Int(position * Double(ramp.count))))]
  }
}
