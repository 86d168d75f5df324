// Operations that move elements and compute nothing. Most of them cost nothing: the reader walks
// the same memory with other strides.

/// The same elements in row-major order under another shape.
struct ReshapeView: Operation {
  var name: String { "reshape" }
  var lowering: Lowering { .view(.reshape) }
  func derivative(_ dy: Tensor, _ inputs: [Tensor], _ output: Tensor, wanted: [Bool]) -> [Tensor?] {
    [dy.reshaped(inputs[0].shape)]
  }
}

/// The axes in another order.
struct Permute: Operation {
  let order: [Int]
  var attributes: [Int] { order }
  var lowering: Lowering { .view(.permute(order)) }
  func derivative(_ dy: Tensor, _ inputs: [Tensor], _ output: Tensor, wanted: [Bool]) -> [Tensor?] {
    var inverse = order
    for (new, old) in order.enumerated() { inverse[old] = new }
    return [dy.permuted(inverse)]
  }
}

/// Axes of size 1, and axes that are missing in front, stretched.
struct Broadcast: Operation {
  var lowering: Lowering { .view(.broadcast) }
  func derivative(_ dy: Tensor, _ inputs: [Tensor], _ output: Tensor, wanted: [Bool]) -> [Tensor?] {
    [dy.summed(to: inputs[0].shape)]
  }
}

/// Every `steps`-th element from `starts` on, along each axis.
struct Slice: Operation {
  let starts: [Int]
  let steps: [Int]
  var attributes: [Int] { starts + steps }
  var lowering: Lowering { .view(.slice(starts: starts, steps: steps)) }
  func derivative(_ dy: Tensor, _ inputs: [Tensor], _ output: Tensor, wanted: [Bool]) -> [Tensor?] {
    let embed = Embed(starts: starts, steps: steps)
    return [Tensor(embed, [dy], shape: inputs[0].shape, dtype: dy.dtype)]
  }
}

/// The opposite of `Slice`: zeros, with the input's elements where a slice would read them.
struct Embed: Operation {
  let starts: [Int]
  let steps: [Int]
  var attributes: [Int] { starts + steps }
  var lowering: Lowering { .embed(starts: starts, steps: steps) }
  func derivative(_ dy: Tensor, _ inputs: [Tensor], _ output: Tensor, wanted: [Bool]) -> [Tensor?] {
    let slice = Slice(starts: starts, steps: steps)
    return [Tensor(slice, [dy], shape: inputs[0].shape, dtype: dy.dtype)]
  }
}

/// Tensors one after another along an axis.
struct Concatenate: Operation {
  let axis: Int
  var attributes: [Int] { [axis] }
  var lowering: Lowering { .concatenate(axis: axis) }
  func derivative(_ dy: Tensor, _ inputs: [Tensor], _ output: Tensor, wanted: [Bool]) -> [Tensor?] {
    var start = 0
    return inputs.map { input in
      let part = dy.slice(axis, start..<(start + input.shape[axis]))
      start += input.shape[axis]
      return part
    }
  }
}

/// Rows of a table, by number.
struct Gather: Operation {
  var lowering: Lowering { .gather }
  func derivative(_ dy: Tensor, _ inputs: [Tensor], _ output: Tensor, wanted: [Bool]) -> [Tensor?] {
    [Tensor(ScatterAdd(), [dy, inputs[1]], shape: inputs[0].shape, dtype: dy.dtype), nil]
  }
}

/// The opposite of `Gather`: zeros, with each input row added to the row that its index names.
struct ScatterAdd: Operation {
  var lowering: Lowering { .scatterAdd }
  func derivative(_ dy: Tensor, _ inputs: [Tensor], _ output: Tensor, wanted: [Bool]) -> [Tensor?] {
    [dy.gather(inputs[1]), nil]
  }
}

extension Tensor {
  /// The same elements under another shape; one size may be −1, which is worked out.
  public func reshaped(_ sizes: [Int]) -> Tensor {
    guard let free = sizes.firstIndex(of: -1) else { return reshaped(Shape(sizes)) }
    let known = sizes.enumerated().filter { $0.offset != free }.reduce(1) { $0 * $1.element }
    precondition(
      known > 0 && shape.elementCount % known == 0,
      "reshaped: \(shape) has \(shape.elementCount) elements, which \(sizes) cannot hold")
    var resolved = sizes
    resolved[free] = shape.elementCount / known
    return reshaped(Shape(resolved))
  }

  /// The same elements under another shape.
  public func reshaped(_ newShape: Shape) -> Tensor {
    if newShape == shape { return self }
    guard newShape.elementCount == shape.elementCount else {
      programmerError(
        """
        reshaped: \(shape) has \(shape.elementCount) elements, \
        but \(newShape) has \(newShape.elementCount)
        """)
    }
    return Tensor(ReshapeView(), [self], shape: newShape, dtype: dtype)
  }

  /// The tensor as one row for each element of its first axis: `[batch, everything else]`.
  public func flattened() -> Tensor {
    precondition(rank > 0, "flattened: a scalar has no first axis")
    let rest = shape.dropFirst().reduce(1, *)
    return reshaped([shape[0], rest] as Shape)
  }

