import Descent
import DescentCharts
import DescentData

extension Lesson {
  static let transfer = Lesson(
    id: "transfer",
    title: "Transfer learning: begin with what is known",
    summary: "A network that knows five digits learns the other five from ten samples of each.",
    assumes: ["lenet", "augmentation", "initialization"],
    keywords: [
      "pretrained", "pretraining", "fine-tuning", "finetune", "frozen", "freeze", "few samples",
      "features",
    ],
    question: Question(
      text: """
        A LeNet for five classes has layers of 156, 2,416, 48,120, 10,164 and 425 parameters; the first two \
        are the convolutions. If they are frozen, how many parameters are still trained?
        """,
      answer: .numbers([58_709], tolerance: 0),
      explanation: "48,120 + 10,164 + 425 = 58,709. The other 2,572 are frozen."
    )
  ) {
    let large = try ExperimentResult.committed("transfer")
    let small = try ExperimentResult.committed("transfer-embedded")
    let method = TransferTrial.Method.convolutions
    func gain(_ result: ExperimentResult, _ samples: Int = 10) -> Double {
      result.accuracy(method, samples: samples) - result.accuracy(.scratch, samples: samples)
    }
    return [
      .paragraph(
        """
        Few people have a million labelled images. Many have two hundred. A network that begins with \
        random weights cannot learn to see from so few. But most of what it would have to learn is not \
        about *these* images: edges are edges everywhere. So take a network that somebody trained on much \
        data, replace its last layer, the *head*, by one for the new classes, and go on from there.
        """),
      .paragraph(
        """
        The usual example is a network that was trained on the million photographs of ImageNet and then \
        shown 120 photographs of ants and 120 of bees: reports of it give about 95 % right. Those \
        weights are not part of Descent, which asks for nothing from outside. We make a smaller \
        experiment, of the same kind, and run it ourselves.
        """),
      .heading("Five digits known, five to learn"),
      .paragraph(
        """
        A LeNet learns the digits 0 to 4, from images that are changed anew in each epoch. Then it gets ten \
        images each of 5 to 9, fifty in all, and is tested on others of those five. There are five ways to \
        go on, each of the same \(TransferTrial.steps) steps:
        """),
      .points([
        "*From scratch*: random weights, as if nothing were known.",
        "*All frozen but a new head*: only the last layer learns.",
        "*Convolutions frozen*: the dense layers learn, from where they are, with a new head.",
        "*All tuned*: everything learns.",
        "*Early layers at a tenth*: everything learns, all but the head with a tenth of the rate.",
      ]),
      .table(large.comparisonByMethod("0 to 4 known from MNIST; test accuracy on 5 to 9 in %")),
      .figure(large.curvesByMethod("New digits from few samples, MNIST")),
      .paragraph(
        """
        With ten samples of each, a beginning with frozen convolutions is \(gain(large), places: 1) points \
        better than one from scratch. With 50 it is \(gain(large, 50), places: 1). What is known \
        matters most where there is least to learn from.
        """),
      .paragraph(
        """
        It also shows what carries over, and what does not. The convolutions find strokes, and strokes \
        are in all digits. The dense layers behind them were made to tell 0 to 4 apart; a head that looks \
        through them at a nine sees mostly how much it is like the old digits. That comes to \
        \(large.accuracy(.frozen, samples: 10), places: 1) %, \
        \(large.accuracy(.frozen, samples: 10) < large.accuracy(.scratch, samples: 10) ? "worse" : "better") \
        than knowing nothing. And with everything free, fifty images suffice to unlearn some of what \
        thousands have taught: \(large.accuracy(.tuned, samples: 10), places: 1) %.
        """),
      .listing(try Listing("Transfer", transferListing)),
      .heading("With less to begin with"),
      .paragraph(
        """
        The digits that are part of Descent have 400 training images of each class, not 6,000. The same \
        experiment with those alone:
        """),
      .table(small.comparisonByMethod("0 to 4 known from 2,000 embedded digits; on 5 to 9, in %")),
      .paragraph(
        """
        Here the convolutions have seen less, and are worth \(gain(small), places: 1) points at ten \
        samples. (Compare the gains, not the accuracies: the test images are not the same ones, and from \
        scratch the embedded ones are easier, too. Both gains are between medians of \
        \(small.seeds.count) beginnings, each the mean of \(TransferTrial.draws) choices of samples, for \
        it matters which fifty images they are; the method and its settings were chosen on other \
        beginnings.)
        """),
      .paragraph(
        """
        The convolutions are worth that much only because the first training changed its images. If the \
        2,000 are learned as they are, a beginning with frozen convolutions comes to \
        \(small["images as they are, \(method.rawValue), %"], places: 1) %, where one from \
        scratch has \(small.accuracy(.scratch, samples: 10), places: 1) %. With the images of MNIST the \
        difference is small.
        """),
      .heading("Other halves"),
      .paragraph(
        """
        Which digits are known is a choice, too, and 0 to 4 is only one. Here are all that were tried, \
        with ten samples of each new class, and one more: the first training with the images as they are.
        """),
      .table(large.halves("MNIST: known classes, and test accuracy on the others in %")),
      .table(small.halves("Embedded digits: the same")),
      .paragraph(
        """
        Where the new digits are easy to tell apart, there is less to gain: from scratch it is \
        \(large["knowing 5 to 9, \(TransferTrial.Method.scratch.rawValue), %"], places: 1) % for 0 to 4.
        """),
      .control(ExperimentResult.transferControl(large, small)),
      .heading("With your own images"),
      .paragraph(
        """
        In the command line this is `descent train photos/ --from model.safetensors --freeze 'conv*'`: \
        weights are taken by name from a file that Descent or PyTorch wrote, and a head of another size is \
        drawn anew. Freeze the early layers first. If there are many new samples, or if they look quite \
        different, let more layers learn, with a smaller rate.
        """),
      .slip(
        claim: "Knowledge helps, so the more layers one keeps frozen the better.",
        correction: """
          Frozen to the head, the network above has \(large.accuracy(.frozen, samples: 10), places: 1) %; with \
          the dense layers free \(large.accuracy(method, samples: 10), places: 1) %. Early layers are of use \
          for much, late ones for what they were trained on.
          """),
    ]
  }
}

