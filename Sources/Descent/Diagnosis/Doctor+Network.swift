import func Foundation.log

// The checks that look into a network.

extension Doctor {
  func derivatives() throws -> Verdict {
    let data = few(min(8, training.count))
    let source = model
    let model = try Model(source.network, input: source.input, dtype: .float64) { parameter in
      source[parameter.name]!
    }
    let inputs = data.prepared(data.inputs, dtype: .float64)
    let targets = isClassification ? data.targets : data.targets.cast(to: .float64)
    let samples = Dataset(inputs: inputs, targets: targets, scale: 1, classNames: data.classNames)
    var copy = model
    let (_, gradient) = try valueWithGradient(at: &copy, isTraining: false) { model in
      self.loss(try model(inputs), targets)
    }
    let flat = gradient.flat.doubles()
    let evaluator = Evaluator(model, samples, loss: loss)
    // One copy for all: a network may have millions of parameters.
    var other = model
    other.makeUnique()
    func moved(_ position: Int, _ change: Double) throws -> Double {
      let place = other.buffer.pointer.assumingMemoryBound(to: Double.self) + position
      let original = place.pointee
      defer { place.pointee = original }
      place.pointee += change
      return try evaluator.evaluate(other).loss
    }
    var generator = Philox(seed: seed, stream: RandomKey(seed: seed, name: "derivatives").stream)
    let count = min(200, flat.count)
    let largest = flat.reduce(0) { max($0, abs($1)) }
    var worst = (error: 0.0, position: 0)
    for _ in 0..<count {
      let position = Int(generator.next() % UInt64(flat.count))
      // A kink between the two points spoils a difference: a smaller step leaves it behind.
      var error = Double.infinity
      for step in [1e-5, 1e-6, 1e-7] where !(error < 1e-6) {
        let difference = (try moved(position, step) - moved(position, -step)) / (2 * step)
        let scale = max(abs(difference), abs(flat[position]), 1e-3 * largest, 1e-8)
        error = min(error, abs(difference - flat[position]) / scale)
      }
      if !(error <= worst.error) { worst = (error, position) }
    }
    let name = model.parameters.first { $0.range.contains(worst.position) }?.name ?? ""
    return Verdict(
      isSound: worst.error < 1e-5,
      measured: "\(count) parameters, largest relative error \(brief(worst.error))",
      remedy: "the derivative at \"\(name)\" is wrong, or its function has no derivative there: "
        + "look at the layers and losses of your own")
  }

  /// A pass through the network, layer by layer.
  private func outputs(
    of model: Model, _ data: Dataset
  ) throws -> [(path: String, layer: any Layer, output: Tensor)] {
    var found: [(String, any Layer, Tensor)] = []
    _ = try model.run(data.prepared(data.inputs, dtype: model.dtype)) { trace, output in
      found.append((trace.path, trace.layer, output))
    }
    return found
  }

  func deadUnits() throws -> Verdict {
    let data = few(min(500, training.count))
    // Before training, and after a moment of it: some are born dead, some die.
    let later = try trained(
      on: training, steps: 100, batchSize: batchSize, optimizer: optimizer, seconds: 3
    ).model
    var worst = (share: 0.0, layer: "", output: 0)
    var count = 0
    for model in [model, later] where model.isFinite {
      for (path, layer, output) in try outputs(of: model, data) {
        guard let dense = layer as? Dense, dense.activation == .relu else { continue }
        count += 1
        let live = (output .> 0).cast(to: .float32).max(over: [0])
        let share = 1 - live.mean().scalar
        if share > worst.share {
          worst = (share, "\"\(path)\" (\(layer.summary))", output.shape[1])
        }
      }
    }
    if count == 0 { return Verdict(isSound: true, measured: "the network has no ReLU") }
    return Verdict(
      isSound: worst.share < 0.5,
      measured: worst.share == 0
        ? "none" : "at most \(brief(worst.share * 100)) % of a layer, in layer \(worst.layer)",
      remedy: "a ReLU that is negative for every sample has no gradient and never comes back: "
        + "begin with biases of zero, use a smaller learning rate, or leaky-relu")
  }

