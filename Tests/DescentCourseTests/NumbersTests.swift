import Descent
import DescentCharts
import Testing

@testable import DescentCourse

/// The numbers that each lesson's text and figures rest on, against an independent computation.
@Suite("The course's numbers")
struct NumbersTests {
  @Test("1: the error of the central difference is a V, lowest near 3e-6")
  func derivative() {
    let best = DerivativeError.best
    // About 3e-6, with an error of about 3e-11: the rounding makes the bottom of the V ragged.
    #expect(best.step > 1e-6 && best.step < 1e-5)
    #expect(best.error > 1e-13 && best.error < 1e-10)
    // The right arm falls with the square of the step, the left one rises as the step shrinks.
    let error = DerivativeError.error
    #expect(abs(error(1e-2) / error(1e-3) / 100 - 1) < 0.01)
    #expect(error(1e-9) > 100 * best.error && error(1e-12) > 100 * error(1e-9))
    #expect(DerivativeError.error(of: 0.1) > 1e-3 && DerivativeError.error(of: 1e-13) > 1e-6)
  }

  @Test("2: the gradient of the hill, its extrema, and the steepest direction")
  func gradient() {
    for (x, y) in [(0.5, 0.4), (-1.0, 0.7), (0.0, 0.0)] {
      let e = value(at: -(x * x + y * y)) { exp($0) }
      let slopes = Hill.gradient(at: [x, y])
      #expect(abs(slopes[0] - (1 - 2 * x * x) * e) < 1e-12)
      #expect(abs(slopes[1] + 2 * x * y * e) < 1e-12)
    }
    for sign in [1.0, -1] {
      let place = [sign * 0.5.squareRoot(), 0]
      #expect(abs(Hill.height(Tensor(place)).doubles()[0] - sign * 0.4288819425) < 1e-9)
      #expect(Hill.gradient(at: place).allSatisfy { abs($0) < 1e-12 })
    }
    // Of all directions, tried one by one, the gradient's is the steepest.
    let (place, h) = ([0.5, 0.4], 1e-4)
    let steepest = (0..<3600).max { slope($0) < slope($1) }!
    func slope(_ tenths: Int) -> Double {
      let angle = Double(tenths) * .pi / 1800
      let (x, y) = (h * cosine(angle), h * cosine(angle - .pi / 2))
      let ahead = Hill.height(Tensor([place[0] + x, place[1] + y]))
      return (ahead - Hill.height(Tensor([place[0] - x, place[1] - y]))).scalar / (2 * h)
    }
    let slopes = Hill.gradient(at: place)
    let length = (slopes[0] * slopes[0] + slopes[1] * slopes[1]).squareRoot()
    #expect(abs(slope(steepest) - length) < 1e-6)
    #expect(abs(cosine(Double(steepest) * .pi / 1800) - slopes[0] / length) < 2e-3)
  }

  @Test("3: rates 0.19, 0.20 and 0.21 in the ravine")
  func descent() {
    #expect(abs(Ravine.end(rate: 0.19) / 7.06e-10 - 1) < 0.01)
    #expect(abs(Ravine.end(rate: 0.20) - 1) < 1e-9)
    #expect(abs(Ravine.end(rate: 0.21) / 1.9e8 - 1) < 0.01)
    // Each step multiplies the distance by 1 − ηλ, in each direction.
    let path = Ravine.descend(rate: 0.15, steps: 1).end.doubles()
    #expect(abs(path[0] - 0.85) < 1e-12 && abs(path[1] + 0.5) < 1e-12)
  }

  @Test("4: the line through three points")
  func regression() {
    let slopes = Line.gradient(w: 0, b: 0, Line.three)
    #expect(abs(slopes[0] + 13.0 / 3) < 1e-12 && abs(slopes[1] + 3) < 1e-12)
    let end = Line.descend(Line.three, rate: 0.3, steps: 400).end.doubles()
    #expect(abs(end[0] - 2) < 1e-6 && abs(end[1] - 1) < 1e-6)
    let (fit, exact) = (
      Line.descend(Line.noisy, rate: 0.5, steps: 500).end.doubles(), Line.leastSquares(Line.noisy)
    )
    #expect(zip(fit, exact).allSatisfy { abs($0 - $1) < 1e-6 })
  }

