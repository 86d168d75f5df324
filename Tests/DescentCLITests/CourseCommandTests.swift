import Foundation
import Testing

/// `descent course`, as a learner types it.
@Suite struct CourseCommandTests {
  private func run(_ arguments: String..., folder: URL? = nil) throws -> Program.Result {
    try Program.withFolder { try Program.run(["course"] + arguments, in: folder ?? $0) }
  }

  @Test(
    "Without a name it lists the lessons in order; with one it shows it, without colours in a file")
  func reading() throws {
    let list = try run()
    #expect(
      list.status == 0 && list.output.contains(" 1  derivative")
        && list.output.contains("15  unstable"))
    let lesson = try run("softmax")
    #expect(lesson.status == 0 && lesson.output.contains("0.66524096"))
    #expect(!lesson.output.contains("\u{1B}"))
    #expect(lesson.output.contains("descent course check softmax --answer"))
  }

  @Test("Answers are right, wrong or malformed, and the exit code says which")
  func checking() throws {
    let right = try run("check", "nand", "--answer", "1,1,1,0")
    #expect(right.status == 0 && right.output.hasPrefix("Right."))
    let wrong = try run("check", "nand", "--answer", "1 1 1 1")
    #expect(wrong.status == 4 && wrong.output.hasPrefix("Not yet."))
    let negative = try run("check", "regression", "--answer", "-2,-1")
    #expect(negative.status == 0, "\(negative.errors)")
    let malformed = try run("check", "nand", "--answer", "yes")
    #expect(malformed.status == 64 && malformed.errors.contains("1,1,1,1"))
    #expect(try run("check", "unstable", "--answer", "50,177,000").status == 0)
    #expect(try run("check", "sigmoid", "--answer", "1/4").status == 0)
    #expect(try run("check", "sigmoid", "--answer", "nan").status == 64)
  }

  @Test("An unknown lesson or experiment gets the near match")
  func mistakes() throws {
    let lesson = try run("sofmax")
    #expect(lesson.status == 64 && lesson.errors.contains("softmax"))
    #expect(try run("half ader").errors.contains("half adder"))
    #expect(try run("NAND").output.contains("Logic"))
    let question = try run("check", "derivativ", "--answer", "2")
    #expect(question.status == 64 && question.errors.contains("derivative"))
    let experiment = try run("experiment", "overfiting")
    #expect(experiment.status == 64 && experiment.errors.contains("overfitting"))
    #expect(try run("--open").status == 64)
    #expect(try run("softmax", "--site", "x").status == 64)
  }

  @Test("A site that cannot be written is an error that names the folder")
  func unwritable() throws {
    try Program.withFolder { folder in
      let blocked = folder.appendingPathComponent("blocked")
      try Data().write(to: blocked)
      let result = try Program.run(["course", "--site", "blocked"], in: folder)
      #expect(result.status == 73 && result.errors.contains("blocked"), "\(result.errors)")
      let below = try Program.run(["course", "--site", "blocked/below"], in: folder)
      #expect(below.status == 73 && below.errors.contains("blocked is a file"), "\(below.errors)")
      let nowhere = try Program.run(["course", "--site", "/proc/site"], in: folder)
      #expect(nowhere.status == 73 && nowhere.errors.contains("/proc takes no new folder"))
    }
  }

  @Test("An experiment prints its numbers beside the published ones, and writes them as JSON")
  func experiment() throws {
    try Program.withFolder { folder in
      let result = try Program.run(
        ["course", "experiment", "rate-too-large", "--seeds", "1", "--output", "r.json"], in: folder
      )
      #expect(result.status == 0 && result.output.contains("published"), "\(result.errors)")
      let file = try Data(contentsOf: folder.appendingPathComponent("r.json"))
      let json = try #require(try JSONSerialization.jsonObject(with: file) as? [String: Any])
      #expect(
        json["experiment"] as? String == "rate-too-large" && json["profile"] as? String == "quick")
      let missing = try Program.run(
        ["course", "experiment", "first", "--data", "nowhere"], in: folder)
      #expect(missing.status == 66 && missing.errors.contains("nowhere"))
    }
  }
}