  func gradientRatio() throws -> Verdict {
    let data = few(min(256, training.count))
    var copy = model
    let inputs = data.prepared(data.inputs, dtype: model.dtype)
    let (_, gradient) = try valueWithGradient(at: &copy) { model in
      loss(try model(inputs), data.targets)
    }
    // The gradient of a bias is the sum of what arrives at the layer (the course's δ); in front of a
    // batch normalisation it is always 0.
    let idle = zip(model.layers, model.layers.dropFirst())
      .filter { $1.summary == BatchNorm().summary }.map { $0.0.path + ".bias" }
    let hidden = model.parameters
      .filter { $0.name.hasSuffix(".bias") && !idle.contains($0.name) }.dropLast()
    let norms = hidden.map { gradient.norm(of: $0.name) ?? 0 }
    guard norms.count >= 2, let first = norms.first, let last = norms.last else {
      return Verdict(isSound: true, measured: "fewer than two hidden layers; nothing to compare")
    }
    let ratio = last / first
    let names = hidden.map { "\"\($0.name.dropLast(5))\"" }
    if first == 0 || !ratio.isFinite {
      let broken = zip(names, norms).reversed().first { $0.1 == 0 || !$0.1.isFinite }?.0 ?? names[0]
      return Verdict(
        isSound: false, measured: "none arrives at layer \(broken)",
        remedy: "begin with random weights and biases of zero (--initializer he)")
    }
    let isSound = ratio < 100 && ratio > 0.01
    return Verdict(
      isSound: isSound,
      measured: "\(brief(last)) in the last hidden layer, \(brief(first)) in the first: ratio "
        + brief(ratio),
      remedy: ratio >= 100
        ? "the gradient vanishes on its way to layer \(names[0]): use relu instead of sigmoid or "
          + "tanh, fewer layers, or initial weights that suit the activation"
        : "the gradient explodes on its way to layer \(names[0]): begin with smaller weights "
          + "(--initializer he), or shorten it (--clip-norm 1)")
  }

  /// How often each class occurs.
  func classCounts(_ data: Dataset) -> [Int] {
    var counts = [Int](repeating: 0, count: classCount)
    for label in data.targets.scalars(as: Int32.self) where (0..<classCount).contains(Int(label)) {
      counts[Int(label)] += 1
    }
    return counts
  }

  func data() throws -> Verdict {
    var complaints: [(String, String)] = []
    let sample = few(min(2_000, training.count))
    let inputs = sample.prepared(sample.inputs, dtype: .float32)
    let width = max(inputs.shape.dropFirst().reduce(1, *), 1)
    let rows = inputs.reshaped([sample.count, width])
    let mean = inputs.mean().scalar
    let deviation = (inputs * inputs).mean().scalar.squareRoot()
    if !deviation.isFinite {
      complaints.append(("inputs that are not finite", "look for missing values"))
    } else if deviation > 10 || (deviation < 0.01 && deviation > 0) {
      complaints.append(
        (
          "inputs of size \(brief(deviation))",
          "scale the inputs to a mean of 0 and a deviation of 1"
        ))
    }
    let spread = (rows.max(over: [0]) - rows.min(over: [0])).doubles()
    let constant = spread.count { $0 == 0 }
    if constant == spread.count {
      complaints.append(
        (
          "all \(spread.count) input\(spread.count == 1 ? " is" : "s are") constant",
          "give it columns that differ"
        ))
    }
    var balance = ""
    if isClassification {
      let counts = classCounts(training)
      let missing = training.classNames.indices.filter { counts[$0] == 0 }
      if !missing.isEmpty {
        let names = missing.prefix(5).map { "\"\(training.classNames[$0])\"" }
        complaints.append(
          (
            "no training sample of class \(names.joined(separator: ", "))",
            "add samples of it, or shuffle before splitting"
          ))
      }
      let largest = Double(counts.max() ?? 0) / Double(max(training.count, 1))
      let smallest = Double(counts.min() ?? 0) / Double(max(training.count, 1))
      balance = ", classes from \(brief(smallest * 100)) % to \(brief(largest * 100)) %"
      if largest > 0.95 {
        complaints.append(
          ("one class has \(brief(largest * 100)) % of the samples", "add samples of the others"))
      }
    }
    let (duplicates, compared) = duplicateCount()
    if duplicates * 20 > compared {
      complaints.append(
        (
          "\(duplicates) of \(compared) held-out samples are also in the training set",
          "take them out, or split so that equal rows stay together: the test flatters"
        ))
    }
    let facts =
      "inputs of mean \(brief(mean)) and size \(brief(deviation)), \(constant) of \(spread.count) "
      + "constant\(balance), \(duplicates) of \(compared) held-out samples known"
    guard let first = complaints.first else { return Verdict(isSound: true, measured: facts) }
    return Verdict(
      isSound: false, measured: complaints.map(\.0).joined(separator: "; ") + " (\(facts))",
      remedy: complaints.count > 1 ? complaints.map(\.1).joined(separator: "; ") : first.1)
  }

  /// How many held-out samples, of the first few thousand, the training set has, too.
  private func duplicateCount() -> (found: Int, of: Int) {
    guard !others.isEmpty else { return (0, 0) }
    func samples(_ data: Dataset) -> [Int] {
      let size = data.inputs.shape.dropFirst().reduce(1, *) * data.inputs.dtype.size
      let targets = data.targets.doubles()
      let width = max(1, targets.count / max(data.count, 1))
      return data.inputs.withUnsafeBytes { bytes in
        (0..<data.count).map { row in
          var hasher = Hasher()
          hasher.combine(
            bytes: UnsafeRawBufferPointer(rebasing: bytes[(row * size)..<((row + 1) * size)]))
          for target in targets[(row * width)..<((row + 1) * width)] { hasher.combine(target) }
          return hasher.finalize()
        }
      }
    }
    let known = Set(samples(training))
    let held = others.flatMap { samples($0.prefix(2_000)) }
    return (held.count { known.contains($0) }, held.count)
  }
}
