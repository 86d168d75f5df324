#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The JPEG format (ISO/IEC 10918), by the system's libjpeg-turbo.
///
/// Of its two interfaces TurboJPEG is the one that can be found at run time: plain functions and
/// numbers that have not changed in ten years, and errors as results. libjpeg's own would need
/// structures whose layout depends on how it was built, and a jump across the stack for each error.
enum JPEG {
  /// Whether `bytes` begin like a JPEG file.
  static func isJPEG(_ bytes: [UInt8]) -> Bool { bytes.starts(with: [0xFF, 0xD8, 0xFF]) }

  /// Whether the system's library is there.
  static var isAvailable: Bool { TurboJPEG.library != nil }

  /// Reads a picture, upright as its Exif part says; where less is needed than there is, at an
  /// eighth, a quarter or half of its size, but at least twice the size that is needed.
  ///
  /// - Throws: `DataError`.
  static func decode(
    _ bytes: [UInt8], path: String, atLeast size: (width: Int, height: Int)?
  ) throws -> Picture {
    guard let library = TurboJPEG.library else {
      throw DataError.missingLibrary(
        path: path, format: "JPEG", library: "libturbojpeg", remedy: TurboJPEG.remedy)
    }
    guard let decoder = library.open() else {
      throw DataError.unreadable(path: path, reason: "libturbojpeg has no memory for it")
    }
    defer { _ = library.close(decoder) }
    let malformed = { (found: String) in
      DataError.malformed(
        path: path, format: "JPEG", place: .file, found: found,
        expected: "a whole picture (was it copied completely?)")
    }
    var (width, height, sampling, space): (Int32, Int32, Int32, Int32) = (0, 0, 0, 0)
    let status = bytes.withUnsafeBufferPointer {
      library.readHeader(
        decoder, $0.baseAddress, CUnsignedLong($0.count), &width, &height, &sampling, &space)
    }
    if let problem = library.problem(decoder, status) { throw malformed(problem) }
    // Each block of 8 × 8 pixels takes a bit at least: a larger picture cannot be in so few bytes.
    guard Picture.isWithinLimit(Int(width), Int(height)),
      Int(width) * Int(height) / 4096 <= bytes.count
    else {
      throw malformed("\(width) × \(height) pixels in \(bytes.count) bytes")
    }

    let orientation = Self.orientation(in: bytes)
    let isSideways = orientation.rawValue >= 5
    let needed: (Int, Int)? = size.map {
      isSideways ? ($0.height, $0.width) : ($0.width, $0.height)
    }
    let divisor =
      [8, 4, 2].first { divisor in
        guard let needed else { return false }
        return Int(width) / divisor >= 2 * needed.0 && Int(height) / divisor >= 2 * needed.1
      } ?? 1
    let (columns, rows) = (
      (Int(width) + divisor - 1) / divisor, (Int(height) + divisor - 1) / divisor
    )
    let format = TurboJPEG.Format(space: space)
    var failure: String?
    let pixels = [UInt8](unsafeUninitializedCapacity: columns * rows * format.size) {
      output, count in
      output.initialize(repeating: 128)
      let status = bytes.withUnsafeBufferPointer {
        library.decompress(
          decoder, $0.baseAddress, CUnsignedLong($0.count), output.baseAddress, Int32(columns), 0,
          Int32(rows), format.rawValue, TurboJPEG.limitScans)
      }
      failure = library.problem(decoder, status)
      count = output.count
    }
    if let failure { throw malformed(failure) }
    return Picture(
      width: columns, height: rows, channels: format == .gray ? 1 : 3,
      pixels: format == .inks ? colours(ofInks: pixels) : pixels
    ).upright(from: orientation)
  }

  /// Red, green and blue from cyan, magenta, yellow and black, which Adobe's files hold inverted.
  private static func colours(ofInks inks: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(inks.count / 4 * 3)
    for start in stride(from: 0, to: inks.count, by: 4) {
      let light = Int(inks[start + 3])
      for ink in inks[start..<(start + 3)] { result.append(UInt8((Int(ink) * light + 127) / 255)) }
    }
    return result
  }

  // MARK: Exif

  /// The orientation that the file's Exif part names.
  ///
  /// Cameras store what the sensor saw, and how they were held. Damage in it is no reason to refuse
  /// the picture.
  static func orientation(in bytes: [UInt8]) -> Picture.Orientation {
    var reader = ByteReader(bytes, path: "", format: "Exif")
    return (try? storedOrientation(&reader)) ?? .upright
  }