  /// With an axis of size 1 inserted.
  public func expandingShape(at axis: Int) -> Tensor {
    let position = axis < 0 ? axis + rank + 1 : axis
    precondition(position >= 0 && position <= rank, "expandingShape: no place \(axis) in \(shape)")
    var sizes = shape.sizes
    sizes.insert(1, at: position)
    return reshaped(Shape(sizes))
  }

  /// Without an axis of size 1.
  public func squeezed(at axis: Int) -> Tensor {
    let axis = shape.axis(axis, "squeezed")
    precondition(shape[axis] == 1, "squeezed: axis \(axis) of \(shape) is not of size 1")
    return reshaped(shape.dropping([axis]))
  }

  /// With the last two axes exchanged.
  public func transposed() -> Tensor {
    precondition(rank >= 2, "transposed: \(shape) has fewer than two axes")
    var order = Array(0..<rank)
    order.swapAt(rank - 1, rank - 2)
    return permuted(order)
  }

  /// With the axes in another order: axis i of the result is axis `order[i]` of this tensor.
  public func permuted(_ order: [Int]) -> Tensor {
    let order = order.map { shape.axis($0, "permuted") }
    precondition(
      order.sorted() == Array(0..<rank), "permuted: \(order) is no order of the axes of \(shape)")
    if order == Array(0..<rank) { return self }
    return Tensor(
      Permute(order: order), [self], shape: Shape(order.map { shape[$0] }), dtype: dtype)
  }

  /// Stretched to a larger shape by NumPy's rule.
  public func broadcast(to newShape: Shape) -> Tensor {
    if newShape == shape { return self }
    guard shape.broadcast(with: newShape) == newShape else {
      programmerError("broadcast: \(shape) does not stretch to \(newShape)")
    }
    return Tensor(Broadcast(), [self], shape: newShape, dtype: dtype)
  }

  /// The part of the tensor within a range of positions along an axis, every `step`-th of them.
  public func slice(_ axis: Int, _ range: Range<Int>, step: Int = 1) -> Tensor {
    let axis = shape.axis(axis, "slice")
    guard range.lowerBound >= 0, range.upperBound <= shape[axis], step > 0 else {
      programmerError(
        "slice: \(range) by \(step) does not fit axis \(axis) of \(shape), whose size is \(shape[axis])"
      )
    }
    if range == 0..<shape[axis] && step == 1 { return self }
    var starts = [Int](repeating: 0, count: rank)
    var steps = [Int](repeating: 1, count: rank)
    var sizes = shape.sizes
    starts[axis] = range.lowerBound
    steps[axis] = step
    sizes[axis] = (range.count + step - 1) / step
    return Tensor(
      Slice(starts: starts, steps: steps), [self], shape: Shape(sizes), dtype: dtype)
  }

  /// One element of the first axis, without that axis.
  public subscript(index: Int) -> Tensor {
    slice(0, index..<(index + 1)).squeezed(at: 0)
  }

  /// A range of elements of the first axis.
  public subscript(range: Range<Int>) -> Tensor { slice(0, range) }

  /// The tensor within a border of zeros: so many in front of and behind each axis.
  public func padded(_ border: [(before: Int, after: Int)]) -> Tensor {
    precondition(border.count == rank, "padded: \(shape) needs \(rank) pairs, not \(border.count)")
    precondition(border.allSatisfy { $0.before >= 0 && $0.after >= 0 }, "padded: a negative border")
    let sizes = zip(shape, border).map { $0 + $1.before + $1.after }
    if sizes == shape.sizes { return self }
    let embed = Embed(starts: border.map(\.before), steps: shape.map { _ in 1 })
    return Tensor(embed, [self], shape: Shape(sizes), dtype: dtype)
  }

  /// Tensors one after another along an axis; their other axes and dtypes must be equal.
  public static func concatenate(_ tensors: [Tensor], along axis: Int = 0) -> Tensor {
    precondition(!tensors.isEmpty, "concatenate: there is no tensor")
    let first = tensors[0]
    let axis = first.shape.axis(axis, "concatenate")
    for tensor in tensors {
      let fits = tensor.rank == first.rank && tensor.dtype == first.dtype
      guard fits, tensor.shape.dropping([axis]) == first.shape.dropping([axis]) else {
        programmerError(
          """
          concatenate: \(tensor.shape) \(tensor.dtype) does not fit \(first.shape) \(first.dtype) \
          along axis \(axis)
          """)
      }
    }
    if tensors.count == 1 { return first }
    var sizes = first.shape.sizes
    sizes[axis] = tensors.reduce(0) { $0 + $1.shape[axis] }
    return Tensor(Concatenate(axis: axis), tensors, shape: Shape(sizes), dtype: first.dtype)
  }

  /// The elements of the first axis that an int32 tensor names: `[…indices, …rest]`.
  public func gather(_ indices: Tensor) -> Tensor {
    precondition(rank > 0, "gather: a scalar has no rows")
    precondition(indices.dtype == .int32, "gather: indices are \(indices.dtype), not int32")
    let sizes = indices.shape.sizes + shape.sizes.dropFirst()
    return Tensor(Gather(), [self, indices], shape: Shape(sizes), dtype: dtype)
  }

  /// Class indices as rows with a single one: `[…]` becomes `[…, classes]`.
  public func oneHot(classes: Int, dtype: DType = .float32) -> Tensor {
    let numbers = Tensor((0..<Int32(classes)).map { $0 })
    return (cast(to: .int32).expandingShape(at: -1) .== numbers).cast(to: dtype)
  }
}
