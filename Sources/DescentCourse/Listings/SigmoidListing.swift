import Descent

func sigmoidListing(print: Listing.Printer) {
  print(sigmoid([-10, -1, 0, 1, 10]))

  // The slope at 0, by rule, and by the formula σ(z)(1 − σ(z)).
  print(gradient(at: Tensor(0)) { z in sigmoid(z) })
  let half = sigmoid(Tensor(0))
  print(half * (1 - half))
}
