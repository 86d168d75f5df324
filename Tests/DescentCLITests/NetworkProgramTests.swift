import Descent
import DescentData
import Foundation
import Testing

/// Networks by name, and weights of other trainings, as a user would.
@Suite struct NetworkProgramTests {
  @Test("inspect shows a network without data")
  func inspect() throws {
    try Program.withFolder { folder in
      let lenet = try Program.run(["inspect", "--network", "lenet"], in: folder)
      #expect(lenet.status == 0, "\(lenet.errors)")
      for count in ["156", "2,416", "48,120", "10,164", "850", "61,706 parameters"] {
        #expect(lenet.output.contains(count), "\(lenet.output)")
      }
      #expect(lenet.output.contains("[6, 28, 28]") && lenet.output.contains("[16, 5, 5]"))
      let mobile = try Program.run(
        [
          "inspect", "--network", "mobilenetv2", "--json", "--batch-size", "1", "--image-size",
          "64x96", "--grayscale", "--classes", "7",
        ], in: folder)
      #expect(mobile.status == 0, "\(mobile.errors)")
      #expect(mobile.output.contains(#""input":[1,64,96]"#), "\(mobile.output)")
      // A dense layer of 50,176 inputs and 1,000 outputs: 50,176 · 1,000 weights and 1,000 biases.
      let dense = try Program.run(
        ["inspect", "--network", "perceptron", "--image-size", "224", "--classes", "1000"],
        in: folder)
      #expect(dense.status == 0 && dense.output.contains("Dense(1000)"), "\(dense.errors)")
      #expect(dense.output.contains("50,177,000 parameters"), "\(dense.output)")
      let nothing = try Program.run(["inspect"], in: folder)
      #expect(nothing.status == 64 && nothing.errors.contains("--network lenet"))
      let unknown = try Program.run(["inspect", "--network", "lennet"], in: folder)
      #expect(unknown.status == 64 && unknown.errors.contains("Did you mean \"lenet\""))
      let train = try Program.run(["train", "--network", "lenet"], in: folder)
      #expect(train.status == 64 && train.errors.contains("name the data"))
    }
  }

  @Test("train, store, and fine-tune for other classes")
  func transfer() throws {
    try Program.withFolder { folder in
      try pictures(folder, "a", classes: ["across", "down"])
      try pictures(folder, "b", classes: ["across", "down", "even"])
      let first = try Program.run(
        ["train", "a", "--network", "lenet", "--epochs", "6", "--progress", "plain"], in: folder)
      #expect(first.status == 0, "\(first.errors)")
      #expect(first.errors.contains("conv1"))
      let configuration = try String(
        contentsOf: folder.appendingPathComponent("runs/a/config.json"), encoding: .utf8)
      #expect(configuration.contains(#""network": "lenet""#))
      #expect(!configuration.contains(#""layers""#))

      let options = [
        "train", "b", "--from", "runs/a", "--freeze", "conv*", "--rates", "fc3.*=1e-2,*=1e-3",
        "--epochs", "6",
      ]
      let second = try Program.run(options + ["--progress", "plain"], in: folder)
      #expect(second.status == 0, "\(second.errors)")
      #expect(second.errors.contains("loaded   8: conv1.weight"), "\(second.errors)")
      #expect(second.errors.contains("renewed  2: fc3.weight (for other classes)"))
      #expect(second.errors.contains("frozen   4"))
      let old = try Model(
        contentsOf: folder.appendingPathComponent("runs/a/model.safetensors").path)
      let new = try Model(
        contentsOf: folder.appendingPathComponent("runs/b/model.safetensors").path)
      #expect(new.network as? NamedNetwork == NamedNetwork(.lenet, classes: 3))
      #expect(new["conv2.weight"]!.doubles() == old["conv2.weight"]!.doubles())
      #expect(new["fc1.weight"]!.doubles() != old["fc1.weight"]!.doubles())

      let json = try Program.run(
        options + ["--progress", "json", "--output", "runs/c"], in: folder)
      #expect(json.output.contains(#""event":"transfer","from":"runs/a","loaded":["conv1.weight""#))

      // A resumed run goes on with what was frozen.
      let more = try Program.run(
        ["train", "--resume", "runs/b", "--epochs", "7", "--progress", "plain"], in: folder)
      #expect(more.status == 0 || more.errors.contains("schedule"), "\(more.errors)")

      let wrong = try Program.run(options + ["--freeze", "features.*"], in: folder)
      #expect(wrong.status == 64 && wrong.errors.contains("features.*"), "\(wrong.errors)")
      let rate = try Program.run(
        ["train", "b", "--from", "runs/a", "--rates", "fc3=fast"], in: folder)
      #expect(rate.status == 64 && rate.errors.contains("--rates"), "\(rate.errors)")
      let all = try Program.run(["train", "b", "--from", "runs/a", "--freeze", "*"], in: folder)
      #expect(all.status == 64 && all.errors.contains("nothing is left to train"))
    }
  }

