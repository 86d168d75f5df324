import Descent
import DescentData
import Foundation
import Testing

/// A run that is stopped, killed and resumed, from outside.
@Suite(.serialized) struct RunFolderTests {
  private static let options = [
    "--layers", "64:relu", "--epochs", "40", "--patience", "0", "--seed", "5", "--batch-size", "32",
  ]

  @Test("stopped by Ctrl-C and SIGTERM, and resumed: the same file")
  func resumedRunsGiveTheSameFile() throws {
    try Program.withFolder { folder in
      let whole = try Program.run(
        ["train", "digits", "--output", "whole"] + Self.options, in: folder)
      #expect(whole.status == 0, "\(whole.errors)")
      let expected = try readFile(folder.path + "/whole/model.safetensors")

      var arguments = ["train", "digits", "--output", "part"] + Self.options
      for (epoch, signal, status) in [(2, SIGINT, 130), (11, SIGTERM, 143), (25, SIGINT, 130)] {
        let program = try Program.Running(arguments, in: folder)
        program.wait(for: "epoch \(epoch)/40")
        Thread.sleep(forTimeInterval: Double(epoch) / 1_000)
        program.send(signal)
        let stopped = try program.end()
        #expect(stopped.status == Int32(status), "\(stopped.errors)")
        #expect(stopped.output.contains("go on: descent train --resume part"))
        #expect(try Model(contentsOf: folder.path + "/part/model.safetensors").parameterCount > 0)
        arguments = ["train", "--resume", "part"]
      }
      let last = try Program.run(arguments, in: folder)
      #expect(last.status == 0 && last.errors.contains("resuming at epoch"), "\(last.errors)")
      #expect(try readFile(folder.path + "/part/model.safetensors") == expected)
      // A finished run can be resumed, too: it stores the same again.
      try FileManager.default.removeItem(atPath: folder.path + "/part/model.safetensors")
      let again = try Program.run(arguments, in: folder)
      #expect(again.status == 0 && again.errors.contains("all 40 epochs are done"))
      #expect(try readFile(folder.path + "/part/model.safetensors") == expected)
      // All epochs are in the metrics, in their order.
      let metrics = try String(contentsOfFile: folder.path + "/part/metrics.jsonl", encoding: .utf8)
      let epochs = metrics.split(separator: "\n").filter { $0.contains("\"event\":\"epoch\"") }
      #expect(epochs.count == 40)
    }
  }

