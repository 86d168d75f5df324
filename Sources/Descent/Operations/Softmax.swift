import DescentKernels

// Composites over the last axis, each one stable kernel.

/// aᵢ = e^zᵢ / Σ e^zⱼ over the last axis.
struct Softmax: Operation {
  var lowering: Lowering { .rows(DESCENT_ROWS_SOFTMAX) }
  func derivative(_ dy: Tensor, _ inputs: [Tensor], _ output: Tensor, wanted: [Bool]) -> [Tensor?] {
    [output * (dy - (dy * output).sum(over: [-1], keepingAxes: true))]
  }
}

/// ln softmax over the last axis, without taking the logarithm of a rounded zero.
struct LogSoftmax: Operation {
  var lowering: Lowering { .rows(DESCENT_ROWS_LOG_SOFTMAX) }
  func derivative(_ dy: Tensor, _ inputs: [Tensor], _ output: Tensor, wanted: [Bool]) -> [Tensor?] {
    [dy - softmax(inputs[0]) * dy.sum(over: [-1], keepingAxes: true)]
  }
}

/// ln Σ e^zⱼ over the last axis, which disappears.
struct LogSumExp: Operation {
  var lowering: Lowering { .rows(DESCENT_ROWS_LOG_SUM_EXP) }
  func derivative(_ dy: Tensor, _ inputs: [Tensor], _ output: Tensor, wanted: [Bool]) -> [Tensor?] {
    [dy.expandingShape(at: -1) * softmax(inputs[0])]
  }
}

/// −ln softmax(z)[label] for each row of logits `[batch, classes]`.
struct CrossEntropy: Operation {
  var lowering: Lowering { .rows(DESCENT_ROWS_CROSS_ENTROPY) }
  func derivative(_ dy: Tensor, _ inputs: [Tensor], _ output: Tensor, wanted: [Bool]) -> [Tensor?] {
    let (logits, labels) = (inputs[0], inputs[1])
    return [
      Tensor(
        CrossEntropyDerivative(), [logits, labels, dy], shape: logits.shape, dtype: logits.dtype),
      nil,
    ]
  }
}

/// (softmax(z) − onehot(label)) · scale, for each row.
struct CrossEntropyDerivative: Operation {
  var name: String { "crossEntropy′" }
  var lowering: Lowering { .rows(DESCENT_ROWS_CROSS_ENTROPY_DERIVATIVE) }
  func derivative(_ dy: Tensor, _ inputs: [Tensor], _ output: Tensor, wanted: [Bool]) -> [Tensor?] {
    let (logits, labels, scale) = (inputs[0], inputs[1], inputs[2])
    let a = softmax(logits)
    let scaled = dy * scale.expandingShape(at: -1)
    let error = a - labels.oneHot(classes: logits.shape.last, dtype: logits.dtype)
    return [
      wanted[0] ? a * (scaled - (scaled * a).sum(over: [-1], keepingAxes: true)) : nil,
      nil,
      wanted[2] ? (dy * error).sum(over: [-1]) : nil,
    ]
  }
}

/// Positive numbers that sum to 1 along an axis: e^zᵢ / Σ e^zⱼ.
public func softmax(_ logits: Tensor, over axis: Int = -1) -> Tensor {
  alongLastAxis(logits, axis, "softmax") { unary(Softmax(), $0) }
}

/// The logarithm of the softmax along an axis.
public func logSoftmax(_ logits: Tensor, over axis: Int = -1) -> Tensor {
  alongLastAxis(logits, axis, "logSoftmax") { unary(LogSoftmax(), $0) }
}

/// ln Σ e^z along an axis, which disappears; finite for every finite z.
public func logSumExp(_ x: Tensor, over axis: Int = -1) -> Tensor {
  let axis = x.shape.axis(axis, "logSumExp")
  let x = x.dtype.isFloatingPoint ? x : x.cast(to: .float32)
  let last = x.movingAxisToEnd(axis)
  return Tensor(LogSumExp(), [last], shape: x.shape.dropping([axis]), dtype: x.dtype)
}

private func alongLastAxis(
  _ x: Tensor, _ axis: Int, _ name: String, _ body: (Tensor) -> Tensor
) -> Tensor {
  let axis = x.shape.axis(axis, name)
  let x = x.dtype.isFloatingPoint ? x : x.cast(to: .float32)
  if axis == x.rank - 1 { return body(x) }
  var order = Array(0..<x.rank)
  order.swapAt(axis, x.rank - 1)
  return body(x.permuted(order)).permuted(order)
}

extension Tensor {
  fileprivate func movingAxisToEnd(_ axis: Int) -> Tensor {
    permuted((0..<rank).filter { $0 != axis } + [axis])
  }
}
