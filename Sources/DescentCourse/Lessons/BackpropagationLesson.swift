import Descent
import DescentCharts

extension Lesson {
  static let backpropagation = Lesson(
    id: "backpropagation",
    title: "Backpropagation: all the gradients in one walk back",
    summary: "Store each layer's input on the way forward; carry one buffer on the way back.",
    assumes: ["sigmoid", "loss", "the chain rule"],
    keywords: ["backpropogation", "chain rule", "buffer", "automatic differentiation", "jacobian"],
    question: Question(
      text: """
        Layers are $u_2 = 3u_1$ and $C = u_2^2$, and $u_1 = 2$. When the buffer reaches the input of the first \
        layer, what is in it?
        """,
      answer: .numbers([36], tolerance: 1e-6),
      explanation: """
        $u_2$ is 6. The buffer begins as 1, becomes $2u_2 = 12$, and then $12 \\cdot 3 = 36$, which is \
        $dC/du_1$.
        """)
  ) {
    let run = TwoTwoTwo.run()
    let after = TwoTwoTwo.trained(steps: 1)
    let long = TwoTwoTwo.trained(steps: 10_000)
    let worst = TwoTwoTwo.worstDifference
    let swapped = TwoTwoTwo.outputInsteadOfInput
    return [
      .paragraph(
        """
        A network has many parameters, and gradient descent needs the slope of the cost along each. \
        Trying each one out, as in the first lesson, would take two runs of the network for every \
        parameter. *Backpropagation* gets all of them from one run forward and one back. It is the chain \
        rule, and good bookkeeping.
        """),
      .heading("Layers in a row"),
      .paragraph(
        """
        Write the cost of one sample as functions that follow one another, the loss being the last. \
        Layer $l$ takes an input $u_l$, has parameters $\\theta_l$, and its output is the next one's input:
        """),
      .formula("u_1 = x, \\quad u_{l+1} = f_l(u_l, \\theta_l), \\quad C = u_{L+1}"),
      .figure(TwoTwoTwo.chain),
      .paragraph(
        """
        How does $C$ change with $\\theta_l$? What a layer's parameters do is seen first in its own \
        output, and then only through the layers behind it. Layers before it know nothing of them. So \
        the derivative is a product along the way:
        """),
      .formula(
        """
        \\frac{\\partial C}{\\partial \\theta_l} = \\frac{\\partial f_L}{\\partial u_L} \\cdot \\frac{\\partial \
        f_{L-1}}{\\partial u_{L-1}} \\cdots \\frac{\\partial f_{l+1}}{\\partial u_{l+1}} \\cdot \\frac{\\partial \
        f_l}{\\partial \\theta_l}
        """),
      .paragraph(
        """
        For the next $l$ the product is the same but for its last factors. So begin at the end, and carry \
        what you have so far in a *buffer*:
        """),
      .steps([
        "Forward: set $u_1 = x$. For $l = 1, \\ldots, L$: store $u_l$, and compute $u_{l+1} = f_l(u_l, \\theta_l)$.",
        "Backward: set $\\text{buffer} = 1$. For $l = L, \\ldots, 1$:",
        "store $\\partial C / \\partial \\theta_l = \\text{buffer} \\cdot \\partial f_l / \\partial \\theta_l$, and",
        "set $\\text{buffer} \\leftarrow \\text{buffer} \\cdot \\partial f_l / \\partial u_l$, both at the stored input $u_l$.",
      ]),
      .paragraph(
        """
        With vectors the buffer is a row, the derivatives are matrices, and the order of the factors \
        matters. The matrices are never written down: each layer knows how to multiply a row by its own.
        """),
      .heading("With real numbers"),
      .paragraph(
        """
        Two inputs, two hidden sigmoid neurons, two sigmoid outputs, half the squared error. The input is \
        (0.05, 0.10), the target (0.01, 0.99). Forward, the cost comes to \(run.cost, places: 9).
        """),
      .figure(TwoTwoTwo.diagram(run)),
      .table(
        NumberTable(
          ["parameter", "value", "gradient", "by trying", "after a step of 0.5"],
          TwoTwoTwo.table(run),
          caption: "Each gradient by backpropagation, and by central differences")),
      .paragraph(
        """
        The largest difference between the two columns is \(worst, digits: 1). After one step with a rate \
        of 0.5 on the weights the cost is \(after, places: 9); after 10,000 it is \(long, digits: 6).
        """),
      .control(TwoTwoTwo.control),
      .listing(Listing("Backpropagation", backpropagationListing)),
      .paragraph(
        """
        That was by hand. Descent records the operations of any function and walks back over them in the \
        same way; `gradient(at:)` was doing it all along, and `descent inspect MODEL --plan` prints the \
        walk.
        """),
      .slip(
        claim:
          "If $m > l$, the output of layer $m$ does not depend on the parameters of layer $l$.",
        correction: """
          The other way round: it does not if $m < l$. An *earlier* layer cannot see parameters that come \
          after it; a later one does.
          """),
      .slip(
        claim: """
          The product for $\\partial C / \\partial \\theta_l$ ends with the factors \
          $\\partial f_{l-1} / \\partial u_{l-1}$ and $\\partial f_l / \\partial \\theta_l$.
          """,
        correction: """
          The last factor before $\\partial f_l / \\partial \\theta_l$ is \
          $\\partial f_{l+1} / \\partial u_{l+1}$. The walk back starts at layer $L$ and ends behind layer \
          $l$; layer $l - 1$ comes before it and has no part in this.
          """),
      .slip(
        claim: """
          Compute $\\partial C / \\partial \\theta_l$ for $l = 1, \\ldots, n$, where $y_l$ is the function of \
          layer $l$.
          """,
        correction: """
          There are $L$ layers, and $n$ is already the number of samples: $l = 1, \\ldots, L$. And $y$ is \
          already the target: one letter for the layers' functions, $f_l$, throughout.
          """),
      .slip(
        claim: """
          $\\partial C / \\partial \\theta_l = \\partial f_l / \\partial \\theta_l \\cdot \\text{buffer}$, for \
          vectors as for numbers.
          """,
        correction: """
          Numbers may change places, matrices may not. The buffer is a row and stands at the left: with \
          \(TwoTwoTwo.order.shape), buffer · matrix is (\(TwoTwoTwo.order.right)), and with the matrix and \
          its rows exchanged for its columns it would be (\(TwoTwoTwo.order.wrong)).
          """),
      .slip(
        claim: "Store each layer's output, and take the derivative there.",
        correction: """
          $\\partial f_l / \\partial u_l$ is to be taken at the layer's *input*. Take the sigmoid's at its \
          output instead, and for an input of 1 you get \(swapped.wrong, places: 4) where \
          \(swapped.right, places: 4) is right.
          """),
    ]
  }
}

