import Descent

func descentListing(print: Listing.Printer) {
  // A ravine: curved ten times as much across as along.
  func cost(_ v: Tensor) -> Tensor {
    0.5 * (v[0] * v[0] + 10 * (v[1] * v[1]))
  }

  // By hand: against the gradient, a hundred times.
  var v: Tensor = [1, 1]
  for _ in 0..<100 {
    v = v - 0.1 * gradient(at: v, of: cost)
  }
  print(cost(v).scalar < 1e-9)

  // The same with what the library has for it.
  let path = GradientDescent(learningRate: 0.1).minimize(from: [1, 1], cost)
  print(path.reason, "after", path.points.count - 1, "steps")
}
