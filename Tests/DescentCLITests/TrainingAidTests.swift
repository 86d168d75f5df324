import Descent
import DescentData
import Foundation
import Testing

/// Finding a learning rate, first weights by what they do, several views of an image, and what else helps
/// training, as a user would.
@Suite(.serialized) struct TrainingAidTests {
  private func object(_ text: String) throws -> [String: Any] {
    let line = try #require(text.split(separator: "\n").last)
    return try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
  }

  @Test func aLearningRateIsFound() throws {
    try Program.withFolder { folder in
      let found = try Program.run(["train", "digits", "--find-rate"], in: folder)
      #expect(found.status == 0, "\(found.errors)")
      for part in ["learning rate 0.00", "loss", "⠤", "explodes", "--learning-rate 0.00"] {
        #expect(found.output.contains(part), "\(part): \(found.output)")
      }
      #expect(!FileManager.default.fileExists(atPath: folder.path + "/runs"))
      let program = try Program.run(
        ["train", "digits", "--find-rate", "--progress", "json", "--output", "r"], in: folder)
      let line = try object(program.output)
      #expect(program.errors.isEmpty && line["event"] as? String == "learning-rate")
      let rate = try #require(line["suggestion"] as? Double)
      #expect(rate > 1e-4 && rate < 1e-1)
      #expect((line["rates"] as? [Double])?.count == (line["losses"] as? [Any])?.count)
      let files = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/r")
      #expect(files == ["learning-rate.svg"])
      let narrow = try Program.run(
        ["train", "moons", "--find-rate"], in: folder, environment: ["COLUMNS": "60"])
      let chart: [Substring] = narrow.output.split(separator: "\n")
      #expect(chart.prefix(12).allSatisfy { $0.count <= 60 })
      // Labels that are the same for all: nothing can be learned of random numbers.
      let table = "a,b,y\n" + (0..<40).map { "1,2,\($0 * 7919 % 13)\n" }.joined()
      try AtomicFile.write(table, to: folder.path + "/t.csv")
      let hopeless = try Program.run(
        ["train", "t.csv", "--target", "y", "--find-rate"], in: folder)
      #expect([4, 64, 65].contains(hopeless.status), "\(hopeless.output) \(hopeless.errors)")
      let both = try Program.run(["train", "digits", "--find-rate", "--dry-run"], in: folder)
      #expect(both.status == 64 && both.errors.contains("exclude each other"))
    }
  }

  @Test func severalViews() throws {
    try Program.withFolder { folder in
      let trained = try Program.run(
        ["train", "digits", "--epochs", "3", "--output", "r"], in: folder)
      #expect(trained.status == 0)
      let options = ["evaluate", "r", "digits", "--json"]
      let plain = try object(Program.run(options, in: folder).output)
      let views = options + ["--augment", "shift:1,rotate:5", "--views", "16"]
      let first = try Program.run(views, in: folder)
      #expect(first.output == (try Program.run(views, in: folder)).output)
      let seen = try object(first.output)
      #expect(seen["views"] as? Int == 16 && plain["views"] == nil)
      // Sixteen more views cost no accuracy, but for chance.
      let accuracies = try [plain, seen].map { try #require($0["test_accuracy"] as? Double) }
      #expect(accuracies[1] > accuracies[0] - 0.01 && accuracies[1] != accuracies[0])
      let text = try Program.run(
        ["evaluate", "r", "digits", "--augment", "shift:1"], in: folder)
      #expect(text.output.contains("on the 1000 test samples of digits, each seen 9 times:"))
      for (arguments, says) in [
        (["--augment", "shift:1", "--views", "0"], "--views is from 1 to 1000"),
        (["--augment", "shift:1", "--views=-3"], "--views is from 1 to 1000"),
        (["--augment", "shift:1", "--views", "1001"], "--views is from 1 to 1000"),
        (["--augment", "shift:1", "--views", "nan"], "nan"),
        (["--views", "4"], "--views says nothing without --augment"),
        (["--augment", "mixup"], "mixup is for training"),
        (["--augment", "shif:1"], "Did you mean \"shift\""),
        (["--augment", "shift:nan"], "--augment"),
      ] {
        for start in [["evaluate", "r", "digits"], ["predict", "r", "x.png"]] {
          let result = try Program.run(start + arguments, in: folder)
          #expect(result.status == 64 && result.errors.contains(says), "\(result.errors)")
        }
      }
      #expect(
        try Program.run(["train", "moons", "--epochs", "1", "--output", "m"], in: folder).status
          == 0)
      let rows = try Program.run(
        ["evaluate", "m", "moons", "--augment", "shift:1"], in: folder)
      #expect(rows.status == 64 && rows.errors.contains("--augment changes images"))
    }
  }

  @Test func unitVariance() throws {
    try Program.withFolder { folder in
      for arguments in [
        ["digits", "--network", "lenet"], ["digits", "--layers", "32:relu,32:relu"],
        ["moons"], ["moons", "--layers", "none"],
      ] {
        let result = try Program.run(
          ["train"] + arguments
            + [
              "--initializer", "lsuv", "--schedule", "constant", "--epochs", "2", "--output", "r",
            ],
          in: folder)
        #expect(result.status == 0, "\(result.errors)")
        let configuration = try String(
          contentsOfFile: folder.path + "/r/config.json", encoding: .utf8)
        #expect(configuration.contains(#""initializer": "lsuv""#))
        let resumed = try Program.run(["train", "--resume", "r", "--epochs", "3"], in: folder)
        #expect(resumed.status == 0, "\(resumed.errors)")
      }
      let doctor = try Program.run(
        ["doctor", "moons", "--initializer", "lsuv", "--json"], in: folder)
      #expect(doctor.output.split(separator: "\n").count == 10, "\(doctor.errors)")
      let from = try Program.run(
        ["train", "moons", "--from", "r", "--initializer", "lsuv"], in: folder)
      #expect(from.status == 64 && from.errors.contains("exclude each other"), "\(from.errors)")
      let biased = try Program.run(
        [
          "train", "moons", "--layers", "64:relu", "--initializer", "lsuv", "--bias-initializer",
          "ones", "--output", "x",
        ], in: folder)
      #expect(biased.status == 0, "\(biased.errors)")
      let bias = try Program.run(
        ["train", "moons", "--bias-initializer", "lsuv"], in: folder)
      #expect(bias.status == 64 && bias.errors.contains("no initializer called \"lsuv\""))
    }
  }

