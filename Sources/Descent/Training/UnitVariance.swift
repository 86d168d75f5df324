/// Layer-sequential unit-variance initialisation (LSUV; Mishkin and Matas, *All you need is a good
/// init*, 2016).
extension Model {
  /// Draws all weights anew so that, on a batch of inputs, the sums of every layer have a standard
  /// deviation of 1 before they go through its activation: neither do signals die out on their way
  /// through a deep network, nor do they explode.
  ///
  /// ```swift
  /// var model = try Model(network, input: [28, 28])
  /// try model.initializeWithUnitVariance(on: images[0..<256])
  /// ```
  ///
  /// Weights begin orthogonal; then, from the first layer to the last, each is divided by the deviation
  /// of its sums until their variance is within `tolerance` of 1, ten times at most. `inputs` are as the
  /// network sees them, `[batch, …input]`; a few hundred samples do. Biases, gains and what is frozen
  /// stay. So do weights of layers of one's own, of which it is not known what their sums are.
  ///
  /// Throws `UnitVarianceError` where a layer cannot be brought there, and `ShapeError` if the inputs do
  /// not fit the network.
  public mutating func initializeWithUnitVariance(
    on inputs: Tensor, tolerance: Double = 0.1, seed: UInt64 = 0
  ) throws {
    let deviationCount = 10
    var names: [String] = []
    try observingSums(of: inputs) { name, _ in
      if !names.contains(name) && !frozenNames.contains(name) { names.append(name) }
    }
    for name in names {
      guard let shape = self[name]?.shape else { continue }
      let key = RandomKey(seed: seed, name: "initial " + name)
      self[name] = Initializer.orthogonal().values(shape, dtype: dtype, key: key)
    }
    for name in names {
      var deviations: [Double] = []
      while true {
        let deviation = try deviation(ofSums: name, on: inputs)
        if abs(deviation * deviation - 1) < tolerance { break }
        deviations.append(deviation)
        guard deviation.isFinite, deviation > 0, deviations.count < deviationCount,
          let weight = self[name]
        else { throw UnitVarianceError(name: name, deviations: deviations) }
        self[name] = weight / deviation
      }
    }
  }

  /// The standard deviation of the sums that a weight gives, over units and samples alike.
  func deviation(ofSums name: String, on inputs: Tensor) throws -> Double {
    var found: Tensor?
    try observingSums(of: inputs) { if found == nil && $0 == name { found = $1 } }
    // In float64: squares of sums that explode are too large for float32.
    return found?.cast(to: .float64).variance().scalar.squareRoot() ?? .nan
  }

  /// Records a pass in evaluation mode, and shows the sums that each weight gives; what nobody looks at
  /// is not computed.
  private func observingSums(of inputs: Tensor, _ observe: (String, Tensor) -> Void) throws {
    try withoutActuallyEscaping(observe) { observe in
      _ = try run(
        inputs,
        observeSums: { path, sums in
          observe(path.isEmpty ? "weight" : path + ".weight", sums)
        })
    }
  }
}

/// Why a layer's sums cannot be given unit variance.
public struct UnitVarianceError: Error, Hashable, CustomStringConvertible {
  /// The name of the layer's weight.
  public let name: String
  /// The standard deviations of its sums that were measured, one after another.
  public let deviations: [Double]

  public var description: String {
    let last = deviations.last ?? .nan
    let layer = "layer \"\(name.split(separator: ".").dropLast().joined(separator: "."))\""
    let remedy =
      !last.isFinite
      ? "look for inputs that are not finite"
      : last == 0
        ? "give a batch of samples that differ; and is there an activation before it that lets "
          + "nothing through?"
        : "begin with biases of 0: what they add does not become smaller with the weights"
    return """
      \(layer): its sums have a standard deviation of \(brief(last)) on the batch, and no scale of \
      its weights makes it 1 (tried \(deviations.count) times)
        remedy: \(remedy)
      """
  }
}
