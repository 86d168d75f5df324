import Descent
import DescentCharts

extension Lesson {
  static let processors = Lesson(
    id: "processors",
    title: "Processors: why matrices are fast",
    summary: "What a step costs, why memory often limits it, and this machine, measured.",
    assumes: ["imagenet", "sgd"],
    keywords: [
      "gpu", "gpus", "graphics card", "cpu", "flop", "flops", "gflops", "flop/s", "gflop/s",
      "roofline", "arithmetic intensity", "memory bandwidth", "bandwidth", "simd", "lanes", "cores",
      "threads", "matmul", "matrix product",
    ],
    question: Question(
      text: """
        A product of two 512 × 512 matrices: how many multiplications and additions is it, counted \
        together?
        """,
      answer: .numbers([268_435_456], tolerance: 0),
      explanation: """
        Each of the 512 · 512 numbers of the result is a sum of 512 products: 512³ = 134,217,728 \
        multiplications, and as many additions.
        """)
  ) {
    let speed = try MachineSpeed.measured.get()
    let (sum, small, large) = (speed.sum, speed.products[0], speed.largest)
    let rows = try LeNet.rows
    let image = LeNet.count(rows) { $0.multiplyAdds }
    let step = 3 * 32 * image
    let resnet = try LargeNetwork.all[2].multiplyAdds
    let images = 180e9 / Double(2 * resnet)
    let (one, many) = (MachineSpeed.layer(samples: 1), MachineSpeed.layer(samples: 128))
    // In millionths of a second.
    let arithmetic = Double(small.cost.operations) / large.speed / 1e3
    let call = small.time * 1e6
    return [
      .paragraph(
        """
        What does a training step cost? Its arithmetic is nearly all multiply-adds. LeNet needs \
        \(image) of them for one image. The way back needs about twice as many again: once for the \
        gradient of the weights, and once for that of the layer's input. So a step with 32 images \
        is about \(step) multiply-adds.
        """),
      .paragraph(
        """
        And nearly all of them are in products of matrices. A dense layer is one: the minibatch, \
        with a row for each sample, times the matrix of weights. A convolution is one, too: each \
        patch is a row, each filter a column.
        """),
      .heading("From one number at a time to thousands"),
      .points([
        """
        *One at a time.* The processor takes two numbers, multiplies them, adds the product to a \
        sum, and goes on to the next two. That is how we would do it by hand.
        """,
        """
        *A vector of lanes.* One instruction does the same to 4, 8 or 16 numbers side by side.
        """,
        """
        *Several cores.* Each does a part of the result. They share the memory, and it takes time \
        to wake them and to wait for the last one.
        """,
        """
        *A graphics card.* It has thousands of lanes, and fast memory of its own. But it is \
        another device: the numbers must be there, and every call has to be handed over.
        """,
      ]),
      .paragraph(
        """
        Descent does the first three. Its products are computed in small blocks that fit the \
        registers, the few places in which a core computes: a number that was loaded is used for a \
        whole row or column of the block before it makes room. Blocks are shared out among the \
        threads, one for each core; small products stay on one. For this page it had \
        \(MachineSpeed.words(speed.threads.last ?? 1)) and the instruction set \
        \(Execution.instructionSet).
        """),
      .paragraph(
        """
        *Descent has no backend for graphics cards*, so there is no row for one below. Nor are \
        numbers of other machines quoted: what follows was measured on the machine that made this \
        page, and yours will give other ones.
        """),
      .heading("Each number many times"),
      .paragraph(
        """
        A product of two matrices of $n$ by $n$ has $n^2$ results, and each is a sum of $n$ \
        products. Each number is four bytes long (*float32*); two matrices are read and one is \
        written:
        """),
      .formula(
        Formula(
          "\\text{operations} = 2 n^3, \\quad \\text{bytes} = 4 \\cdot 3 n^2, \\quad "
            + "\\frac{\\text{operations}}{\\text{bytes}} = \\frac{n}{6}")),
      .paragraph(
        """
        Every number of the two is used $n$ times. How many operations there are for each byte is \
        called *arithmetic intensity*. For 512 × 512 it is \(large.cost.intensity, places: 1), for \
        16 × 16 it is \(small.cost.intensity, places: 1), and a sum of two vectors, which uses each \
        number once, does not come to one operation for a byte.
        """),
      .paragraph(
        """
        A processor does at most so many operations a second, its *peak*. Its memory gives at most \
        so many bytes a second, its *bandwidth*. Both work at the same time, and so the slower one \
        decides:
        """),
      .formula(
        Formula(
          "t \\ge \\max(\\frac{\\text{operations}}{\\text{peak}}, "
            + "\\frac{\\text{bytes}}{\\text{bandwidth}})")),
      .paragraph(
        """
        With many operations for each byte arithmetic limits, with few of them memory: in \
        activations, in the update of the weights, in small products, and where a minibatch has \
        only one sample. There, more lanes do not help, and more cores only as far as they get \
        more out of the memory. What was used last is kept in *caches*, small and fast memories \
        next to the cores; what is still there need not come from far.
        """),
      .paragraph(
        """
        In the panel a minibatch goes through a dense layer from $n$ to $n$ without biases. Peak \
        and bandwidth begin as they were measured here, by the product of 512 × 512 and by the sum \
        of two vectors that come below.
        """),
      .control(try speed.control()),
      .heading("This machine, measured"),
      .paragraph(
        """
        GFLOP/s are thousand million operations a second, on floating-point numbers. The first row \
        is the sum of two vectors of \(MachineSpeed.length) numbers, \(sum.cost.bytes) bytes, more \
        than most caches hold; what comes out is added up at once, so that nothing needs to be \
        written: two additions for eight bytes. The others are products.
        """),
      .table(speed.table),
      .figure(speed.figure),
      .paragraph(
        """
        Here the product of 512 × 512 does \(large.speed / sum.speed, digits: 2) times as many \
        operations in a second as the sum, which reads \(speed.bandwidth, digits: 2) GB, thousand \
        million bytes, in a second.
        """),
      .listing(Listing("Processors", processorsListing)),
      .heading("What a call costs"),
      .paragraph(
        """
        The product of 16 × 16 is \(small.cost.operations) operations. At the speed of the product \
        of 512 × 512 they would take \(arithmetic, digits: 2) millionths of a second; the call \
        takes \(call, digits: 2). Shapes are checked, a plan is looked up, and memory is found for \
        the result. Each call has such a fixed cost, whatever the size.
        """),
      .paragraph(
        """
        The fixed cost of a call to a graphics card is larger, since another device must be told. \
        A small network has small products: they are done before thousands of lanes have got \
        anything to do, and the calls are what takes the time. That is why a small network is not \
        faster on a graphics card, and a large one can be by far.
        """),
      .heading("Why minibatches keep a machine busy"),
      .paragraph(
        """
        A dense layer takes 784 numbers to 512. For one sample every weight is fetched for a \
        single multiply-add: \(one.intensity, places: 1) operations for each byte. In a minibatch \
        of 128 each weight is used 128 times: \(many.intensity, places: 1). Here the layer \
        answered \(Int(speed.samples.one)) samples in a second one by one, and \
        \(Int(speed.samples.many)) in minibatches of 128, \
        \(speed.samples.many / speed.samples.one, digits: 2) times as many.
        """),
      .paragraph(
        """
        So a minibatch does not only make the gradient steadier: its samples share the way of the \
        weights from memory, and the fixed cost of a call. Larger is not always better, however. \
        An epoch has fewer steps then, and once arithmetic is what limits, a sample gets no \
        cheaper.
        """),
      .slip(
        claim: """
          ResNet-18 needs 1.8 GFLOP for an image. So a machine that does 180 GFLOP/s reads 100 \
          images a second.
          """,
        correction: """
          Published counts are often of multiply-adds, as here: \(resnet). Each is two operations, \
          a multiplication and an addition, so it is \(images, places: 0) images a second. And \
          that is a bound: the layers' other work, memory and calls come on top.
          """),
    ]
  }
}