  @Test("5: the mean over all minibatches is the gradient, and the spread is as the formula says")
  func minibatches() {
    let all = Minibatches.allSubsets
    #expect(all.subsets == 210 && all.difference < 1e-12)
    for spread in Minibatches.spreads {
      #expect(abs(spread.measured - spread.predicted) <= 0.02 * spread.predicted + 1e-9)
    }
    // An epoch takes every sample once: 100 samples in minibatches of 30 are 4 steps.
    #expect(Minibatches.descend(size: 30, rate: 0.1, epochs: 2).count == 1 + 8)
    let data = Dataset(
      inputs: Tensor((0..<100).map { Double($0) }, shape: [100, 1]),
      targets: Tensor.zeros([100, 1]))
    for seed in [1, 2] as [UInt64] {
      let batches = data.batches(of: 30, seed: seed).map { $0.inputs.doubles() }
      #expect(batches.map(\.count) == [30, 30, 30, 10])
      #expect(batches.joined().sorted() == (0..<100).map { Double($0) })
      #expect(Array(batches.joined()) != (0..<100).map { Double($0) })
    }
  }

  @Test("6: the cheese festival")
  func festival() {
    #expect(Festival.decisions(threshold: 5) == Festival.cases.map { $0[0] })
    let eager = zip(Festival.cases, Festival.decisions(threshold: 3)).filter { $1 == 1 }.map(\.0)
    #expect(eager == [[0, 1, 1], [1, 0, 0], [1, 0, 1], [1, 1, 0], [1, 1, 1]])
  }

  @Test("7: gates, circuits of NANDs, and what a perceptron can learn")
  func logic() {
    #expect(Gates.nand.outputs(Truth.rows(2)) == [1, 1, 1, 0])
    #expect(Gates.literal == "0, 0, 0, 0")
    #expect(Circuit.halfAdder.correctRows { [$0[0] * $0[1], $0[0] != $0[1] ? 1 : 0] } == 4)
    let products = Circuit.multiplier.correctRows { bits in
      let product = Int((2 * bits[0] + bits[1]) * (2 * bits[2] + bits[3]))
      return [8, 4, 2, 1].map { product & $0 == 0 ? 0 : 1 }
    }
    #expect(products == 16)
    // Of the 16 truth tables of two inputs all but XOR and its opposite are a perceptron's.
    #expect(Gates.possible.count == 14)
    #expect(!Gates.possible.contains([0, 1, 1, 0]) && !Gates.possible.contains([1, 0, 0, 1]))
    let parity = Circuit.parity(inputs: 16)
    #expect(parity.deep == 60 && parity.flat == 32_769)
    let learned = Gates.learning
    #expect(learned.prefix(3).allSatisfy { $0.rounds != nil })
    #expect(learned[3].name == "XOR" && learned[3].rounds == nil && learned[3].best == 3)
  }

  @Test("8: the sigmoid, and XOR learned from ten beginnings")
  func sigmoid() {
    #expect(value(at: 0) { Descent.sigmoid($0) } == 0.5)
    #expect(abs(slope(at: 0) { Descent.sigmoid($0) } - 0.25) < 1e-15)
    for z in [-2.0, -0.1, 0.1, 2] {
      let steep = value(at: 1000 * z) { Descent.sigmoid($0) }
      #expect(abs(steep - (z > 0 ? 1 : 0)) < 1e-12)
    }
    #expect(XOR.solvedSeeds == 10)
    #expect(slope(at: 0.3) { Activation.step($0) } == 0)
  }

  @Test("9: the largest slopes, and a dead unit")
  func activations() {
    #expect(abs(Gallery.steepest(.sigmoid) - 0.25) < 1e-12)
    #expect(abs(Gallery.steepest(.tanh) - 1) < 1e-12)
    #expect(Set(Gallery.slopes(.relu).map(\.y)) == [0, 1])
    #expect(Gallery.deadUnit.relu == 0 && Gallery.deadUnit.leaky > 0.01)
  }

  @Test("10: squares and magnitudes with an outlier")
  func losses() {
    let fits = Outlier.fits
    #expect(abs(fits.squares - 26.5) < 1e-6)
    #expect(fits.magnitudes >= 2 && fits.magnitudes <= 3)
    for constant in [2.0, 2.5, 3] {
      #expect(Outlier.cost(absoluteError, at: constant) == fits.atTwo)
    }
    for constant in [1.99, 3.01] {
      #expect(Outlier.cost(absoluteError, at: constant) > fits.atTwo)
    }
  }

