import Descent
import DescentCharts

extension Lesson {
  static let logic = Lesson(
    id: "logic",
    title: "Logic: perceptrons can compute anything",
    summary:
      "AND, OR and NAND; circuits of NANDs that add and multiply; and what one neuron cannot do.",
    assumes: ["perceptron", "what binary numbers are"],
    keywords: ["nand", "and", "or", "xor", "gate", "universal", "half adder", "multiplication"],
    question: Question(
      text: """
        A perceptron has the weights −2 and −2, and 3 is added as its bias. What does it say to the inputs \
        00, 01, 10 and 11?
        """,
      answer: .bits([1, 1, 1, 0]),
      explanation: """
        The sums are 3, 1, 1 and −1: only both inputs together bring it below 0. That is NAND, “not both”.
        """)
  ) {
    let learned = Gates.learning
    let parity = Circuit.parity(inputs: 16)
    let product = Circuit.multiplier
    let right = product.correctRows { a in
      let (x, y) = (2 * a[0] + a[1], 2 * a[2] + a[3])
      return (0..<4).map { Double(Int(x * y) >> (3 - $0) & 1) }
    }
    let adder = Circuit.halfAdder
    let added = adder.correctRows { a in [a[0] + a[1] > 1 ? 1 : 0, a[0] != a[1] ? 1 : 0] }
    return [
      .paragraph(
        """
        A perceptron with two inputs of 0 or 1 has four cases, and the weights decide which of them are \
        a 1. Some choices have names:
        """),
      .table(
        NumberTable(
          ["weights", "bias", "00", "01", "10", "11", "name"],
          Gates.named.map { gate in
            [
              "\(Int(gate.perceptron.weights[0])), \(Int(gate.perceptron.weights[1]))".typeset,
              "\(Int(gate.perceptron.bias))".typeset,
            ] + gate.outputs.map { "\(Int($0))" } + [gate.name]
          }, caption: "Three perceptrons, and what each says to the inputs 00, 01, 10 and 11")),
      .figure(Gates.nandDiagram),
      .control(Gates.control),
      .paragraph(
        """
        The last one, *NAND* or “not both”, is special: every other function of zeros and ones can be \
        built of NANDs alone. `NOT a` is `NAND(a, a)`; `AND` is a `NAND` with a `NOT` behind it; `OR` is a \
        `NAND` with a `NOT` before each input. Since a perceptron can be a NAND, networks of perceptrons \
        can compute every such function.
        """),
      .listing(Listing("Logic", logicListing)),
      .heading("Adding and multiplying"),
      .paragraph(
        """
        Five NANDs add two bits: a *half adder*. Its two outputs are the carry and the sum, and \
        \(added) of its 4 rows are right. \(product.gates.count) NANDs multiply two numbers of two bits, as one \
        would on paper: four products of single bits, and two half adders. Of the 16 products, \(right) are \
        right.
        """),
      .figure(Circuit.multiplierDiagram),
      .paragraph(
        """
        Look at the columns: each is computed from what lies to its left, \(product.depth) perceptrons \
        deep. Depth saves gates. Take a simpler task: is the number of ones among \(parity.inputs) inputs \
        odd? A chain of XORs, four NANDs each, does it with \(parity.deep) gates. In only two columns it \
        takes a gate for each case that is odd, and one that joins them: \(parity.flat). That is a first \
        reason to build networks *deep*.
        """),
      .control(Circuit.control),
      .heading("Learning instead of wiring"),
      .paragraph(
        """
        Nobody wants to choose weights by hand. Rosenblatt's rule finds them: show a case, and if the \
        answer is wrong, move the weights towards the inputs (if 1 would have been right) or away from \
        them. Starting from zeros:
        """),
      .table(
        NumberTable(
          ["function", "rounds until all right", "right, by the best perceptron"],
          learned.map { [$0.name, $0.rounds.map { "\($0)" } ?? "never", "\($0.best) of 4"] },
          caption: "The perceptron learning rule, for at most 200 rounds")),
      .paragraph(
        """
        XOR, “one or the other but not both”, is never learned. A perceptron cuts the plane of inputs in \
        two by a straight line, and no straight line has (0, 1) and (1, 0) on one side and (0, 0) and \
        (1, 1) on the other. A circuit of NANDs can do it, so a *network* can. But the rule knows only \
        how to teach a single neuron. How does one teach a network?
        """),
      .figure(Gates.plane),
      .slip(
        claim: "The perceptron with weights −2, −2 and a threshold of 3 is a NAND.",
        correction: """
          With a *threshold* of 3 the sums 0, −2, −2 and −4 would all have to exceed 3: it says \
          \(Gates.literal). It is a *bias* of 3, which is a threshold of −3.
          """),
    ]
  }
}

