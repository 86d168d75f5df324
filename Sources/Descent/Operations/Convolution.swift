import DescentKernels

/// Two sizes, the second along the rows of an image: `3` is 3 × 3, `[1, 5]` one row of five.
public struct Extent: Sendable, Hashable, Codable, ExpressibleByIntegerLiteral,
  ExpressibleByArrayLiteral, CustomStringConvertible
{
  /// The size from top to bottom.
  public var height: Int
  /// The size from left to right.
  public var width: Int

  /// Creates an extent from its two sizes.
  public init(height: Int, width: Int) { (self.height, self.width) = (height, width) }

  /// The same size in both directions.
  public init(integerLiteral size: Int) { self.init(height: size, width: size) }

  /// Height and width.
  public init(arrayLiteral sizes: Int...) {
    precondition(sizes.count == 2, "an extent is [height, width], not \(sizes)")
    self.init(height: sizes[0], width: sizes[1])
  }

  public var description: String { height == width ? "\(height)" : "\(height)×\(width)" }

  var sizes: [Int] { [height, width] }
}

/// What a convolution's pixels have to do with each other.
struct ConvolutionGeometry: Sendable, Hashable {
  var groups: Int
  /// The sizes of x and y, of the kernel, and how it goes over x: [height, width].
  var x: [Int]
  var y: [Int]
  var kernel: [Int]
  var stride: [Int]
  var padding: [Int]
  var dilation: [Int]

  var attributes: [Int] { [groups] + x + y + kernel + stride + padding + dilation }

  /// The most places that one kernel may look at (see DescentKernels.h).
  static let mostTaps = 8_192

  /// The most pixels from the first to the last that it looks at (see DescentKernels.h).
  static let mostSpan = 32_768

  /// Whether a kernel and its dilation are within these bounds.
  static func suits(kernel: [Int], dilation: [Int]) -> Bool {
    let spans = zip(kernel, dilation).map { kernel, dilation in
      kernel <= mostTaps && dilation <= mostSpan ? (kernel - 1) * dilation + 1 : mostSpan + 1
    }
    return kernel.allSatisfy { $0 > 0 } && spans.allSatisfy { $0 <= mostSpan }
      && kernel[0] * kernel[1] <= mostTaps && spans[0] * spans[1] <= mostSpan
  }

  /// The bounds in words.
  static let bounds = "a kernel of 1 to \(mostTaps) pixels that spans at most \(mostSpan)"

  /// How many steps a kernel can take along an axis: ⌊(n + 2p − d(k − 1) − 1) / s⌋ + 1.
  static func steps(_ size: Int, _ kernel: Int, _ stride: Int, _ padding: Int, _ dilation: Int = 1)
    -> Int
  {
    let room = size + 2 * padding - dilation * (kernel - 1) - 1
    return room < 0 ? 0 : room / stride + 1
  }
}

/// y = x ⋆ w + b and its two transposes.
///
/// All three are one bilinear map, so that the derivatives of each are the other two.
struct Convolution: Operation {
  let direction: descent_convolution_direction
  let geometry: ConvolutionGeometry

  var name: String {
    switch direction {
    case DESCENT_CONVOLUTION_INPUT: "convolution′x"
    case DESCENT_CONVOLUTION_WEIGHT: "convolution′w"
    default: "convolution"
    }
  }
  var attributes: [Int] { [Int(direction.rawValue)] + geometry.attributes }
  var lowering: Lowering { .convolution(direction, geometry) }

  func derivative(_ dy: Tensor, _ inputs: [Tensor], _ output: Tensor, wanted: [Bool]) -> [Tensor?] {
    let (first, second) = (inputs[0], inputs[1])
    func apply(_ direction: descent_convolution_direction, _ a: Tensor, _ b: Tensor, like: Tensor)
      -> Tensor
    {
      Tensor(
        Convolution(direction: direction, geometry: geometry), [a, b], shape: like.shape,
        dtype: like.dtype)
    }
    switch direction {
    case DESCENT_CONVOLUTION_FORWARD:  // of x and w
      let slopes = [
        wanted[0] ? apply(DESCENT_CONVOLUTION_INPUT, dy, second, like: first) : nil,
        wanted[1] ? apply(DESCENT_CONVOLUTION_WEIGHT, first, dy, like: second) : nil,
      ]
      return inputs.count == 2 ? slopes : slopes + [wanted[2] ? dy.sum(over: [0, 2, 3]) : nil]
    case DESCENT_CONVOLUTION_INPUT:  // of y and w
      return [
        wanted[0] ? apply(DESCENT_CONVOLUTION_FORWARD, dy, second, like: first) : nil,
        wanted[1] ? apply(DESCENT_CONVOLUTION_WEIGHT, dy, first, like: second) : nil,
      ]
    default:  // of x and y
      return [
        wanted[0] ? apply(DESCENT_CONVOLUTION_INPUT, second, dy, like: first) : nil,
        wanted[1] ? apply(DESCENT_CONVOLUTION_FORWARD, first, dy, like: second) : nil,
      ]
    }
  }
}