  @Test("11: a saturated neuron learns slowly from squares, and quickly from cross-entropy")
  func saturation() {
    let easy = SaturatedNeuron.train(from: (0.6, 0.9), SaturatedNeuron.square)
    let hard = SaturatedNeuron.train(from: (2, 2), SaturatedNeuron.square)
    let cured = SaturatedNeuron.train(from: (2, 2), SaturatedNeuron.crossEntropy)
    #expect(abs(easy[0] - 0.8176) < 5e-5 && abs(easy[300] - 0.0940) < 5e-5)
    #expect(abs(hard[0] - 0.9820) < 5e-5 && abs(hard[150] - 0.933) < 5e-4)
    #expect(abs(hard[300] - 0.2028) < 5e-5 && abs(cured[300] - 0.0120) < 5e-5)
  }

  @Test("12: softmax and its loss")
  func softmax() {
    let shares = Shares.softmax([1, 2, 3])
    for (share, expected) in zip(shares, [0.09003057, 0.24472847, 0.66524096]) {
      #expect(abs(share - expected) < 1e-8)
    }
    #expect(abs(shares.reduce(0, +) - 1) < 1e-12)
    let single = Descent.softmax(Tensor([1, 2, 3] as [Float]))
    #expect(single.dtype == .float32 && abs(single.doubles().reduce(0, +) - 1) < 1e-6)
    #expect(abs(single.doubles()[2] - 0.66524096) < 1e-6)
    #expect(abs(Shares.loss([1, 2, 3], 2) - 0.40760596) < 1e-8)
    #expect(abs(Shares.loss([Double](repeating: 0.3, count: 10), 7) - 2.302585) < 1e-6)
    #expect(Shares.softmax([1000, 1001, 1002]) == Shares.softmax([0, 1, 2]))
    let signal = Shares.signal([1, 2, 3], 2)
    for (index, share) in shares.enumerated() {
      #expect(abs(signal[index] - (share - (index == 2 ? 1 : 0))) < 1e-12)
    }
  }

