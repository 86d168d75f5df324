import Descent

func leNetListing(print: Listing.Printer) throws {
  let network = Sequential {
    Conv2D(6, kernel: 5, padding: 2, activation: .relu)
    MaxPool2D(2)
    Conv2D(16, kernel: 5, activation: .relu)
    MaxPool2D(2)
    Flatten()
    Dense(120, activation: .relu)
    Dense(84, activation: .relu)
    Dense(10)
  }
  let model = try Model(network, input: [1, 28, 28])
  for layer in model.layers { print(layer.output, layer.parameterCount) }
  print(model.parameterCount, "parameters")
}