/// The cross-correlation of images with a set of kernels, which deep learning calls convolution: no
/// kernel is turned round.
///
/// x is `[batch, channels, height, width]`, the weight `[filters, channels / groups, kernel height,
/// kernel width]`, the bias `[filters]`; the result is `[batch, filters, …]` with
/// ⌊(n + 2 padding − dilation (kernel − 1) − 1) / stride⌋ + 1 pixels along each axis. Channels in different
/// groups see nothing of each other.
public func convolution(
  _ x: Tensor, _ weight: Tensor, bias: Tensor? = nil, stride: Extent = 1, padding: Extent = 0,
  dilation: Extent = 1, groups: Int = 1
) -> Tensor {
  precondition(
    x.rank == 4 && weight.rank == 4,
    "convolution: x is [batch, channels, height, width] and the weight [filters, channels / groups, "
      + "height, width], not \(x.shape) and \(weight.shape)")
  precondition(
    groups > 0 && x.shape[1] == weight.shape[1] * groups && weight.shape[0] % groups == 0,
    "convolution: \(x.shape[1]) channels in \(groups) groups do not fit a weight of \(weight.shape)"
  )
  precondition(
    (stride.sizes + dilation.sizes).allSatisfy { $0 > 0 } && padding.sizes.allSatisfy { $0 >= 0 },
    "convolution: stride \(stride), dilation \(dilation) or padding \(padding) is too small")
  let kernel = [weight.shape[2], weight.shape[3]]
  precondition(
    ConvolutionGeometry.suits(kernel: kernel, dilation: dilation.sizes),
    "convolution: a kernel of \(kernel), dilation \(dilation), is not \(ConvolutionGeometry.bounds)"
  )
  let size = [x.shape[2], x.shape[3]]
  let steps = (0..<2).map { axis in
    ConvolutionGeometry.steps(
      size[axis], kernel[axis], stride.sizes[axis], padding.sizes[axis], dilation.sizes[axis])
  }
  precondition(
    steps.allSatisfy { $0 > 0 },
    "convolution: a kernel of \(kernel), dilation \(dilation), does not fit images of \(size) with "
      + "padding \(padding)")
  let dtype = DType.promoted(DType.promoted(x.dtype, weight.dtype), .float32)
  let (x, weight, bias) = (x.cast(to: dtype), weight.cast(to: dtype), bias?.cast(to: dtype))
  let filters = weight.shape[0]
  if kernel == size && padding.sizes == [0, 0] && groups == 1 {
    // One look at the whole image is a matrix product.
    let count = x.shape[1] * size[0] * size[1]
    let rows = x.reshaped([x.shape[0], count])
    let product = rows.matmul(weight.reshaped([filters, count]).transposed())
    return (bias.map { product + $0 } ?? product).reshaped([x.shape[0], filters, 1, 1])
  }
  let geometry = ConvolutionGeometry(
    groups: groups, x: size, y: steps, kernel: kernel, stride: stride.sizes,
    padding: padding.sizes, dilation: dilation.sizes)
  return Tensor(
    Convolution(direction: DESCENT_CONVOLUTION_FORWARD, geometry: geometry),
    [x, weight] + (bias.map { [$0] } ?? []), shape: Shape([x.shape[0], filters] + steps),
    dtype: dtype)
}

/// The transpose of a convolution: each pixel of x adds a multiple of the kernel to the result.
///
/// x is `[batch, channels, height, width]`, the weight `[channels, filters / groups, kernel height, kernel
/// width]`, as in PyTorch; the result has (n − 1) stride − 2 padding + dilation (kernel − 1) + 1 +
/// `outputPadding` pixels along each axis, the last of which the kernel may never reach.
public func transposedConvolution(
  _ x: Tensor, _ weight: Tensor, bias: Tensor? = nil, stride: Extent = 1, padding: Extent = 0,
  outputPadding: Extent = 0, dilation: Extent = 1, groups: Int = 1
) -> Tensor {
  precondition(
    x.rank == 4 && weight.rank == 4 && groups > 0 && x.shape[1] == weight.shape[0]
      && x.shape[1] % groups == 0,
    "transposedConvolution: x \(x.shape) does not fit a weight of \(weight.shape) in \(groups) groups"
  )
  let kernel = [weight.shape[2], weight.shape[3]]
  let size = [x.shape[2], x.shape[3]]
  let result = (0..<2).map { axis -> Int in
    let reach = dilation.sizes[axis] * (kernel[axis] - 1) + 1 + outputPadding.sizes[axis]
    return (size[axis] - 1) * stride.sizes[axis] - 2 * padding.sizes[axis] + reach
  }
  precondition(
    result.allSatisfy { $0 > 0 }
      && zip(outputPadding.sizes, stride.sizes).allSatisfy { $0 >= 0 && $0 < $1 }
      && ConvolutionGeometry.suits(kernel: kernel, dilation: dilation.sizes),
    "transposedConvolution: nothing is left of \(size) with kernel \(kernel), padding \(padding), or "
      + "the output padding \(outputPadding) is not below the stride \(stride)")
  let dtype = DType.promoted(DType.promoted(x.dtype, weight.dtype), .float32)
  let geometry = ConvolutionGeometry(
    groups: groups, x: result, y: size, kernel: kernel, stride: stride.sizes,
    padding: padding.sizes, dilation: dilation.sizes)
  let filters = weight.shape[1] * groups
  let y = Tensor(
    Convolution(direction: DESCENT_CONVOLUTION_INPUT, geometry: geometry),
    [x.cast(to: dtype), weight.cast(to: dtype)], shape: Shape([x.shape[0], filters] + result),
    dtype: dtype)
  return bias.map { y + $0.cast(to: dtype).reshaped([filters, 1, 1]) } ?? y
}