  @Test("13: backpropagation through the 2-2-2 network")
  func backpropagation() {
    let run = TwoTwoTwo.run()
    #expect(abs(run.cost - 0.298371109) < 1e-9)
    let after = TwoTwoTwo.stepped(TwoTwoTwo.weights, run.gradients).flatMap { $0.flatMap { $0 } }
    let expected = [
      0.14978072, 0.19956143, 0.24975114, 0.29950229, 0.35891648, 0.40866619, 0.51130127,
      0.56137012,
    ]
    for (weight, expected) in zip(after, expected) { #expect(abs(weight - expected) < 5e-9) }
    #expect(abs(TwoTwoTwo.trained(steps: 1) - 0.291027774) < 1e-9)
    #expect(abs(TwoTwoTwo.trained(steps: 10_000) / 3.51019e-5 - 1) < 1e-5)
    #expect(TwoTwoTwo.worstDifference < 1e-7)
    let swapped = TwoTwoTwo.outputInsteadOfInput
    #expect(abs(swapped.right - swapped.wrong) > 0.02)
  }

  @Test("14: the digits, and what a network reads of them")
  func digits() throws {
    let reader = try DigitReader.trained.get()
    #expect(reader.model.parameterCount == 23_860)
    #expect(reader.accuracy > 90)
    #expect(try #require(reader.history.losses.first) < 2.302585)
  }

  @Test("15: parameters, and gradients of deep stacks at the start")
  func unstable() throws {
    #expect(DeepStack.parametersOfLargeLayer == 50_177_000)
    #expect(abs((0..<10).reduce(1.0) { product, _ in product / 4 } - 9.54e-7) < 0.005e-7)
    let ratios = DeepStack.ratios
    // The published ratios are of single beginnings; medians of nine lie near them.
    for (ratio, published) in zip(ratios, [4.7, 24, 96]) {
      #expect(ratio.sigmoid > published / 2 && ratio.sigmoid < published * 2, "\(ratio)")
    }
    for ratio in ratios { #expect(ratio.relu > 0.2 && ratio.relu < 5, "\(ratio)") }
    let chain = DeepStack.chain(.sigmoid, weight: 1, depth: 10)
    #expect(abs(chain[0]) < 9.54e-7)
  }

  @Test("16: places of a window, the mouse's back and head, and both ways to slide a kernel")
  func receptive() throws {
    #expect(SlidingWindow.outputs(28, kernel: 5) == 24)
    #expect(SlidingWindow.outputs(24, kernel: 2, stride: 2) == 12)
    for size in SlidingWindow.sizes {
      // Counted one by one: where a window begins and does not stick out.
      let places = stride(from: -size.padding, through: size.pixels + size.padding, by: size.stride)
        .count { $0 + size.kernel <= size.pixels + size.padding }
      #expect(
        SlidingWindow.outputs(
          size.pixels, kernel: size.kernel, padding: size.padding, stride: size.stride) == places)
    }
    #expect(CurveFilter.response(to: CurveFilter.back) == 6600)
    #expect(CurveFilter.response(to: CurveFilter.head) == 0)
    #expect(CurveFilter.convolved.correlation == "2, 1, 12")
    #expect(CurveFilter.convolved.convolution == "2, 3, 4")
    // The map of a digit, summed by hand.
    let (digit, kernel) = (try Handwriting.test(3), SlidingWindow.kernels[2].weights)
    let map = SlidingWindow.map(digit, kernel)
    #expect(map.count == 576)
    for (row, column) in [(0, 0), (9, 14), (23, 23)] {
      let sum = (0..<25).reduce(0.0) {
        $0 + kernel[$1] * digit[(row + $1 / 5) * 28 + column + $1 % 5]
      }
      #expect(map[row * 24 + column] == sum)
    }
  }

  @Test("17: what sharing saves, and that a map moves with its image, exactly")
  func sharing() throws {
    let counts = try WeightSharing.counts.map(\.count)
    #expect(counts == [520, 23_550, 299_520])
    for index in [0, 3, 7] {
      let digit = try Handwriting.test(index)
      for (right, down) in [(4, 3), (-7, 2), (0, -9), (1, 0)] {
        for kernel in SlidingWindow.kernels {
          let difference = WeightSharing.difference(
            digit, kernel.weights, right: right, down: down)
          #expect(difference == 0, "\(kernel.name), \(right), \(down)")
        }
      }
    }
    // Without moving the map back there is a difference, so the 0 is no accident of empty maps.
    #expect(WeightSharing.change(try Handwriting.test(3), right: 4, down: 3) > 500)
    let moved = try WeightSharing.accuracies(of: DigitReader.trained.get().model)
    #expect(moved[0] == (try DigitReader.trained.get().accuracy))
    #expect(moved[6] < moved[2] && moved[2] < moved[0] && moved[6] < 40)
  }

  @Test("18: pools of 24 x 24, and the gradient that goes to the first of the largest")
  func pooling() throws {
    let map = try Pooling.map(of: Handwriting.test(3))
    for isMaximum in [true, false] {
      #expect(Pooling.pooled(map, side: 24, window: 2, isMaximum: isMaximum).count == 12 * 12)
      let slopes = Pooling.gradient(of: map, side: 24, window: 2, isMaximum: isMaximum)
      #expect(slopes.reduce(0, +) == 144)
      #expect(slopes.allSatisfy { isMaximum ? $0 == 0 || $0 == 1 : $0 == 0.25 })
    }
    // All equal: of each window the first.
    let ties = Pooling.gradient(
      of: [Double](repeating: 3, count: 16), side: 4, window: 2, isMaximum: true)
    #expect(ties == [1, 0, 1, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0])
    // Pooled maps change less when the digit moves, maxima of larger windows less again.
    let changes = try Pooling.changes.map(\.change)
    #expect(changes[0] > changes[1] && changes[1] > changes[2])
  }

  @Test("19: LeNet's layers, 61,706 parameters, and what the network of 1998 had in their place")
  func lenet() throws {
    let rows = try LeNet.rows
    #expect(rows.map(\.parameters) == [156, 0, 2_416, 0, 48_120, 10_164, 850])
    #expect(
      rows.map(\.output) == [
        [6, 28, 28], [6, 14, 14], [16, 10, 10], [16, 5, 5], [120], [84], [10],
      ])
    #expect(LeNet.count(rows) { $0.parameters } == 61_706)
    // Each output of a convolution sums over the kernel in every channel, each unit over all inputs.
    #expect(
      rows.map(\.multiplyAdds) == [
        6 * 784 * 25, 0, 16 * 100 * 150, 0, 120 * 400, 84 * 120, 10 * 84,
      ])
    #expect(LeNet.trainedPool(maps: 6) == 12 && LeNet.trainedPool(maps: 16) == 32)
    #expect(LeNet.partlyConnected == 1_516)
  }

  @Test("19: on the embedded digits LeNet reads more than the dense network, moved ones above all")
  func lenetReader() throws {
    let (reader, dense) = (try LeNetReader.trained.get(), try DigitReader.trained.get())
    #expect(reader.accuracy > dense.accuracy + 2)
    let moved = try WeightSharing.accuracies(of: reader.model)
    #expect(abs(moved[0] - reader.accuracy) < 1e-3)
    #expect(moved[2] > (try WeightSharing.accuracies(of: dense.model))[2] + 10)
    // What the page computes with its rounded weights is what the network says.
    let shares = try reader.model.predict(Dataset(reader.test).inputs[0..<100])
    let read = shares.argmax().scalars(as: Int32.self)
    let agreeing = (0..<100).count { index in
      let pixels = reader.test.pixels[index * 784..<(index + 1) * 784].map { Double($0) }
      let rounded = reader.stages(pixels).shares
      return rounded.firstIndex(of: rounded.max()!)! == Int(read[index])
    }
    #expect(agreeing >= 98)
  }

  @Test("19: three LeNets read at least 98.9 % of MNIST's test digits in the median")
  func lenetOnMNIST() throws {
    let result = try ExperimentResult.committed("lenet")
    #expect(result.seeds == [1, 2, 3] && result["test, %"] >= 98.9)
  }

  @Test("20: parameters and multiplications of the networks after LeNet")
  func imagenet() throws {
    let networks = try LargeNetwork.all
    #expect(networks.map(\.parameters) == [61_100_840, 138_357_544, 11_689_512, 3_504_872])
    // As published: 0.71, 15.47, 1.81 and 0.30 thousand millions.
    for (network, published) in zip(networks, [0.71e9, 15.47e9, 1.81e9, 0.30e9]) {
      #expect(abs(Double(network.multiplyAdds) / published - 1) < 0.02, "\(network.title)")
    }
    #expect(networks[1].costs.map(\.parameters).max() == 512 * 49 * 4_096 + 4_096)
    let whole = try LargeNetwork.layer(channels: 128, filters: 128, kernel: 3, side: 28)
    #expect(whole == (9 * 128 * 128, 9 * 128 * 128 * 784))
    let parts = try LargeNetwork.separable(channels: 128, filters: 128, kernel: 3, side: 28)
    #expect(parts == (9 * 128 + 128 * 128, (9 * 128 + 128 * 128) * 784))
  }

  @Test("21: the operations and bytes of products, and which of the two limits")
  func processors() throws {
    for size in MachineSpeed.sizes {
      let cost = ProductCost(rows: size, inputs: size, outputs: size)
      #expect(cost.operations == 2 * size * size * size && cost.bytes == 12 * size * size)
      #expect(abs(cost.intensity - Double(size) / 6) < 1e-12)
    }
    // Counted one by one, with an addition for each multiplication, and by the engine.
    var (read, steps): (Set<[Int]>, Int) = ([], 0)
    for row in 0..<5 {
      for column in 0..<6 {
        for place in 0..<7 {
          steps += 2
          read.formUnion([[0, row, place], [1, place, column], [2, row, column]])
        }
      }
    }
    let small = ProductCost(rows: 5, inputs: 7, outputs: 6)
    let counted = try ProductCost.counted(rows: 5, inputs: 7, outputs: 6)
    #expect(small.operations == steps && small.bytes == 4 * read.count)
    #expect(counted.operations == steps && counted.bytes == 4 * read.count)
    // The question, and both sides of the bound.
    let square = ProductCost(rows: 512, inputs: 512, outputs: 512)
    #expect(square.operations == 268_435_456)
    let least = square.microseconds(peak: 100, bandwidth: 20)
    #expect(abs(least.arithmetic - 2_684.35456) < 1e-9 && abs(least.memory - 157.2864) < 1e-9)
    #expect(least.time == least.arithmetic)
    let (one, many) = (MachineSpeed.layer(samples: 1), MachineSpeed.layer(samples: 128))
    #expect(one.operations == 802_816 && one.bytes == 1_610_816)
    #expect(many.operations == 128 * 802_816 && many.bytes == 2_269_184)
    let single = one.microseconds(peak: 100, bandwidth: 20)
    #expect(abs(single.memory - 80.5408) < 1e-9 && single.time == single.memory)
    let rows = try LeNet.rows
    #expect(LeNet.count(rows) { $0.multiplyAdds } == 416_520)
    // How fast a machine is, is nothing to test.
    let speed = try MachineSpeed.measured.get()
    for work in [speed.sum] + speed.products {
      #expect(work.seconds.count == speed.threads.count)
      #expect(work.speeds.allSatisfy { $0 > 0 && $0.isFinite })
    }
    #expect(speed.sum.cost.intensity == 0.25)
    #expect(speed.samples.one > 0 && speed.samples.many > 0)
  }

  @Test("Dropout: the mean over masks is the output in evaluation, and a rate of 0 changes no bit")
  func dropout() throws {
    #expect(DropoutMean.overAllMasks.count == 256 && DropoutMean.overAllMasks.difference < 1e-15)
    // Independently of the engine: Σ w x.
    let whole = zip(DropoutMean.inputs, DropoutMean.weights).reduce(0) { $0 + $1.0 * $1.1 }
    #expect(abs(DropoutMean.whole - whole) < 1e-12)
    for rate in [0.2, 0.5] {
      let drawn = try DropoutMean.drawn(rate: rate)
      #expect(abs(drawn.whole - DropoutMean.whole) < 1e-12)
      // The variance of one output is p / (1 − p) · Σ (w x)².
      let squares = zip(DropoutMean.inputs, DropoutMean.weights).reduce(0) {
        $0 + ($1.0 * $1.1) * ($1.0 * $1.1)
      }
      let error = (rate / (1 - rate) * squares / Double(drawn.count)).squareRoot()
      #expect(abs(drawn.error / error - 1) < 0.05, "\(rate)")
      #expect(abs(drawn.mean - drawn.whole) < 4 * drawn.error, "\(rate)")
    }
    #expect(abs(DropoutMean.bent.mean - DropoutMean.bent.whole) > 1e-3)
    #expect(DropoutMean.halved.equal == 256)
    #expect(DropoutMean.identical.total == 1_024 && DropoutMean.identical.equal == 1_024)
    // Another step has another mask.
    #expect(DropoutMean.mask(step: 1) != DropoutMean.mask(step: 2))
    let result = try ExperimentResult.committed("dropout")
    let without = try ExperimentResult.committed("overfitting")
    #expect(abs(result["30 units, rate 0.0: last test, %"] - without["last test, %"]) < 1e-9)
    #expect(
      result["30 units, rate 0.5: last test, %"] > result["30 units, rate 0.0: last test, %"] + 1)
    for name in ["last test cost", "lowest test cost"] {
      #expect(result["30 units, rate 0.5: \(name)"] < result["30 units, rate 0.0: \(name)"])
    }
    // What the lesson says of 100 units: a lower cost on the way, a higher one in the end.
    #expect(
      result["100 units, rate 0.5: last test cost"] > result["100 units, rate 0.0: last test cost"])
  }

  @Test("Augmentation: 0 degrees change nothing, once around stays within the errors of its steps")
  func augmentation() throws {
    let five = try Turning()
    #expect(five.changedByNothing == 0 && five.changed > 100)
    #expect(five.round.steps > 1 && five.round.steps < five.round.bound)
    #expect(five.round.composed < 0.5)
    #expect(five.expandedCount == 20_000)
    // Moved by one to the right, and to the left, and so on; the labels stay.
    let few = Dataset(
      inputs: Tensor((0..<12).map { UInt8($0) }, shape: [1, 3, 4]), targets: Tensor([7] as [Int32]))
    let shifted = few.withShifts
    #expect(shifted.targets.scalars(as: Int32.self) == [7, 7, 7, 7, 7])
    #expect(
      shifted.inputs.scalars(as: UInt8.self) == [
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0, 0, 1, 2, 0, 4, 5, 6, 0, 8, 9, 10, 1, 2, 3, 0, 5, 6,
        7, 0, 9, 10, 11, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 4, 5, 6, 7, 8, 9, 10, 11, 0, 0, 0,
        0,
      ])
    let result = try ExperimentResult.committed("augmentation")
    #expect(result["changed anew in each epoch: last test, %"] >= 97.5)
    #expect(
      result["changed anew in each epoch: last test, %"] > result["as they are: last test, %"])
  }

  @Test("Initialisation: k to the power of l, He's rule, overflow, batch norm and its two modes")
  func initialization() throws {
    for gain in [0.8, 1, 1.25] {
      let sizes = RandomStack.sizes(.lecun, activation: .identity, scale: gain, seed: 1)
      for (layer, size) in sizes.enumerated() {
        let expected = (0...layer).reduce(1.0) { product, _ in product * gain }
        #expect(size / expected > 0.7 && size / expected < 1.4, "\(gain), layer \(layer + 1)")
      }
    }
    #expect(RandomStack.heSizes.count == 60)
    #expect(RandomStack.heSizes.allSatisfy { (0.5...2).contains($0) })
    for end in RandomStack.overflows {
      #expect(abs(Double(end.measured) - end.predicted) < 0.1 * end.predicted + 1, "\(end)")
    }
    let rescued = RandomStack.sizes(.normal(), isNormalized: true, seed: 1)
    #expect(rescued.allSatisfy { (0.5...2).contains($0) })
    let training = try RandomStack.training.get()
    let runs = training.runs
    #expect(runs[0].accuracy < 30 && runs[2].accuracy > runs[0].accuracy + 20)
    // Batch norm does best together with He's rule; in noisy steps it does worse than the rule alone.
    #expect(runs[3].accuracy > runs[1].accuracy && runs[3].accuracy > runs[2].accuracy)
    #expect(training.short[0].accuracy > training.short[1].accuracy + 20)
    // m = 3 (1 − 0.9ˢ) and v = 0.9ˢ + 14/3 (1 − 0.9ˢ).
    for steps in [1, 10, 50] {
      let state = try NormSteps.after(steps)
      let left = (0..<steps).reduce(1.0) { left, _ in left * 0.9 }
      let (mean, variance) = (3 * (1 - left), left + 14.0 / 3 * (1 - left))
      #expect(abs(state.mean - mean) < 1e-12 && abs(state.variance - variance) < 1e-12)
      #expect(abs(state.training + 2 / (3.5 + 1e-5).squareRoot()) < 1e-12)
      #expect(abs(state.evaluation - (1 - mean) / (variance + 1e-5).squareRoot()) < 1e-12)
    }
    let chain = LinearChain.gradients
    for (layer, slope) in chain.biases.enumerated() {
      let power = (layer..<5).reduce(1.0) { power, _ in power * LinearChain.k }
      #expect(abs(slope / chain.biases[5] - power) < 1e-12)
      #expect(abs(chain.weights[layer] / chain.weights[0] - 1) < 1e-12)
    }
  }

  @Test("The doctor passes the sound network, and says of each broken one what is wrong with it")
  func converging() throws {
    let patients = try Patient.examined.get()
    #expect(patients[0].findings.allSatisfy { $0.isSound }, "\(patients[0].complaints)")
    #expect(patients[0].rightByHeart == 100 && patients[0].losses.last! < 0.01)
    func fails(_ patient: Patient, _ check: String) -> Bool {
      patient.findings.contains { $0.check.contains(check) && !$0.isSound }
    }
    #expect(fails(patients[1], "learning rate"))
    #expect(fails(patients[2], "loss before training"))
    #expect(fails(patients[3], "more than by heart"))
    #expect(!fails(patients[3], "loss before training"))
  }

  @Test("Transfer: known digits help most where samples are few")
  func transfer() throws {
    for name in ["transfer", "transfer-embedded"] {
      let result = try ExperimentResult.committed(name)
      func gain(_ samples: Int) -> Double {
        result.accuracy(.convolutions, samples: samples)
          - result.accuracy(.scratch, samples: samples)
      }
      #expect(gain(10) >= 5, "\(name): \(gain(10))")
      #expect(gain(50) < gain(10), "\(name)")
    }
    let model = try Model(NamedNetwork(.lenet, classes: 5), input: [1, 28, 28])
    var frozen = model
    frozen.freeze("conv*")
    let held = model.parameters.filter { frozen.frozenNames.contains($0.name) }
    let count = held.reduce(0) { $0 + $1.shape.elementCount }
    #expect(count == 2_572 && model.parameterCount - count == 58_709)
  }
}