// MARK: The lesson's code

/// A 2-2-2 network in plain steps: stored inputs, and a buffer that walks back.
enum TwoTwoTwo {
  static let x = [0.05, 0.10]
  static let target = [0.01, 0.99]
  static let rate = 0.5
  /// Row j holds the weights of unit j.
  static let weights = [[[0.15, 0.20], [0.25, 0.30]], [[0.40, 0.45], [0.50, 0.55]]]
  /// One bias for both units of a layer; it is kept.
  static let biases = [0.35, 0.60]

  struct Run {
    /// The inputs of: weights 1, sigmoid 1, weights 2, sigmoid 2, loss.
    var inputs: [[Double]]
    var cost: Double
    /// The gradients of both matrices.
    var gradients: [[[Double]]]
    /// The buffer at each of the five inputs.
    var buffers: [[Double]]
  }

  private static func layer(_ u: Tensor, _ index: Int, _ weights: [Tensor]) -> Tensor {
    weights[index].matmul(u.reshaped([2, 1])).reshaped([2]) + biases[index]
  }

  /// Forward and backward by the algorithm; each layer's own derivative is the engine's.
  static func run(_ weights: [[[Double]]] = weights) -> Run {
    let matrices = weights.map { Tensor(rows64: $0) }
    let y = Tensor(target)
    let layers: [(Tensor) -> Tensor] = [
      { layer($0, 0, matrices) }, { Descent.sigmoid($0) }, { layer($0, 1, matrices) },
      { Descent.sigmoid($0) }, { 0.5 * (($0 - y) * ($0 - y)).sum().reshaped([1]) },
    ]
    var inputs: [Tensor] = []
    var u = Tensor(x)
    for layer in layers {
      inputs.append(u)
      u = layer(u)
    }
    var buffer = Tensor([1.0])
    var buffers: [[Double]] = []
    var gradients: [[[Double]]] = []
    for (index, input) in zip(layers.indices, inputs).reversed() {
      if index == 0 || index == 2 {
        // buffer · ∂f/∂θ for a matrix: the outer product of buffer and input.
        let (b, u) = (buffer.doubles(), input.doubles())
        gradients.insert(b.map { b in u.map { b * $0 } }, at: 0)
      }
      // buffer · ∂f/∂u, without writing the matrix down.
      let row = buffer
      buffer = gradient(at: input) { (layers[index]($0) * row).sum() }
      buffers.insert(buffer.doubles(), at: 0)
    }
    return Run(
      inputs: inputs.map { $0.doubles() }, cost: u.scalars(as: Double.self)[0],
      gradients: gradients, buffers: buffers)
  }

