import Descent
import DescentData
import Foundation
import Testing

/// Tables, as their users meet them.
@Suite struct TableProgramTests {
  private func lines(_ text: String) throws -> [[String: Any]] {
    try text.split(separator: "\n").map { line in
      try #require(
        try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any], "\(line)")
    }
  }

  /// Flats with a price that follows from their size and town, and two columns of no use.
  private func flats(_ count: Int, in folder: URL) throws {
    var text = "id,size,town,built,note,price\n"
    for row in 0..<count {
      let size = 30 + row * 37 % 101
      let town = ["Aachen", "Berlin", "Celle"][row % 3]
      let price = 2_000 * size + (town == "Berlin" ? 90_000 : 0) + row * 53 % 7 * 500
      text +=
        "\(row + 1),\(row % 50 == 0 ? "" : "\(size)"),\(town),19\(50 + row % 50)-03-0\(1 + row % 9),"
      text += "\"a flat, number \(row), with a \"\"view\"\" of it\",\(price)\n"
    }
    try AtomicFile.write(text, to: folder.path + "/flats.csv")
  }

  @Test("a table of numbers, from the file to predictions")
  func regression() throws {
    try Program.withFolder { folder in
      try flats(600, in: folder)
      let trained = try Program.run(["train", "flats.csv", "--target", "price"], in: folder)
      #expect(trained.status == 0, "\(trained.errors)")
      for part in [
        "target \"price\" is a number (regression): its whole numbers have",
        "column \"id\": left out: it names each row",
        "column \"note\": left out: free text, which needs another kind of network",
        "values are missing; the mean stands in",
      ] { #expect(trained.errors.contains(part), "\(part): \(trained.errors)") }
      for file in [
        "model.safetensors", "checkpoint/last", "checkpoint/best", "config.json", "metrics.jsonl",
        "report.html",
      ] {
        #expect(
          FileManager.default.fileExists(atPath: folder.path + "/runs/flats/" + file), "\(file)")
      }

      let evaluated = try Program.run(
        ["evaluate", "runs/flats", "flats.csv", "--json", "--output", "e.json"], in: folder)
      let result = try lines(evaluated.output)[0]
      #expect(try #require(result["test_r2"] as? Double) > 0.9)
      #expect(
        try String(contentsOfFile: folder.path + "/e.json", encoding: .utf8) == evaluated.output)

      // The configuration repeats the run to the last bit.
      let again = try Program.run(
        ["train", "--config", "runs/flats/config.json", "--output", "again"], in: folder)
      #expect(again.status == 0, "\(again.errors)")
      #expect(
        try readFile(folder.path + "/again/model.safetensors")
          == readFile(folder.path + "/runs/flats/model.safetensors"))

      // Other order, a further column, an unknown town; the target is not needed.
      try AtomicFile.write(
        "town,colour,built,size\nBerlin,red,1980-03-01,80\nUlm,blue,1980-03-01,80\n"
          + "Celle,blue,1980-03-01,80\n", to: folder.path + "/new.csv")
      let predicted = try Program.run(
        ["predict", "runs/flats", "new.csv", "--format", "csv"], in: folder)
      #expect(predicted.status == 0)
      let rows = predicted.output.split(separator: "\n").map { $0.split(separator: ",") }
      #expect(rows.count == 4 && rows[0] == ["sample", "price"])
      let prices = try rows.dropFirst().map { try #require(Double($0[1])) }
      #expect(prices[0] - prices[2] > 50_000, "Berlin is dearer than Celle: \(prices)")
      #expect(predicted.errors.contains("note: new.csv: not used: colour"))
      #expect(
        predicted.errors.contains("words that no training row has (\"Ulm\") in 1 row, treated"))

      try AtomicFile.write("town,built\nBerlin,1980-03-01\n", to: folder.path + "/short.csv")
      let refused = try Program.run(["predict", "runs/flats", "short.csv"], in: folder)
      #expect(refused.status == 65 && refused.errors.contains("no column \"size\""))

      let dry = try Program.run(
        ["train", "flats.csv", "--target", "price", "--dry-run", "--output", "none"], in: folder)
      #expect(dry.status == 0 && dry.output.contains("to the last bit"))
      #expect(!FileManager.default.fileExists(atPath: folder.path + "/none"))
    }
  }

  @Test("names that would be HTML are text in the report, and nothing is asked of a network")
  func reports() throws {
    try Program.withFolder { folder in
      let names = ["<script>alert(1)</script>", "b&amp;", "\"c'"]
      var text = "\"<img src=x onerror=alert(2)>\",n,\"<b>y</b>\"\n"
      for row in 0..<300 {
        let name = names[row % 3].replacingOccurrences(of: "\"", with: "\"\"")
        text += "<i>\(row % 4)</i>,\(row * 7 % 101 + (row % 3) * 20),\"\(name)\"\n"
      }
      try AtomicFile.write(text, to: folder.path + "/<u>.csv")
      let trained = try Program.run(
        ["train", "<u>.csv", "--target", "<b>y</b>", "--output", "r", "--epochs", "20"], in: folder)
      #expect(trained.status == 0, "\(trained.errors)")
      let page = try String(contentsOfFile: folder.path + "/r/report.html", encoding: .utf8)
      for hostile in ["<script", "<img", "<i>", "<b>y", "<u>", "onerror=alert(2)>"] {
        #expect(!page.contains(hostile), "\(hostile)")
      }
      #expect(page.contains("&lt;script&gt;alert(1)"))
      for part in [
        "How it learned", "precision", "taken for", "calibration error", "How much worse without",
        "Length of the gradient", "descent train '&lt;u&gt;.csv'", "--seed 1",
        "instruction set",
      ] { #expect(page.contains(part), "\(part)") }
      for outside in ["src=\"", "href=\"http", "url(http", "@import", "<link"] {
        #expect(!page.contains(outside), "\(outside)")
      }
    }
  }

  @Test("arrays of NumPy, in one file and in two")
  func arrays() throws {
    try Program.withFolder { folder in
      let count = 300
      var x: [Float] = []
      var labels: [Int32] = []
      for row in 0..<count {
        let (a, b) = (row * 37 % 101, row * 53 % 97)
        x += [Float(a), Float(b), 1]
        labels.append(a > b ? 1 : 0)
      }
      let inputs = Tensor(x, shape: [count, 3])
      try NPZ.write([("X", inputs), ("y", Tensor(labels))], to: folder.path + "/set.npz")
      try NPY.write(inputs, to: folder.path + "/X.npy")
      try NPY.write(Tensor(labels), to: folder.path + "/y.npy")
      for (arguments, run) in [(["set.npz"], "set"), (["X.npy", "--target", "y.npy"], "X")] {
        let trained = try Program.run(["train"] + arguments + ["--progress", "json"], in: folder)
        #expect(trained.status == 0, "\(trained.errors)")
        let metrics = try lines(trained.output).last?["metrics"] as? [String: Double]
        #expect(try #require(metrics?["test_accuracy"]) > 0.9)
        let predicted = try Program.run(
          ["predict", "runs/\(run)", "X.npy", "--format", "json"], in: folder)
        let answers = try lines(predicted.output)
        #expect(answers.count == count, "\(predicted.errors)")
        let right = zip(answers, labels).count { $0["class"] as? String == "\($1)" }
        #expect(right > 270)
      }
      let evaluated = try Program.run(["evaluate", "runs/set", "set.npz", "--json"], in: folder)
      #expect(try #require(lines(evaluated.output)[0]["test_accuracy"] as? Double) > 0.9)
      let alone = try Program.run(["train", "X.npy"], in: folder)
      #expect(alone.status == 64 && alone.errors.contains("--target y.npy"))

      // Images of bytes, as in Keras' mnist.npz.
      let digits = try Digits.load()
      var arrays: [(name: String, tensor: Tensor)] = []
      for (part, images) in [("train", digits.training), ("test", digits.test)] {
        let shape: Shape = [images.labels.count, 28, 28]
        arrays.append((name: "x_\(part)", tensor: Tensor(images.pixels, shape: shape)))
        arrays.append((name: "y_\(part)", tensor: Tensor(images.labels.map { UInt8($0) })))
      }
      try NPZ.write(arrays, to: folder.path + "/mnist.npz")
      let trained = try Program.run(
        ["train", "mnist.npz", "--epochs", "6", "--progress", "json"], in: folder)
      let metrics = try lines(trained.output).last?["metrics"] as? [String: Double]
      #expect(try #require(metrics?["test_accuracy"], "\(trained.errors)") > 0.85)
      #expect(FileManager.default.fileExists(atPath: folder.path + "/runs/mnist/mistakes.svg"))
    }
  }

  @Test("a file, the environment and what is typed, each before the other")
  func configuration() throws {
    try Program.withFolder { folder in
      try AtomicFile.write(
        "set: moons\nepochs: 7\nseed: 3\nbatch_size: 16\n", to: folder.path + "/c.yaml")
      try AtomicFile.write(
        "{\"set\": \"moons\", \"epochs\": 7, \"seed\": 3, \"batch-size\": 16}",
        to: folder.path + "/c.json")
      for file in ["c.yaml", "c.json"] {
        let result = try Program.run(
          ["train", "--config", file, "--seed", "9", "--print-config"], in: folder,
          environment: ["DESCENT_BATCH_SIZE": "24"])
        #expect(result.status == 0, "\(result.errors)")
        func origin(_ text: String) -> String? {
          result.output.split(separator: "\n").first { $0.hasPrefix(text) }.map { String($0) }
        }
        #expect(origin("epochs: \"7\"")?.contains("# the configuration file") == true)
        #expect(origin("batch-size: \"24\"")?.contains("# the environment") == true)
        #expect(origin("seed: \"9\"")?.contains("# the command line") == true)
        #expect(origin("patience:")?.contains("# default") == true)
        // What is printed is a configuration itself.
        try AtomicFile.write(result.output, to: folder.path + "/again.yaml")
        let again = try Program.run(
          ["train", "--config", "again.yaml", "--print-config"], in: folder)
        func values(_ text: String) -> [String] {
          text.split(separator: "\n").map { line in
            String(line.prefix { $0 != "#" }).replacingOccurrences(of: " ", with: "")
          }
        }
        #expect(values(again.output) == values(result.output))
      }
      for (text, says) in [
        ("epoch: 7\n", "Did you mean \"epochs\""), ("epochs: [1, [2]]\n", "nested"),
        ("epochs: {a: 1}\n", "nested"), ("just words\n", "no names with values"),
        ("epochs: 7\nepochs: 8\n", "epochs"), ("epochs: seven\n", "seven"),
        ("{\"epochs\": 7", "JSON or YAML"),
        ("a: &a [1]\nb: [*a,*a,*a,*a,*a,*a,*a,*a,*a]\n", "more than 8 aliases"),
      ] {
        try AtomicFile.write(text, to: folder.path + "/bad.yaml")
        let result = try Program.run(["train", "moons", "--config", "bad.yaml"], in: folder)
        #expect(
          [64, 65].contains(result.status) && result.errors.contains(says),
          "\(text): \(result.errors)")
      }
      let missing = try Program.run(["train", "--config", "none.yaml"], in: folder)
      #expect(missing.status == 66)
    }
  }

  @Test func progressStyles() throws {
    try Program.withFolder { folder in
      for style in ["plain", "none", "bar"] {
        let result = try Program.run(
          ["train", "digits", "--epochs", "6", "--progress", style, "--output", "r"], in: folder)
        #expect(result.status == 0 && result.output.contains("accuracy"))
        switch style {
        case "none": #expect(result.errors.isEmpty)
        case "plain": #expect(result.errors.contains("epoch 6/6 steps 113 time "))
        default:
          #expect(result.errors.contains("s left ") && result.errors.contains("ms/step loss"))
        }
        let hasControls = result.errors.contains("\r") || result.errors.contains("\u{1B}")
        #expect(hasControls == (style == "bar"))
      }
      let result = try Program.run(
        ["train", "moons", "--epochs", "2", "--progress", "json", "--checkpoint-every", "0"],
        in: folder)
      #expect(result.errors.isEmpty)
      // Every event and every field of it is in the documentation.
      let documentation = try String(
        contentsOf: Program.root.appendingPathComponent("docs/events.md"), encoding: .utf8)
      let events = try lines(result.output)
      #expect(events.contains { $0["event"] as? String == "checkpoint" })
      for event in events {
        for key in event.keys { #expect(documentation.contains("`\(key)`"), "\(key)") }
        let name = try #require(event["event"] as? String)
        #expect(documentation.contains("## \(name)\n"))
      }
    }
  }

  @Test func theDoctorAnswersWithItsExitCode() throws {
    try Program.withFolder { folder in
      let sound = try Program.run(["doctor", "digits"], in: folder)
      #expect(
        sound.status == 0 && sound.output.contains("all ten checks passed"), "\(sound.output)")
      let wrong = try Program.run(
        ["doctor", "moons", "--learning-rate", "10", "--json"], in: folder)
      #expect(wrong.status == 4)
      let findings = try lines(wrong.output)
      #expect(findings.map { $0["check"] as? Int } == (1...10).map { $0 })
      let rate = findings[4]
      #expect(rate["passed"] as? Bool == false)
      #expect((rate["remedy"] as? String)?.contains("too large") == true, "\(wrong.output)")
    }
  }

  @Test func divergenceIsAnEvent() throws {
    try Program.withFolder { folder in
      let result = try Program.run(
        [
          "train", "digits", "--optimizer", "sgd", "--learning-rate", "1e20", "--epochs", "4",
          "--output", "r", "--progress", "json",
        ], in: folder)
      #expect(result.status == 3, "\(result.errors)")
      let end = try #require(try lines(result.output).last)
      #expect(end["reason"] as? String == "diverged" && end["origin"] != nil)
    }
  }
}
