/// Gradient descent on any differentiable function of a tensor: a ball that rolls down a valley.
///
/// ```swift
/// let descent = GradientDescent(learningRate: 0.1)
/// let path = descent.minimize(from: [2, -1]) { v in (v * v).sum() }
/// print(path.end, path.points.count, path.reason)
/// ```
public struct GradientDescent: Sendable {
  /// The length of a step, in units of the gradient.
  public var learningRate: Double
  /// How much of the last step goes on (Polyak, 1964).
  public var momentum: Double
  /// The most steps that are taken.
  public var stepLimit: Int
  /// Stops where the gradient is no longer than this.
  public var gradientTolerance: Double

  /// Creates the method.
  public init(
    learningRate: Double, momentum: Double = 0, stepLimit: Int = 1_000,
    gradientTolerance: Double = 1e-6
  ) {
    self.learningRate = learningRate
    self.momentum = momentum
    self.stepLimit = stepLimit
    self.gradientTolerance = gradientTolerance
  }

  /// Where the descent went.
  public struct Path: Sendable {
    /// Every point, the first included.
    public let points: [Tensor]
    /// The function's value at each point.
    public let values: [Double]
    /// The length of the gradient at each point.
    public let gradientNorms: [Double]
    /// Why it stopped.
    public let reason: StoppingReason
    /// The last point.
    public var end: Tensor { points[points.count - 1] }
  }

  /// Why a descent stopped.
  public enum StoppingReason: String, Sendable {
    /// The gradient was no longer than the tolerance.
    case converged
    /// The number of steps was used up.
    case stepLimit
    /// The value or the gradient was infinite or not a number.
    case diverged
  }

  /// Walks downhill from a point: v ← v − learningRate · ∇f(v) (Cauchy, 1847).
  public func minimize(from start: Tensor, _ f: (Tensor) throws -> Tensor) rethrows -> Path {
    var points = [start]
    var values: [Double] = []
    var norms: [Double] = []
    var velocity = Tensor(repeating: 0, shape: start.shape, dtype: start.dtype)
    while true {
      let point = points[points.count - 1]
      let (value, gradient) = try valueWithGradient(at: point, of: f)
      let norm = sqrt((gradient * gradient).sum()).scalar
      values.append(value.scalar)
      norms.append(norm)
      func path(_ reason: StoppingReason) -> Path {
        Path(points: points, values: values, gradientNorms: norms, reason: reason)
      }
      if !norm.isFinite || !value.scalar.isFinite { return path(.diverged) }
      if norm <= gradientTolerance { return path(.converged) }
      if points.count > stepLimit { return path(.stepLimit) }
      velocity = momentum * velocity - learningRate * gradient
      points.append(point + velocity)
    }
  }
}
