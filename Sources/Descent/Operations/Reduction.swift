import DescentKernels

/// The sum over some axes, which disappear.
struct Sum: Operation {
  let axes: [Int]
  var attributes: [Int] { axes }
  var lowering: Lowering { .reduce(DESCENT_SUM, axes: axes) }
  func derivative(_ dy: Tensor, _ inputs: [Tensor], _ output: Tensor, wanted: [Bool]) -> [Tensor?] {
    [dy.reshaped(inputs[0].shape.keeping(axes)).broadcast(to: inputs[0].shape)]
  }
}

/// The largest (or smallest) element over some axes; equal ones share the derivative.
struct Extremum: Operation {
  let isMaximum: Bool
  let axes: [Int]
  var name: String { isMaximum ? "max" : "min" }
  var attributes: [Int] { [isMaximum ? 1 : 0] + axes }
  var lowering: Lowering { .reduce(isMaximum ? DESCENT_MAX : DESCENT_MIN, axes: axes) }
  func derivative(_ dy: Tensor, _ inputs: [Tensor], _ output: Tensor, wanted: [Bool]) -> [Tensor?] {
    let x = inputs[0]
    let kept = x.shape.keeping(axes)
    let chosen = (x .== output.reshaped(kept)).cast(to: x.dtype)
    let share = dy.reshaped(kept) / chosen.sum(over: axes, keepingAxes: true)
    return [chosen * share]
  }
}

/// The position of the first largest (or smallest) element along an axis.
struct ArgExtremum: Operation {
  let isMaximum: Bool
  let axis: Int
  var name: String { isMaximum ? "argmax" : "argmin" }
  var attributes: [Int] { [isMaximum ? 1 : 0, axis] }
  var lowering: Lowering { .argReduce(smallest: !isMaximum, axis: axis) }
  func derivative(_ dy: Tensor, _ inputs: [Tensor], _ output: Tensor, wanted: [Bool]) -> [Tensor?] {
    [nil]
  }
}

extension Shape {
  /// The shape with the given axes reduced to size 1.
  func keeping(_ axes: [Int]) -> Shape {
    Shape(sizes.enumerated().map { axes.contains($0.offset) ? 1 : $0.element })
  }
  /// The shape without the given axes.
  func dropping(_ axes: [Int]) -> Shape {
    Shape(sizes.enumerated().filter { !axes.contains($0.offset) }.map(\.element))
  }
}

extension Tensor {
  /// The sum over the given axes, or over all of them.
  public func sum(over axes: [Int]? = nil, keepingAxes: Bool = false) -> Tensor {
    let x = dtype == .uint8 || dtype == .bool ? cast(to: .int32) : self
    return x.reduced(over: axes, keepingAxes: keepingAxes, "sum") { Sum(axes: $0) }
  }

  /// The mean over the given axes, or over all of them.
  ///
  /// Integers become float32 first.
  public func mean(over axes: [Int]? = nil, keepingAxes: Bool = false) -> Tensor {
    let x = dtype.isFloatingPoint ? self : cast(to: .float32)
    let total = x.sum(over: axes, keepingAxes: keepingAxes)
    let count = Double(shape.elementCount) / Double(Swift.max(total.shape.elementCount, 1))
    return total * total.constant(1 / count)
  }

  /// The variance over the given axes, or over all of them: the mean squared distance from the
  /// mean, or with `unbiased` the sum of squares over n − 1.
  public func variance(
    over axes: [Int]? = nil, keepingAxes: Bool = false, unbiased: Bool = false
  ) -> Tensor {
    let x = dtype.isFloatingPoint ? self : cast(to: .float32)
    let distance = x - x.mean(over: axes, keepingAxes: true)
    let squares = (distance * distance).sum(over: axes, keepingAxes: keepingAxes)
    let count = Double(shape.elementCount) / Double(Swift.max(squares.shape.elementCount, 1))
    return squares * squares.constant(1 / (unbiased ? count - 1 : count))
  }

  /// The largest element over the given axes, or over all of them.
  ///
  /// NaN if any element is.
  public func max(over axes: [Int]? = nil, keepingAxes: Bool = false) -> Tensor {
    // The kernels reduce in int32 where elements are bytes.
    cast(to: dtype.arithmetic)
      .reduced(over: axes, keepingAxes: keepingAxes, "max") { Extremum(isMaximum: true, axes: $0) }
      .cast(to: dtype)
  }

  /// The smallest element over the given axes, or over all of them.
  ///
  /// NaN if any element is.
  public func min(over axes: [Int]? = nil, keepingAxes: Bool = false) -> Tensor {
    // The kernels reduce in int32 where elements are bytes.
    cast(to: dtype.arithmetic)
      .reduced(over: axes, keepingAxes: keepingAxes, "min") { Extremum(isMaximum: false, axes: $0) }
      .cast(to: dtype)
  }

  /// The position of the first largest element along an axis, as int32, without that axis.
  public func argmax(over axis: Int = -1) -> Tensor { argExtremum(axis, isMaximum: true) }

  /// The position of the first smallest element along an axis, as int32, without that axis.
  public func argmin(over axis: Int = -1) -> Tensor { argExtremum(axis, isMaximum: false) }

  private func argExtremum(_ axis: Int, isMaximum: Bool) -> Tensor {
    let axis = shape.axis(axis, isMaximum ? "argmax" : "argmin")
    precondition(shape[axis] > 0, "argmax, argmin: the axis \(axis) of \(shape) is empty")
    let operation = ArgExtremum(isMaximum: isMaximum, axis: axis)
    return Tensor(operation, [self], shape: shape.dropping([axis]), dtype: .int32)
  }

  private func reduced(
    over axes: [Int]?, keepingAxes: Bool, _ name: String, _ operation: ([Int]) -> any Operation
  ) -> Tensor {
    let axes = (axes ?? Array(0..<rank)).map { shape.axis($0, name) }.sorted()
    precondition(Set(axes).count == axes.count, "\(name): an axis is named twice: \(axes)")
    if axes.isEmpty { return self }
    let isEmpty = axes.contains { shape[$0] == 0 }
    precondition(name == "sum" || !isEmpty, "\(name): there is nothing to choose from in \(shape)")
    let result = Tensor(operation(axes), [self], shape: shape.dropping(axes), dtype: dtype)
    return keepingAxes ? result.reshaped(shape.keeping(axes)) : result
  }

  /// The sum over the axes along which `shape` was broadcast to this tensor's shape.
  func summed(to shape: Shape) -> Tensor {
    if shape == self.shape { return self }
    let lead = rank - shape.rank
    let axes = (0..<rank).filter { $0 < lead || (shape[$0 - lead] == 1 && self.shape[$0] != 1) }
    return sum(over: axes).reshaped(shape)
  }
}
