import Descent
import Testing

/// Compares a derivative with central differences in float64.
///
/// `f` is made a scalar function by weighing its result with random numbers; the derivative with
/// respect to every element of every input must agree within 1e-7 + 1e-5 · max(|a|, |n|). With
/// `order` 2, so must the derivative of the first derivative.
func checkGradient(
  _ name: String, at points: [Tensor], order: Int = 2, step: Double = 1e-5,
  sourceLocation: SourceLocation = #_sourceLocation, _ f: @escaping ([Tensor]) -> Tensor
) {
  let weighed = { (inputs: [Tensor]) -> Tensor in
    let y = f(inputs)
    let weights = Tensor.uniform(
      y.shape, in: 0.5..<1.5, dtype: .float64, key: RandomKey(seed: 11, name: name))
    return (y * weights).sum()
  }
  let (_, analytic) = valueWithGradient(at: points, of: weighed)
  for (argument, point) in points.enumerated() {
    let values = point.doubles()
    let found = analytic[argument].doubles()
    for index in values.indices {
      func value(_ offset: Double) -> Double {
        var moved = values
        moved[index] += offset
        var inputs = points
        inputs[argument] = Tensor(moved, shape: point.shape)
        return weighed(inputs).scalar
      }
      // The five-point formula: its error falls with the fourth power of the step.
      let h = step * max(1, abs(values[index]))
      let numeric = (8 * (value(h) - value(-h)) - (value(2 * h) - value(-2 * h))) / (12 * h)
      let bound = 1e-7 + 1e-5 * max(abs(found[index]), abs(numeric))
      if !(abs(found[index] - numeric) <= bound) {
        Issue.record(
          """
          \(name), argument \(argument), element \(index) of \(point.shape): \
          derivative \(found[index]), difference \(numeric)
          """, sourceLocation: sourceLocation)
        return
      }
    }
  }
  guard order > 1 else { return }
  checkGradient(
    name + "′", at: points, order: order - 1, step: 1e-4, sourceLocation: sourceLocation
  ) { inputs in
    let gradients = valueWithGradient(at: inputs, of: weighed).gradients
    return Tensor.concatenate(gradients.map { $0.reshaped([$0.shape.elementCount] as Shape) })
  }
}

/// Numbers for tests: reproducible, in a range, of a shape.
func numbers(_ shape: Shape, _ range: Range<Double> = -2..<2, seed: UInt64 = 1) -> Tensor {
  let key = RandomKey(seed: seed, name: "\(shape)")
  return Tensor(Tensor.uniform(shape, in: range, dtype: .float64, key: key).doubles(), shape: shape)
}

/// Numbers that stay away from 0, where some functions have a kink.
func numbersOffZero(_ shape: Shape, seed: UInt64 = 1) -> Tensor {
  let x = numbers(shape, seed: seed)
  return Tensor(x.doubles().map { $0 < 0 ? $0 - 0.1 : $0 + 0.1 }, shape: shape)
}
