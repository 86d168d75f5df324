import Descent

func backpropagationListing(print: Listing.Printer) {
  // Three layers with a parameter each: C = (θ₃ · tanh(θ₁ x))².
  let (x, theta1, theta3) = (Tensor(0.5), Tensor(0.8), Tensor(-1.2))

  // Forward, storing the input of every layer.
  let u1 = x
  let u2 = theta1 * u1
  let u3 = tanh(u2)
  let u4 = theta3 * u3
  let cost = u4 * u4

  // Backward, with a buffer.
  var buffer = Tensor(1)
  buffer = buffer * (2 * u4)
  let slope3 = buffer * u3
  buffer = buffer * theta3
  buffer = buffer * (1 - tanh(u2) * tanh(u2))
  let slope1 = buffer * u1
  print("C =", cost, " slopes:", slope1, slope3)

  // What the library says.
  let all = gradient(at: theta1, theta3) { a, b in
    let output = b * tanh(a * x)
    return output * output
  }
  print("library: slopes:", all.0, all.1)
}
