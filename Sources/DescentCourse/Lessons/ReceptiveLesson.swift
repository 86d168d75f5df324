import Descent
import DescentCharts
import DescentData

extension Lesson {
  static let receptive = Lesson(
    id: "receptive",
    title: "Local receptive fields",
    summary: "A neuron that looks at a small patch, and slides over the whole image: convolution.",
    assumes: ["digits", "unstable"],
    keywords: [
      "receptive field", "receptive fields", "convolution", "cross-correlation", "filter", "kernel",
      "stride", "padding", "sliding window", "edge",
    ],
    question: Question(
      text: """
        An image has 32 × 32 pixels. A kernel of 5 × 5 goes over it with a padding of 2 and a stride of 2. \
        How many values has the result along each axis?
        """,
      answer: .numbers([16], tolerance: 0),
      explanation: """
        32 + 2 · 2 − 5 is 31; half of it, rounded down, is 15; and one for where the kernel begins.
        """)
  ) {
    let flipped = CurveFilter.convolved
    return [
      .paragraph(
        """
        A hidden neuron that looks at all 784 pixels must find out for itself that neighbours belong \
        together: shuffle the pixels of all images in the same way, and it would learn just as well. That \
        gives away what we know about images. A stroke, an edge or a corner is a matter of few pixels side \
        by side. So let a neuron look at a small patch, its *local receptive field*, with one weight for \
        each pixel of it. For a patch of 5 by 5 that is 25 weights, the *kernel* or *filter*, and a bias.
        """),
      .formula("y_{i,j} = b + \\sum_{r=0}^{4} \\sum_{c=0}^{4} w_{r,c} x_{i+r,j+c}"),
      .paragraph(
        """
        Then let the patch slide, a pixel at a time, and write down the sum at every place. The sums form \
        an image of their own, the *feature map*: bright where the patch looks like the kernel.
        """),
      .figure(SlidingWindow.figure(of: try Handwriting.test(3))),
      .control(try SlidingWindow.control()),
      .heading("How large is the map?"),
      .paragraph(
        """
        A window of 5 has room for \(SlidingWindow.outputs(28, kernel: 5)) places along 28 pixels, because \
        it must not stick out over the border. Where the border matters one surrounds the image with zeros, \
        the *padding* $p$; and one can take larger steps, the *stride* $s$. Along $n$ pixels a kernel of \
        $k$ finds this many places:
        """),
      .formula("\\text{outputs} = ⌊ \\frac{n + 2p - k}{s} ⌋ + 1"),
      .table(
        NumberTable(
          ["pixels", "kernel", "padding", "stride", "outputs"],
          SlidingWindow.sizes.map { size in
            let outputs = SlidingWindow.outputs(
              size.pixels, kernel: size.kernel, padding: size.padding, stride: size.stride)
            return [size.pixels, size.kernel, size.padding, size.stride, outputs].map { "\($0)" }
          }, caption: "What convolutions of Descent return along one axis")),
      .control(SlidingWindow.stepsControl),
      .heading("A filter that looks for a curve"),
      .paragraph(
        """
        What can a single sum tell? Take a picture of a mouse, and a filter of 7 by 7 with 30 along a \
        curve and 0 elsewhere. On the mouse's back, an outline bends as the curve does, and the products \
        add up to \(CurveFilter.response(to: CurveFilter.back), places: 0).
        """),
      .figure(CurveFilter.figure(of: CurveFilter.back, "the mouse's back")),
      .paragraph(
        """
        On its head there are lines, too, but none where the filter has its weights. The sum is \
        \(CurveFilter.response(to: CurveFilter.head), places: 0): this neuron sees nothing there.
        """),
      .figure(CurveFilter.figure(of: CurveFilter.head, "the mouse's head")),
      .listing(Listing("Receptive", receptiveListing)),
      .heading("What deep learning calls a convolution"),
      .paragraph(
        """
        In mathematics a convolution turns the kernel round before it slides: its last weight meets the \
        first pixel. What neural networks compute does not, and is a *cross-correlation*. For the kernel \
        1, 2, 3 over the row 0, 1, 0, 0, 4:
        """),
      .table(
        NumberTable(
          ["", "outputs"],
          [
            ["cross-correlation, which networks compute", flipped.correlation],
            ["convolution, with the kernel turned round", flipped.convolution],
          ], caption: "Both ways to slide a kernel")),
      .paragraph(
        """
        Where weights are learned, it makes no difference: a network that turns its kernels round would \
        learn turned kernels. Where weights are given, as with the mouse, it does. The first panel has a \
        switch for it.
        """),
      .slip(
        claim: "A convolutional layer computes the convolution of its input with its kernels.",
        correction: """
          It computes the cross-correlation, $\\sum w_r x_{i+r}$, as every framework does. The convolution \
          of mathematics is $\\sum w_r x_{i-r}$, with the kernel turned round.
          """),
    ]
  }
}