// MARK: The lesson's code

extension ExperimentResult {
  /// The median accuracy of a method on the classes 5 to 9.
  func accuracy(_ method: TransferTrial.Method, samples: Int) -> Double {
    self["\(samples) samples, \(method.rawValue), %"]
  }

  fileprivate func comparisonByMethod(_ caption: String) -> NumberTable {
    NumberTable(
      ["samples of each class"] + TransferTrial.sizes.map { "\($0)" },
      TransferTrial.Method.allCases.map { method in
        [method.rawValue]
          + TransferTrial.sizes.map { decimal(accuracy(method, samples: $0), 1) }
      }, caption: caption)
  }

  fileprivate func curvesByMethod(_ title: String) -> Figure {
    figure(
      title, TransferTrial.Method.allCases.map(\.rawValue), "accuracy in %",
      x: Axis("samples of each new class"),
      description:
        "Accuracy by number of samples, of the first beginning: with frozen convolutions "
        + "it is highest where there are few, and the curves approach each other with more.")
  }

  fileprivate func halves(_ caption: String) -> NumberTable {
    let methods = TransferTrial.Method.allCases
    let first = ["0 to 4"] + methods.map { decimal(accuracy($0, samples: 10), 1) }
    let others = TransferTrial.halves.dropFirst().map { half in
      [half.name] + methods.map { decimal(self["knowing \(half.name), \($0.rawValue), %"], 1) }
    }
    let unchanged =
      ["0 to 4, images as they are", "–"]
      + methods.dropFirst().map { decimal(self["images as they are, \($0.rawValue), %"], 1) }
    return NumberTable(
      ["known", "scratch", "new head", "frozen conv.", "tuned", "at a tenth"],
      [first] + others + [unchanged], caption: caption)
  }

  fileprivate static func transferControl(
    _ large: ExperimentResult, _ small: ExperimentResult
  ) -> Control {
    func values(_ result: ExperimentResult) -> [[Double]] {
      TransferTrial.Method.allCases.map { method in
        TransferTrial.sizes.map { result.accuracy(method, samples: $0) }
      }
    }
    let (big, little) = (values(large), values(small))
    return Control(
      "transfer", label: "Give it more samples, and see what the known digits are still worth",
      parameters: [
        "sizes": TransferTrial.sizes, "methods": TransferTrial.Method.allCases.map(\.rawValue),
        "sets": ["MNIST", "embedded digits"], "values": [big, little],
      ],
      vectors: [(big, 2, 0), (little, 2, 0), (big, 1, 3)].map { values, method, size in
        Control.Vector(
          "gain", values, method, size, gives: values[method][size] - values[0][size])
      })
  }
}
