import func Foundation.exp

/// Smooth random displacements (Simard, Steinkraus and Platt, 2003): white noise, smoothed by a
/// Gaussian in both directions, and scaled so that its standard deviation is the one asked for.
struct ElasticField {
  let height: Int
  let width: Int
  /// The Gaussian's weights, from −radius to radius.
  private let weights: [Float]
  private let scale: Float
  private var radius: Int { weights.count / 2 }

  init(height: Int, width: Int, pixels: Double, smoothness: Double) {
    (self.height, self.width) = (height, width)
    let radius = Int((3 * smoothness).rounded(.up))
    let gaussian = (-radius...radius).map { offset in
      exp(-Double(offset * offset) / (2 * smoothness * smoothness))
    }
    // The noise is even in −1 ..< 1, with variance 1/3; each pass multiplies the variance by the sum
    // of squared weights.
    let gain = gaussian.reduce(0) { $0 + $1 * $1 }
    weights = gaussian.map { Float($0) }
    scale = Float(pixels * 3.squareRoot() / gain)
  }

  /// The working memory of `draw`, in numbers.
  var scratchCount: Int { (height + 2 * radius) * (2 * radius + 2 * width) }

  /// Draws the displacements to the right and then those down, height × width each.
  func draw(
    from random: inout Philox, into offsets: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<Float>
  ) {
    let (rows, columns) = (height + 2 * radius, width + 2 * radius)
    let (noise, smoothed) = (scratch, scratch + rows * columns)
    for direction in 0..<2 {
      fill(noise, count: rows * columns, from: &random)
      weights.withUnsafeBufferPointer { weights in
        for row in 0..<rows {
          let target = smoothed + row * width
          Self.gather(weights, noise + row * columns, step: 1, count: width, scale: 1, into: target)
        }
        for row in 0..<height {
          let target = offsets + (direction * height + row) * width
          Self.gather(
            weights, smoothed + row * width, step: width, count: width, scale: scale, into: target)
        }
      }
    }
  }

  /// target[i] = scale · Σ weights[k] · source[i + k · step], in the order of k.
  private static func gather(
    _ weights: UnsafeBufferPointer<Float>, _ source: UnsafePointer<Float>, step: Int, count: Int,
    scale: Float, into target: UnsafeMutablePointer<Float>
  ) {
    for start in stride(from: 0, to: count, by: 8) {
      guard start + 8 <= count else {
        for i in start..<count {
          var sum: Float = 0
          for k in weights.indices { sum += weights[k] * source[i + k * step] }
          target[i] = sum * scale
        }
        return
      }
      var sum = SIMD8<Float>()
      for k in weights.indices {
        let lane = UnsafeRawPointer(source + start + k * step)
        sum += weights[k] * lane.loadUnaligned(as: SIMD8<Float>.self)
      }
      UnsafeMutableRawPointer(target + start).storeBytes(of: sum * scale, as: SIMD8<Float>.self)
    }
  }

  /// Numbers of 16 bits in −1 ..< 1, four from each word.
  private func fill(
    _ values: UnsafeMutablePointer<Float>, count: Int, from random: inout Philox
  ) {
    var place = 0
    while place < count {
      var word = random.next()
      for _ in 0..<min(4, count - place) {
        values[place] = (Float(UInt16(truncatingIfNeeded: word)) + 0.5) * 0x1p-15 - 1
        word >>= 16
        place += 1
      }
    }
  }
}
