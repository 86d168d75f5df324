import Descent
import Testing

@testable import DescentCourse

@Suite("The course as a whole")
struct CourseTests {
  @Test("Lessons have names of their own, and assume only what came before")
  func order() {
    let names = Course.lessons.map(\.id)
    #expect(Set(names).count == names.count)
    for (place, lesson) in Course.lessons.enumerated() {
      for assumed in lesson.assumes where names.contains(assumed) {
        #expect(names[..<place].contains(assumed), "\(lesson.id) assumes \(assumed)")
      }
    }
  }

  @Test("A lesson is found by its name, and by what it is about")
  func lookup() {
    #expect(Course.lesson("nand")?.id == "logic")
    #expect(Course.lesson("relu")?.id == "activations")
    #expect(Course.lesson("backpropogation")?.id == "backpropagation")
    #expect(Course.lesson("cheese")?.id == "perceptron")
    #expect(Course.lesson("kernel")?.id == "receptive")
    #expect(Course.lesson("cnn")?.id == "lenet")
    #expect(Course.lesson("max pooling")?.id == "pooling")
    #expect(Course.lesson("GPU")?.id == "processors")
    #expect(Course.lesson("nothing") == nil)
  }

  @Test(
    "Every lesson has a figure, a listing that printed, and a panel with values",
    arguments: Course.lessons.map(\.id))
  func parts(_ name: String) throws {
    let lesson = try #require(Course.lesson(name))
    var (figures, listings, vectors) = (0, 0, 0)
    for block in try lesson.blocks() {
      switch block {
      case .figure(let figure):
        figures += 1
        #expect(
          !figure.title.isEmpty && !figure.description.isEmpty || figure.title.contains("shares"))
      case .listing(let listing):
        listings += 1
        #expect(!listing.output.isEmpty && !listing.output.contains("false, false"))
        // What is shown is the file's own text.
        #expect(listing.source.contains("import Descent") && listing.source.contains("print("))
      case .control(let control): vectors += control.vectors.count
      default: continue
      }
    }
    #expect(figures > 0 && listings == 1 && vectors > 0)
  }

  @Test(
    "What is often printed wrongly is shown as a slip to find, with what is right",
    arguments: [
      ("unstable", "65,536", "50,176"), ("backpropagation", "If m > l", "The other way round"),
      ("crossentropy", "log(x) < 0", "exactly 0"), ("logic", "threshold of 3", "0, 0, 0, 0"),
      ("perceptron", "b = 5", "−5"), ("backpropagation", "layer's output", "input"),
      ("backpropagation", "l = 1, …, n", "l = 1, …, L"),
      ("backpropagation", "ends with", "∂fₗ₊₁/∂uₗ₊₁"), ("backpropagation", "· buffer", "the left"),
      ("sgd", "∇Cⱼ", "∇Cᵢ"), ("descent", "only one", "every local minimum"),
      ("sigmoid", "discontinuous", "0 at almost every place"),
      ("activations", "derivative everywhere", "one half"),
      ("loss", "derivative everywhere", "corner"), ("crossentropy", "sigmoid outputs", "yes or no"),
      ("softmax", "aⱼ ≥ 0", "strictly positive"), ("crossentropy", "Squares", "factor σ′(z)"),
      ("unstable", "at most one quarter", "explodes"),
      ("receptive", "computes the convolution", "cross-correlation"),
      ("sharing", "invariant", "equivariant"), ("pooling", "shared by the pixels", "gets all"),
      ("lenet", "61,706 parameters", "12 and 32"), ("lenet", "seven layers", "1,516"),
      ("lenet", "1998", "Gaussian"), ("imagenet", "deeper network", "138,357,544"),
      ("processors", "1.8 GFLOP", "multiply-adds"),
      ("initialization", "∂C/∂θₗ = k", "proportional"), ("converging", "50 samples", "held out"),
      ("dropout", "halve the weights", "inverted dropout"), ("dropout", "rate of 0", "last bit"),
      ("augmentation", "five times", "not independent"),
      ("transfer", "more layers", "Early layers"),
    ])
  func slips(_ name: String, _ claim: String, _ correction: String) throws {
    let blocks = try #require(Course.lesson(name)).blocks()
    let isShown = blocks.contains { block in
      guard case .slip(let shown, let right) = block else { return false }
      return shown.plain.contains(claim) && right.plain.contains(correction)
    }
    #expect(isShown, "\(name): \(claim)")
  }

  @Test(
    "No measured number is typed into a lesson: long decimals are computed",
    arguments: Course.lessons.map(\.id))
  func typed(_ name: String) throws {
    for block in try #require(Course.lesson(name)).blocks() {
      guard case .paragraph(let prose) = block else { continue }
      for case .words(let words) in prose.spans {
        #expect(words.firstMatch(of: /\d+\.\d{3,}/) == nil, "\(name): \(words)")
      }
    }
  }

  @Test(
    "Every answer is right when it is given as it is, and wrong when it is changed",
    arguments: Course.lessons.map(\.id))
  func questions(_ name: String) throws {
    let question = try #require(Course.lesson(name)).question
    switch question.answer {
    case .numbers(let numbers, let tolerance):
      func text(_ numbers: [Double]) -> String { numbers.map { "\($0)" }.joined(separator: ", ") }
      #expect(question.check(text(numbers)) == .right)
      #expect(question.check(text(numbers.map { $0 + tolerance + 1 })) == .wrong)
    case .bits(let bits):
      #expect(question.check(bits.map { "\($0)" }.joined(separator: ",")) == .right)
      #expect(question.check(bits.map { "\(1 - $0)" }.joined()) == .wrong)
    case .choice(let word, let among):
      #expect(question.check(word.uppercased()) == .right)
      #expect(among.filter { $0 != word }.allSatisfy { question.check($0) == .wrong })
    }
    for nonsense in ["", "x", "1,2,3,4,5,6,7,8,9", "nan,", "1e999"] {
      if case .right = question.check(nonsense) { Issue.record("\(nonsense) is right") }
    }
  }

  @Test("Formulas read well on one line, and become MathML")
  func formulas() {
    #expect(Formula("\\max(0, z)").description == "max(0, z)")
    #expect(Formula("\\frac{1}{2} x^2").description == "½ x²")
    #expect(Formula("\\frac{1}{n} \\sum_{i=1}^{n} C_i").description == "1/n ∑ᵢ₌₁ⁿ Cᵢ")
    #expect(Formula("v \\leftarrow v - \\eta \\nabla C").description == "v ← v − η∇C")
    #expect(Formula("-\\log(x) < 0").description == "−log(x) < 0")
    #expect(
      Formula("\\cases{0 & z \\le 0 \\\\ 1 & z > 0}").description == "{ 0 if z ≤ 0; 1 if z > 0 }")
    let fraction = Formula("\\frac{\\partial f}{\\partial x}")
    #expect(fraction.description == "∂f/∂x")
    #expect(fraction.mathML().contains("<mfrac>"))
  }

  @Test("Numbers are written as people write them")
  func numbers() {
    #expect(grouped(50_177_000) == "50,177,000" && grouped(-1_234) == "−1,234" && grouped(7) == "7")
    #expect(
      decimal(-0.5, 2) == "−0.50" && decimal(0.0004, 2) == "0.00"
        && decimal(1.005e9, 0) == "1,005,000,000")
    #expect(significant(9.5367e-7, 3) == "9.54 · 10⁻⁷" && significant(0.00125, 2) == "0.0013")
    #expect(
      significant(99.96, 3) == "100" && significant(0, 3) == "0" && decimal(.infinity, 1) == "∞")
  }
}