  @Test("what would change the steps that are left is refused")
  func resumeRefusesOtherOptions() throws {
    try Program.withFolder { folder in
      let begun = try Program.run(
        ["train", "moons", "--epochs", "3", "--output", "r"], in: folder)
      #expect(begun.status == 0)
      for (arguments, says) in [
        (["--resume", "r", "--learning-rate", "1"], "--learning-rate"),
        (["--resume", "r", "--batch-size", "7"], "--batch-size"),
        (["--resume", "r", "--epochs", "2"], "more than 2"),
        (["--resume", "nowhere"], "nowhere/config.json"),
      ] {
        let result = try Program.run(["train"] + arguments, in: folder)
        #expect(
          [64, 66].contains(result.status) && result.errors.contains(says), "\(result.errors)")
      }
      let environment = ["DESCENT_LEARNING_RATE": "3"]
      let result = try Program.run(
        ["train", "--resume", "r"], in: folder, environment: environment)
      #expect(result.status == 64 && result.errors.contains("DESCENT_LEARNING_RATE"))
      // More epochs are a longer run.
      let longer = try Program.run(["train", "--resume", "r", "--epochs", "5"], in: folder)
      #expect(longer.status == 0 && longer.errors.contains("epoch 5/5"), "\(longer.errors)")
      // Other data are another run.
      let table = "x,y\n" + (0..<50).map { "\($0 * 7 % 11),\($0 % 2)\n" }.joined()
      try AtomicFile.write(table, to: folder.path + "/t.csv")
      let first = ["train", "t.csv", "--target", "y", "--epochs", "2", "--output", "t"]
      #expect(try Program.run(first, in: folder).status == 0)
      try AtomicFile.write(table + "3,1\n", to: folder.path + "/t.csv")
      let other = try Program.run(["train", "--resume", "t"], in: folder)
      #expect(other.status == 65 && other.errors.contains("other samples"), "\(other.errors)")
    }
  }

  @Test("the second Ctrl-C ends the program at once")
  func secondInterruption() throws {
    try Program.withFolder { folder in
      // One step takes far longer than the test waits.
      let program = try Program.Running(
        [
          "train", "digits", "--layers", "3000:relu,3000:relu,3000:relu", "--batch-size", "3600",
          "--epochs", "1000", "--output", "r",
        ], in: folder)
      program.wait(for: "batch size")
      program.send(SIGINT)
      Thread.sleep(forTimeInterval: 0.2)
      let start = Date()
      program.send(SIGINT)
      let result = try program.end()
      #expect(result.status == 130 && Date().timeIntervalSince(start) < 2)
      #expect(!FileManager.default.fileExists(atPath: folder.path + "/r/model.safetensors"))
    }
  }

  /// 10 times here; `DESCENT_KILLS=200 swift test -c release --filter killed` does more.
  @Test func killedAtAnyMoment() throws {
    let times = ProcessInfo.processInfo.environment["DESCENT_KILLS"].flatMap(Int.init) ?? 10
    try Program.withFolder { folder in
      let run = folder.path + "/r"
      func leftovers() -> Set<String> {
        let names = ["", "/checkpoint"].flatMap { part in
          (try? FileManager.default.contentsOfDirectory(atPath: run + part)) ?? []
        }
        return Set(names.filter { $0.hasSuffix(".tmp") })
      }
      var random = SystemRandomNumberGenerator()
      var progress = 0
      var found = 0
      for number in 0..<times {
        let isBegun = FileManager.default.fileExists(atPath: run + "/config.json")
        let before = leftovers()
        found += before.count
        let program = try Program.Running(
          isBegun
            ? ["train", "--resume", "r"]
            : [
              "train", "digits", "--layers", "32:relu", "--epochs", "100000", "--patience", "0",
              "--checkpoint-every", "0", "--output", "r",
            ], in: folder)
        // At first anywhere, from the start of the process on; later while it certainly stores.
        if number % 4 != 0 {
          program.wait(for: isBegun ? "resuming" : "batch size", "beginning anew")
        }
        Thread.sleep(forTimeInterval: Double.random(in: 0...0.25, using: &random))
        program.send(SIGKILL)
        let result = try program.end()
        #expect(result.status == SIGKILL, "\(number): \(result.errors)")
        if isBegun && number % 4 != 0 {
          #expect(leftovers().isDisjoint(with: before), "\(number)")
        }
        for name in ["last", "best"]
        where FileManager.default.fileExists(atPath: "\(run)/checkpoint/\(name)") {
          #expect(try Model(contentsOf: "\(run)/checkpoint/\(name)").parameterCount == 25_450)
        }
        if FileManager.default.fileExists(atPath: run + "/metrics.jsonl") {
          let lines = try String(contentsOfFile: run + "/metrics.jsonl", encoding: .utf8)
          #expect(lines.hasSuffix("}\n"))
        }
        let line = result.errors.split(separator: "\n").first { $0.hasPrefix("resuming at") }
        if let line {
          let numbers = line.split { !$0.isNumber }.compactMap { Int($0) }
          let steps = numbers[0] * 1_000 + numbers[1]
          #expect(steps >= progress, "\(number): \(line)")
          progress = steps
        }
      }
      let program = try Program.Running(["train", "--resume", "r"], in: folder)
      program.wait(for: "resuming")
      Thread.sleep(forTimeInterval: 0.1)
      program.send(SIGINT)
      let result = try program.end()
      #expect(result.status == 130, "\(result.errors)")
      #expect(leftovers().isEmpty)
      #expect(progress > 1_001)
      print("\(times) kills: \(found) temporary files were left and cleared; step \(progress)")
    }
  }
}
