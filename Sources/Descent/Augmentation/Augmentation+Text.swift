/// The text form, as the command line and configuration files have it: `shift:2,rotate:10,flip`.

extension Augmentation {
  /// Reads a list of changes with commas between them, each a name with its number behind a colon.
  ///
  /// ```swift
  /// let augmentation = try Augmentation("shift:2,rotate:10,zoom:0.1,elastic:1,flip")
  /// ```
  /// Throws `AugmentationError`.
  public init(_ text: String) throws {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false)
    changes = try parts.map { try Change(String($0)) }
    if let kind = Self.repeated(changes) { throw AugmentationError.twice(kind.rawValue) }
  }

  /// The names of all changes.
  public static let names = Kind.allCases.map(\.rawValue)

  /// The text form of each change, and what it does: for help.
  public static let grammar = Kind.allCases.map { kind in
    let number = kind.usual == nil ? ":\(kind.unit)" : "[:\(kind.unit)]"
    return (
      form: kind.rawValue + number + (kind == .elastic ? "[:SMOOTHNESS]" : ""),
      meaning: kind.meaning
    )
  }
}

extension Augmentation: CustomStringConvertible {
  /// The text form.
  public var description: String { changes.map(\.description).joined(separator: ",") }
}

extension Augmentation.Change: CustomStringConvertible {
  /// The text form, such as `rotate:10`.
  public var description: String {
    let second = kind == .elastic && smoothness != Self.usualSmoothness
    return "\(kind.rawValue):\(number(amount))" + (second ? ":\(number(smoothness))" : "")
  }

  fileprivate init(_ text: String) throws {
    let pieces = text.split(separator: ":", omittingEmptySubsequences: false)
      .map { $0.filter { $0 != " " } }
    guard let kind = Augmentation.Kind(rawValue: pieces[0]) else {
      throw AugmentationError.unknown(name: pieces[0])
    }
    let form = Augmentation.grammar[Augmentation.Kind.allCases.firstIndex(of: kind)!].form
    guard pieces.count <= (kind == .elastic ? 3 : 2) else {
      throw AugmentationError.malformed(text, expected: form)
    }
    let numbers = try pieces.dropFirst().map { piece in
      guard let number = Double(piece) else {
        throw AugmentationError.malformed(text, expected: form)
      }
      return number
    }
    guard let amount = numbers.first ?? kind.usual else {
      throw AugmentationError.malformed(text, expected: form)
    }
    self.init(kind, amount, smoothness: numbers.count > 1 ? numbers[1] : Self.usualSmoothness)
    if let problem { throw AugmentationError.outOfRange(problem) }
  }

  /// What is wrong with the numbers, if something is.
  var problem: String? {
    let bounds = kind.bounds
    if !bounds.contains(amount) || (kind.isWhole && amount.rounded() != amount) {
      let whole = kind.isWhole ? "a whole number " : ""
      return "\(kind.rawValue) takes \(whole)from \(number(bounds.lowerBound)) to "
        + "\(number(bounds.upperBound)), not \(number(amount))"
    }
    if kind == .elastic && !(0.5...64).contains(smoothness) {
      return "the smoothness of elastic is from 0.5 to 64, not \(number(smoothness))"
    }
    return nil
  }

  private func number(_ value: Double) -> String {
    value.rounded() == value && abs(value) < 1e15 ? "\(Int(value))" : "\(value)"
  }
}

extension Augmentation.Kind {
  /// What the number counts.
  fileprivate var unit: String {
    switch self {
    case .shift, .crop, .elastic, .cutout: "PIXELS"
    case .rotate, .shear: "DEGREES"
    case .zoom, .noise: "FRACTION"
    case .flip: "PROBABILITY"
    case .mixup: "ALPHA"
    }
  }

  fileprivate var meaning: String {
    switch self {
    case .shift: "moved by up to so many pixels or parts of them"
    case .rotate: "rotated by up to so many degrees either way"
    case .zoom: "enlarged or reduced by up to this fraction"
    case .shear: "slanted by up to so many degrees either way"
    case .crop: "padded by so many pixels and cut out again: moved by whole pixels"
    case .flip: "flipped left to right, with probability 0.5 unless said otherwise"
    case .elastic: "distorted by so many pixels, more evenly with a larger smoothness (4)"
    case .noise: "noise whose standard deviation is this fraction of the range"
    case .cutout: "a square with sides of so many pixels set to 0"
    case .mixup: "mixed with another sample, in proportions of Beta(alpha, alpha) (0.2)"
    }
  }

  /// The number where none is given.
  fileprivate var usual: Double? {
    switch self {
    case .flip: 0.5
    case .mixup: 0.2
    default: nil
    }
  }

  fileprivate var bounds: ClosedRange<Double> {
    switch self {
    case .shift, .crop: 0...4096
    case .rotate: 0...180
    case .zoom: 0...9
    case .shear: 0...80
    case .flip, .noise: 0...1
    case .elastic: 0...64
    case .cutout: 0...4096
    case .mixup: 0.01...2
    }
  }

  fileprivate var isWhole: Bool { self == .crop || self == .cutout }
}

/// A text that is no augmentation.
public enum AugmentationError: Error, Hashable, CustomStringConvertible {
  /// No change has this name.
  case unknown(name: String)
  /// A change without its number, or with what is no number.
  case malformed(String, expected: String)
  /// A number that makes no sense, in words.
  case outOfRange(String)
  /// A change that is there twice.
  case twice(String)

  public var description: String {
    switch self {
    case .unknown(let name):
      "there is no augmentation called \"\(name)\"; known: "
        + Augmentation.names.joined(separator: ", ")
    case .malformed(let text, let expected):
      "the augmentation \"\(text)\" is not understood: write \(expected), as in \"shift:2,rotate:10\""
    case .outOfRange(let problem): "the augmentation \(problem)"
    case .twice(let name): "the augmentation \(name) is there twice: once is enough"
    }
  }
}
