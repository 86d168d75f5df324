import Descent
import DescentCharts
import DescentData

extension Lesson {
  static let converging = Lesson(
    id: "converging",
    title: "“But my model is not converging!”",
    summary: "Take 50 samples and overfit them first: a checklist that runs.",
    assumes: ["initialization", "sgd"],
    keywords: [
      "debugging", "doctor", "checklist", "overfit 50 samples", "sanity check", "not learning",
      "nan",
    ],
    question: Question(
      text: """
        A network with random weights is to tell 100 classes apart, all equally frequent. About what \
        should its cross-entropy be before training?
        """,
      answer: .numbers([4.605], tolerance: 0.006),
      explanation: """
        It knows nothing, so each class has a share of 1 / 100, and the loss is $\\log 100 = 4.605$. \
        Much more means that it is sure of nonsense: its weights or its inputs are too large.
        """)
  ) {
    let patients = try Patient.examined.get()
    let sound = patients[0]
    return [
      .paragraph(
        """
        A network that does not learn says nothing of why. There is no error, only a curve that does not \
        fall. So ask small questions, each of which has an answer. The most useful of them:
        """),
      .paragraph(
        """
        *Take 50 samples, and overfit them first.* A network with thousands of parameters must be able to \
        learn fifty answers by heart. It takes seconds. If it cannot, then no amount of data, and no \
        longer training, will help: something is wrong, and now there is a quick way to see whether it \
        has been put right.
        """),
      .figure(Patient.curves(patients)),
      .paragraph(
        """
        These are four networks of the same size with the same 600 points, and only their first 50 are \
        learned. The sound one has them all right; its loss ends at \(sound.losses.last ?? 0, digits: 1). \
        But look at the one with shuffled labels: it learns nearly all of its fifty, too. By heart is by heart, and \
        sense is not needed for it. One check is not enough.
        """),
      .heading("The checklist"),
      .steps([
        "One minibatch goes forward and back, and all numbers are finite.",
        """
        Before training, the loss is that of guessing: $\\log K$ for $K$ classes. If it is larger, the \
        network is sure of nonsense.
        """,
        "The derivatives agree with differences. They do, unless you wrote one yourself.",
        "Fifty samples are learned by heart.",
        """
        The learning rate: a hundred steps with each of six rates, from a hundredth of yours to ten times \
        as much. Where does the loss fall most?
        """,
        "Trained on all samples, it does better than guessing on samples that were held out.",
        """
        The inputs are used: shuffle them among the samples, and the loss must rise.
        """,
        "Not too many units say 0 to everything.",
        "Gradients have about the same size in each layer.",
        """
        The data themselves: is an input constant, a class missing, a test sample among the training \
        samples?
        """,
      ]),
      .paragraph(
        """
        `descent doctor` runs these, and each ends with a number, a verdict and a remedy. Of the sound \
        network it says:
        """),
      .points(sound.words.map { "\($0)" }),
    ]
      + patients.dropFirst().flatMap { patient -> [Block] in
        [
          .heading(patient.title),
          .paragraph(patient.story),
          .points(patient.complaints.map { "\($0)" }),
        ]
      } + [
        .heading("All four, check by check"),
        .table(
          NumberTable(
            ["check"] + patients.map(\.short),
            patients[0].findings.indices.map { index in
              [patients[0].findings[index].check]
                + patients.map { $0.findings[index].isSound ? "pass" : "FAIL" }
            }, caption: "What the doctor finds, check by check")),
        .paragraph(
          """
          One fault makes several checks fail. Begin with the first in the list, for the later ones rest \
          on it.
          """),
        .listing(try Listing("Converging", convergingListing)),
        .control(Patient.control),
        .slip(
          claim: "The network learned 50 samples by heart, so its data are sound.",
          correction: """
            With shuffled labels it has \(patients[3].rightByHeart, places: 0) % of its fifty right, too. \
            Only samples that were held out tell that there was nothing to learn.
            """),
      ]
  }
}

// MARK: The lesson's code

/// A network with its data, and what the doctor says of it.
struct Patient: Sendable {
  let short: String
  let title: String
  let story: Prose
  let findings: [Doctor.Finding]
  /// The loss on fifty samples that are learned by heart, step by step.
  let losses: [Double]
  /// How many of the fifty are right in the end, in per cent.
  let rightByHeart: Double

  /// Each finding in the doctor's own words.
  var words: [String] {
    findings.map { finding in
      "\(finding.isSound ? "pass" : "FAIL")  \(finding.check): \(finding.measured)"
    }
  }

