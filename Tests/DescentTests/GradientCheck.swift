import Testing

@testable import Descent

/// Compares derivatives with differences of the function itself, in float64.
///
/// f may return a tensor of any shape: it is contracted with a fixed random cotangent, so that
/// every element of the Jacobian has an influence. Differences are taken between four points,
/// (8 f(x+h) − 8 f(x−h) − f(x+2h) + f(x−2h)) / 12h, whose error is of the order h⁴; h is a
/// thousandth, so points must lie a hundredth or more away from kinks.
struct GradientCheck {
  /// What is tested, for messages.
  var name: String
  /// The tolerance: |a − n| ≤ absolute + relative · max(|a|, |n|).
  var absolute = 1e-7
  var relative = 1e-5
  /// 2: the gradient's own gradient is checked too.
  var order = 2

  private static let step = 1e-3

  /// Checks the derivatives of f with respect to every element of every point.
  func run(
    at points: [Tensor], sourceLocation: SourceLocation = #_sourceLocation,
    _ f: @escaping ([Tensor]) -> Tensor
  ) {
    var random = TestRandom(name)
    let cotangent = random.tensor(f(points).shape, in: 0.5...1.5)
    let scalar = { (points: [Tensor]) in (f(points) * cotangent).sum() }
    check("first derivative", at: points, scalar, sourceLocation)
    guard order > 1 else { return }
    let directions = points.map { random.tensor($0.shape, in: 0.5...1.5) }
    check(
      "second derivative", at: points,
      { points in
        let gradients = valueWithGradient(at: points, of: scalar).gradients
        return zip(gradients, directions).map { ($0 * $1).sum() }.reduce(
          Tensor([0.0], shape: []), +)
      }, sourceLocation)
  }

  private func check(
    _ what: String, at points: [Tensor], _ f: ([Tensor]) -> Tensor,
    _ sourceLocation: SourceLocation
  ) {
    let (value, gradients) = valueWithGradient(at: points, of: f)
    guard value.scalar.isFinite else {
      Issue.record("\(name), \(what): the value is \(value.scalar)", sourceLocation: sourceLocation)
      return
    }
    for (argument, point) in points.enumerated() {
      guard gradients[argument].shape == point.shape, gradients[argument].dtype == .float64 else {
        Issue.record(
          """
          \(name), \(what), argument \(argument): the gradient is \(gradients[argument].dtype) \
          \(gradients[argument].shape), the point \(point.shape)
          """, sourceLocation: sourceLocation)
        return
      }
      let analytic = gradients[argument].doubles()
      let numeric = differences(of: f, at: points, argument)
      for index in analytic.indices
      where !agree(analytic[index], numeric[index], relative: relative, absolute: absolute) {
        Issue.record(
          """
          \(name), \(what), argument \(argument) of shape \(point.shape), element \(index): \
          the gradient says \(analytic[index]), differences say \(numeric[index])
          """, sourceLocation: sourceLocation)
        return
      }
    }
  }

  private func differences(
    of f: ([Tensor]) -> Tensor, at points: [Tensor], _ argument: Int
  ) -> [Double] {
    let shape = points[argument].shape
    var elements = points[argument].doubles()
    return elements.indices.map { index in
      let x = elements[index]
      let h = Self.step * max(1, abs(x))
      func value(_ distance: Double) -> Double {
        elements[index] = x + distance
        var moved = points
        moved[argument] = Tensor(elements, shape: shape)
        return f(moved).scalar
      }
      let near = value(h) - value(-h)
      let far = value(2 * h) - value(-2 * h)
      elements[index] = x
      return (8 * near - far) / (12 * h)
    }
  }
}

@Test func gradientCheckFindsAWrongDerivative() {
  // Rounding away from the graph: the value is 2x, the recorded derivative 1.
  withKnownIssue {
    GradientCheck(name: "wrong on purpose", order: 1).run(at: [Tensor([0.5, 1.5])]) {
      $0[0] + Tensor($0[0].doubles())
    }
  }
}
