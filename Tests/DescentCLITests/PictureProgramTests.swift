import Descent
import DescentData
import Foundation
import Testing

/// A folder of pictures, from training to prediction, as a user would.
@Suite struct PictureProgramTests {
  /// Stripes that run down or across, and no class can be told by its mean.
  private func stripes(_ number: Int, down: Bool) -> Picture {
    var random = Philox(seed: UInt64(number))
    let shift = Int(random.next() % 4)
    let pixels = (0..<256).flatMap { index in
      let place = down ? index % 16 : index / 16
      let isOn = (place + shift) % 4 < 2
      return (0..<3).map { UInt8((isOn ? 180 : 40) + Int(random.next() % 30) + $0) }
    }
    return Picture(width: 16, height: 16, channels: 3, pixels: pixels)
  }

  private func fill(_ folder: URL, _ part: String, count: Int, first: Int) throws {
    for (name, down) in [("across", false), ("down", true)] {
      let classFolder = folder.appendingPathComponent("\(part)/\(name)")
      try FileManager.default.createDirectory(at: classFolder, withIntermediateDirectories: true)
      for number in 0..<count {
        let picture = stripes(first + number * 2 + (down ? 1 : 0), down: down)
        try Data(picture.png()).write(to: classFolder.appendingPathComponent("\(number).png"))
      }
    }
  }