  @Test("weights of PyTorch get the pixels that they were learned with")
  func foreignWeights() throws {
    try Program.withFolder { folder in
      try pictures(folder, "a", classes: ["across", "down"])
      let path = folder.appendingPathComponent("mobile.safetensors").path
      let model = try Model(NamedNetwork(.mobilenetv2, classes: 5), input: [3, 32, 32], seed: 1)
      try model.save(to: path)
      try SafetensorsFile(tensors: SafetensorsFile(contentsOf: path).tensors).write(to: path)
      func train(_ options: String...) throws -> Program.Result {
        try Program.run(
          [
            "train", "a", "--color", "--image-size", "32", "--from", "mobile.safetensors",
            "--epochs", "1", "--schedule", "constant", "--progress", "plain",
          ] + options, in: folder)
      }
      func pixels(_ run: String) throws -> NamedNetwork.Pixels? {
        let path = folder.appendingPathComponent("\(run)/model.safetensors").path
        return (try Model(contentsOf: path).network as? NamedNetwork)?.pixels
      }
      let first = try train()
      #expect(first.status == 0, "\(first.errors)")
      #expect(first.errors.contains("pixels   standardised by ImageNet's"), "\(first.errors)")
      #expect(try pixels("runs/a") == .imagenet)
      let inspected = try Program.run(["inspect", "runs/a"], in: folder)
      #expect(inspected.output.contains("in colour, standardised by ImageNet's mean"))
      let resumed = try Program.run(["train", "--resume", "runs/a", "--epochs", "2"], in: folder)
      #expect(resumed.status == 0, "\(resumed.errors)")
      #expect(try pixels("runs/a") == .imagenet)
      let again = try Program.run(
        [
          "train", "a", "--from", "runs/a", "--network", "mobilenetv2", "--epochs", "1",
          "--output", "again",
        ], in: folder)
      #expect(again.status == 0, "\(again.errors)")
      #expect(try pixels("again") == .imagenet)
      let plain = try train("--pixels", "plain", "--output", "plain")
      #expect(plain.status == 0 && !plain.errors.contains("ImageNet"), "\(plain.errors)")
      #expect(try pixels("plain") == .plain)

      // A run from before there was a choice goes on as it was begun.
      let place = folder.appendingPathComponent("plain/config.json")
      let text = try String(contentsOf: place, encoding: .utf8)
      let without = text.split(separator: "\n").filter { !$0.contains("pixels") }
      #expect(without.count == text.split(separator: "\n").count - 1, "\(text)")
      try without.joined(separator: "\n").write(to: place, atomically: true, encoding: .utf8)
      let old = try Program.run(["train", "--resume", "plain", "--epochs", "2"], in: folder)
      #expect(old.status == 0, "\(old.errors)")
      #expect(try pixels("plain") == .plain)

      let gray = try Program.run(
        ["train", "a", "--network", "resnet18", "--pixels", "imagenet"], in: folder)
      #expect(gray.status == 64 && gray.errors.contains("no red, green and blue"))
      let dense = try Program.run(["train", "a", "--pixels", "imagenet"], in: folder)
      #expect(dense.status == 64 && dense.errors.contains("network by name"), "\(dense.errors)")
    }
  }

  @Test("a network that does not fit its pictures is refused with the size that would")
  func refusal() throws {
    try Program.withFolder { folder in
      try pictures(folder, "a", classes: ["across", "down"])
      let small = try Program.run(["train", "a", "--network", "alexnet"], in: folder)
      #expect(small.status == 64, "\(small.errors)")
      for part in ["features.", "16 × 16", "63 × 63", "--image-size 63"] {
        #expect(small.errors.contains(part), "\(small.errors)")
      }
      let both = try Program.run(
        ["train", "a", "--network", "lenet", "--layers", "8:relu"], in: folder)
      #expect(both.status == 64 && both.errors.contains("exclude each other"))
      let rows = try Program.run(["train", "moons", "--network", "resnet18"], in: folder)
      #expect(rows.status == 64 && rows.errors.contains("mlp"), "\(rows.errors)")
      let checked = try Program.run(["train", "a", "--network", "lenet", "--dry-run"], in: folder)
      #expect(checked.status == 0, "\(checked.errors)")
    }
  }

  /// Stripes, or nothing, on 16 × 16 pixels.
  private func pictures(_ folder: URL, _ name: String, classes: [String]) throws {
    for (label, kind) in classes.enumerated() {
      let place = folder.appendingPathComponent("\(name)/\(kind)")
      try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
      for number in 0..<30 {
        var random = Philox(seed: UInt64(number * 10 + label))
        let shift = Int(random.next() % 4)
        let pixels = (0..<256).map { index in
          let line = kind == "down" ? index % 16 : index / 16
          let isOn = kind != "even" && (line + shift) % 4 < 2
          return UInt8((isOn ? 180 : 40) + Int(random.next() % 30))
        }
        let picture = Picture(width: 16, height: 16, channels: 1, pixels: pixels)
        try Data(picture.png()).write(to: place.appendingPathComponent("\(number).png"))
      }
    }
  }
}
