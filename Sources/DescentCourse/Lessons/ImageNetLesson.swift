import Descent
import DescentCharts

extension Lesson {
  static let imagenet = Lesson(
    id: "imagenet",
    title: "The networks after LeNet",
    summary: "AlexNet, VGG, ResNet and MobileNet: where their parameters and their work are.",
    assumes: ["lenet", "unstable"],
    keywords: [
      "alexnet", "vgg", "resnet", "mobilenet", "residual", "skip connection", "shortcut",
      "depthwise", "depthwise separable", "multiply-adds",
    ],
    question: Question(
      text: """
        A convolution of 3 × 3 takes 64 channels to 64, without biases. How many multiplications with an \
        addition does it need for an image of 56 × 56, with a padding of 1?
        """,
      answer: .numbers([115_605_504], tolerance: 0),
      explanation: """
        It has 3 · 3 · 64 · 64 = 36,864 weights, and each is used at 56 · 56 = 3,136 places.
        """)
  ) {
    let networks = try LargeNetwork.all
    let (alexnet, vgg, resnet, mobilenet) = (networks[0], networks[1], networks[2], networks[3])
    let whole = try LargeNetwork.layer(channels: 128, filters: 128, kernel: 3, side: 28).parameters
    let parts = try LargeNetwork.separable(channels: 128, filters: 128, kernel: 3, side: 28)
      .parameters
    let largest = vgg.costs.max { $0.parameters < $1.parameters }!
    return [
      .paragraph(
        """
        From 2010 on a contest showed which program recognises most of the photos of *ImageNet*: more than \
        a million for training, in a thousand classes. In 2012 a convolutional network won it by far, \
        *AlexNet*; it was LeNet's plan with larger images, more layers, ReLU, dropout (a later lesson) and \
        two graphics cards. For years after that, convolutional networks were what one used for pictures. \
        Four of them, as Descent builds them for images of 224 by 224 in colour:
        """),
      .table(LargeNetwork.table(networks)),
      .paragraph(
        """
        The accuracies are not Descent's: they are what the authors of torchvision publish of weights that \
        they trained, for ImageNet's validation images at the first guess. The counts are computed from the \
        layers' shapes, here and now; `descent inspect --network resnet18` shows a network layer by layer.
        """),
      .figure(LargeNetwork.sizes(networks)),
      .paragraph(
        """
        More is not simply better. VGG-16 has \
        \(Double(vgg.parameters) / Double(resnet.parameters), digits: 2) times the parameters of ResNet-18 and \
        \(Double(vgg.parameters) / Double(mobilenet.parameters), digits: 2) times those of MobileNetV2, and all \
        three read about as well.
        """),
      .heading("Where are the parameters, and where is the work?"),
      .figure(LargeNetwork.shares(networks)),
      .paragraph(
        """
        In AlexNet and VGG-16, as in LeNet, dense layers behind the last pool have most of the parameters, \
        and everywhere convolutions do nearly all of the work. In VGG-16 a single layer, \(largest.path), has \
        \(largest.parameters) of \(vgg.parameters) parameters: every one of its 4,096 units looks at all of \
        512 maps of 7 by 7. ResNet and MobileNet take the mean of each last map, and need one small dense \
        layer.
        """),
      .points([
        """
        *AlexNet* (2012; here in the form of 2014, for a single graphics card): five convolutions, the \
        first of 11 by 11 with a stride of 4, and three dense layers; \(alexnet.parameters) parameters.
        """,
        """
        *VGG* (2014): all its convolutions are of 3 by 3, with pools between them and three dense layers at \
        the end. Two such convolutions see 5 by 5 pixels as one of 5 by 5 does, with 18 weights and not 25 \
        for each pair of channels, and with a ReLU between them.
        """,
        """
        *ResNet* (2015): a block computes what is to be added to its input, $y = x + f(x)$. Deeper plain \
        networks had come out worse even on their training images; a block that has nothing to add need \
        only make $f$ zero. The derivative is $1 + f'(x)$, so a gradient has a short way to early layers, \
        and networks of a hundred layers can be trained.
        """,
        """
        *MobileNet* (2017; V2 2018): it splits a convolution in two (*depthwise separable*), one for each \
        channel by itself, and one of 1 by 1 that mixes the channels.
        """,
      ]),
      .listing(try Listing("ImageNet", imageNetListing)),
      .heading("A convolution in two parts"),
      .paragraph(
        """
        $n$ channels to $m$ with a kernel of $k$ by $k$ are $k^2 n m$ weights. In two parts it is \
        $k^2 n + n m$. For 3 by 3 and 128 channels to as many that is \(whole) and \(parts): the same patches \
        are seen, for \(100 * Double(parts) / Double(whole), places: 0) % of the work.
        """),
      .control(try LargeNetwork.control()),
      .slip(
        claim: "A deeper network has more parameters.",
        correction: """
          ResNet-18 has more layers than VGG-16 and less than a tenth of its parameters, \
          \(resnet.parameters) against \(vgg.parameters). What costs parameters is width, and above all a \
          dense layer on large maps; what costs time is the product of weights and places.
          """),
    ]
  }
}

// MARK: The lesson's code

