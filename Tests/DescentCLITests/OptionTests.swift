import Descent
import DescentData
import Foundation
import Testing

/// Options that once did nothing, or something else than they say.
@Suite struct OptionTests {
  /// A training of a moment.
  private static let quick = ["--training-samples", "200", "--progress", "none"]
  private static let small = ["train", "digits", "--layers", "16:relu"] + quick

  private func events(_ text: String) throws -> [[String: Any]] {
    try text.split(separator: "\n").map { line in
      try #require(
        try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any], "\(line)")
    }
  }

  /// A folder of dark pictures and light ones.
  private func photos(in folder: URL) throws {
    for (name, ground) in [("dark", 20), ("light", 200)] {
      let place = folder.appendingPathComponent("photos/\(name)")
      try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
      for number in 0..<30 {
        var random = Philox(seed: UInt64(number + ground))
        let pixels = (0..<64).map { _ in UInt8(ground + Int(random.next() % 30)) }
        let picture = Picture(width: 8, height: 8, channels: 1, pixels: pixels)
        try Data(picture.png()).write(to: place.appendingPathComponent("\(number).png"))
      }
    }
  }

  // MARK: A resumed run

  @Test("a resumed run refuses what it was not begun with")
  func resuming() throws {
    try Program.withFolder { folder in
      let begun = try Program.run(Self.small + ["--epochs", "2", "--output", "r"], in: folder)
      #expect(begun.status == 0, "\(begun.errors)")
      let configuration = try readFile(folder.path + "/r/config.json")
      for (arguments, environment, says) in [
        (["--clip-norm", "0.1"], [:], "--clip-norm 0.1: a resumed run goes on"),
        (["--augment", "shift:1"], [:], "--augment shift:1: a resumed run goes on"),
        (["--weight-decay", "0.1"], [:], "--weight-decay 0.1: a resumed run goes on"),
        (["--freeze", "1.*"], [:], "--freeze 1.*: a resumed run goes on"),
        (["--rates", "*=1e-3"], [:], "--rates *=1e-3: a resumed run goes on"),
        (["--label-smoothing", "0"], [:], "--label-smoothing 0: a resumed run goes on"),
        (["--accumulate", "2"], [:], "--accumulate 2: a resumed run goes on"),
        (["--average-weights", "0.9"], [:], "--average-weights 0.9: a resumed run goes on"),
        (["--momentum", "0.9"], [:], "--momentum 0.9: a resumed run goes on"),
        (["mnist"], [:], "mnist: a resumed run goes on with what it was begun with (set digits)"),
        (["--config", "c.json"], [:], "--config c.json: a resumed run goes on"),
        (["--output", "s"], [:], "--output s: a resumed run goes on"),
        (["--seed", "1", "--seed", "2"], [:], "--seed 2: a resumed run goes on"),
        ([], ["DESCENT_OUTPUT": "s"], "DESCENT_OUTPUT=s: a resumed run goes on"),
        ([], ["DESCENT_CLIP_NORM": "1"], "DESCENT_CLIP_NORM=1: a resumed run goes on"),
      ] as [([String], [String: String], String)] {
        let result = try Program.run(
          ["train", "--resume", "r", "--epochs", "3"] + arguments, in: folder,
          environment: environment)
        #expect(result.status == 64 && result.errors.contains(says), "\(says): \(result.errors)")
      }
      #expect(try readFile(folder.path + "/r/config.json") == configuration)
      #expect(!FileManager.default.fileExists(atPath: folder.path + "/s"))
      // What it was begun with may be said again.
      let same = try Program.run(
        Self.small + ["--resume", "r", "--output", "r", "--config", "r/config.json"], in: folder,
        environment: ["DESCENT_SEED": "1"])
      #expect(same.status == 0, "\(same.errors)")
      // A run that was moved goes on where it is now.
      try FileManager.default.moveItem(
        atPath: folder.path + "/r", toPath: folder.path + "/moved")
      let moved = try Program.run(["train", "--resume", "moved", "--epochs", "3"], in: folder)
      #expect(moved.status == 0 && moved.output.contains("3 epochs"), "\(moved.errors)")
      #expect(!FileManager.default.fileExists(atPath: folder.path + "/r"))
    }
  }

  @Test("the environment changes the epochs of a schedule no more than the command line does")
  func epochsOfASchedule() throws {
    try Program.withFolder { folder in
      let begun = try Program.run(
        Self.small + ["--schedule", "cosine", "--epochs", "2", "--output", "r"], in: folder)
      #expect(begun.status == 0, "\(begun.errors)")
      let resume = ["train", "--resume", "r"]
      let longer = try Program.run(resume, in: folder, environment: ["DESCENT_EPOCHS": "5"])
      #expect(longer.status == 64, "\(longer.errors)")
      #expect(longer.errors.contains("DESCENT_EPOCHS=5: with the schedule cosine"))
      for environment in [[:], ["DESCENT_EPOCHS": "2"]] as [[String: String]] {
        let same = try Program.run(resume, in: folder, environment: environment)
        #expect(same.status == 0, "\(same.errors)")
      }
    }
  }

  @Test("many patterns that begin with an asterisk are no aliases of YAML")
  func patterns() throws {
    try Program.withFolder { folder in
      let rates = (0..<10).map { $0 % 2 == 0 ? "*weight=1e-3" : "*bias=1e-3" }
      let begun = try Program.run(
        Self.small + ["--rates", rates.joined(separator: ","), "--epochs", "1", "--output", "r"],
        in: folder)
      #expect(begun.status == 0, "\(begun.errors)")
      let resumed = try Program.run(["train", "--resume", "r", "--epochs", "2"], in: folder)
      #expect(resumed.status == 0, "\(resumed.errors)")
    }
  }

  // MARK: Numbers

  @Test(arguments: [
    (["train", "digits", "--batch-size", "\(Int.max)"], "--batch-size is at most 1,000,000,000"),
    (["train", "digits", "--accumulate", "\(Int.max)"], "--accumulate is at most 1,000,000,000"),
    (["train", "digits", "--epochs", "\(Int.max)"], "--epochs is at most 1,000,000,000"),
    (["train", "digits", "--checkpoint-every", "inf"], "--checkpoint-every is from 0 to"),
    (["train", "digits", "--checkpoint-every", "1e30"], "--checkpoint-every is from 0 to"),
    (["doctor", "digits", "--accumulate", "\(Int.max)"], "--accumulate is at most"),
    (["doctor", "digits", "--batch-size", "\(Int.max)"], "--batch-size is at most"),
    (["inspect", "digits", "--accumulate", "\(Int.max)"], "--accumulate is at most"),
    (["inspect", "--network", "vgg16", "--classes", "\(Int.max)"], "--classes is at most"),
    (["inspect", "--network", "vgg16", "--classes", "16777216"], "GB of memory"),
    (["inspect", "--network", "lenet", "--batch-size", "\(Int.max)"], "--batch-size is at most"),
    (["inspect", "--network", "lenet", "--batch-size", "1000000000"], "GB of working memory"),
  ])
  func numbersWithoutSense(_ arguments: [String], _ says: String) throws {
    try Program.withFolder { folder in
      let result = try Program.run(arguments, in: folder)
      #expect(result.status == 64 && result.errors.contains(says), "\(result.errors)")
    }
  }

  @Test("a minibatch of more than the samples is one of all")
  func largeMinibatches() throws {
    try Program.withFolder { folder in
      let trained = try Program.run(
        Self.small + ["--batch-size", "1000000000", "--epochs", "1", "--output", "r"], in: folder)
      #expect(trained.status == 0, "\(trained.errors)")
      let inspected = try Program.run(
        ["inspect", "--network", "lenet", "--batch-size", "200"], in: folder)
      #expect(inspected.status == 0, "\(inspected.errors)")
    }
  }

  // MARK: Beginning with the weights of another training

  @Test("the last layer suits the loss, and not the loss of another training")
  func lastLayer() throws {
    try Program.withFolder { folder in
      func train(_ name: String, _ options: [String]) throws -> (Dense, ModelCard) {
        let result = try Program.run(
          ["train", "digits"] + Self.quick + ["--epochs", "1", "--output", name] + options,
          in: folder)
        #expect(result.status == 0, "\(result.errors)")
        let model = try Model(contentsOf: "\(folder.path)/\(name)/model.safetensors")
        let chain = try #require(model.network as? Sequential)
        return (try #require(chain.layers.last as? Dense), model.card)
      }
      let (old, _) = try train("a", ["--layers", "16:relu", "--loss", "l2"])
      #expect(old.activation == .sigmoid)
      let (new, card) = try train("b", ["--from", "a"])
      #expect(new.activation == .identity && card.outputActivation == .softmax)
      let (other, _) = try train(
        "c", ["--from", "a", "--loss", "l2", "--output-activation", "tanh"])
      #expect(other.activation == .tanh)
      for option in [["--initializer", "normal"], ["--bias-initializer", "ones"]] {
        let refused = try Program.run(["train", "digits", "--from", "a"] + option, in: folder)
        #expect(
          refused.status == 64 && refused.errors.contains(option.joined(separator: " ")),
          "\(refused.errors)")
      }
    }
  }

  @Test("weights of a table go to no other one")
  func tables() throws {
    try Program.withFolder { folder in
      for (name, count) in [("a", 60), ("b", 200)] {
        let rows = (0..<5 * count).map { row in
          "t\(row % count),\(row * 37 % 101),\(row * 53 % 97).5\n"
        }
        try AtomicFile.write(
          "town,size,y\n" + rows.joined(), to: "\(folder.path)/\(name).csv")
      }
      func train(_ arguments: String...) throws -> Program.Result {
        try Program.run(
          ["train"] + arguments + ["--epochs", "1", "--progress", "none"], in: folder)
      }
      let first = try train("a.csv", "--target", "y")
      #expect(first.status == 0, "\(first.errors)")
      let same = try train("a.csv", "--target", "y", "--from", "runs/a", "--output", "again")
      #expect(same.status == 0, "\(same.errors)")
      let other = try train("b.csv", "--target", "y", "--from", "runs/a")
      #expect(other.status == 64 && other.errors.contains("--from runs/a"), "\(other.errors)")
      #expect(other.errors.contains("\"town\"") && other.errors.contains("leave --from out"))
      // The columns count in a network of one's own, too: its weights go by the same places.
      let own = try train("b.csv", "--target", "y", "--from", "runs/a", "--layers", "64:tanh")
      #expect(own.status == 64 && own.errors.contains("\"town\""), "\(own.errors)")
      let none = try train("moons", "--from", "runs/a")
      #expect(none.status == 64 && none.errors.contains("other inputs than moons"))
    }
  }

  // MARK: Networks, losses and schedules

  @Test("initialisers are for convolutions, too")
  func initializers() throws {
    try Program.withFolder { folder in
      let options = ["train", "digits", "--layers", "conv:4x3:relu,16:relu"] + Self.quick
      let trained = try Program.run(
        options + ["--initializer", "zeros", "--epochs", "1", "--output", "r"], in: folder)
      #expect(trained.status == 0, "\(trained.errors)")
      let model = try Model(contentsOf: folder.path + "/r/model.safetensors")
      let filters = try #require(model.parameters.first(where: { $0.shape.rank == 4 }))
      // Behind a layer of zeros there is no gradient that could change them.
      #expect(try #require(model[filters.name]).doubles().allSatisfy { $0 == 0 })
      let biased = try Program.run(options + ["--bias-initializer", "ones"], in: folder)
      #expect(
        biased.status == 64 && biased.errors.contains("--bias-initializer ones: biases of conv"),
        "\(biased.errors)")
    }
  }

  @Test(arguments: ["cross-entropy", "binary-cross-entropy"])
  func lossesOfClasses(_ loss: String) throws {
    try Program.withFolder { folder in
      let result = try Program.run(["train", "line", "--loss", loss], in: folder)
      #expect(result.status == 64 && result.errors.contains("--loss \(loss):"), "\(result.errors)")
    }
  }

  @Test("behind a warm-up a schedule comes to its end with the training")
  func warmUp() throws {
    try Program.withFolder { folder in
      let result = try Program.run(
        [
          "train", "digits", "--layers", "16:relu", "--training-samples", "200", "--epochs", "3",
          "--schedule", "cosine", "--warm-up", "1", "--progress", "json",
        ], in: folder)
      #expect(result.status == 0, "\(result.errors)")
      let rates = try events(result.output).filter { $0["event"] as? String == "epoch" }
        .compactMap { $0["learning_rate"] as? Double }
      #expect(rates.count == 3)
      let (first, last) = (try #require(rates.first), try #require(rates.last))
      #expect(last < 0.05 * first, "\(rates)")
    }
  }

  // MARK: Samples

  @Test("some of the samples in files are some of every class")
  func someOfTheSamples() throws {
    try Program.withFolder { folder in
      try photos(in: folder)
      let rows = (0..<100).map { $0 < 50 ? "\($0 % 25).5,no\n" : "\(60 + $0 % 25).5,yes\n" }
      try AtomicFile.write("x,y\n" + rows.joined(), to: folder.path + "/sorted.csv")
      for arguments in [["photos"], ["sorted.csv", "--target", "y"]] {
        let result = try Program.run(
          ["train"] + arguments + [
            "--training-samples", "20", "--layers", "16:relu", "--learning-rate", "0.01",
            "--batch-size", "5", "--epochs", "40", "--progress", "json",
          ], in: folder)
        #expect(result.status == 0, "\(result.errors)")
        let metrics = try events(result.output).last?["metrics"] as? [String: Double]
        #expect(try #require(metrics?["test_accuracy"]) > 0.9, "\(arguments)")
      }
    }
  }

  // MARK: The doctor

  @Test("the doctor takes the rate that training takes, and steps of several minibatches")
  func doctor() throws {
    try Program.withFolder { folder in
      try photos(in: folder)
      func measured(_ check: Int, _ arguments: String...) throws -> String {
        let result = try Program.run(["doctor"] + arguments + ["--json"], in: folder)
        let finding = try events(result.output).first { $0["check"] as? Int == check }
        return try #require(finding?["measured"] as? String, "\(result.errors)")
      }
      // Ten times 1e-3, and not ten times the 1e-4 of networks without a name.
      let rates = try measured(5, "photos", "--network", "perceptron")
      #expect(rates.contains(" 0.01: "), "\(rates)")
      // "loss 0.7, after a step 0.6": eight minibatches are one step.
      let losses = try measured(1, "moons", "--accumulate", "8").split { " ,".contains($0) }
      #expect(losses.count == 6 && losses[1] != losses[5], "\(losses)")
    }
  }

  // MARK: Help

  @Test func helpIsTrue() throws {
    try Program.withFolder { folder in
      for (verb, says) in [
        ("train", "cosine for tables, for pictures, and for --network without --from, where no"),
        ("doctor", "Takes those options of descent train that say what the data, the network"),
      ] {
        let help = try Program.run([verb, "--help"], in: folder).output
        let words = help.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        #expect(words.contains(says), "\(help)")
      }
    }
  }
}