// MARK: The lesson's code

/// The operations of a product of matrices in float32, and the bytes that it cannot do without.
struct ProductCost: Sendable {
  /// Multiplications and additions.
  var operations: Int
  /// Each number of the factors read once, and each of the result written once.
  var bytes: Int

  /// The operations for each byte.
  var intensity: Double { Double(operations) / Double(bytes) }

  /// The least time at so many GFLOP/s and GB/s, in millionths of a second.
  func microseconds(
    peak: Double, bandwidth: Double
  ) -> (arithmetic: Double, memory: Double, time: Double) {
    let arithmetic = Double(operations) / peak / 1e3
    let memory = Double(bytes) / bandwidth / 1e3
    return (arithmetic, memory, max(arithmetic, memory))
  }
}

extension ProductCost {
  /// What rows × inputs times inputs × outputs costs.
  init(rows: Int, inputs: Int, outputs: Int) {
    operations = 2 * rows * inputs * outputs
    bytes = MemoryLayout<Float>.size * (rows * inputs + inputs * outputs + rows * outputs)
  }

  /// The same as the engine counts it, for a dense layer without biases and a minibatch of `rows`.
  static func counted(rows: Int, inputs: Int, outputs: Int) throws -> ProductCost {
    let network = Sequential {
      Dense(outputs, bias: false)
    }
    let model = try Model(network, input: [inputs])
    let multiplyAdds = try model.multiplyAdds().values.reduce(0, +)
    let samples = rows * (model.input.elementCount + model.output.elementCount)
    return ProductCost(
      operations: 2 * rows * multiplyAdds,
      bytes: MemoryLayout<Float>.size * (samples + model.parameterCount))
  }
}

