import func Foundation.cos
import func Foundation.exp
import func Foundation.sin
import func Foundation.tan

/// Where each pixel of a changed image comes from: an affine map of places, measured from the
/// image's centre, x to the right and y down.
///
/// Identity, flip and shifts by whole pixels are exact: they change no value.
package struct PixelMap {
  var (xx, xy, x) = (1.0, 0.0, 0.0)
  var (yx, yy, y) = (0.0, 1.0, 0.0)

  package static let identity = PixelMap()

  package static func shift(_ x: Double, _ y: Double) -> PixelMap { PixelMap(x: -x, y: -y) }

  package static func rotation(degrees: Double) -> PixelMap {
    let angle = degrees * .pi / 180
    return PixelMap(xx: cos(angle), xy: sin(angle), yx: -sin(angle), yy: cos(angle))
  }

  /// Enlarged by a factor.
  package static func zoom(_ factor: Double) -> PixelMap {
    PixelMap(xx: 1 / factor, yy: 1 / factor)
  }

  package static func shear(degrees: Double) -> PixelMap { PixelMap(xy: tan(degrees * .pi / 180)) }

  package static let flip = PixelMap(xx: -1)

  init(
    xx: Double = 1, xy: Double = 0, x: Double = 0, yx: Double = 0, yy: Double = 1, y: Double = 0
  ) {
    (self.xx, self.xy, self.x) = (xx, xy, x)
    (self.yx, self.yy, self.y) = (yx, yy, y)
  }

  /// This change and then another one, as one: a pixel comes from where this map takes the place
  /// that the other one takes it to.
  package func followed(by next: PixelMap) -> PixelMap {
    PixelMap(
      xx: xx * next.xx + xy * next.yx, xy: xx * next.xy + xy * next.yy,
      x: xx * next.x + xy * next.y + x, yx: yx * next.xx + yy * next.yx,
      yy: yx * next.xy + yy * next.yy, y: yx * next.x + yy * next.y + y)
  }
}

extension PixelMap {
  /// An image of height × width bytes changed by this map alone, not yet rounded to bytes.
  package func resampled(_ pixels: [UInt8], height: Int, width: Int) -> [Float] {
    var frame = [Float](repeating: 0, count: ImagePlane.count(height: height, width: width))
    return frame.withUnsafeMutableBufferPointer { frame in
      let plane = ImagePlane(height: height, width: width, values: frame.baseAddress!)
      pixels.withUnsafeBufferPointer { plane.fill($0.baseAddress!) }
      return [Float](unsafeUninitializedCapacity: height * width) { result, count in
        resample(plane, offsets: nil, into: result.baseAddress!)
        count = height * width
      }
    }
  }

  /// Reads an image at the places that the map gives, displaced by `offsets` if there are any, by
  /// bilinear interpolation; places outside give 0.
  ///
  /// `plane` is the image with a frame: see `ImagePlane`. `offsets` are x and then y of each pixel of
  /// the result, and `result` has height × width values.
  func resample(
    _ plane: ImagePlane, offsets: UnsafePointer<Float>?, into result: UnsafeMutablePointer<Float>
  ) {
    let (height, width) = (plane.height, plane.width)
    // In pixels of the plane, whose frame puts the image's first pixel at (1, 1).
    let (centerX, centerY) = (Float(width - 1) / 2, Float(height - 1) / 2)
    let (lastX, lastY) = (Float(width + 1), Float(height + 1))
    let (xx, xy, yx, yy) = (Float(self.xx), Float(self.xy), Float(self.yx), Float(self.yy))
    let (startX, startY) = (Float(x) + (centerX + 1), Float(y) + (centerY + 1))
    let (stride, values) = (plane.stride, plane.values)
    let size = height * width
    for row in 0..<height {
      let dy = Float(row) - centerY
      for column in 0..<width {
        let dx = Float(column) - centerX
        var sourceX = xx * dx + xy * dy + startX
        var sourceY = yx * dx + yy * dy + startY
        let place = row * width + column
        if let offsets {
          sourceX += offsets[place]
          sourceY += offsets[size + place]
        }
        sourceX = sourceX > 0 ? (sourceX < lastX ? sourceX : lastX) : 0
        sourceY = sourceY > 0 ? (sourceY < lastY ? sourceY : lastY) : 0
        let (left, top) = (Int32(sourceX), Int32(sourceY))
        let (shareX, shareY) = (sourceX - Float(left), sourceY - Float(top))
        let corner = values + Int(top) * stride + Int(left)
        let upper = corner[0] + shareX * (corner[1] - corner[0])
        let lower = corner[stride] + shareX * (corner[stride + 1] - corner[stride])
        result[place] = upper + shareY * (lower - upper)
      }
    }
  }
}

/// One channel of an image as numbers, in a frame of zeros: one pixel to the left and above, and two
/// to the right and below, so that interpolation needs no cases at the border.
struct ImagePlane {
  let height: Int
  let width: Int
  let values: UnsafeMutablePointer<Float>
  var stride: Int { width + 3 }

  static func count(height: Int, width: Int) -> Int { (height + 3) * (width + 3) }

  /// Copies the pixels into the plane, whose frame is zero already.
  func fill(_ pixels: UnsafePointer<UInt8>) {
    for row in 0..<height {
      let (from, to) = (pixels + row * width, values + (row + 1) * stride + 1)
      for column in 0..<width { to[column] = Float(from[column]) }
    }
  }
}
