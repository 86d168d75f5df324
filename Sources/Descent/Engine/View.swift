/// How a value is read out of the memory of another: an offset and a stride for each axis, in
/// elements.
struct View {
  /// The value that owns the memory, which is contiguous.
  var base: Int
  var offset = 0
  var strides: [Int]
  var shape: Shape

  init(wholeOf base: Int, shape: Shape) {
    self.base = base
    self.shape = shape
    strides = shape.contiguousStrides
  }

  var isContiguous: Bool {
    zip(zip(strides, shape.contiguousStrides), shape).allSatisfy { $1 == 1 || $0.0 == $0.1 }
  }

  /// Whether the view is all of its owner's memory, in order.
  func isWhole(of count: Int) -> Bool {
    offset == 0 && isContiguous && shape.elementCount == count
  }

  /// This memory read in another way, or nil if only a copy can be.
  func applying(_ kind: ViewKind, to newShape: Shape) -> View? {
    var view = self
    view.shape = newShape
    switch kind {
    case .permute(let order): view.strides = order.map { strides[$0] }
    case .broadcast:
      let lead = newShape.rank - shape.rank
      view.strides = (0..<newShape.rank).map { axis in
        axis < lead || shape[axis - lead] != newShape[axis] ? 0 : strides[axis - lead]
      }
    case .slice(let starts, let steps):
      view.offset += zip(starts, strides).reduce(0) { $0 + $1.0 * $1.1 }
      view.strides = zip(strides, steps).map { $0 * $1 }
    case .reshape:
      guard let strides = reshapedStrides(newShape) else { return nil }
      view.strides = strides
    }
    return view
  }

  /// The strides that read the same elements in row-major order under another shape: each run of
  /// old axes that lie evenly in memory can be cut anew.
  private func reshapedStrides(_ newShape: Shape) -> [Int]? {
    if newShape.elementCount == 0 || isContiguous { return newShape.contiguousStrides }
    let old = zip(shape, strides).filter { $0.0 != 1 }
    var result = [Int](repeating: 0, count: newShape.rank)
    var (i, j) = (0, 0)
    while i < old.count {
      var (end, count) = (i + 1, old[i].0)
      var (newEnd, newCount) = (j, 1)
      while newCount != count {
        if newCount < count {
          newCount *= newShape[newEnd]
          newEnd += 1
        } else {
          guard old[end - 1].1 == old[end].1 * old[end].0 else { return nil }
          count *= old[end].0
          end += 1
        }
      }
      var stride = old[end - 1].1
      for axis in Swift.stride(from: newEnd - 1, through: j, by: -1) {
        result[axis] = stride
        stride *= newShape[axis]
      }
      (i, j) = (end, newEnd)
    }
    return result
  }

  /// The strides of this view when it is read under a larger shape, by NumPy's rule.
  func strides(broadcastTo target: Shape) -> [Int] {
    applying(.broadcast, to: target)!.strides
  }
}
