import Descent

func derivativeListing(print: Listing.Printer) {
  // f(v) = v². The rule says 2v: at 3 that is 6.
  print(gradient(at: Tensor(3)) { v in v * v })

  // The same without a rule: how much does f change when v changes a little?
  func f(_ v: Double) -> Double { v * v }
  let h = 0.01
  print((f(3 + h) - f(3 - h)) / (2 * h))

  // A derivative is a function, too, and has a derivative: (v³)″ = 6v.
  print(gradient(at: Tensor(3)) { v in gradient(at: v) { u in u * u * u } })
}