  @Test("means of weights and of gradients are kept across a stop and a resumption")
  func resumed() throws {
    try Program.withFolder { folder in
      let options = [
        "train", "digits", "--layers", "64:relu", "--epochs", "12", "--average-weights", "0.99",
        "--accumulate", "3", "--label-smoothing", "0.05", "--augment", "shift:1",
        "--precision", "bfloat16",
      ]
      let whole = try Program.run(options + ["--output", "whole"], in: folder)
      #expect(whole.status == 0, "\(whole.errors)")
      #expect(Precision.hasFastBFloat16 || whole.errors.contains("nothing is faster"))
      let program = try Program.Running(options + ["--output", "part"], in: folder)
      program.wait(for: "epoch 2/12")
      Thread.sleep(forTimeInterval: 0.005)
      program.send(SIGINT)
      #expect(try program.end().status == 130)
      let rest = try Program.run(["train", "--resume", "part"], in: folder)
      #expect(rest.status == 0 && rest.errors.contains("resuming at epoch"), "\(rest.errors)")
      #expect(
        try readFile(folder.path + "/part/model.safetensors")
          == readFile(folder.path + "/whole/model.safetensors"))
      for option in [
        "--average-weights=0.9", "--accumulate=2", "--label-smoothing=0", "--precision=float32",
      ] {
        let changed = try Program.run(["train", "--resume", "part", option], in: folder)
        #expect(changed.status == 64 && changed.errors.contains("a resumed run goes on"))
      }
    }
  }

  @Test("labels are smoothed for every kind of classes")
  func labelSmoothing() throws {
    try Program.withFolder { folder in
      let rows = (0..<60).map { "\($0 % 7),\($0 % 5),\($0 % 7 > 3 ? "yes" : "no"),\($0 % 3)\n" }
      try AtomicFile.write("a,b,two,three\n" + rows.joined(), to: folder.path + "/t.csv")
      for arguments in [
        ["digits"], ["digits", "--network", "lenet"], ["moons"], ["t.csv", "--target", "two"],
        ["t.csv", "--target", "three", "--task", "multiclass"],
      ] {
        let losses = try ["0", "0.4"].map { smoothing in
          let result = try Program.run(
            ["train"] + arguments + [
              "--label-smoothing", smoothing, "--epochs", "3", "--progress", "json", "--output",
              "r", "--learning-rate", "0.001",
            ], in: folder)
          #expect(result.status == 0, "\(result.errors)")
          let epochs = try result.output.split(separator: "\n").map { try object(String($0)) }
            .filter { $0["event"] as? String == "epoch" }
          return try #require(epochs.last?["loss"] as? Double)
        }
        #expect(losses[0] != losses[1], "\(arguments)")
      }
    }
  }

  @Test(arguments: [
    (["--accumulate", "0"], "--accumulate is at least 1, not 0"),
    (["--precision", "float16"], "one of 'float32' and 'bfloat16'"),
    (["--accumulate=-2"], "--accumulate is at least 1, not -2"),
    (["--accumulate", "nan"], "nan"),
    (["--average-weights", "1"], "--average-weights is at least 0 and less than 1"),
    (["--average-weights=-0.5"], "--average-weights is at least 0 and less than 1"),
    (["--average-weights", "nan"], "--average-weights is at least 0 and less than 1"),
    (["--label-smoothing", "1"], "--label-smoothing is at least 0 and less than 1"),
    (["--label-smoothing=-0.1"], "--label-smoothing is at least 0 and less than 1"),
    (["--label-smoothing", "nan"], "--label-smoothing is at least 0 and less than 1"),
    (["--label-smoothing", "0.1", "--loss", "l2"], "belongs to --loss cross-entropy"),
    (["--initializer", "lsuvv"], "Did you mean \"lsuv\""),
  ])
  func nonsenseIsRefused(_ arguments: [String], _ says: String) throws {
    try Program.withFolder { folder in
      let result = try Program.run(["train", "digits"] + arguments, in: folder)
      #expect(result.status == 64 && result.errors.contains(says), "\(result.errors)")
    }
  }

  @Test func helpNamesThem() throws {
    try Program.withFolder { folder in
      let train = try Program.run(["train", "--help"], in: folder).output
      for option in [
        "--find-rate", "--average-weights", "--accumulate", "--label-smoothing", "lsuv",
        "--precision",
        "--augment",
      ] {
        #expect(train.contains(option), "\(option)")
      }
      for example in ["digits --find-rate", "--average-weights 0.999", "--accumulate 8"] {
        #expect(train.contains(example), "\(example)")
      }
      for verb in ["evaluate", "predict"] {
        let help = try Program.run([verb, "--help"], in: folder).output
        #expect(help.contains("--augment shift:1,rotate:5 --views 16"))
      }
    }
  }
}
