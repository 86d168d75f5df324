import Descent

func unstableListing(print: Listing.Printer) throws {
  // Ten layers of 30 units, and a random input.
  func lengths(_ activation: Activation, _ initializer: Initializer) throws -> (Double, Double) {
    let layers = (0..<10).map { _ in
      Dense(30, activation: activation, initializer: initializer)
    }
    var model = try Model(Sequential(layers), input: [30], seed: 1)
    let x = Tensor.linear(from: -1, to: 1, count: 300).reshaped([10, 30])
    let (_, gradient) = try valueWithGradient(at: &model) { model in try model(x).sum() }
    return (gradient.norm(of: "0.weight")!, gradient.norm(of: "9.weight")!)
  }
  let sigmoids = try lengths(.sigmoid, .lecun)
  print("sigmoid: the first layer's is less than a thousandth:", sigmoids.0 < sigmoids.1 / 1000)
  let rectifiers = try lengths(.relu, .he)
  print("ReLU: it is more than a tenth:", rectifiers.0 > rectifiers.1 / 10)
}
