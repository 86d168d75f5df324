import Descent

func lossListing(print: Listing.Printer) {
  let data: Tensor = [1, 2, 3, 100]

  // The gradient says which way the constant is pulled.
  func pull(_ loss: (Tensor, Tensor) -> Tensor, at constant: Double) -> Tensor {
    gradient(at: Tensor(constant)) { c in loss(c * Tensor.ones([4]), data) }
  }
  print("squares, at 3:     ", pull(halfSquaredError, at: 3))
  print("magnitudes, at 2.5:", pull(absoluteError, at: 2.5))
}
