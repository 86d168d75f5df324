import Descent

func unstableListing(print: Listing.Printer) throws {
  // Ten layers of 30 units: how long are the first and the last one's gradients?
  func lengths(
    _ activation: Activation, _ initializer: Initializer
  ) throws -> (first: Double, last: Double) {
    let layers = (0..<10).map { _ in
      Dense(30, activation: activation, initializer: initializer)
    }
    var model = try Model(Sequential(layers), input: [30], seed: 1)
    let x = Tensor.linear(from: -1, to: 1, count: 300).reshaped([10, 30])
    let (_, gradient) = try valueWithGradient(at: &model) { model in try model(x).sum() }
    return (gradient.norm(of: "0.weight")!, gradient.norm(of: "9.weight")!)
  }
  let sigmoids = try lengths(.sigmoid, .lecun)
  print("sigmoid: less than a thousandth?", sigmoids.first < sigmoids.last / 1000)
  let rectifiers = try lengths(.relu, .he)
  print("ReLU: more than a tenth?", rectifiers.first > rectifiers.last / 10)
}
