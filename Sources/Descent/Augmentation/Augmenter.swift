import func Foundation.exp
import func Foundation.log
import func Foundation.pow

/// Makes the augmented images of one minibatch after another, on all threads.
///
/// After `reserve`, filling allocates nothing.
final class Augmenter {
  private let changes: [(change: Augmentation.Change, key: RandomKey)]
  private let source: Storage
  private let channels: Int
  private let height: Int
  private let width: Int
  private let field: ElasticField?
  private let isMoving: Bool
  private let mixing: (alpha: Double, key: RandomKey)?

  /// The images of the last minibatch.
  private(set) var filled = Storage(byteCount: 0)
  /// The images before they are mixed.
  private var unmixed = Storage(byteCount: 0)
  /// The positions of the samples that those of the last minibatch were mixed with.
  private(set) var partners = Storage(byteCount: 0)
  /// How much of its own each sample of the last minibatch has, and how much of its partner's it
  /// lacks.
  private(set) var share = 1.0
  private var scratch: Storage
  private var capacity = 0

  /// The minibatch under way.
  private struct Job {
    var count = 0
    var epoch = 0
    /// Where each image lies; its place in the minibatch if nil.
    var rows: UnsafePointer<Int32>?
    /// What each image draws its numbers by.
    var names: UnsafePointer<Int32>?
    var shift = 0
  }
  private var job = Job()

  /// Samples are dealt out in so many runs.
  private static let tasks = 16

  /// Whether losses are to be mixed.
  var isMixing: Bool { mixing != nil }

  init(_ augmentation: Augmentation, _ images: Tensor, seed: UInt64) throws {
    let shape = images.shape
    guard images.dtype == .uint8, shape.rank == 3 || shape.rank == 4, shape.elementCount > 0 else {
      throw ShapeError(
        path: "data", layer: "augmentation \(augmentation)",
        expected: "images of bytes: uint8 [samples, height, width] or "
          + "[samples, channels, height, width]",
        found: "\(images.dtype) \(shape)", remedy: "leave the augmentation out for such samples")
    }
    (height, width) = (shape[shape.rank - 2], shape[shape.rank - 1])
    channels = shape.rank == 4 ? shape[1] : 1
    source = images.storage
    func key(_ kind: Augmentation.Kind) -> RandomKey {
      RandomKey(seed: seed, name: "augmentation \(kind.rawValue)")
    }
    let mixup = augmentation.changes.first { $0.kind == .mixup }
    changes = augmentation.changes.filter { $0.kind != .mixup }.map { ($0, key($0.kind)) }
    mixing = mixup.map { ($0.amount, key(.mixup)) }
    isMoving = changes.contains { $0.change.kind.isMove }
    let elastic = changes.first { $0.change.kind == .elastic }?.change
    field = elastic.map { [height, width] in
      ElasticField(height: height, width: width, pixels: $0.amount, smoothness: $0.smoothness)
    }
    scratch = Storage(byteCount: 0)
    // Zeros: they are the frame of the plane.
    scratch = .zeros(Self.tasks * scratchCount, .float32)
  }

  private var size: Int { height * width }
  private var planeCount: Int { ImagePlane.count(height: height, width: width) }
  private var scratchCount: Int {
    // On cache lines of its own.
    (planeCount + size + 2 * size + (field?.scratchCount ?? 0) + 31) / 32 * 32
  }

  /// Makes room for minibatches of so many samples.
  func reserve(_ count: Int) {
    guard count > capacity else { return }
    capacity = count
    filled = Storage(byteCount: count * channels * size)
    if isMixing {
      unmixed = Storage(byteCount: filled.byteCount)
      partners = Storage(byteCount: 4 * count)
    }
  }

  /// Augments the samples at these positions, or all.
  func fill(_ positions: UnsafeBufferPointer<Int32>?, epoch: Int) {
    job = Job(
      count: positions?.count ?? source.byteCount / (channels * size), epoch: epoch,
      rows: positions?.baseAddress, names: positions?.baseAddress)
    run()
  }

