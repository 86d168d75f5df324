import Descent
import DescentData
import Foundation
import Testing

@testable import DescentCLI

/// What the program makes of a network's outputs, whatever they are and whoever trained it.
@Suite struct AnswerTests {
  private func lines(_ text: String) throws -> [[String: Any]] {
    try text.split(separator: "\n").map { line in
      try #require(
        try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any], "\(line)")
    }
  }

  @Test("images with a number each, from the file to the report")
  func numbersOfImages() throws {
    try Program.withFolder { folder in
      let count = 60
      let pixels = (0..<count * 16).map { UInt8(truncatingIfNeeded: $0 &* 7919 >> 3) }
      let images = Tensor(pixels, shape: [count, 4, 4])
      let ages = Tensor((0..<count).map { Float($0) + 0.5 })
      try NPZ.write([("x", images), ("y", ages)], to: folder.path + "/ages.npz")
      let trained = try Program.run(
        ["train", "ages.npz", "--epochs", "2", "--progress", "none"], in: folder)
      #expect(trained.status == 0, "\(trained.errors)")
      let picture = String(
        decoding: try readFile(folder.path + "/runs/ages/mistakes.svg"), as: UTF8.self)
      #expect(picture.contains("largest errors") && picture.contains(", is "))
      let shown = try Program.run(["data", "ages.npz", "--show", "3"], in: folder)
      #expect(shown.status == 0, "\(shown.errors)")
      let evaluated = try Program.run(["evaluate", "runs/ages", "ages.npz", "--json"], in: folder)
      #expect(evaluated.status == 0, "\(evaluated.errors)")
      #expect(try lines(evaluated.output)[0]["test_rmse"] is Double)

      let labels = Tensor((0..<count).map { Int32($0 % 2) })
      try NPZ.write(
        [
          ("x_train", images), ("y_train", labels), ("x_test", images.cast(to: .float32)),
          ("y_test", labels),
        ], to: folder.path + "/mixed.npz")
      let mixed = try Program.run(["train", "mixed.npz", "--epochs", "1"], in: folder)
      #expect(mixed.status == 65 && mixed.errors.contains("float32"), "\(mixed.errors)")

      let numbers = (0..<count).map { Float($0 % 2) }
      try NPZ.write(
        [
          ("x_train", images), ("y_train", Tensor(numbers)), ("x_test", images),
          ("y_test", Tensor(numbers.dropLast() + [.nan])),
        ], to: folder.path + "/unknown.npz")
      let unknown = try Program.run(["train", "unknown.npz", "--epochs", "1"], in: folder)
      #expect(unknown.status == 65 && unknown.errors.contains("nan"), "\(unknown.errors)")
    }
  }

  @Test("a model that the library trained answers with probabilities")
  func libraryModels() throws {
    try Program.withFolder { folder in
      let set = Dataset(GeneratedSet.named("moons", count: 40, seed: 1)!)
      var model = try Model(Sequential { Dense(2) }, input: [2], seed: 1)
      try model.fit(set, loss: .crossEntropy, optimizer: .adam(), epochs: 1)
      try model.save(to: folder.path + "/m.safetensors")
      try AtomicFile.write("30,-4\n", to: folder.path + "/rows.csv")
      let result = try Program.run(
        ["predict", "m.safetensors", "rows.csv", "--format", "json"], in: folder)
      let answer = try lines(result.output)[0]
      let probabilities = try #require(answer["probabilities"] as? [String: Double])
      #expect(abs(probabilities.values.reduce(0, +) - 1) < 1e-4, "\(result.output)")
    }
  }

  @Test("one output tells two classes apart")
  func yesOrNo() throws {
    try Program.withFolder { folder in
      var model = try Model(Dense(1), input: [2])
      model["weight"] = Tensor([1, 0] as [Float], shape: [1, 2])
      model.card.classNames = ["no", "yes"]
      model.card.outputActivation = .sigmoid
      try model.save(to: folder.path + "/m.safetensors")
      try AtomicFile.write("3,0\n-3,0\n", to: folder.path + "/rows.csv")
      let json = try Program.run(
        ["predict", "m.safetensors", "rows.csv", "--format", "json"], in: folder)
      #expect(
        try lines(json.output).map { $0["class"] as? String } == ["yes", "no"], "\(json.errors)")
      let csv = try Program.run(
        ["predict", "m.safetensors", "rows.csv", "--format", "csv"], in: folder)
      #expect(csv.output.hasPrefix("sample,class,p_no,p_yes\n"), "\(csv.output)")
    }
  }

  @Test("a model whose names do not fit its outputs is refused")
  func namesThatDoNotFit() throws {
    try Program.withFolder { folder in
      var model = try Model(Dense(3), input: [2])
      try AtomicFile.write("3,0\n-3,0\n", to: folder.path + "/rows.csv")
      for names in [["a"], ["a", "b"], ["a", "b", "c", "d"]] {
        model.card.classNames = names
        try model.save(to: folder.path + "/m.safetensors")
        for format in ["text", "csv", "json"] {
          let result = try Program.run(
            ["predict", "m.safetensors", "rows.csv", "--format", format], in: folder)
          #expect(
            result.status == 65 && result.errors.contains("names of classes"), "\(result.errors)")
        }
      }

      // A table's model with other outputs than it has classes.
      let rows = (0..<60).map { "\($0 * 7 % 11),\($0 % 2 == 0 ? "even" : "odd")\n" }.joined()
      try AtomicFile.write("x,y\n" + rows, to: folder.path + "/t.csv")
      let trained = try Program.run(
        ["train", "t.csv", "--target", "y", "--epochs", "1", "--progress", "none"], in: folder)
      #expect(trained.status == 0, "\(trained.errors)")
      let good = try Model(contentsOf: folder.path + "/runs/t/model.safetensors")
      for units in [1, 5] {
        var other = try Model(Sequential { Dense(units) }, input: good.input)
        other.card = good.card
        try other.save(to: folder.path + "/other.safetensors")
        let result = try Program.run(["evaluate", "other.safetensors", "t.csv"], in: folder)
        #expect(result.status == 65, "\(result.errors)")
      }
    }
  }

  private let data = Dataset(
    inputs: .normal([8, 3], key: RandomKey(seed: 1)),
    targets: Tensor((0..<8).map { Int32($0 % 2) }), classNames: ["a", "b"])

  @Test func outputsBeyondAllNumbers() throws {
    for (bias, bins) in [(.nan, 0), (.infinity, 1), (1e30, 1)] as [(Float, Int)] {
      var model = try Model(Dense(2), input: [3], seed: 1)
      model.card.classNames = data.classNames
      model["bias"] = Tensor([bias, 0] as [Float])
      let report = try Report(model, on: data, loss: .l2)
      #expect(report.calibration.count == bins, "\(bias)")
    }
  }

  @Test func gradientsHaveTheNamesOfTheirLayers() throws {
    let network = Sequential {
      Sequential {
        Dense(4)
        Dense(3)
      }.named("body")
      Dense(2).named("head")
    }
    let model = try Model(network, input: [3], seed: 1)
    let names = try GradientNorms(model, data, loss: .crossEntropy).layers.map { $0.name }
    #expect(names == ["body.0 Dense(4)", "body.1 Dense(3)", "head Dense(2)"])
    let alone = try Model(Dense(2), input: [3], seed: 1)
    #expect(try GradientNorms(alone, data, loss: .crossEntropy).layers.count == 1)
  }
}