// MARK: The lesson's code

/// The embedded digits as pixels from 0 to 255.
enum Handwriting {
  /// A test digit; the first ten are one of each class.
  static func test(_ index: Int) throws -> [Double] {
    let test = try Digits.load().test
    return test.pixels[index * 784..<(index + 1) * 784].map { Double($0) }
  }

  /// The digit moved to the right and down; what comes from outside is background.
  static func shifted(_ pixels: [Double], right: Int, down: Int) -> [Double] {
    (0..<784).map { place in
      let (row, column) = (place / 28 - down, place % 28 - right)
      return (0..<28).contains(row) && (0..<28).contains(column) ? pixels[row * 28 + column] : 0
    }
  }

  /// Values as shades, from black for the smallest possible to white for the largest, and 0 in the middle
  /// if any is negative.
  static func shades(_ values: [Double]) -> [UInt8] {
    let largest = max(values.map(abs).max() ?? 0, 1e-12)
    let isSigned = values.contains { $0 < 0 }
    return values.map { value in
      UInt8((isSigned ? 127.5 + 127 * value / largest : 255 * value / largest).rounded())
    }
  }

  /// An image with each pixel repeated along both axes.
  static func enlarged<Pixel>(_ pixels: [Pixel], width: Int, by factor: Int) -> [Pixel] {
    let height = pixels.count / width
    return (0..<height * factor).flatMap { row in
      (0..<width * factor).map { pixels[row / factor * width + $0 / factor] }
    }
  }
}

/// Kernels of 5 by 5 that go over a digit.
enum SlidingWindow {
  /// A name, and the weights row by row.
  static let kernels: [(name: String, weights: [Double])] = [
    ("upright edge", (0..<25).map { [-1, -1, 0, 1, 1][$0 % 5] }),
    ("level edge", (0..<25).map { [-1, -1, 0, 1, 1][$0 / 5] }),
    ("rising stroke", (0..<25).map { $0 / 5 + $0 % 5 == 4 ? 4 : -1 }),
    ("corner", (0..<25).map { $0 / 5 == 0 || $0 % 5 == 0 ? 1 : $0 / 5 > 1 && $0 % 5 > 1 ? -1 : 0 }),
  ]

  /// The feature map of an image of 28 by 28, by the engine in double precision.
  static func map(
    _ pixels: [Double], _ kernel: [Double], padding: Int = 0, isTurned: Bool = false
  ) -> [Double] {
    convolution(
      Tensor(pixels, shape: [1, 1, 28, 28]),
      Tensor(isTurned ? kernel.reversed() : kernel, shape: [1, 1, 5, 5]),
      padding: Extent(height: padding, width: padding)
    ).doubles()
  }

  /// How many values the engine's convolution has along one axis.
  static func outputs(_ pixels: Int, kernel: Int, padding: Int = 0, stride: Int = 1) -> Int {
    convolution(
      .zeros([1, 1, 1, pixels]), .zeros([1, 1, 1, kernel]), stride: [1, stride],
      padding: [0, padding]
    ).shape[3]
  }

  static let sizes: [(pixels: Int, kernel: Int, padding: Int, stride: Int)] = [
    (28, 5, 0, 1), (28, 5, 2, 1), (24, 2, 0, 2), (32, 5, 2, 2), (224, 11, 2, 4), (224, 7, 3, 2),
  ]

  static func figure(of digit: [Double]) -> Figure {
    let maps = kernels.map { kernel in
      ImageGrid.Image(
        pixels: Handwriting.shades(map(digit, kernel.weights, padding: 2)), caption: kernel.name)
    }
    let image = ImageGrid.Image(pixels: digit.map { UInt8($0) }, caption: "the image")
    return Figure(
      title: "What four kernels see",
      description: "A digit and its feature maps under four kernels: grey is a sum of 0, bright is "
        + "positive, dark negative.",
      content: .images(ImageGrid(height: 28, width: 28, images: [image] + maps, columns: 5)))
  }

