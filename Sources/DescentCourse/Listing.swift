import DescentCourseAssets

/// A program on a page, with what it printed when the page was made.
///
/// Its source is the body of a function of this module, in a file of its own that is also embedded as
/// text: what is shown is what was compiled and run.
public struct Listing: Sendable {
  /// The program as it is shown.
  public let source: String
  /// What it printed.
  public let output: String

  /// Prints a line of the output, as Swift's own `print` does.
  typealias Printer = (Any...) -> Void

  /// Runs `program`, which is the function in `Listings/NAMEListing.swift`.
  init(_ name: String, _ program: (Printer) throws -> Void) rethrows {
    var lines: [String] = []
    try program { items in
      lines.append(items.map { "\($0)" }.joined(separator: " "))
    }
    output = lines.joined(separator: "\n")
    source = Self.body(of: Asset.text("Listings/\(name)Listing.swift"), name)
  }

  /// The imports and the body of the one function of a file, moved to the margin.
  private static func body(of file: String, _ name: String) -> String {
    let lines = file.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    guard let start = lines.firstIndex(where: { $0.hasPrefix("func ") }),
      let opening = lines[start...].firstIndex(where: { $0.hasSuffix("{") }),
      let end = lines.lastIndex(of: "}")
    else { fatalError("listing \(name): the file has no function") }
    let imports = lines[..<start].filter { $0.hasPrefix("import ") }
    let body = lines[(opening + 1)..<end].map { $0.hasPrefix("  ") ? String($0.dropFirst(2)) : $0 }
    return (imports + [""] + body).joined(separator: "\n")
  }
}

/// A file that is part of the program.
enum Asset {
  /// The text of the file of this name.
  static func text(_ name: String) -> String {
    var bytes: UnsafePointer<UInt8>?
    let count = descent_course_asset(name, &bytes)
    guard count >= 0, let bytes else { fatalError("the program has no file \"\(name)\"") }
    return String(decoding: UnsafeBufferPointer(start: bytes, count: Int(count)), as: UTF8.self)
  }
}