  /// Augments all samples as if they were those with these names.
  func fill(names: [Int32]?, epoch: Int) {
    guard let names else { return fill(nil, epoch: epoch) }
    names.withUnsafeBufferPointer { names in
      job = Job(count: names.count, epoch: epoch, rows: nil, names: names.baseAddress)
      run()
    }
  }

  private func run() {
    let context = Unmanaged.passUnretained(self).toOpaque()
    Execution.perform(tasks: Self.tasks, context: context) { context, task in
      Unmanaged<Augmenter>.fromOpaque(context!).takeUnretainedValue().augment(task: Int(task))
    }
    guard let mixing else { return }
    // A sample is in one minibatch of an epoch.
    var random = mixing.key.generator(epoch: job.epoch, sample: job.names?[0] ?? 0)
    let drawn = random.beta(mixing.alpha)
    share = max(drawn, 1 - drawn)
    job.shift = job.count > 1 ? 1 + Int(random.uniform() * Double(job.count - 1)) : 0
    let partners = partners.pointer.bindMemory(to: Int32.self, capacity: job.count)
    for index in 0..<job.count {
      let other = (index + job.shift) % job.count
      partners[index] = job.rows?[other] ?? Int32(other)
    }
    Execution.perform(tasks: Self.tasks, context: context) { context, task in
      Unmanaged<Augmenter>.fromOpaque(context!).takeUnretainedValue().mix(task: Int(task))
    }
  }

  private func range(_ task: Int) -> Range<Int> {
    job.count * task / Self.tasks..<job.count * (task + 1) / Self.tasks
  }

  // MARK: One task

  private func augment(task: Int) {
    let memory = (scratch.pointer + task * scratchCount * 4)
      .bindMemory(to: Float.self, capacity: scratchCount)
    let bytes = channels * size
    let target = (isMixing ? unmixed : filled).pointer.assumingMemoryBound(to: UInt8.self)
    let images = source.pointer.assumingMemoryBound(to: UInt8.self)
    for index in range(task) {
      let row = job.rows.map { Int($0[index]) } ?? index
      precondition(
        row >= 0 && (row + 1) * bytes <= source.byteCount, "there is no sample at position \(row)")
      let name = job.names?[index] ?? Int32(index)
      augment(images + row * bytes, name, into: target + index * bytes, memory)
    }
  }

  private func augment(
    _ image: UnsafePointer<UInt8>, _ name: Int32, into result: UnsafeMutablePointer<UInt8>,
    _ memory: UnsafeMutablePointer<Float>
  ) {
    let plane = ImagePlane(height: height, width: width, values: memory)
    let values = memory + planeCount
    let offsets = values + size
    let map = isMoving ? draw(name, offsets, scratch: offsets + 2 * size) : .identity
    for channel in 0..<channels {
      let (from, to) = (image + channel * size, result + channel * size)
      if isMoving {
        plane.fill(from)
        map.resample(plane, offsets: field == nil ? nil : UnsafePointer(offsets), into: values)
      } else {
        for place in 0..<size { values[place] = Float(from[place]) }
      }
      for (change, key) in changes {
        switch change.kind {
        case .noise:
          var random = key.generator(epoch: job.epoch, sample: name, part: channel)
          addNoise(Float(change.amount * 255), &random, to: values)
        case .cutout:
          var random = key.generator(epoch: job.epoch, sample: name)
          cutOut(Int(change.amount), &random, of: values)
        default: break
        }
      }
      for place in 0..<size { to[place] = UInt8(min(max(values[place], 0), 255) + 0.5) }
    }
  }