  static func control() throws -> Control {
    let digits = try [3, 7, 4, 5].map(Handwriting.test)
    let vectors = zip(digits, kernels).enumerated().map { index, pair in
      Control.Vector(
        "map", pair.0, pair.1.weights, index % 2,
        gives: map(pair.0, pair.1.weights, isTurned: index % 2 == 1))
    }
    return Control(
      "window", label: "Slide a window over a digit, and watch the sum under it",
      parameters: [
        "digits": digits.map { $0.map { Int($0) } }, "names": ["3", "7", "4", "5"],
        "kernels": kernels.map { $0.weights.map { Int($0) } },
        "kernelNames": kernels.map(\.name),
      ], vectors: vectors)
  }

  static var stepsControl: Control {
    Control(
      "steps", label: "Choose size, kernel, padding and stride, and count the places",
      vectors: sizes.map { size in
        Control.Vector(
          "outputs", size.pixels, size.kernel, size.padding, size.stride,
          gives: outputs(
            size.pixels, kernel: size.kernel, padding: size.padding, stride: size.stride))
      })
  }
}

/// A filter of 7 by 7 that looks for a curve, and two places of a drawing of a mouse.
enum CurveFilter {
  static let filter: [[Double]] = [
    [0, 0, 0, 0, 0, 30, 0], [0, 0, 0, 0, 30, 0, 0], [0, 0, 0, 30, 0, 0, 0],
    [0, 0, 0, 30, 0, 0, 0], [0, 0, 0, 30, 0, 0, 0], [0, 0, 0, 30, 0, 0, 0],
    [0, 0, 0, 0, 0, 0, 0],
  ]
  static let back: [[Double]] = [
    [0, 0, 0, 0, 0, 0, 30], [0, 0, 0, 0, 50, 50, 50], [0, 0, 0, 20, 50, 0, 0],
    [0, 0, 0, 50, 50, 0, 0], [0, 0, 0, 50, 50, 0, 0], [0, 0, 0, 50, 50, 0, 0],
    [0, 0, 0, 50, 50, 0, 0],
  ]
  static let head: [[Double]] = [
    [0, 0, 0, 0, 0, 0, 0], [0, 40, 0, 0, 0, 0, 0], [40, 0, 40, 0, 0, 0, 0],
    [40, 20, 0, 0, 0, 0, 0], [0, 50, 0, 0, 0, 0, 0], [0, 0, 50, 0, 0, 0, 0],
    [25, 25, 0, 50, 0, 0, 0],
  ]

  private static func image(_ rows: [[Double]]) -> Tensor {
    Tensor(rows.flatMap { $0 }, shape: [1, 1, 7, 7])
  }

  /// The one sum of the filter over a patch of its size.
  static func response(to patch: [[Double]]) -> Double {
    convolution(image(patch), image(filter)).scalar
  }

  static func figure(of patch: [[Double]], _ place: String) -> Figure {
    func picture(_ values: [Double], _ largest: Double, _ caption: String) -> ImageGrid.Image {
      let shades = values.map { UInt8(255 * $0 / largest) }
      // Large enough for the characters of a terminal.
      return ImageGrid.Image(
        pixels: Handwriting.enlarged(shades, width: 7, by: 4), caption: caption)
    }
    let products = (image(patch) * image(filter)).doubles()
    let sum = decimal(response(to: patch), 0)
    return Figure(
      title: "The filter on \(place)",
      description: "A patch of 7 by 7 pixels on \(place), the filter, and the product at each "
        + "place; the sum of all is \(sum).",
      content: .images(
        ImageGrid(
          height: 28, width: 28,
          images: [
            picture(patch.flatMap { $0 }, 50, "the patch"),
            picture(filter.flatMap { $0 }, 30, "the filter"),
            picture(products, 1500, "sum: \(sum)"),
          ], columns: 3)))
  }

  /// The same row under a kernel, as networks and as mathematics slide it.
  static var convolved: (correlation: String, convolution: String) {
    func slide(_ kernel: [Double]) -> String {
      Descent.convolution(
        Tensor([0.0, 1, 0, 0, 4], shape: [1, 1, 1, 5]), Tensor(kernel, shape: [1, 1, 1, 3])
      ).doubles().map { "\(Int($0))" }.joined(separator: ", ")
    }
    return (slide([1, 2, 3]), slide([3, 2, 1]))
  }
}
