import Descent
import DescentCharts

/// The engine's values of a function of one number, in double precision, at equally spaced places.
func sampled(
  _ range: ClosedRange<Double>, count: Int = 121, _ function: (Tensor) throws -> Tensor
) rethrows -> [Series.Point] {
  let places = (0..<count).map { index in
    let part = Double(index) / Double(count - 1)
    return range.lowerBound * (1 - part) + range.upperBound * part
  }
  return zip(places, try function(Tensor(places)).doubles()).map { .init(x: $0, y: $1) }
}

/// The engine's value of a function of one number, in double precision.
func value(at x: Double, _ function: (Tensor) throws -> Tensor) rethrows -> Double {
  try function(Tensor([x])).doubles()[0]
}

/// The engine's derivative of a function of one number, by rule, in double precision.
func slope(at x: Double, _ function: (Tensor) throws -> Tensor) rethrows -> Double {
  try gradient(at: Tensor([x])) { x in try function(x).sum() }.doubles()[0]
}

extension Grid {
  /// The engine's values of a function of two numbers, in double precision.
  init(
    x: ClosedRange<Double>, y: ClosedRange<Double>, columns: Int = 61, rows: Int = 61,
    engine function: (Tensor, Tensor) throws -> Tensor
  ) rethrows {
    let places = Grid(x: x, y: y, columns: columns, rows: rows, values: [])
    let all = (0..<rows).flatMap { row in
      (0..<columns).map { (places.x(of: $0), places.y(of: row)) }
    }
    let values = try function(Tensor(all.map(\.0)), Tensor(all.map(\.1))).doubles()
    self.init(x: x, y: y, columns: columns, rows: rows, values: values)
  }
}

extension GradientDescent.Path {
  /// The points of a path in the plane.
  func series(_ name: String) -> Series {
    Series(
      name,
      points: points.map { point in
        let place = point.doubles()
        return .init(x: place[0], y: place[1])
      })
  }
}