extension String {
  /// With the minus of typesetting.
  fileprivate var typeset: String { String(map { $0 == "-" ? "−" : $0 }) }
}

// MARK: The lesson's code

/// Single perceptrons as gates.
enum Gates {
  struct Named {
    var name: String
    var perceptron: Perceptron
    var outputs: [Double] { perceptron.outputs(Truth.rows(2)) }
  }

  static let nand = Perceptron(weights: [-2, -2], bias: 3)
  static let named = [
    Named(name: "AND", perceptron: Perceptron(weights: [2, 2], bias: -3)),
    Named(name: "OR", perceptron: Perceptron(weights: [2, 2], bias: -1)),
    Named(name: "NAND", perceptron: nand),
  ]

  static var control: Control {
    Control(
      "perceptron", label: "Make other gates: set the weights and the threshold of two inputs",
      parameters: [
        "names": ["x₁", "x₂"], "output": "y", "weights": nand.weights, "threshold": -nand.bias,
      ],
      vectors: named.map { gate in
        Control.Vector(
          "decisions", gate.perceptron.weights, -gate.perceptron.bias, gives: gate.outputs)
      })
  }

  /// What the weights −2, −2 with a threshold of 3 say.
  static var literal: String {
    Perceptron(weights: [-2, -2], bias: -3).outputs(Truth.rows(2)).map { "\(Int($0))" }
      .joined(separator: ", ")
  }

  static var nandDiagram: Figure {
    Figure(
      title: "NAND as a perceptron",
      description: "A neuron with two inputs of weight −2 each, and a bias of 3.",
      content: .network(
        NetworkDiagram(
          layers: [[.init("x₁"), .init("x₂")], [.init("+3", label: "bias")], [.init("y")]],
          connections: [
            .init(.init(0, 0), .init(1, 0), weight: -2, label: "−2"),
            .init(.init(0, 1), .init(1, 0), weight: -2, label: "−2"),
            .init(.init(1, 0), .init(2, 0), weight: 1),
          ])))
  }

  /// Rosenblatt's rule on the four truth tables: w ← w + (target − output) x.
  static var learning: [(name: String, rounds: Int?, best: Int)] {
    let rows = Truth.rows(2)
    let targets = named.map { ($0.name, $0.outputs) } + [("XOR", [0, 1, 1, 0])]
    return targets.map { name, targets in
      var perceptron = Perceptron(weights: [0, 0], bias: 0)
      for round in 0...200 {
        if perceptron.outputs(rows) == targets { return (name, round, best(targets)) }
        for (row, target) in zip(rows, targets) {
          let error = target - perceptron.outputs([row])[0]
          guard error != 0 else { continue }
          for index in row.indices { perceptron.weights[index] += error * row[index] }
          perceptron.bias += error
        }
      }
      return (name, nil, best(targets))
    }
  }

  /// Every truth table of two inputs that some perceptron has: 14 of the 16, and small weights are
  /// enough for them.
  static let possible: Set<[Double]> = {
    let weights = [-1.0, 0, 1]
    return Set(
      weights.flatMap { first in
        weights.flatMap { second in
          [-1.5, -0.5, 0.5, 1.5].map { bias in
            Perceptron(weights: [first, second], bias: bias).outputs(Truth.rows(2))
          }
        }
      })
  }()

  /// How many of four cases the best perceptron of all has right.
  private static func best(_ targets: [Double]) -> Int {
    possible.map { outputs in zip(outputs, targets).filter { $0 == $1 }.count }.max()!
  }

  static var plane: Figure {
    func points(_ name: String, _ places: [(Double, Double)]) -> Series {
      Series(name, points: places.map { .init(x: $0.0, y: $0.1) })
    }
    return Figure(
      title: "No line parts the two kinds",
      description: "The four inputs of XOR as corners of a square; those with the output 1 lie at "
        + "opposite corners. The line shown, NAND's, has three of four right.",
      content: .scatter(
        ScatterChart(
          [points("XOR is 1", [(0, 1), (1, 0)]), points("XOR is 0", [(0, 0), (1, 1)])],
          lines: [points("NAND's border", [(0.4, 1.1), (1.1, 0.4)])], x: Axis("first input"),
          y: Axis("second input"))))
  }
}

/// A circuit of NAND perceptrons alone.
struct Circuit {
  /// Numbers of two earlier wires: first the inputs, then each gate's output in turn.
  typealias Gate = (first: Int, second: Int)

  let inputs: Int
  private(set) var gates: [Gate] = []
  var outputs: [Int] = []

  init(inputs: Int) { self.inputs = inputs }