  private static func storedOrientation(_ reader: inout ByteReader) throws -> Picture.Orientation? {
    try reader.skip(2)
    while try reader.uint8() == 0xFF {
      let marker = try reader.uint8()
      // Pictures begin at the start of scan; Exif comes before.
      if marker == 0xDA { return nil }
      let end = reader.offset + Int(try reader.uint16(.big))
      guard end > reader.offset else { return nil }
      if marker == 0xE1, try reader.take(6).elementsEqual([0x45, 0x78, 0x69, 0x66, 0, 0]) {
        // From here on places count from the first byte of this TIFF header.
        let start = reader.offset
        let order: ByteReader.Order = try reader.uint16(.big) == 0x4949 ? .little : .big
        try reader.skip(2)
        reader.offset = start
        try reader.skip(4)
        let directory = Int(try reader.uint32(order))
        reader.offset = start
        try reader.skip(directory)
        let count = try reader.uint16(order)
        for _ in 0..<count {
          let tag = try reader.uint16(order)
          try reader.skip(6)
          let value = try reader.uint16(order)
          try reader.skip(2)
          if tag == 0x0112 { return Picture.Orientation(rawValue: Int(value)) }
        }
        return nil
      }
      reader.offset = end
      guard reader.remaining >= 0 else { return nil }
    }
    return nil
  }
}

/// The functions of libturbojpeg that are used, as its header `turbojpeg.h` declares them.
private struct TurboJPEG: Sendable {
  typealias Decoder = UnsafeMutableRawPointer
  typealias Number = UnsafeMutablePointer<Int32>

  typealias Open = @convention(c) @Sendable () -> Decoder?
  typealias Close = @convention(c) @Sendable (Decoder) -> Int32
  typealias ReadHeader =
    @convention(c) @Sendable (
      Decoder, UnsafePointer<UInt8>?, CUnsignedLong, Number, Number, Number, Number
    ) -> Int32
  typealias Decompress =
    @convention(c) @Sendable (
      Decoder, UnsafePointer<UInt8>?, CUnsignedLong, UnsafeMutablePointer<UInt8>?, Int32, Int32,
      Int32, Int32, Int32
    ) -> Int32
  typealias LastError = @convention(c) @Sendable (Decoder) -> UnsafePointer<CChar>?
  typealias LastErrorCode = @convention(c) @Sendable (Decoder) -> Int32

  let open: Open
  let close: Close
  let readHeader: ReadHeader
  let decompress: Decompress
  let lastError: LastError
  let lastErrorCode: LastErrorCode

  /// Progressive files with more than 500 scans are refused: they are made to take hours.
  static let limitScans: Int32 = 32768

  /// The library, or nil where it is not installed.
  ///
  /// `DESCENT_TURBOJPEG` names it where it is in an unusual place.
  static let library = TurboJPEG()

  static let remedy = """
    Install it (Debian: apt install libturbojpeg0; Ubuntu: apt install libturbojpeg; Fedora: dnf \
    install turbojpeg; Homebrew: brew install jpeg-turbo), or name it in DESCENT_TURBOJPEG, or save \
    the pictures as PNG
    """

  private init?() {
    let names =
      ProcessInfo.processInfo.environment["DESCENT_TURBOJPEG"].map { [$0] } ?? [
        "libturbojpeg.so.0", "libturbojpeg.so", "libturbojpeg.0.dylib", "libturbojpeg.dylib",
        "/opt/homebrew/opt/jpeg-turbo/lib/libturbojpeg.dylib",
        "/usr/local/opt/jpeg-turbo/lib/libturbojpeg.dylib",
      ]
    guard let library = SystemLibrary(names),
      let open = library.function("tjInitDecompress", as: Open.self),
      let close = library.function("tjDestroy", as: Close.self),
      let readHeader = library.function("tjDecompressHeader3", as: ReadHeader.self),
      let decompress = library.function("tjDecompress2", as: Decompress.self),
      let lastError = library.function("tjGetErrorStr2", as: LastError.self),
      let lastErrorCode = library.function("tjGetErrorCode", as: LastErrorCode.self)
    else { return nil }
    (self.open, self.close, self.readHeader) = (open, close, readHeader)
    (self.decompress, self.lastError, self.lastErrorCode) = (decompress, lastError, lastErrorCode)
  }

  /// How pixels are to be written.
  enum Format: Int32 {
    case colours = 0
    case gray = 6
    case inks = 11

    /// The format for the colour space in a file's header: 2 is grey, 3 and 4 are four inks.
    init(space: Int32) { self = space == 2 ? .gray : space >= 3 ? .inks : .colours }

    /// Bytes a pixel.
    var size: Int { self == .gray ? 1 : self == .inks ? 4 : 3 }
  }

  /// What went wrong, if something did.
  ///
  /// The library warns of all that is odd; only missing data damages what is seen.
  func problem(_ decoder: Decoder, _ status: Int32) -> String? {
    guard status != 0 else { return nil }
    let text = lastError(decoder).map { String(cString: $0) } ?? "an error without words"
    let isWarning = lastErrorCode(decoder) == 0
    return isWarning && !text.lowercased().contains("premature end") ? nil : text.shortened
  }
}
