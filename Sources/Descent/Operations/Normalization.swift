/// y = gain · (x − mean) / √(variance + ε) + bias, with mean and variance over some axes of x.
///
/// One formula for batch, layer, group and instance normalisation: they differ in the axes.
struct Normalize: Operation {
  let axes: [Int]
  let epsilon: Double
  var attributes: [Int] { axes + [Int(bitPattern: UInt(epsilon.bitPattern))] }

  // x − mean appears below as x − mean, mean − x, x + (−mean) and (−mean) + x, which are the same bits.
  // A value that several passes over memory read would be stored by one of them; written anew in each,
  // it costs nothing beside reading x.

  var lowering: Lowering {
    .body { inputs in
      let (x, gain, bias) = (inputs[0], inputs[1], inputs[2])
      let (mean, scale) = meanAndScale(x)
      return (x - mean) * (scale * gain) + bias
    }
  }

  private func meanAndScale(_ x: Tensor) -> (mean: Tensor, scale: Tensor) {
    let (mean, variance) = x.meanAndVariance(over: axes)
    return (mean, x.constant(1) / sqrt(variance + x.constant(epsilon)))
  }

  /// What moves the mean, and what stretches x, changes nothing behind a normalisation: it is taken
  /// out of dy (Ioffe and Szegedy, 2015).
  func derivative(_ dy: Tensor, _ inputs: [Tensor], _ output: Tensor, wanted: [Bool]) -> [Tensor?] {
    let (x, gain, bias) = (inputs[0], inputs[1], inputs[2])
    let (mean, scale) = meanAndScale(x)
    let normal = (x + -mean) * scale
    let gainDerivative = (dy * normal).summed(to: gain.shape)
    let biasDerivative = dy.summed(to: bias.shape)
    let kept = x.shape.keeping(axes)
    let slope = dy * gain
    // A gain for each mean comes out of the sums, which are then those of gain and bias.
    let isOneForEachMean = gain.shape == kept && bias.shape == kept
    func sum(_ x: Tensor) -> Tensor { x.sum(over: axes, keepingAxes: true) }
    let shift = isOneForEachMean ? gain * biasDerivative : sum(slope)
    let stretch = isOneForEachMean ? gain * gainDerivative : sum(slope * normal)
    let share = x.constant(Double(kept.elementCount) / Double(max(x.shape.elementCount, 1)))
    return [
      wanted[0] ? scale * (slope - share * shift - (-mean + x) * (scale * (share * stretch))) : nil,
      wanted[1] ? gainDerivative : nil,
      wanted[2] ? biasDerivative : nil,
    ]
  }
}

extension Tensor {
  /// The mean and the mean squared distance from it over some axes, which are kept with size 1.
  func meanAndVariance(over axes: [Int]) -> (mean: Tensor, variance: Tensor) {
    let mean = mean(over: axes, keepingAxes: true)
    let distance = mean - self
    return (mean, (distance * distance).mean(over: axes, keepingAxes: true))
  }
}

/// x with mean 0 and variance 1 over some axes, times `gain` plus `bias`, which broadcast to x.
func normalized(
  _ x: Tensor, over axes: [Int], gain: Tensor, bias: Tensor, epsilon: Double
) -> Tensor {
  Tensor(
    Normalize(axes: axes, epsilon: epsilon), [x, gain, bias], shape: x.shape, dtype: x.dtype)
}
