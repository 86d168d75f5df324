import Descent

/// The length of the gradient of each layer's weights, from the first layer to the last.
struct GradientNorms {
  /// The layers that have weights.
  let layers: [(name: String, norm: Double)]

  /// Computes the gradient of the mean loss over `data`.
  init(_ model: Model, _ data: Dataset, loss: Loss) throws {
    var model = model
    let inputs = data.scale == 1 ? data.inputs : data.inputs.cast(to: .float32) * data.scale
    let (_, gradient) = try valueWithGradient(at: &model) { model in
      loss(try model(inputs), data.targets)
    }
    layers = model.parameters.filter { $0.shape.rank > 1 }.map { parameter in
      let name = parameter.name
      let path = name[..<(name.lastIndex(of: ".") ?? name.endIndex)]
      let layer = model.layers.first { $0.path == path }
      return ("\(path) \(layer?.summary ?? "")", gradient.norm(of: parameter.name) ?? 0)
    }
  }
}
