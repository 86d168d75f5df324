import Descent

func activationsListing(print: Listing.Printer) {
  let z: Tensor = [-2, -0.5, 0, 0.5, 2]
  for activation in [Activation.relu, .sigmoid, .tanh] {
    let slopes = gradient(at: z) { activation($0).sum() }
    print(activation, activation(z))
    print("  slopes", slopes)
  }

  // One of your own: a name and a function. Its derivative comes by itself.
  let swish = Activation.custom("swish") { $0 * sigmoid($0) }
  print(swish, gradient(at: Tensor(1)) { swish($0) })
}