  /// Adds a gate, and returns the number of its output.
  mutating func nand(_ a: Int, _ b: Int) -> Int {
    gates.append((a, b))
    return inputs + gates.count - 1
  }

  mutating func and(_ a: Int, _ b: Int) -> Int {
    let not = nand(a, b)
    return nand(not, not)
  }

  mutating func halfAdder(_ a: Int, _ b: Int) -> (carry: Int, sum: Int) {
    let not = nand(a, b)
    let sum = nand(nand(a, not), nand(b, not))
    return (nand(not, not), sum)
  }

  /// The values of all wires, for all inputs at once: `[wire][row]`.
  func wires(_ rows: [[Double]]) -> [[Double]] {
    var wires = (0..<inputs).map { input in rows.map { $0[input] } }
    for gate in gates {
      wires.append(Gates.nand.outputs(zip(wires[gate.first], wires[gate.second]).map { [$0, $1] }))
    }
    return wires
  }

  /// How many rows of the truth table are as they should be.
  func correctRows(_ expected: ([Double]) -> [Double]) -> Int {
    let rows = Truth.rows(inputs)
    let wires = wires(rows)
    return rows.indices.filter { row in
      outputs.map { wires[$0][row] } == expected(rows[row])
    }.count
  }

  /// How many gates lie between an input and a wire, at most.
  func depth(of wire: Int) -> Int {
    guard wire >= inputs else { return 0 }
    let gate = gates[wire - inputs]
    return 1 + max(depth(of: gate.first), depth(of: gate.second))
  }

  var depth: Int { outputs.map(depth).max() ?? 0 }

  /// The gates that tell whether an odd number of inputs is 1: in a chain of XORs, and in two columns.
  ///
  /// No two odd rows differ in a single input, so in two columns each needs a gate of its own.
  static func parity(inputs: Int) -> (inputs: Int, deep: Int, flat: Int) {
    let odd = (0..<1 << inputs).filter { !$0.nonzeroBitCount.isMultiple(of: 2) }.count
    return (inputs, 4 * (inputs - 1), odd + 1)
  }

  static let halfAdder: Circuit = {
    var circuit = Circuit(inputs: 2)
    let (carry, sum) = circuit.halfAdder(0, 1)
    circuit.outputs = [carry, sum]
    return circuit
  }()

  /// Two numbers of two bits, high bits first; the product has four.
  static let multiplier: Circuit = {
    var circuit = Circuit(inputs: 4)
    let lowest = circuit.and(1, 3)
    let middle = circuit.halfAdder(circuit.and(0, 3), circuit.and(1, 2))
    let top = circuit.halfAdder(circuit.and(0, 2), middle.carry)
    circuit.outputs = [top.carry, top.sum, middle.sum, lowest]
    return circuit
  }()

  static var multiplierDiagram: Figure {
    let circuit = multiplier
    let wires = circuit.wires([[1, 1, 1, 0]]).map { $0[0] }
    var layers = [[NetworkDiagram.Unit]](repeating: [], count: circuit.depth + 1)
    var places: [NetworkDiagram.Place] = []
    for (wire, value) in wires.enumerated() {
      let layer = circuit.depth(of: wire)
      places.append(.init(layer, layers[layer].count))
      let names = ["a high", "a low", "b high", "b low"]
      let output = circuit.outputs.firstIndex(of: wire).map { "bit \(3 - $0)" }
      layers[layer].append(
        .init(
          "\(Int(value))", label: wire < 4 ? names[wire] : output ?? "", isActive: value == 1))
    }
    let connections = circuit.gates.enumerated().flatMap { index, gate in
      [gate.first, gate.second].map { start in
        NetworkDiagram.Connection(places[start], places[4 + index], weight: -wires[start] - 0.2)
      }
    }
    return Figure(
      title: "3 × 2 = 6, by NAND perceptrons",
      description:
        "A circuit of \(circuit.gates.count) NAND perceptrons in \(circuit.depth) columns that "
        + "multiplies two numbers of two bits; lit are those that say 1 for 3 × 2.",
      content: .network(NetworkDiagram(layers: layers, connections: connections)))
  }

  static var control: Control {
    let circuit = multiplier
    let gates = circuit.gates.map { [$0.first, $0.second] }
    let rows = Truth.rows(4)
    let wires = circuit.wires(rows)
    return Control(
      "logic", label: "Flip the switches of the multiplying circuit, or wire NANDs of your own",
      parameters: ["gates": gates, "outputs": circuit.outputs],
      vectors: rows.indices.map { row in
        Control.Vector("wires", gates, rows[row], gives: wires.map { $0[row] })
      })
  }
}
