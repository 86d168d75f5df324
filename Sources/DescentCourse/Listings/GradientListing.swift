import Descent

func gradientListing(print: Listing.Printer) {
  // A hill and a hollow, as a function of a point.
  func height(_ point: Tensor) -> Tensor {
    let (x, y) = (point[0], point[1])
    return x * exp(-(x * x + y * y))
  }

  // The slope along x, and the slope along y.
  print(gradient(at: [0.5, 0.4], of: height))

  // On top of the hill the ground is level.
  let top = gradient(at: [0.70710678, 0], of: height)
  print(abs(top).max().scalar < 1e-6)
}
