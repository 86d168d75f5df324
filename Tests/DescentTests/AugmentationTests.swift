import Foundation
import Testing

@testable import Descent

@Suite struct AugmentationTests {
  /// Images of blots: smooth inside, sharp at some borders.
  private static func images(_ shape: Shape, seed: UInt64 = 1) -> Tensor {
    var random = TestRandom(seed)
    return Tensor(
      (0..<shape.elementCount).map { _ in UInt8(random.integer(in: 0...255)) }, shape: shape)
  }

  private func bytes(_ tensor: Tensor) -> [UInt8] { tensor.scalars(as: UInt8.self) }

  // MARK: Text

  @Test func textGoesBothWays() throws {
    for text in [
      "shift:2", "shift:2,rotate:10,zoom:0.1,elastic:2", "flip:0.5,crop:4,cutout:8,mixup:0.2",
      "noise:0.05,shear:12.5", "elastic:1.4:6",
    ] {
      #expect(try Augmentation(text).description == text)
    }
    #expect(try Augmentation("flip, mixup") == [.flip(), .mixup()])
    #expect(
      try Augmentation("rotate:5,elastic:2:3") == [
        .rotate(degrees: 5), .elastic(pixels: 2, smoothness: 3),
      ])
    #expect(Augmentation.grammar.map(\.form).contains("elastic:PIXELS[:SMOOTHNESS]"))
    #expect(Augmentation.grammar.count == Augmentation.names.count)
  }

  @Test(arguments: [
    ("", "augmentation called"), ("rotat:3", "\"rotat\""), ("rotate", "rotate:DEGREES"),
    ("rotate:x", "rotate:DEGREES"), ("rotate:1:2", "rotate:DEGREES"), ("shift:1,", "known"),
    ("rotate:181", "from 0 to 180"), ("shift:-1", "from 0"), ("zoom:nan", "nan"),
    ("shift:inf", "inf"), ("crop:1.5", "whole"), ("cutout:1e300", "whole"),
    ("elastic:1:0", "smoothness"), ("flip:2", "from 0 to 1"), ("mixup:0", "0.01"),
    ("flip,flip", "twice"), ("elastic:1:2:3", "SMOOTHNESS"),
  ])
  func mistakesAreExplained(_ text: String, _ says: String) {
    let error = #expect(throws: AugmentationError.self) { try Augmentation(text) }
    #expect("\(error!)".contains(says), "\(error!)")
  }

  @Test func anyTextIsReadOrRefused() {
    var random = TestRandom("augmentation text")
    let words = Augmentation.names + [",", ":", "1", "0.5", "-", "e9", "nan", "é", " ", "\u{0}"]
    for _ in 0..<5_000 {
      let text = (0..<random.integer(in: 0...8)).map { _ in random.pick(words) }.joined()
      if let augmentation = try? Augmentation(text) {
        #expect(try! Augmentation(augmentation.description) == augmentation)
      }
    }
  }

  @Test func onlyImagesOfBytesAreChanged() throws {
    let floats = Tensor.ones([3, 4, 4])
    let error = #expect(throws: ShapeError.self) { try Augmentation([.flip()])(floats, seed: 1) }
    #expect("\(error!)".contains("float32 [3, 4, 4]") && "\(error!)".contains("uint8"))
    #expect(throws: ShapeError.self) { try Augmentation([.flip()])(Self.images([3, 4]), seed: 1) }
    let data = Dataset(inputs: floats, targets: Tensor([Int32(0), 1, 0]))
    var model = try Model(
      Sequential {
        Flatten()
        Dense(2)
      }, input: [4, 4])
    #expect(throws: ShapeError.self) {
      try model.fit(
        data, loss: .crossEntropy, optimizer: .adam(), epochs: 1, augmentation: [.flip()])
    }
  }

  // MARK: What must not change

  private static let nothing: Augmentation = [
    .shift(pixels: 0), .rotate(degrees: 0), .zoom(fraction: 0), .shear(degrees: 0),
    .crop(padding: 0), .flip(probability: 0), .elastic(pixels: 0), .noise(fraction: 0),
    .cutout(side: 0),
  ]

  @Test(arguments: [[40, 28, 28], [7, 3, 9, 14], [3, 1, 1, 1], [2, 1, 5]] as [Shape])
  func changesByNothingChangeNothing(_ shape: Shape) throws {
    let images = Self.images(shape)
    #expect(bytes(try Self.nothing(images, seed: 3)) == bytes(images))
    #expect(bytes(try Augmentation([])(images, seed: 3)) == bytes(images))
    for change in Self.nothing.changes {
      #expect(bytes(try Augmentation([change])(images, seed: 3)) == bytes(images), "\(change)")
    }
  }

  @Test func trainingOnUnchangedImagesGivesTheSameBits() throws {
    let data = Dataset(
      inputs: Self.images([50, 6, 6]), targets: Tensor((0..<50).map { Int32($0 % 3) }),
      classNames: ["a", "b", "c"])
    func train(_ augmentation: Augmentation?, batchSize: Int) throws -> [UInt8] {
      var model = try Model(
        Sequential {
          Flatten(); Dense(8, activation: .tanh); Dense(3)
        }, input: [6, 6], seed: 2)
      try model.fit(
        data, loss: .crossEntropy, optimizer: .adam(), epochs: 2, batchSize: batchSize,
        augmentation: augmentation, seed: 5)
      return model.parameterTensors.flatMap { $0.withUnsafeBytes { Array($0) } }
    }
    for batchSize in [16, 50] {
      let plain = try train(nil, batchSize: batchSize)
      #expect(try train(Self.nothing, batchSize: batchSize) == plain)
      #expect(try train([.shift(pixels: 1)], batchSize: batchSize) != plain)
    }
  }

  // MARK: Maps of places

  /// Bilinear interpolation as the textbook has it, in double precision.
  private func reference(_ map: PixelMap, _ image: [UInt8], height: Int, width: Int) -> [Double] {
    let (centerX, centerY) = (Double(width - 1) / 2, Double(height - 1) / 2)
    func value(_ x: Int, _ y: Int) -> Double {
      (0..<width).contains(x) && (0..<height).contains(y) ? Double(image[y * width + x]) : 0
    }
    return (0..<height * width).map { place in
      let (dx, dy) = (Double(place % width) - centerX, Double(place / width) - centerY)
      let x = map.xx * dx + map.xy * dy + map.x + centerX
      let y = map.yx * dx + map.yy * dy + map.y + centerY
      let (left, top) = (x.rounded(.down), y.rounded(.down))
      let (shareX, shareY) = (x - left, y - top)
      let (column, row) = (Int(left), Int(top))
      return (1 - shareY) * ((1 - shareX) * value(column, row) + shareX * value(column + 1, row))
        + shareY * ((1 - shareX) * value(column, row + 1) + shareX * value(column + 1, row + 1))
    }
  }

  private func resampled(
    _ map: PixelMap, _ image: [UInt8], height: Int, width: Int
  ) -> [Double] {
    let frame = Storage.zeros(ImagePlane.count(height: height, width: width), .float32)
    let result = Storage(byteCount: 4 * height * width)
    let plane = ImagePlane(
      height: height, width: width,
      values: frame.pointer.bindMemory(to: Float.self, capacity: frame.byteCount / 4))
    image.withUnsafeBufferPointer { plane.fill($0.baseAddress!) }
    map.resample(
      plane, offsets: nil,
      into: result.pointer.bindMemory(to: Float.self, capacity: height * width))
    return withExtendedLifetime(frame) { result.buffer(of: Float.self).map { Double($0) } }
  }

  @Test func resamplingIsBilinear() {
    var random = TestRandom("resampling")
    for _ in 0..<200 {
      let (height, width) = (random.integer(in: 1...20), random.integer(in: 1...20))
      let image = (0..<height * width).map { _ in UInt8(random.integer(in: 0...255)) }
      let map = PixelMap.shift(random.number(in: -9...9), random.number(in: -9...9))
        .followed(by: .rotation(degrees: random.number(in: -180...180)))
        .followed(by: .zoom(random.number(in: 0.2...3)))
        .followed(by: .shear(degrees: random.number(in: -60...60)))
      let found = resampled(map, image, height: height, width: width)
      let expected = reference(map, image, height: height, width: width)
      // Coordinates in float32 are off by some 1e-6 of up to 60 pixels.
      for (a, b) in zip(found, expected) { #expect(abs(a - b) < 0.05) }
    }
  }

  /// A map of whole pixels, and where each pixel of a 4 × 4 image then comes from.
  private static var exact: [(name: String, map: PixelMap, source: (Int, Int) -> (Int, Int))] {
    [
      ("identity", .identity, { ($0, $1) }), ("flip", .flip, { (3 - $0, $1) }),
      ("right and up", .shift(2, -1), { ($0 - 2, $1 + 1) }),
      ("a quarter turn", .rotation(degrees: 90), { ($1, 3 - $0) }),
      ("half a turn", .rotation(degrees: 180), { (3 - $0, 3 - $1) }),
      ("flip, then right", .flip.followed(by: .shift(1, 0)), { (3 - ($0 - 1), $1) }),
      ("right, then flip", .shift(1, 0).followed(by: .flip), { (3 - $0 - 1, $1) }),
    ]
  }

  @Test(arguments: exact.indices) func wholePixelsStaySharp(_ index: Int) {
    let (name, map, source) = Self.exact[index]
    let image = (0..<16).map { UInt8(1 + 13 * $0) }
    let expected = (0..<16).map { place -> Double in
      let (x, y) = source(place % 4, place / 4)
      return (0..<4).contains(x) && (0..<4).contains(y) ? Double(image[4 * y + x]) : 0
    }
    let found = resampled(map, image, height: 4, width: 4)
    for (a, b) in zip(found, expected) { #expect(abs(a - b) < 1e-4, "\(name)") }
  }

  @Test func aFullTurnInStepsComesBack() {
    let size = 28
    // A smooth disc, away from the border.
    let image = (0..<size * size).map { place -> UInt8 in
      let (x, y) = (Double(place % size) - 15, Double(place / size) - 12)
      return UInt8(255 * exp(-(x * x + 2 * y * y) / 40))
    }
    var map = PixelMap.identity
    var turned = image
    for _ in 0..<12 {
      map = map.followed(by: .rotation(degrees: 30))
      turned = resampled(.rotation(degrees: 30), turned, height: size, width: size)
        .map { UInt8($0 + 0.5) }
    }
    // Twelve maps made one are resampled once, and exact.
    let once = resampled(map, image, height: size, width: size)
    for (a, b) in zip(once, image) { #expect(abs(a - Double(b)) < 0.01) }
    // Resampled twelve times it is a little blurred. The second derivative is at most 255/10; an
    // interpolation is off by up to an eighth of it in each direction.
    let worst = zip(turned, image).map { abs(Double($0) - Double($1)) }.max()!
    #expect(worst > 0 && worst < 12 * 2 * 25.5 / 8)
    let mean = zip(turned, image).map { abs(Double($0) - Double($1)) }.reduce(0, +) / 784
    #expect(mean < 3, "\(mean)")
  }

  // MARK: What is drawn

  @Test func onlySeedEpochAndSampleCount() throws {
    let images = Self.images([30, 12, 12])
    let augmentation: Augmentation = [
      .shift(pixels: 3), .rotate(degrees: 30), .elastic(pixels: 2), .noise(fraction: 0.1),
      .cutout(side: 4),
    ]
    let all = bytes(try augmentation(images, seed: 1, epoch: 4))
    #expect(bytes(try augmentation(images, seed: 1, epoch: 4)) == all)
    #expect(bytes(try augmentation(images, seed: 2, epoch: 4)) != all)
    #expect(bytes(try augmentation(images, seed: 1, epoch: 5)) != all)
    let picked = [17, 3, 29]
    let some = images.gather(Tensor(picked.map { Int32($0) }))
    let alone = bytes(try augmentation(some, seed: 1, epoch: 4, positions: picked))
    #expect(alone == picked.flatMap { all[($0 * 144)..<(($0 + 1) * 144)] })
    #expect(bytes(try augmentation(some, seed: 1, epoch: 4)) != alone)
  }

  @Test func changesDrawApart() throws {
    let images = Self.images([10, 12, 12])
    let alone = bytes(try Augmentation([.crop(padding: 4)])(images, seed: 1))
    let more: Augmentation = [.flip(probability: 0), .crop(padding: 4), .noise(fraction: 0)]
    #expect(bytes(try more(images, seed: 1)) == alone)
  }

  /// Where the one bright pixel of each image went.
  private func places(_ augmentation: Augmentation, count: Int) throws -> [(x: Int, y: Int)] {
    var pixels = [UInt8](repeating: 0, count: count * 225)
    for index in 0..<count { pixels[index * 225 + 7 * 15 + 7] = 255 }
    let changed = bytes(try augmentation(Tensor(pixels, shape: [count, 15, 15]), seed: 8))
    return (0..<count).map { index in
      let image = changed[(index * 225)..<((index + 1) * 225)]
      let place = image.firstIndex(of: image.max()!)! - index * 225
      return (place % 15 - 7, place / 15 - 7)
    }
  }

  @Test func cropsReachEveryPlaceEquallyOften() throws {
    let places = try places([.crop(padding: 2)], count: 5_000)
    var counts = [Int](repeating: 0, count: 25)
    for (x, y) in places {
      #expect(abs(x) <= 2 && abs(y) <= 2)
      counts[(y + 2) * 5 + x + 2] += 1
    }
    // 200 each, with a standard deviation of 14.
    #expect(counts.allSatisfy { (140...260).contains($0) }, "\(counts)")
  }

  @Test func shiftsGoBothWays() throws {
    let places = try places([.shift(pixels: 5)], count: 1_000)
    #expect(places.contains { $0.x <= -4 } && places.contains { $0.x >= 4 })
    #expect(places.contains { $0.y <= -4 } && places.contains { $0.y >= 4 })
    #expect(abs(places.map { Double($0.x) }.reduce(0, +) / 1_000) < 0.4)
  }

  @Test func flipsHaveTheirProbability() throws {
    let image = (0..<6).map { UInt8($0) }
    let images = Tensor((0..<2_000).flatMap { _ in image }, shape: [2_000, 2, 3])
    let changed = bytes(try Augmentation([.flip(probability: 0.3)])(images, seed: 1))
    var flipped = 0
    for start in stride(from: 0, to: changed.count, by: 6) {
      let row = Array(changed[start..<(start + 6)])
      #expect(row == image || row == [2, 1, 0, 5, 4, 3])
      if row != image { flipped += 1 }
    }
    #expect((520...680).contains(flipped))
  }

  @Test(arguments: [(1.5, 4.0), (0.5, 2.0), (3.0, 8.0)])
  func elasticFieldsAreSmoothAndOfTheirStrength(_ pixels: Double, _ smoothness: Double) {
    let field = ElasticField(height: 28, width: 28, pixels: pixels, smoothness: smoothness)
    var random = Philox(seed: 4)
    var scratch = [Float](repeating: 0, count: field.scratchCount)
    var (sum, squares, steps) = (0.0, 0.0, 0.0)
    let draws = 400
    for _ in 0..<draws {
      var offsets = [Float](repeating: 0, count: 2 * 784)
      field.draw(from: &random, into: &offsets, scratch: &scratch)
      for place in 0..<2 * 784 {
        let value = Double(offsets[place])
        sum += value
        squares += value * value
        if place % 28 > 0 { steps += pow(value - Double(offsets[place - 1]), 2) * 28 / 27 }
      }
    }
    let count = Double(draws * 2 * 784)
    #expect(abs(sum / count) < 0.2 * pixels)
    #expect(abs((squares / count).squareRoot() / pixels - 1) < 0.08)
    // White noise behind a Gaussian has the autocorrelation exp(−d² / 4σ²).
    let expected = 2 * (1 - exp(-1 / (4 * smoothness * smoothness)))
    #expect(abs(steps / squares / expected - 1) < 0.1)
  }

  @Test func noiseIsNormal() throws {
    let grey = Tensor([UInt8](repeating: 128, count: 50 * 400), shape: [50, 20, 20])
    let values = bytes(try Augmentation([.noise(fraction: 0.1)])(grey, seed: 1))
      .map { Double($0) - 128 }
    let count = Double(values.count)
    #expect(abs(values.reduce(0, +) / count) < 0.7)
    let deviation = (values.reduce(0) { $0 + $1 * $1 } / count).squareRoot()
    #expect(abs(deviation / 25.5 - 1) < 0.02)
    let within = Double(values.count { abs($0) < 25.5 }) / count
    #expect(abs(within - 0.683) < 0.02)
    #expect(values.contains { $0 > 3 * 25.5 } && values.contains { $0 < -3 * 25.5 })
  }

  @Test func cutOutRemovesASquare() throws {
    let white = Tensor([UInt8](repeating: 255, count: 3_000 * 2 * 100), shape: [3_000, 2, 10, 10])
    let changed = bytes(try Augmentation([.cutout(side: 4)])(white, seed: 1))
    var whole = 0
    for start in stride(from: 0, to: changed.count, by: 200) {
      let (first, second) = (changed[start..<(start + 100)], changed[(start + 100)..<(start + 200)])
      #expect(Array(first) == Array(second), "all channels lose the same square")
      let missing = first.indices.filter { first[$0] == 0 }.map { $0 - start }
      let (rows, columns) = (Set(missing.map { $0 / 10 }), Set(missing.map { $0 % 10 }))
      #expect(missing.count == rows.count * columns.count)
      #expect((2...4).contains(rows.count) && (2...4).contains(columns.count))
      if missing.count == 16 { whole += 1 }
    }
    // Seven of ten places in each direction leave all of it inside.
    #expect(abs(Double(whole) / 3_000 - 0.49) < 0.04)
  }

  // MARK: Mixup

  @Test(arguments: [0.1, 0.2, 1, 2]) func betaHasItsMoments(_ alpha: Double) {
    var random = Philox(seed: 6)
    let values = (0..<20_000).map { _ in random.beta(alpha) }
    let mean = values.reduce(0, +) / 20_000
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 20_000
    #expect(values.allSatisfy { $0 >= 0 && $0 <= 1 })
    #expect(abs(mean - 0.5) < 0.015)
    #expect(abs(variance * 4 * (2 * alpha + 1) - 1) < 0.04)
  }

  @Test func mixupMixesImagesAndLosses() throws {
    let images = Self.images([12, 5, 5])
    let labels = Tensor((0..<12).map { Int32($0 % 3) })
    let data = Dataset(inputs: images, targets: labels, classNames: ["a", "b", "c"])
    var model = try Model(
      Sequential {
        Flatten(); Dense(3)
      }, input: [5, 5], seed: 1)
    let untouched = model
    let augmentation: Augmentation = [.mixup(alpha: 1), .flip()]
    let step = try TrainingStep(
      model, data, loss: .crossEntropy, optimizer: .sgd(learningRate: 0.1), metrics: [.accuracy],
      augmentation: augmentation, seed: 7)
    let positions: [Int32] = [5, 0, 11, 7, 2, 4]
    let result = try step(&model, positions: positions, epoch: 3)

    // The same by hand.
    let augmenter = try Augmenter(augmentation, images, seed: 7)
    augmenter.reserve(6)
    positions.withUnsafeBufferPointer { augmenter.fill($0, epoch: 3) }
    let partners = Array(augmenter.partners.buffer(of: Int32.self).prefix(6))
    let share = augmenter.share
    #expect(share > 0.5 && share < 1)
    #expect(
      partners.sorted() == positions.sorted() && zip(partners, positions).allSatisfy { $0 != $1 })
    let flipped = bytes(try Augmentation([.flip()])(images, seed: 7, epoch: 3))
    let mixed = (0..<6).flatMap { index in
      (0..<25).map { place in
        let own = Double(flipped[Int(positions[index]) * 25 + place])
        let other = Double(flipped[Int(partners[index]) * 25 + place])
        return share * own + (1 - share) * other
      }
    }
    let filled = augmenter.filled.buffer(of: UInt8.self).map { Double($0) }
    for (a, b) in zip(filled, mixed) { #expect(abs(a - b) < 0.51) }
    let output = try untouched(Tensor(filled, shape: [6, 5, 5]).cast(to: .float32) * (1 / 255))
    let own = crossEntropy(output, labels.gather(Tensor(positions))).scalar
    let other = crossEntropy(output, labels.gather(Tensor(partners))).scalar
    #expect(abs(result.loss - (share * own + (1 - share) * other)) < 1e-5)
  }
}
