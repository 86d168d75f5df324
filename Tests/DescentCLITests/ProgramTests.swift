import Descent
import DescentData
import Foundation
import Testing

/// The program as its users meet it: what it prints, writes and answers.
@Suite struct ProgramTests {
  private func lines(_ text: String) throws -> [[String: Any]] {
    try text.split(separator: "\n").map { line in
      try #require(
        try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any], "\(line)")
    }
  }

  @Test("train, evaluate, predict and inspect, one after another")
  func theWholeWay() throws {
    try Program.withFolder { folder in
      let trained = try Program.run(
        ["train", "digits", "--epochs", "2", "--seed", "3", "--progress", "json", "--output", "r"],
        in: folder)
      #expect(trained.status == 0, "\(trained.errors)")
      #expect(trained.errors.isEmpty)
      let all = try lines(trained.output)
      let known: Set = ["start", "step", "epoch", "checkpoint", "warning", "end"]
      #expect(all.allSatisfy { known.contains($0["event"] as? String ?? "") })
      let passing: Set = ["step", "checkpoint"]
      let events = all.filter { !passing.contains($0["event"] as? String ?? "") }
      #expect(events.map { $0["event"] as? String } == ["start", "epoch", "epoch", "end"])
      for key in ["epoch", "loss", "accuracy", "validation_loss", "validation_accuracy", "seconds"]
      {
        #expect(events[1][key] != nil, "\(key)")
      }
      let end = events[3]
      let accuracy = try #require((end["metrics"] as? [String: Double])?["test_accuracy"])
      #expect(accuracy > 0.8)
      #expect(end["model"] as? String == "r/model.safetensors")
      #expect((end["best_epoch"] as? Int).map { (1...2).contains($0) } == true)
      #expect((end["seconds"] as? Double).map { $0 > 0 } == true)
      for file in ["model.safetensors", "metrics.jsonl", "learning.svg", "mistakes.svg"] {
        #expect(FileManager.default.fileExists(atPath: folder.path + "/r/" + file), "\(file)")
      }

      let evaluated = try Program.run(["evaluate", "r", "digits", "--json"], in: folder)
      #expect(try lines(evaluated.output)[0]["test_accuracy"] as? Double == accuracy)

      let test = try Digits.load().test
      let picture = Picture(width: 28, height: 28, pixels: Array(test.pixels.prefix(784)))
      try AtomicFile.write(picture.png(), to: folder.path + "/digit.png")
      let predicted = try Program.run(
        ["predict", "r", "digit.png", "--format", "json"], in: folder)
      let answer = try lines(predicted.output)[0]
      #expect(
        predicted.status == 0 && answer["class"] as? String == test.classNames[Int(test.labels[0])])
      let probabilities = try #require(answer["probabilities"] as? [String: Double])
      #expect(abs(probabilities.values.reduce(0, +) - 1) < 1e-4)

      let inspected = try Program.run(["inspect", "r", "--json"], in: folder)
      #expect(try lines(inspected.output)[0]["parameters"] as? Int == 784 * 256 + 256 + 2560 + 10)
      let plan = try Program.run(["inspect", "r", "--plan"], in: folder)
      #expect(plan.output.contains("∂C/∂1.weight") && plan.output.contains("backward"))
    }
  }

  @Test func convolutionsAndPools() throws {
    try Program.withFolder { folder in
      let layers = "conv:4x5:identity,batchnorm,relu,pool:2,conv:8x3,pool:2,16:tanh,dropout:0.1"
      let trained = try Program.run(
        ["train", "digits", "--layers", layers, "--epochs", "2", "--output", "r"], in: folder)
      #expect(trained.status == 0, "\(trained.errors)")
      let inspected = try lines(Program.run(["inspect", "r", "--json"], in: folder).output)[0]
      let rows = try #require(inspected["layers"] as? [[String: Any]])
      let sizes = rows.compactMap { $0["parameters"] as? Int }.filter { $0 > 0 }
      #expect(sizes == [4 * 26, 2 * 4, 8 * 37, 16 * 393, 10 * 17])
      let evaluated = try Program.run(["evaluate", "r", "digits"], in: folder)
      #expect(evaluated.status == 0, "\(evaluated.errors)")
    }
  }

  @Test func layersThatBehaveOtherwiseInTraining() throws {
    try Program.withFolder { folder in
      let layers = "16:identity,batchnorm,relu,dropout:0.2,8:tanh,layernorm"
      let trained = try Program.run(
        ["train", "digits", "--layers", layers, "--epochs", "2", "--output", "r"], in: folder)
      #expect(trained.status == 0, "\(trained.errors)")
      let inspected = try lines(Program.run(["inspect", "r", "--json"], in: folder).output)[0]
      let rows = try #require(inspected["layers"] as? [[String: Any]])
      #expect(
        rows.map { $0["layer"] as? String } == [
          "Flatten()", "Dense(16)", "BatchNorm()", "Activate(relu)", "Dropout(0.2)",
          "Dense(8, tanh)", "LayerNorm()", "Dense(10)",
        ])
      #expect(inspected["state"] as? Int == 32 && rows[2]["state"] as? Int == 32)
      #expect(try Program.run(["inspect", "r"], in: folder).output.contains("32 numbers of state"))
      // Evaluation is deterministic.
      let evaluations = try (0..<2).map { _ in
        try Program.run(["evaluate", "r", "digits", "--json"], in: folder).output
      }
      #expect(evaluations[0] == evaluations[1] && evaluations[0].contains("accuracy"))
    }
  }

  @Test("the same seed gives the same file with 1, 2 and 3 threads")
  func sameBits() throws {
    try Program.withFolder { folder in
      let files = try [1, 2, 3].map { threads in
        let result = try Program.run(
          [
            "train", "digits", "--epochs", "2", "--threads", "\(threads)", "--output",
            "t\(threads)",
            "--layers", "300:relu", "--batch-size", "128",
          ], in: folder)
        #expect(result.status == 0)
        return try readFile(folder.path + "/t\(threads)/model.safetensors")
      }
      #expect(files[0] == files[1] && files[0] == files[2])
    }
  }

  @Test(arguments: GeneratedSet.names)
  func generatedSets(_ name: String) throws {
    try Program.withFolder { folder in
      let result = try Program.run(
        ["train", name, "--output", "r", "--progress", "json"], in: folder)
      #expect(result.status == 0, "\(result.errors)")
      let metrics = try #require(try lines(result.output).last?["metrics"] as? [String: Double])
      if name == "line" {
        #expect(metrics["test_r2"]! > 0.95)
      } else {
        #expect(metrics["test_accuracy"]! > 0.9, "\(name)")
      }
    }
  }

  /// Arguments, the exit code, and what the message must say.
  static let mistakes: [(arguments: [String], status: Int32, says: [String])] = [
    (["train", "digts"], 64, ["digts", "Did you mean \"digits\""]),
    (["train", "digits", "--optimzer", "adam"], 64, ["--optimizer"]),
    (["train", "digits", "--layers", "10:rel"], 64, ["relu"]),
    (["train", "digits", "--layers", "0:relu"], 64, ["units:activation"]),
    (["train", "digits", "--layers", "10:relu,,"], 64, ["units:activation"]),
    (
      ["train", "digits", "--layers", "10,batchnrm"], 64,
      ["batchnrm", "Did you mean \"batchnorm\""]
    ),
    (["train", "digits", "--layers", "10,dropout:1"], 64, ["dropout:1", "less than 1"]),
    (["train", "digits", "--layers", "1000000,1000000"], 64, ["--layers", "GB of memory"]),
    (["train", "digits", "--layers", "conv:90000x63,conv:90000x63"], 64, ["GB of memory"]),
    (["train", "digits", "--layers", "10,dropout"], 64, ["dropout:0.5"]),
    (["train", "digits", "--layers", "conv:8x4"], 64, ["odd", "conv:32x3:relu"]),
    (["train", "digits", "--layers", "conv:8"], 64, ["FILTERSxKERNEL"]),
    (["train", "digits", "--layers", "conv:8x3:rel"], 64, ["relu"]),
    (["train", "digits", "--layers", "32,conv:8x3"], 64, ["\"conv:8x3\"", "\"32\"", "before"]),
    (["train", "digits", "--layers", "pool:0"], 64, ["pool:2"]),
    (["train", "digits", "--layers", "pool:2,pool:2,pool:2,pool:4"], 64, ["MaxPool2D"]),
    (["train", "moons", "--layers", "conv:8x3"], 64, ["images", "64:relu"]),
    (["train", "digits", "--loss", "crossentropy"], 64, ["Did you mean \"cross-entropy\""]),
    (["train", "digits", "--output-activation", "sigmoid"], 64, ["cross-entropy", "softmax"]),
    (["train", "line", "--loss", "cross-entropy"], 64, ["l2"]),
    (["train", "digits", "--initializer", "hee"], 64, ["he"]),
    (["train", "digits", "--optimizer", "adan"], 64, ["adam"]),
    (["train", "digits", "--learning-rate", "-1"], 64, ["--learning-rate"]),
    (["train", "digits", "--learning-rate", "nan"], 64, ["--learning-rate"]),
    (["train", "digits", "--momentum", "2"], 64, ["--momentum"]),
    (["train", "digits", "--epochs", "0"], 64, ["--epochs"]),
    (["train", "digits", "--augment", "rotat:3"], 64, ["Did you mean \"rotate\""]),
    (["train", "digits", "--augment", "rotate"], 64, ["--augment", "rotate:DEGREES"]),
    (["train", "digits", "--augment", "rotate:900"], 64, ["--augment", "180"]),
    (["train", "moons", "--augment", "flip"], 64, ["--augment", "moons"]),
    (["train", "digits", "--batch-size", "0"], 64, ["--batch-size"]),
    (["train", "digits", "--threads", "0"], 64, ["--threads"]),
    (["train", "digits", "--training-samples", "5000"], 64, ["4000"]),
    (["train", "digits", "--schedule", "cosin"], 64, ["cosine"]),
    (["train", "moons", "--count", "1"], 64, ["--count"]),
    (["train", "moons", "--noise", "-1"], 64, ["--noise"]),
    (["train", "mnist", "--data", "nowhere"], 66, ["nowhere", "train-images"]),
    (["train", "digits", "--output", "/proc/none"], 73, ["/proc/none"]),
    (["train", "digits", "--output", "/dev/null/x"], 73, ["/dev/null/x"]),
    (["evaluate", "nowhere", "digits"], 66, ["nowhere"]),
    (["predict", "nowhere", "x.png"], 66, ["nowhere"]),
    (["inspect", "nowhere"], 66, ["nowhere"]),
  ]

  @Test(arguments: mistakes.indices)
  func mistakesAreExplained(_ index: Int) throws {
    let (arguments, status, says) = Self.mistakes[index]
    try Program.withFolder { folder in
      let result = try Program.run(arguments, in: folder)
      #expect(result.status == status, "\(arguments): \(result.errors)")
      for part in says { #expect(result.errors.contains(part), "\(arguments): \(result.errors)") }
      #expect(
        !FileManager.default.fileExists(atPath: folder.path + "/runs/digits/model.safetensors"))
    }
  }

  @Test func damagedFilesAreRefused() throws {
    try Program.withFolder { folder in
      func write(_ name: String, _ bytes: [UInt8]) throws {
        try AtomicFile.write(bytes, to: folder.path + "/" + name)
      }
      #expect(
        try Program.run(["train", "moons", "--epochs", "1", "--output", "m"], in: folder).status
          == 0)
      let model = try readFile(folder.path + "/m/model.safetensors")
      try write("short.safetensors", Array(model.dropLast(10)))
      try write("empty.safetensors", [])
      try write("text.csv", Array("a,b\n1,x\n".utf8))
      try write("wide.csv", Array("1,2,3\n".utf8))
      try write("bad.png", [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 1, 2, 3])
      for name in ["short.safetensors", "empty.safetensors"] {
        #expect(try Program.run(["predict", name, "text.csv"], in: folder).status == 65, "\(name)")
      }
      for name in ["text.csv", "wide.csv", "bad.png", "m/model.safetensors"] {
        let result = try Program.run(["predict", "m", name], in: folder)
        #expect(result.status == 65, "\(name): \(result.errors)")
        #expect(result.errors.contains(name))
      }
      // A label that no class has, in an otherwise good set.
      try FileManager.default.createDirectory(
        at: folder.appendingPathComponent("set"), withIntermediateDirectories: true)
      let images = try IDXArray(shape: [2, 28, 28], bytes: [UInt8](repeating: 9, count: 2 * 784))
      for (file, labels) in [("train", [1, 2]), ("t10k", [3, 77])] as [(String, [UInt8])] {
        try write("set/\(file)-images-idx3-ubyte", images.encoded())
        try write(
          "set/\(file)-labels-idx1-ubyte", try IDXArray(shape: [2], bytes: labels).encoded())
      }
      let result = try Program.run(["train", "mnist", "--data", "set"], in: folder)
      #expect(result.status == 65 && result.errors.contains("77"), "\(result.errors)")
    }
  }

  @Test func divergenceIsExplained() throws {
    try Program.withFolder { folder in
      let result = try Program.run(
        [
          "train", "digits", "--optimizer", "sgd", "--learning-rate", "1e30", "--epochs", "3",
          "--output", "r", "--progress", "none",
        ], in: folder)
      #expect(result.status == 3)
      for part in [
        "epoch 1, step 2", "output of layer \"2\"", "inputs of that minibatch: from 0 to 1",
        "of \"2.weight\" in the last step", "with a learning rate of", "remedy",
      ] {
        #expect(result.errors.contains(part), "\(result.errors)")
      }
      #expect(!FileManager.default.fileExists(atPath: folder.path + "/r/model.safetensors"))
    }
  }

  @Test("the first Ctrl-C finishes the step, stores and reports")
  func interruption() throws {
    try Program.withFolder { folder in
      let result = try Program.run(
        ["train", "digits", "--epochs", "100000", "--patience", "0", "--output", "r"], in: folder,
        interruptAfter: 1.5)
      #expect(result.status == 130)
      #expect(result.output.contains("interrupted"))
      #expect(try Program.run(["evaluate", "r", "digits"], in: folder).status == 0)
    }
  }

  @Test("what is not a terminal gets no control characters")
  func cleanLogs() throws {
    try Program.withFolder { folder in
      let result = try Program.run(
        ["train", "digits", "--epochs", "2", "--output", "r"], in: folder)
      let isClean = { (text: String) in
        text.unicodeScalars.allSatisfy { $0.value >= 32 || $0 == "\n" }
      }
      #expect(isClean(result.output) && isClean(result.errors))
      #expect(result.errors.contains("epoch 2/2 steps 113 time"))
      #expect(result.output.contains("precision") && result.output.contains("descent predict r"))
    }
  }

  @Test func helpHasExamples() throws {
    try Program.withFolder { folder in
      for verb in ["train", "evaluate", "predict", "inspect", "data"] {
        let result = try Program.run([verb, "--help"], in: folder)
        #expect(result.status == 0 && result.output.contains("  descent \(verb)"), "\(verb)")
      }
      let list = try Program.run(["data"], in: folder)
      #expect(list.output.contains("digits") && list.output.contains("spirals"))
      #expect(try Program.run(["data", "digits", "--show", "3"], in: folder).status == 0)
    }
  }

  @Test func theReadmeShowsWhatIsCompiled() throws {
    let readme = try String(
      contentsOf: Program.root.appendingPathComponent("README.md"), encoding: .utf8)
    let snippet = try String(
      contentsOf: Program.root.appendingPathComponent("Snippets/FirstModel.swift"), encoding: .utf8)
    #expect(readme.contains("```swift\n" + snippet + "```"))
    for command in ["swift run -c release descent train digits", "swift test -c release"] {
      #expect(readme.contains("```\n" + command + "\n```"))
    }
  }

  @Test func augmentationIsShownTrainedWithAndKept() throws {
    try Program.withFolder { folder in
      let shown = try Program.run(
        ["data", "digits", "--augment", "rotate:20,elastic:1", "--show", "2", "--output", "a.svg"],
        in: folder)
      #expect(shown.status == 0, "\(shown.errors)")
      #expect(shown.output.contains("original") && shown.output.contains("epoch 7"))
      let picture = String(decoding: try readFile(folder.path + "/a.svg"), as: UTF8.self)
      #expect(picture.contains("Augmentation rotate:20,elastic:1") && picture.contains("<image"))

      try AtomicFile.write("augment: [crop:2, mixup]\n", to: folder.path + "/options.yaml")
      let arguments = ["train", "digits", "--training-samples", "300", "--config", "options.yaml"]
      let trained = try Program.run(arguments + ["--epochs", "2", "--output", "r"], in: folder)
      #expect(trained.status == 0, "\(trained.errors)")
      let kept = String(decoding: try readFile(folder.path + "/r/config.json"), as: UTF8.self)
      #expect(kept.contains("\"augment\": \"crop:2,mixup\""))
      let changed = try Program.run(["train", "--resume", "r", "--augment", "flip"], in: folder)
      #expect(changed.status == 64 && changed.errors.contains("--augment"))
      let longer = try Program.run(["train", "--resume", "r", "--epochs", "4"], in: folder)
      let straight = try Program.run(arguments + ["--epochs", "4", "--output", "s"], in: folder)
      #expect(longer.status == 0 && straight.status == 0)
      let models = try ["r", "s"].map {
        try Model(contentsOf: "\(folder.path)/\($0)/model.safetensors")
      }
      for parameter in models[0].parameters {
        #expect(models[0][parameter.name]!.doubles() == models[1][parameter.name]!.doubles())
      }
    }
  }
}
