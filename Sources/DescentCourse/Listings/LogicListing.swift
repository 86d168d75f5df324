import Descent

func logicListing(print: Listing.Printer) {
  // A perceptron with the weights −2 and −2 and a bias of 3, for many cases at once.
  func nand(_ a: Tensor, _ b: Tensor) -> Tensor {
    Activation.step(-2 * a - 2 * b + 3)
  }
  let a: Tensor = [0, 0, 1, 1]
  let b: Tensor = [0, 1, 0, 1]
  print("NAND", nand(a, b))

  // One or the other, but not both: four of them.
  let both = nand(a, b)
  print("XOR ", nand(nand(a, both), nand(b, both)))
}
