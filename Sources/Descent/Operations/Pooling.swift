import DescentKernels

/// Windows over images: [height, width].
struct PoolingGeometry: Sendable, Hashable {
  var x: [Int]
  var y: [Int]
  var kernel: [Int]
  var stride: [Int]
  var padding: [Int]
  var countsBorder = true

  var attributes: [Int] { x + y + kernel + stride + padding + [countsBorder ? 1 : 0] }
}

/// Values at the places where x is largest in each window: of equal ones the first, row by row.
struct MaxPool: Operation {
  let geometry: PoolingGeometry
  var attributes: [Int] { geometry.attributes }
  var lowering: Lowering { .pooling(DESCENT_POOLING_CHOOSE, geometry) }
  func derivative(_ dy: Tensor, _ inputs: [Tensor], _ output: Tensor, wanted: [Bool]) -> [Tensor?] {
    // Inputs: x, which chooses, and the values; to choose has no derivative.
    [
      nil,
      wanted[1]
        ? Tensor(
          MaxPoolDerivative(geometry: geometry), [inputs[0], dy], shape: inputs[1].shape,
          dtype: dy.dtype) : nil,
    ]
  }
}

/// The transpose of `MaxPool`: each value goes to where x is largest in its window.
struct MaxPoolDerivative: Operation {
  let geometry: PoolingGeometry
  var name: String { "maxPool′" }
  var attributes: [Int] { geometry.attributes }
  var lowering: Lowering { .pooling(DESCENT_POOLING_HAND_BACK, geometry) }
  func derivative(_ dy: Tensor, _ inputs: [Tensor], _ output: Tensor, wanted: [Bool]) -> [Tensor?] {
    [
      nil,
      wanted[1]
        ? Tensor(
          MaxPool(geometry: geometry), [inputs[0], dy], shape: inputs[1].shape, dtype: dy.dtype)
        : nil,
    ]
  }
}

/// The mean of each window, or its transpose.
struct AveragePool: Operation {
  let geometry: PoolingGeometry
  var isTransposed = false
  var name: String { isTransposed ? "averagePool′" : "averagePool" }
  var attributes: [Int] { geometry.attributes + [isTransposed ? 1 : 0] }
  var lowering: Lowering {
    .pooling(isTransposed ? DESCENT_POOLING_SPREAD : DESCENT_POOLING_MEAN, geometry)
  }
  func derivative(_ dy: Tensor, _ inputs: [Tensor], _ output: Tensor, wanted: [Bool]) -> [Tensor?] {
    [
      Tensor(
        AveragePool(geometry: geometry, isTransposed: !isTransposed), [dy], shape: inputs[0].shape,
        dtype: dy.dtype)
    ]
  }
}

/// The largest pixel of each window, `[batch, channels, height, width]` to `[batch, channels, …]`.
///
/// The derivative goes to the first of equal largest pixels, row by row. The border that `padding` adds
/// is never the largest.
public func maxPool(
  _ x: Tensor, kernel: Extent, stride: Extent? = nil, padding: Extent = 0
) -> Tensor {
  let geometry = pooling(x, "maxPool", kernel, stride ?? kernel, padding)
  let x = x.dtype.isFloatingPoint ? x : x.cast(to: .float32)
  return Tensor(
    MaxPool(geometry: geometry), [x, x], shape: Shape(x.shape.prefix(2) + geometry.y),
    dtype: x.dtype)
}

/// The mean of each window, `[batch, channels, height, width]` to `[batch, channels, …]`.
///
/// With `countingBorder` the zeros that `padding` adds are part of the mean, as in PyTorch unless said
/// otherwise.
public func averagePool(
  _ x: Tensor, kernel: Extent, stride: Extent? = nil, padding: Extent = 0,
  countingBorder: Bool = true
) -> Tensor {
  var geometry = pooling(x, "averagePool", kernel, stride ?? kernel, padding)
  geometry.countsBorder = countingBorder
  let x = x.dtype.isFloatingPoint ? x : x.cast(to: .float32)
  return Tensor(
    AveragePool(geometry: geometry), [x], shape: Shape(x.shape.prefix(2) + geometry.y),
    dtype: x.dtype)
}

private func pooling(
  _ x: Tensor, _ name: String, _ kernel: Extent, _ stride: Extent, _ padding: Extent
) -> PoolingGeometry {
  precondition(
    x.rank == 4, "\(name): x is [batch, channels, height, width], not \(x.shape)")
  precondition(
    (kernel.sizes + stride.sizes).allSatisfy { $0 > 0 }
      && zip(padding.sizes, kernel.sizes).allSatisfy { $0 >= 0 && 2 * $0 <= $1 },
    "\(name): kernel \(kernel) and stride \(stride) are at least 1, and padding \(padding) at most half "
      + "of the kernel")
  let size = [x.shape[2], x.shape[3]]
  // A window over nothing but padding has no largest pixel.
  precondition(size.allSatisfy { $0 > 0 }, "\(name): images of \(size) have no pixels")
  let steps = (0..<2).map { axis in
    ConvolutionGeometry.steps(
      size[axis], kernel.sizes[axis], stride.sizes[axis], padding.sizes[axis])
  }
  precondition(
    steps.allSatisfy { $0 > 0 },
    "\(name): windows of \(kernel) do not fit images of \(size) with padding \(padding)")
  return PoolingGeometry(
    x: size, y: steps, kernel: kernel.sizes, stride: stride.sizes, padding: padding.sizes)
}

/// Means over `size` windows that cover each axis as evenly as whole pixels allow.
///
/// Window i goes from ⌊i n / size⌋ to ⌈(i + 1) n / size⌉, as in PyTorch. `[batch, channels, height, width]`
/// becomes `[batch, channels, …size]`.
public func adaptiveAveragePool(_ x: Tensor, to size: Extent) -> Tensor {
  precondition(
    x.rank == 4 && size.height > 0 && size.width > 0,
    "adaptiveAveragePool: x is [batch, channels, height, width], not \(x.shape)")
  let x = x.dtype.isFloatingPoint ? x : x.cast(to: .float32)
  if size == 1 { return x.mean(over: [2, 3], keepingAxes: true) }
  // Two products with matrices of means.
  let rows = means(of: x.shape[2], size.height, x.dtype)
  let columns = means(of: x.shape[3], size.width, x.dtype)
  return rows.matmul(x, isExact: true).matmul(columns.transposed(), isExact: true)
}

/// The matrix `[count, size]` whose row i takes the mean of the i-th of `count` windows.
private func means(of size: Int, _ count: Int, _ dtype: DType) -> Tensor {
  var matrix = [Double](repeating: 0, count: count * size)
  for i in 0..<count {
    let window = (i * size / count)..<(((i + 1) * size + count - 1) / count)
    for j in window { matrix[i * size + j] = 1 / Double(window.count) }
  }
  return Tensor(matrix, shape: [count, size]).cast(to: dtype)
}