/// A network of the literature with what its layers cost, none of whose parameters are made.
struct LargeNetwork {
  var title: String
  var year: String
  /// Top-1 accuracy on ImageNet's validation images in per cent, as torchvision publishes it for its
  /// first weights (`IMAGENET1K_V1`).
  var accuracy: Double
  var costs: [NamedNetwork.Cost]

  var parameters: Int { costs.reduce(0) { $0 + $1.parameters } }
  var multiplyAdds: Int { costs.reduce(0) { $0 + $1.multiplyAdds } }

  /// The parts of dense layers, whose outputs are no images, in per cent.
  var denseShares: (parameters: Double, multiplyAdds: Double) {
    let dense = costs.filter { $0.output.rank == 1 }
    let weights = dense.reduce(0) { $0 + $1.parameters }
    let work = dense.reduce(0) { $0 + $1.multiplyAdds }
    return (
      100 * Double(weights) / Double(parameters), 100 * Double(work) / Double(multiplyAdds)
    )
  }

  static var all: [LargeNetwork] {
    get throws {
      let networks: [(NamedNetwork.Name, String, String, Double)] = [
        (.alexnet, "AlexNet", "2012", 56.522), (.vgg16, "VGG-16", "2014", 71.592),
        (.resnet18, "ResNet-18", "2015", 69.758), (.mobilenetv2, "MobileNetV2", "2018", 71.878),
      ]
      return networks.map { name, title, year, accuracy in
        LargeNetwork(
          title: title, year: year, accuracy: accuracy,
          costs: NamedNetwork(name, classes: 1_000).costs() ?? [])
      }
    }
  }

  static func table(_ networks: [LargeNetwork]) -> NumberTable {
    NumberTable(
      ["network", "year", "parameters", "multiply-adds", "published accuracy"],
      networks.map { network in
        [
          network.title, network.year, grouped(network.parameters), grouped(network.multiplyAdds),
          decimal(network.accuracy, 1) + " %",
        ]
      }, caption: "Four networks for a thousand classes")
  }

  static func sizes(_ networks: [LargeNetwork]) -> Figure {
    Figure(
      title: "Accuracy and size",
      description: "The published accuracy of four networks against their millions of parameters, "
        + "on a logarithmic axis: AlexNet is lowest, and MobileNetV2 as high as VGG-16.",
      content: .scatter(
        ScatterChart(
          networks.map { network in
            Series(
              network.title,
              points: [.init(x: Double(network.parameters) / 1e6, y: network.accuracy)])
          }, x: Axis("million parameters", scale: .logarithmic),
          y: Axis("published accuracy in %"))))
  }

  static func shares(_ networks: [LargeNetwork]) -> Figure {
    Figure(
      title: "The share of the dense layers",
      description: "Bars: which part of the parameters, and which part of the multiplications, is "
        + "in dense layers, for four networks.",
      content: .bars(
        BarChart(
          networks.flatMap { network -> [BarChart.Bar] in
            let (parameters, work) = network.denseShares
            return [
              .init(
                "\(network.title), parameters", parameters, text: decimal(parameters, 1) + " %"),
              .init("\(network.title), work", work, text: decimal(work, 1) + " %"),
            ]
          }, label: "% in dense layers")))
  }

  // MARK: One convolution

  /// Parameters and multiply-adds of a convolution without biases that keeps the size, by the engine.
  static func layer(
    channels: Int, filters: Int, kernel: Int, side: Int, groups: Int = 1
  ) throws -> (parameters: Int, multiplyAdds: Int) {
    let extent = Extent(height: kernel, width: kernel)
    let padding = Extent(height: kernel / 2, width: kernel / 2)
    let network = Sequential {
      Conv2D(filters, kernel: extent, padding: padding, groups: groups, bias: false)
    }
    let model = try Model(network, input: [channels, side, side])
    return (model.parameterCount, try model.multiplyAdds().values.reduce(0, +))
  }

  /// The same in two parts: each channel by itself, and 1 × 1 to mix them.
  static func separable(
    channels: Int, filters: Int, kernel: Int, side: Int
  ) throws -> (parameters: Int, multiplyAdds: Int) {
    let first = try layer(
      channels: channels, filters: channels, kernel: kernel, side: side, groups: channels)
    let second = try layer(channels: channels, filters: filters, kernel: 1, side: side)
    return (first.parameters + second.parameters, first.multiplyAdds + second.multiplyAdds)
  }

  static func control() throws -> Control {
    let cases = [(16, 32, 3, 14), (64, 64, 5, 8), (3, 24, 7, 28)]
    return Control(
      "separable", label: "Choose a convolution, and compare it with one in two parts",
      vectors: try cases.flatMap { channels, filters, kernel, side in
        let whole = try layer(channels: channels, filters: filters, kernel: kernel, side: side)
        let parts = try separable(
          channels: channels, filters: filters, kernel: kernel, side: side)
        return [
          Control.Vector(
            "whole", channels, filters, kernel, side,
            gives: [whole.parameters, whole.multiplyAdds], within: 0),
          Control.Vector(
            "parts", channels, filters, kernel, side,
            gives: [parts.parameters, parts.multiplyAdds], within: 0),
        ]
      })
  }
}