  /// What is wrong, and what the doctor advises.
  var complaints: [String] {
    findings.filter { !$0.isSound }.map { "\($0.check): \($0.measured). Remedy: \($0.remedy)" }
  }

  static let examined = Result {
    [
      try Patient("sound", "Sound", ""),
      try Patient(
        "rate", "A learning rate a thousand times too large",
        "The same network with the same data; but Adam has a rate of 3, and not of \(3e-3, digits: 1).",
        rate: 3),
      try Patient(
        "weights", "Weights that begin too large",
        "The same, with first weights of spread 10, where He's rule has 1 or a quarter.",
        initializer: .normal(standardDeviation: 10)),
      try Patient(
        "labels", "Labels that came apart from their samples",
        "As when a table is sorted by one column and not by the others.", isShuffled: true),
    ]
  }

  private init(
    _ short: String, _ title: String, _ story: Prose, rate: Double = 3e-3,
    initializer: Initializer = .he, isShuffled: Bool = false
  ) throws {
    (self.short, self.title, self.story) = (short, title, story)
    let training = Self.moons(600, seed: 1, isShuffled: isShuffled)
    let test = Self.moons(200, seed: 2, isShuffled: isShuffled)
    let network = Sequential {
      Dense(32, activation: .relu, initializer: initializer)
      Dense(32, activation: .relu, initializer: initializer)
      Dense(2, initializer: initializer)
    }
    let model = try Model(network, input: [2], seed: 1)
    let optimizer = Optimizer.adam(learningRate: .constant(rate))
    findings = try Doctor(
      model, training: training, test: test, loss: .crossEntropy, optimizer: optimizer
    ).examine()
    var learner = model
    let fifty = training.prefix(50)
    let step = try TrainingStep(learner, fifty, loss: .crossEntropy, optimizer: optimizer)
    losses = try (0..<600).map { _ in try step(&learner).loss }
    rightByHeart =
      100
      * (try learner.evaluate(fifty, loss: .crossEntropy, metrics: [.accuracy])["accuracy"] ?? .nan)
  }

  /// Two moons; shuffled, their labels belong to other points.
  private static func moons(_ count: Int, seed: UInt64, isShuffled: Bool) -> Dataset {
    let data = Dataset(GeneratedSet.named("moons", count: count, seed: seed)!)
    guard isShuffled else { return data }
    let order = Tensor.permutation(count, key: RandomKey(seed: seed, name: "labels"))
    return Dataset(
      inputs: data.inputs, targets: data.targets.gather(order), classNames: data.classNames)
  }

  static func curves(_ patients: [Patient]) -> Figure {
    Figure(
      title: "Fifty samples, learned by heart",
      description: "The loss on fifty samples by step: of the sound network and of the one with "
        + "shuffled labels it falls towards 0, of the two others it does not, or late.",
      content: .lines(
        LineChart(
          patients.map { Series($0.short, values: $0.losses) }, x: Axis("step"),
          y: Axis("loss on the 50", scale: .logarithmic))))
  }

  // MARK: The panel

  /// Eight points and a sigmoid neuron that is to learn them by heart.
  static let places = [-2.0, -1.5, -1, -0.5, 0.5, 1, 1.5, 2]
  /// The points whose labels are wrong, the first of them first.
  static let wrongFirst = [3, 4, 1, 6]

  /// The loss before each of so many steps of descent.
  static func panelLosses(rate: Double, weight: Double, wrong: Int, steps: Int) -> [Double] {
    let targets = Tensor(
      places.indices.map { index in
        (places[index] > 0) != wrongFirst.prefix(wrong).contains(index) ? 1.0 : 0
      })
    let x = Tensor(places)
    var parameters = Tensor([weight, 0.0])
    return (0..<steps).map { _ in
      let (loss, slope) = valueWithGradient(at: parameters) { p in
        let z = p[0] * x + p[1]
        return (Descent.softplus(z) - targets * z).mean()
      }
      parameters = parameters - rate * slope
      return loss.scalar
    }
  }

  static var control: Control {
    let cases: [(rate: Double, weight: Double, wrong: Int)] = [
      (1, 0, 0), (0.01, 0.5, 0), (3, -20, 0), (1, 0, 2),
    ]
    return Control(
      "converging",
      label: "Change rate, first weight and labels: does the neuron still learn its eight points?",
      parameters: ["places": places, "wrongFirst": wrongFirst],
      vectors: cases.map { settings in
        Control.Vector(
          "losses", places, wrongFirst, settings.rate, settings.weight, settings.wrong, 20,
          gives: panelLosses(
            rate: settings.rate, weight: settings.weight, wrong: settings.wrong, steps: 20))
      })
  }
}