/// What this machine does, measured once for the lesson, in about half a second.
///
/// No claim and no test of the course depends on what comes out.
struct MachineSpeed: Sendable {
  /// Something that was timed.
  struct Work: Sendable {
    var name: String
    /// As it stands beside a bar.
    var short: String
    var cost: ProductCost
    /// The median of its times for each number of threads.
    var seconds: [Double]

    /// In GFLOP/s, for each number of threads.
    var speeds: [Double] { seconds.map { Double(cost.operations) / $0 / 1e9 } }
    /// In seconds with all threads.
    var time: Double { seconds[seconds.count - 1] }
    /// In GFLOP/s with all threads.
    var speed: Double { speeds[speeds.count - 1] }
  }

  static let sizes = [16, 64, 256, 512]
  /// The numbers of each vector of the sum.
  static let length = 1 << 24

  /// Taken when it is first looked at, with one thread and with as many as there are.
  static let measured = Result { try MachineSpeed() }

  let threads: [Int]
  let sum: Work
  let products: [Work]
  /// What a dense layer answers in a second, one by one and in minibatches of 128.
  let samples: (one: Double, many: Double)

  init() throws {
    let all = Execution.threads
    let counts = all > 1 ? [1, all] : [1]
    defer { Execution.threads = all }
    let vectors = (0..<2).map { _ in Tensor.ones([Self.length]) }
    let matrices = Self.sizes.map { size -> [Tensor] in
      (0..<2).map { Tensor.uniform([size, size], key: RandomKey(seed: UInt64($0))) }
    }
    for pair in [vectors] + matrices { pair.forEach(Self.compute) }
    var sums: [Double] = []
    var times = [[Double]](repeating: [], count: Self.sizes.count)
    for count in counts {
      Execution.threads = count
      sums.append(Self.median { Self.compute((vectors[0] + vectors[1]).sum()) })
      for (index, pair) in matrices.enumerated() {
        times[index].append(Self.median { Self.compute(pair[0].matmul(pair[1])) })
      }
    }
    threads = counts
    sum = Work(
      name: "sum of two vectors", short: "sum",
      cost: ProductCost(
        operations: 2 * Self.length, bytes: 2 * Self.length * MemoryLayout<Float>.size),
      seconds: sums)
    products = zip(Self.sizes, times).map { size, seconds in
      Work(
        name: "\(size) × \(size)", short: "\(size)",
        cost: ProductCost(rows: size, inputs: size, outputs: size), seconds: seconds)
    }
    samples = try (one: Self.samplesPerSecond(1), many: Self.samplesPerSecond(128))
  }

