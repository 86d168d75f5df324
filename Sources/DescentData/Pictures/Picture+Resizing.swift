extension Picture {
  /// The picture at another size, at most `pixelLimit`.
  ///
  /// Both directions are stretched on their own. Where one becomes smaller, a new pixel is the mean
  /// of all that it covers, in part or as a whole; where one becomes larger, it is interpolated
  /// between its two neighbours (bilinear, with pixels as areas and not as points).
  public func resized(width newWidth: Int, height newHeight: Int) -> Picture {
    precondition(
      Self.isWithinLimit(newWidth, newHeight), "a picture of \(newWidth) × \(newHeight)")
    if newWidth == width && newHeight == height { return self }
    let columns = Self.sources(from: width, to: newWidth)
    let rows = Self.sources(from: height, to: newHeight)
    let (rowSize, channels) = (width * channels, channels)
    let newSize = newWidth * newHeight * channels
    let result = [UInt8](unsafeUninitializedCapacity: newSize) { result, count in
      var sums = [Float](repeating: 0, count: rowSize)
      pixels.withUnsafeBufferPointer { pixels in
        sums.withUnsafeMutableBufferPointer { sums in
          var place = 0
          for row in rows {
            sums.update(repeating: 0)
            for (source, weight) in zip(row.first..., row.weights) {
              let start = source * rowSize
              for index in 0..<rowSize { sums[index] += weight * Float(pixels[start + index]) }
            }
            for column in columns {
              for channel in 0..<channels {
                var sum: Float = 0
                for (source, weight) in zip(column.first..., column.weights) {
                  sum += weight * sums[source * channels + channel]
                }
                result[place] = UInt8(min(max(sum.rounded(), 0), 255))
                place += 1
              }
            }
          }
        }
      }
      count = newSize
    }
    return Picture(width: newWidth, height: newHeight, channels: channels, pixels: result)
  }

  /// For each of `new` equal parts of a line of `old` pixels: the pixels that it comes from, and
  /// the share that each has in it.
  private static func sources(
    from old: Int, to new: Int
  ) -> [(first: Int, weights: [Float])] {
    (0..<new).map { part in
      guard new <= old else {
        // The middle of the part, in old pixels counted from the middle of the first.
        let middle = (Double(part) + 0.5) * Double(old) / Double(new) - 0.5
        let first = Int(middle.rounded(.down))
        if first < 0 { return (0, [1]) }
        if first + 1 >= old { return (old - 1, [1]) }
        let share = Float(middle - Double(first))
        return (first, [1 - share, share])
      }
      // In units of 1/new of a pixel, part k covers k × old to (k + 1) × old.
      let (start, end) = (part * old, (part + 1) * old)
      let (first, last) = (start / new, (end - 1) / new)
      let weights = (first...last).map { pixel in
        Float(min(end, (pixel + 1) * new) - max(start, pixel * new)) / Float(old)
      }
      return (first, weights)
    }
  }

  /// How the rows and columns of a stored picture lie, as the Exif standard numbers it.
  enum Orientation: Int {
    case upright = 1
    case mirrored, turnedOver, flipped, transposed, turnedLeft, transversed, turnedRight
  }

  /// The picture upright, where it was stored in another orientation.
  func upright(from orientation: Orientation) -> Picture {
    if orientation == .upright { return self }
    let swaps = orientation.rawValue >= 5
    let (newWidth, newHeight) = swaps ? (height, width) : (width, height)
    let (right, below) = (width - 1, height - 1)
    var result = [UInt8](repeating: 0, count: pixels.count)
    for y in 0..<newHeight {
      for x in 0..<newWidth {
        let (column, row) =
          switch orientation {
          case .upright: (x, y)
          case .mirrored: (right - x, y)
          case .turnedOver: (right - x, below - y)
          case .flipped: (x, below - y)
          case .transposed: (y, x)
          case .turnedLeft: (y, below - x)
          case .transversed: (right - y, below - x)
          case .turnedRight: (right - y, x)
          }
        for channel in 0..<channels {
          result[(y * newWidth + x) * channels + channel] =
            pixels[(row * width + column) * channels + channel]
        }
      }
    }
    return Picture(width: newWidth, height: newHeight, channels: channels, pixels: result)
  }
}
