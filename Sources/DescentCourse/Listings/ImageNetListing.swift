import Descent

func imageNetListing(print: Listing.Printer) throws {
  // Nothing is allocated: only shapes go through the network.
  for name in [NamedNetwork.Name.alexnet, .vgg16, .resnet18, .mobilenetv2] {
    let costs = NamedNetwork(name, classes: 1_000).costs() ?? []
    let parameters = costs.reduce(0) { $0 + $1.parameters }
    let work = costs.reduce(0) { $0 + $1.multiplyAdds }
    print(name, costs.count, "layers,", parameters, "parameters,", work, "multiply-adds")
  }

  // A block of a ResNet: what is computed is added to what came in. (BatchNorm: see the lesson on
  // beginning well.)
  let block = Residual {
    Conv2D(64, kernel: 3, padding: 1, bias: false)
    BatchNorm()
    Activate(.relu)
    Conv2D(64, kernel: 3, padding: 1, bias: false)
    BatchNorm()
  }
  print(try Model(block, input: [64, 56, 56]).parameterCount, "parameters in a block")
}