  private func object(_ line: Substring) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
  }

  @Test("train, report, evaluate, predict and inspect")
  func theWholeWay() throws {
    try Program.withFolder { folder in
      try fill(folder, "photos/train", count: 40, first: 0)
      try fill(folder, "photos/test", count: 10, first: 1000)
      let photos = folder.appendingPathComponent("photos")
      try Data([1, 2, 3]).write(to: photos.appendingPathComponent("train/down/broken.jpg.png"))
      try FileManager.default.copyItem(
        at: photos.appendingPathComponent("train/down/1.png"),
        to: photos.appendingPathComponent("test/down/known.png"))

      let trained = try Program.run(
        ["train", "photos", "--epochs", "40", "--progress", "plain"], in: folder)
      #expect(trained.status == 0, "\(trained.errors)")
      #expect(trained.errors.contains("1 file left out as unreadable"))
      #expect(trained.errors.contains("broken.jpg.png") && trained.errors.contains("known.png = "))
      let report = try String(
        contentsOf: folder.appendingPathComponent("runs/photos/report.html"), encoding: .utf8)
      #expect(report.contains("16 × 16 in colour") && report.contains("--color"))

      let evaluated = try Program.run(["evaluate", "runs/photos", "photos", "--json"], in: folder)
      #expect(evaluated.status == 0, "\(evaluated.errors)")
      let accuracy = try object(Substring(evaluated.output))["test_accuracy"] as? Double
      #expect(try #require(accuracy) > 0.9)
      #expect(trained.output.contains("on the 21 test samples"))
      // One of the test pictures is a copy of a training picture.
      #expect(try object(Substring(evaluated.output))["known_samples"] as? Int == 1)
      #expect(evaluated.errors.contains("trained on 1 of these 21 pictures"), "\(evaluated.errors)")

      // A picture of another size and of another kind.
      let large = stripes(5000, down: true).resized(width: 40, height: 30)
      try Data(large.png()).write(to: folder.appendingPathComponent("new.png"))
      let predicted = try Program.run(
        ["predict", "runs/photos", "new.png", "photos/test", "--format", "csv"], in: folder)
      #expect(predicted.status == 0, "\(predicted.errors)")
      let lines = predicted.output.split(separator: "\n")
      #expect(lines.count == 23 && lines[0] == "sample,class,p_across,p_down")
      #expect(lines[1].hasPrefix("new.png,") && lines[2].hasPrefix("photos/test/across/0.png,"))
      let refused = try Program.run(
        ["predict", "runs/photos", "photos/train/down/broken.jpg.png"], in: folder)
      #expect(refused.status == 65 && refused.errors.contains("broken.jpg.png"))
      let skipped = try Program.run(["predict", "runs/photos", "photos/train/down"], in: folder)
      #expect(skipped.status == 0 && skipped.errors.contains("left out: photos/train/down/broken"))

      let inspected = try Program.run(["inspect", "runs/photos"], in: folder)
      #expect(inspected.output.contains("made 16 × 16 in colour"), "\(inspected.output)")
      #expect(inspected.output.contains("classes across, down"))
      let wrong = try Program.run(["evaluate", "runs/photos", "new.png"], in: folder)
      #expect(wrong.status == 65 && wrong.errors.contains("descent predict"))
    }
  }

  @Test("what was trained on is recognised when it is evaluated")
  func knownPictures() throws {
    try Program.withFolder { folder in
      try fill(folder, "photos", count: 40, first: 0)
      try fill(folder, "others", count: 10, first: 1000)
      let trained = try Program.run(["train", "photos", "--epochs", "2"], in: folder)
      #expect(trained.status == 0, "\(trained.errors)")
      try FileManager.default.moveItem(
        at: folder.appendingPathComponent("photos"), to: folder.appendingPathComponent("moved"))
      let same = try Program.run(["evaluate", "runs/photos", "moved"], in: folder)
      // 80 pictures less a tenth for the test, and 15 % of the rest for validation.
      #expect(same.status == 0 && same.output.contains("on the 80 pictures"))
      #expect(same.errors.contains("trained on 62 of these 80 pictures"), "\(same.errors)")
      #expect(same.errors.contains("a sub-folder called test"))
      let new = try Program.run(["evaluate", "runs/photos", "others", "--json"], in: folder)
      #expect(new.status == 0 && new.errors.isEmpty, "\(new.errors)")
      #expect(try object(Substring(new.output))["known_samples"] as? Int == 0)
      let views = try Program.run(
        [
          "predict", "runs/photos", "others/down/1.png", "--augment", "shift:1", "--format", "json",
        ],
        in: folder)
      let many = try Program.run(
        ["predict", "runs/photos", "others", "--augment", "shift:1", "--format", "json"],
        in: folder)
      #expect(views.status == 0, "\(views.errors)")
      #expect(many.output.contains(views.output))
    }
  }

  @Test("doctor, dry run, configuration and resuming")
  func otherVerbs() throws {
    try Program.withFolder { folder in
      try fill(folder, "photos", count: 40, first: 0)
      let dry = try Program.run(["train", "photos", "--dry-run"], in: folder)
      #expect(dry.status == 0 && dry.output.contains("samples of [3, 16, 16]"), "\(dry.errors)")
      let doctor = try Program.run(["doctor", "photos"], in: folder)
      #expect(doctor.status == 0, "\(doctor.output)")

      let printed = try Program.run(
        ["train", "photos", "--grayscale", "--image-size", "8x12", "--print-config"], in: folder)
      #expect(printed.status == 0, "\(printed.errors)")
      #expect(
        printed.output.contains("image-size: \"8x12\"")
          && printed.output.contains("grayscale: \"true\""))
      try printed.output.write(
        to: folder.appendingPathComponent("c.yaml"), atomically: true, encoding: .utf8)
      let again = try Program.run(
        ["train", "--config", "c.yaml", "--color", "--print-config"], in: folder)
      #expect(again.output.contains("color: \"true\""), "\(again.errors)")
      #expect(!again.output.contains("grayscale"))

      let whole = try Program.run(
        ["train", "photos", "--epochs", "4", "--progress", "none", "--output", "whole"], in: folder)
      let half = try Program.run(
        ["train", "photos", "--epochs", "2", "--schedule", "constant", "--output", "part"],
        in: folder)
      let rest = try Program.run(["train", "--resume", "part", "--epochs", "4"], in: folder)
      #expect(whole.status == 0 && half.status == 0 && rest.status == 0, "\(rest.errors)")
      let direct = try Program.run(
        ["train", "photos", "--epochs", "4", "--schedule", "constant", "--output", "direct"],
        in: folder)
      #expect(direct.status == 0)
      let last = try Model(contentsOf: folder.path + "/part/checkpoint/last")
      let expected = try Model(contentsOf: folder.path + "/direct/checkpoint/last")
      #expect(
        last.parameters.map { last[$0.name]!.doubles() }
          == expected.parameters.map { expected[$0.name]!.doubles() })

      try FileManager.default.removeItem(
        at: folder.appendingPathComponent("photos/down/3.png"))
      let changed = try Program.run(["train", "--resume", "part", "--epochs", "6"], in: folder)
      #expect(changed.status == 65 && changed.errors.contains("other samples"), "\(changed.errors)")
    }
  }

  @Test("What does not fit is told")
  func refusals() throws {
    try Program.withFolder { folder in
      try fill(folder, "photos", count: 10, first: 0)
      for (arguments, words) in [
        (["photos", "--target", "price"], "--target belongs to tables"),
        (["digits", "--image-size", "8"], "belong to folders of pictures"),
        (["photos", "--image-size", "8x"], "--image-size is a side"),
        (["photos", "--image-size", "0"], "--image-size is a side"),
        (["photos", "--test-share", "2"], "--test-share is between 0 and 1"),
      ] {
        let result = try Program.run(["train"] + arguments, in: folder)
        #expect(result.status == 64 && result.errors.contains(words), "\(result.errors)")
      }
      // A JPEG file where the system has no library for it.
      let jpeg = folder.appendingPathComponent("photos/down/a.jpg")
      try Data([0xFF, 0xD8, 0xFF, 0xE0, 0, 16]).write(to: jpeg)
      let missing = try Program.run(
        ["train", "photos"], in: folder, environment: ["DESCENT_TURBOJPEG": "/nowhere.so"])
      #expect(missing.status == 69)
      #expect(missing.errors.contains("a.jpg: JPEG is read by the system's libturbojpeg, which"))
      #expect(missing.errors.contains("apt install libturbojpeg0"), "\(missing.errors)")
      try FileManager.default.removeItem(at: jpeg)
      let without = try Program.run(
        ["train", "photos", "--epochs", "1"], in: folder,
        environment: ["DESCENT_TURBOJPEG": "/nowhere.so"])
      #expect(without.status == 0, "\(without.errors)")
    }
  }
}
