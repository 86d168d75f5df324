import Descent

func initializationListing(print: Listing.Printer) throws {
  // Twenty ReLU layers of 256 units: how large are the last one's outputs, on average?
  func size(_ initializer: Initializer, isNormalized: Bool = false) throws -> Double {
    let layers = (0..<20).flatMap { _ -> [any Layer] in
      let dense = Dense(256, initializer: initializer)
      return [dense] + (isNormalized ? [BatchNorm()] : []) + [Activate(.relu)]
    }
    var model = try Model(Sequential(layers), input: [256], seed: 1)
    let x = Tensor.normal([64, 256], key: RandomKey(seed: 2))
    // In training mode, for batch norm to look at the minibatch.
    return try valueWithGradient(at: &model) { model in try model(x).mean() }.value.scalar
  }
  print("He's rule: between 0.2 and 2?", (0.2...2).contains(try size(.he)))
  print("N(0, 1): more than 10²⁰?", try size(.normal()) > 1e20)
  print(
    "N(0, 1) with batch norm: between 0.2 and 2?",
    (0.2...2).contains(try size(.normal(), isNormalized: true)))
}