  static func cost(_ weights: [[[Double]]]) -> Double {
    let matrices = weights.map { Tensor(rows64: $0) }
    let hidden = Descent.sigmoid(layer(Tensor(x), 0, matrices))
    let error = Descent.sigmoid(layer(hidden, 1, matrices)) - Tensor(target)
    return 0.5 * (error * error).sum().scalar
  }

  static func stepped(_ weights: [[[Double]]], _ gradients: [[[Double]]]) -> [[[Double]]] {
    weights.indices.map { l in
      weights[l].indices.map { j in
        weights[l][j].indices.map { i in weights[l][j][i] - rate * gradients[l][j][i] }
      }
    }
  }

  /// The cost after so many steps on the weights, with the library's own training.
  static func trained(steps: Int) -> Double {
    var flat = Tensor(weights.flatMap { $0.flatMap { $0 } })
    let (y, input) = (Tensor(target), Tensor(x))
    func cost(_ p: Tensor) -> Tensor {
      let matrices = [p[0..<4].reshaped([2, 2]), p[4..<8].reshaped([2, 2])]
      let error =
        Descent.sigmoid(layer(Descent.sigmoid(layer(input, 0, matrices)), 1, matrices)) - y
      return 0.5 * (error * error).sum()
    }
    for _ in 0..<steps {
      flat = flat - rate * gradient(at: flat, of: cost)
    }
    return cost(flat).scalar
  }

  /// The derivative along each weight by central differences.
  static var differences: [[[Double]]] {
    let h = 1e-5
    return weights.indices.map { l in
      (0..<2).map { j in
        (0..<2).map { i in
          var (up, down) = (weights, weights)
          up[l][j][i] += h
          down[l][j][i] -= h
          return (cost(up) - cost(down)) / (2 * h)
        }
      }
    }
  }

  static var worstDifference: Double {
    let (a, b) = (
      run().gradients.flatMap { $0 }.flatMap { $0 }, differences.flatMap { $0 }.flatMap { $0 }
    )
    return zip(a, b).map { abs($0 - $1) }.max()!
  }

  static var outputInsteadOfInput: (right: Double, wrong: Double) {
    let output = value(at: 1) { Descent.sigmoid($0) }
    return (slope(at: 1) { Descent.sigmoid($0) }, slope(at: output) { Descent.sigmoid($0) })
  }

