/// x · Φ(x), with Φ the normal distribution function (Hendrycks and Gimpel, 2016).
struct GELU: Operation {
  var name: String { "gelu" }
  var lowering: Lowering { .body { gelu($0[0]) } }

  private func gelu(_ x: Tensor) -> Tensor {
    let half = x.constant(0.5)
    return x * (half + half * erf(x * x.constant(0.5.squareRoot())))
  }

  func derivative(_ dy: Tensor, _ inputs: [Tensor], _ output: Tensor, wanted: [Bool]) -> [Tensor?] {
    let x = inputs[0]
    let half = x.constant(0.5)
    let distribution = half + half * erf(x * x.constant(0.5.squareRoot()))
    let density = x.constant(0.398_942_280_401_432_7) * exp(-(half * x * x))
    return [dy * (distribution + x * density)]
  }
}

/// The Gaussian error linear unit x · Φ(x).
public func gelu(_ x: Tensor) -> Tensor {
  unary(GELU(), x.dtype.isFloatingPoint ? x : x.cast(to: .float32))
}
