import Descent

func crossEntropyListing(print: Listing.Printer) {
  // A logit of 4 where 0 is right: the sigmoid says 0.98.
  let (logit, target): (Tensor, Tensor) = ([4], [0])
  print("squares      ", gradient(at: logit) { z in halfSquaredError(sigmoid(z), target) })
  print("cross-entropy", gradient(at: logit) { z in binaryCrossEntropy(z, target) })
}
