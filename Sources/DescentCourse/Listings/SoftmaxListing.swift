import Descent

func softmaxListing(print: Listing.Printer) {
  let logits: Tensor = [1, 2, 3]
  print(softmax(logits), "sum", softmax(logits).sum())

  // The loss where the third class is right, and its gradient: softmax minus (0, 0, 1).
  let target = Tensor([Int32(2)])
  let row = logits.reshaped([1, 3])
  print(crossEntropy(row, target))
  print(gradient(at: row) { z in crossEntropy(z, target) })
}
