/// y[…, i, j] = Σₖ a[…, i, k] · b[…, k, j].
struct Matmul: Operation {
  /// Whether factors are left as they are in training with bfloat16: means and interpolations, which
  /// would no longer leave an even image as it is.
  var isExact = false

  var attributes: [Int] { [isExact ? 1 : 0] }
  var lowering: Lowering { .matmul(isExact: isExact) }
  func derivative(_ dy: Tensor, _ inputs: [Tensor], _ output: Tensor, wanted: [Bool]) -> [Tensor?] {
    let (a, b) = (inputs[0], inputs[1])
    return [
      wanted[0] ? dy.matmul(b.transposed(), isExact: isExact).summed(to: a.shape) : nil,
      wanted[1] ? a.transposed().matmul(dy, isExact: isExact).summed(to: b.shape) : nil,
    ]
  }
}

extension Tensor {
  /// The matrix product of the last two axes, `[…, m, k]` with `[…, k, n]` giving `[…, m, n]`.
  ///
  /// Leading axes broadcast. A vector on the left counts as a row and on the right as a column,
  /// and the axis that it lacks is absent from the result too, as in NumPy.
  public func matmul(_ other: Tensor) -> Tensor { matmul(other, isExact: false) }

  func matmul(_ other: Tensor, isExact: Bool) -> Tensor {
    precondition(rank > 0 && other.rank > 0, "matmul: a scalar has no matrix product; use *")
    if rank == 1 {
      let product = reshaped([1, shape[0]]).matmul(other, isExact: isExact)
      return product.squeezed(at: other.rank == 1 ? 0 : product.rank - 2)
    }
    if other.rank == 1 {
      return matmul(other.reshaped([other.shape[0], 1]), isExact: isExact)
        .squeezed(at: rank - 1)
    }
    let dtype = DType.promoted(DType.promoted(self.dtype, other.dtype), .float32)
    let (m, k, n) = (shape[rank - 2], shape[rank - 1], other.shape[other.rank - 1])
    guard k == other.shape[other.rank - 2] else {
      programmerError(
        """
        matmul: \(shape) has \(k) columns, but \(other.shape) has \(other.shape[other.rank - 2]) rows
          remedy: the last axis of the left must equal the last but one of the right; \
        transposed() swaps the two
        """)
    }
    let (a, b) = (cast(to: dtype), other.cast(to: dtype))
    if other.rank == 2 && rank > 2 {
      // One large product instead of many small ones, and a derivative to match.
      return a.reshaped([shape.elementCount / Swift.max(k, 1), k]).matmul(b, isExact: isExact)
        .reshaped(Shape(shape.sizes.dropLast() + [n]))
    }
    let leading = Shape(Array(shape.dropLast(2)))
    let otherLeading = Shape(Array(other.shape.dropLast(2)))
    guard let batch = leading.broadcast(with: otherLeading) else {
      programmerError(
        "matmul: the leading axes of \(shape) and \(other.shape) do not broadcast")
    }
    return Tensor(
      Matmul(isExact: isExact), [a, b], shape: Shape(batch.sizes + [m, n]), dtype: dtype)
  }
}