  /// Draws the changes of place.
  private func draw(
    _ name: Int32, _ offsets: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>
  ) -> PixelMap {
    var map = PixelMap.identity
    for (change, key) in changes where change.kind.isMove {
      var random = key.generator(epoch: job.epoch, sample: name)
      let amount = change.amount
      switch change.kind {
      case .shift:
        map = map.followed(by: .shift(random.signed() * amount, random.signed() * amount))
      case .rotate: map = map.followed(by: .rotation(degrees: random.signed() * amount))
      case .zoom: map = map.followed(by: .zoom(exp(random.signed() * log(1 + amount))))
      case .shear: map = map.followed(by: .shear(degrees: random.signed() * amount))
      case .crop:
        let (x, y) = (random.uniform(), random.uniform())
        func whole(_ u: Double) -> Double { (u * (2 * amount + 1)).rounded(.down) - amount }
        map = map.followed(by: .shift(whole(x), whole(y)))
      case .flip: if random.uniform() < amount { map = map.followed(by: .flip) }
      case .elastic: field?.draw(from: &random, into: offsets, scratch: scratch)
      case .noise, .cutout, .mixup: break
      }
    }
    return map
  }

  /// Adds sums of eight bytes, which are nearly normal; their variance is 8 (256² − 1) / 12.
  private func addNoise(
    _ deviation: Float, _ random: inout Philox, to values: UnsafeMutablePointer<Float>
  ) {
    let scale = deviation / Float((8.0 * 65535 / 12).squareRoot())
    for place in 0..<size {
      let word = random.next()
      let pairs = (word & 0x00FF_00FF_00FF_00FF) &+ (word >> 8 & 0x00FF_00FF_00FF_00FF)
      let sum = (pairs &* 0x0001_0001_0001_0001) >> 48
      values[place] += (Float(sum) - 1020) * scale
    }
  }

  private func cutOut(
    _ side: Int, _ random: inout Philox, of values: UnsafeMutablePointer<Float>
  ) {
    let x = Int(random.uniform() * Double(width)) - side / 2
    let y = Int(random.uniform() * Double(height)) - side / 2
    for row in max(y, 0)..<max(min(y + side, height), 0) {
      for column in max(x, 0)..<max(min(x + side, width), 0) { values[row * width + column] = 0 }
    }
  }

  private func mix(task: Int) {
    let bytes = channels * size
    let images = unmixed.pointer.assumingMemoryBound(to: UInt8.self)
    let target = filled.pointer.assumingMemoryBound(to: UInt8.self)
    let (own, other) = (Float(share), Float(1 - share))
    for index in range(task) {
      let first = images + index * bytes
      let second = images + (index + job.shift) % job.count * bytes
      let result = target + index * bytes
      for place in 0..<bytes {
        result[place] = UInt8(own * Float(first[place]) + other * Float(second[place]) + 0.5)
      }
    }
  }
}

extension Augmentation.Kind {
  /// Whether the change says where pixels come from, and not what they become.
  var isMove: Bool {
    switch self {
    case .shift, .rotate, .zoom, .shear, .crop, .flip, .elastic: true
    case .noise, .cutout, .mixup: false
    }
  }
}

extension RandomKey {
  /// The random numbers of one sample in one epoch.
  fileprivate func generator(epoch: Int, sample: Int32, part: Int = 0) -> Philox {
    let words = Philox.block(
      key: (UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32)),
      counter: (
        UInt32(bitPattern: sample), UInt32(truncatingIfNeeded: epoch),
        UInt32(truncatingIfNeeded: stream), UInt32(truncatingIfNeeded: stream >> 32)
      ))
    return Philox(
      seed: UInt64(words.y) << 32 | UInt64(words.x),
      stream: (UInt64(words.w) << 32 | UInt64(words.z)) &+ UInt64(part))
  }
}

extension Philox {
  /// A number in −1 ..< 1.
  fileprivate mutating func signed() -> Double { 2 * uniform() - 1 }

  /// A number of the Beta(α, α) distribution, for α up to 2 or so (Jöhnk, 1964).
  mutating func beta(_ alpha: Double) -> Double {
    while true {
      let (x, y) = (pow(1 - uniform(), 1 / alpha), pow(1 - uniform(), 1 / alpha))
      if x + y <= 1 && x + y > 0 { return x / (x + y) }
    }
  }
}