  /// Why the order of the factors matters: the buffer through the second matrix of weights.
  static var order: (shape: String, right: String, wrong: String) {
    let buffer = run().buffers[3]
    func times(_ matrix: [[Double]]) -> String {
      (0..<2).map { i in decimal(buffer[0] * matrix[0][i] + buffer[1] * matrix[1][i], 4) }
        .joined(separator: ", ")
    }
    let matrix = weights[1]
    let columns = (0..<2).map { i in matrix.map { $0[i] } }
    return (
      "a buffer of (\(buffer.map { decimal($0, 4) }.joined(separator: ", "))) and the second weights",
      times(matrix), times(columns)
    )
  }

  static var chain: Figure {
    let units: [NetworkDiagram.Unit] = [
      .init("u₁", label: "x"), .init("u₂", label: "f₁(u₁, θ₁)"), .init("u₃", label: "f₂(u₂, θ₂)"),
      .init("u₄", label: "f₃(u₃, θ₃)"), .init("C", label: "f₄(u₄)", isActive: true),
    ]
    return Figure(
      title: "Layers in a row",
      description: "A chain: u₁ is the input x; u₂, u₃ and u₄ are what the layers f₁, f₂ and f₃ "
        + "with their parameters θ make of it, one after the other; and f₄, the loss, makes the cost C of "
        + "the last.",
      content: .network(
        NetworkDiagram(
          layers: units.map { [$0] },
          connections: (1..<units.count).map { .init(.init($0 - 1, 0), .init($0, 0), weight: 1) })))
  }

  static func table(_ run: Run) -> [[String]] {
    let (after, tried) = (stepped(weights, run.gradients), differences)
    func row(_ number: Int) -> [String] {
      let (l, j, i) = (number / 4, number / 2 % 2, number % 2)
      let gradient = run.gradients[l][j][i]
      return [
        "w\(number + 1)", decimal(weights[l][j][i], 2), decimal(gradient, 9),
        decimal(tried[l][j][i], 9), decimal(after[l][j][i], 8),
      ]
    }
    return (0..<8).map(row)
  }

  static func diagram(_ run: Run) -> Figure {
    func units(_ values: [Double], _ names: [String]) -> [NetworkDiagram.Unit] {
      zip(values, names).map { .init(decimal($0, 3), label: $1) }
    }
    let outputs = run.inputs[4]
    return Figure(
      title: "Forward through the 2-2-2 network",
      description: "The network with its values: inputs 0.05 and 0.10, hidden "
        + "\(run.inputs[2].map { decimal($0, 3) }.joined(separator: " and ")), outputs "
        + "\(outputs.map { decimal($0, 3) }.joined(separator: " and ")), cost \(decimal(run.cost, 3)).",
      content: .network(
        NetworkDiagram(
          layers: [
            units(x, ["x₁", "x₂"]), units(run.inputs[2], ["h₁", "h₂"]),
            units(outputs, ["o₁", "o₂"]),
            [.init(decimal(run.cost, 3), label: "C", isActive: true)],
          ],
          connections: weights.enumerated().flatMap { layer, matrix in
            matrix.enumerated().flatMap { j, row in
              row.enumerated().map { i, weight in
                NetworkDiagram.Connection(
                  .init(layer, i), .init(layer + 1, j), weight: weight, label: decimal(weight, 2))
              }
            }
          } + (0..<2).map { .init(.init(2, $0), .init(3, 0), weight: 0.1) })))
  }

  static var control: Control {
    let run = run()
    let after = stepped(weights, run.gradients)
    return Control(
      "backpropagation", label: "Step forward and back through the network, and change its weights",
      parameters: ["weights": weights, "biases": biases, "x": x, "target": target],
      vectors: [weights, after].flatMap { w -> [Control.Vector] in
        let run = Self.run(w)
        return [
          Control.Vector("cost", w, gives: run.cost),
          Control.Vector("gradients", w, gives: run.gradients),
          Control.Vector("buffers", w, gives: run.buffers),
          Control.Vector("inputs", w, gives: run.inputs),
        ]
      })
  }
}