  /// Has the engine compute what was only recorded so far.
  private static func compute(_ tensor: Tensor) { tensor.withUnsafeBytes { _ in } }

  /// The median of the times of single calls, in seconds.
  ///
  /// There are as many calls as fit into a fortieth of a second, but at least three.
  private static func median(_ call: () throws -> Void) rethrows -> Double {
    // The first call makes the plan, and fills the caches.
    try call()
    let clock = ContinuousClock()
    let end = clock.now.advanced(by: .milliseconds(25))
    var times: [Double] = []
    repeat {
      let time = try clock.measure(call)
      times.append(max(time.seconds, 1e-9))
    } while times.count < 3 || (times.count < 1_000 && clock.now < end)
    return times.sorted()[times.count / 2]
  }

  /// The dense layer of the lesson on a minibatch.
  static func layer(samples: Int) -> ProductCost {
    ProductCost(rows: samples, inputs: 784, outputs: 512)
  }

  private static func samplesPerSecond(_ count: Int) throws -> Double {
    let network = Sequential {
      Dense(512)
    }
    let predict = try Predictor(Model(network, input: [784], seed: 1), batchSize: count)
    let x = Tensor.uniform([count, 784], key: RandomKey(seed: 2))
    compute(x)
    let seconds = try median { _ = try predict(x) }
    return Double(count) / seconds
  }

  // MARK: What is shown

  var largest: Work { products[products.count - 1] }

  /// In thousand million bytes a second, with all threads.
  var bandwidth: Double { Double(sum.cost.bytes) / sum.time / 1e9 }

  static func words(_ threads: Int) -> String { threads == 1 ? "1 thread" : "\(threads) threads" }

  var table: NumberTable {
    let columns = ["work", "operations", "for each byte"] + threads.map(Self.words)
    let rows = ([sum] + products).map { work -> [String] in
      let cells = [work.name, grouped(work.cost.operations), decimal(work.cost.intensity, 2)]
      return cells + work.speeds.map { significant($0, 3) }
    }
    return NumberTable(
      columns, rows, caption: "This machine in GFLOP/s: medians, taken when the page was made")
  }

  var figure: Figure {
    let bars = ([sum] + products).flatMap { work -> [BarChart.Bar] in
      zip(threads, work.speeds).map { count, speed in
        BarChart.Bar(
          "\(work.short), \(Self.words(count))", speed, text: significant(speed, 3))
      }
    }
    return Figure(
      title: "Operations in a second",
      description: "Bars: what this machine does in a second, in GFLOP/s, for a sum of two long "
        + "vectors and for products of matrices of four sizes; the numbers are those of the table.",
      content: .bars(BarChart(bars, label: "GFLOP/s: a sum, and products of n × n")))
  }

  func control() throws -> Control {
    let cases = [(1, 16), (128, 64), (1, 512), (512, 512)]
    return Control(
      "roofline", label: "Choose a product and a machine, and see which of two limits holds",
      parameters: ["peak": largest.speed, "bandwidth": bandwidth],
      vectors: try cases.flatMap { rows, size in
        let cost = try ProductCost.counted(rows: rows, inputs: size, outputs: size)
        let least = cost.microseconds(peak: 100, bandwidth: 20)
        return [
          Control.Vector("cost", rows, size, gives: [cost.operations, cost.bytes], within: 0),
          Control.Vector(
            "bound", rows, size, 100, 20, gives: [least.arithmetic, least.memory, least.time]),
        ]
      })
  }
}
