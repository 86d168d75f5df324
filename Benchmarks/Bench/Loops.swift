// The loop written by hand beside `fit`, and a whole process.
import Descent
import DescentData
import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// W2 by hand and by `fit` in alternation, so that the machine's drift hits both alike; then the
/// memory of the process over 10,000 steps by hand.
func loops(_ settings: Settings) throws {
  let data: Dataset
  if let folder = settings.folder {
    data = Dataset(try MNIST.load(folder: folder).training)
  } else {
    data = Dataset(try Digits.load().training)
  }
  var (byFit, byHand): ([Double], [Double]) = ([], [])
  var fitted = try Model(w2Network, input: data.sampleShape, seed: 1)
  var trained = fitted
  var optimizer = Optimizer.adam()
  for epoch in 0..<5 {
    byFit.append(
      try seconds {
        try fitted.fit(
          data, loss: .crossEntropy, optimizer: .adam(), metrics: [.accuracy], epochs: 1,
          batchSize: 128)
      })
    byHand.append(
      try seconds {
        for batch in data.batches(of: 128, seed: 1, epoch: epoch) {
          _ = try stepByHand(&trained, &optimizer, batch)
        }
      })
  }
  report("loops", "s/epoch", byFit, variant: "fit")
  report("loops", "s/epoch", byHand, variant: "by hand")

  var small = try Model(perceptron([30, 10], .sigmoid), input: data.sampleShape, seed: 1)
  var sgd = Optimizer.sgd(learningRate: 0.1, momentum: 0.9)
  var (steps, early) = (0, 0)
  training: for epoch in 0... {
    for batch in data.batches(of: 32, seed: 2, epoch: epoch) {
      _ = try stepByHand(&small, &sgd, batch)
      steps += 1
      if steps == 1_000 { early = residentKiB() }
      if steps == 10_000 { break training }
    }
  }
  let grown = Double(residentKiB() - early)
  report("loops", "KiB grown from step 1,000 to 10,000", [grown], variant: "by hand")
}

private func stepByHand(
  _ model: inout Model, _ optimizer: inout Optimizer, _ batch: Dataset.Batch
) throws -> Double {
  let (loss, logits, gradient) = try valueWithGradient(at: &model) { model in
    let logits = try model(batch.inputs)
    return (crossEntropy(logits, batch.targets), logits)
  }
  optimizer.update(&model, along: gradient)
  return loss.scalar + accuracy(logits, batch.targets).scalar
}

/// The resident memory of this process, in KiB (Linux).
private func residentKiB() -> Int {
  guard let text = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8) else {
    return 0
  }
  let line = text.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
  return line?.split(separator: " ").compactMap { Int($0) }.first ?? 0
}

/// Wall time and peak memory of a whole process.
///
/// `descent train mnist` reads the packed files, trains W2 for one epoch on all 60,000 images and
/// tests it.
func w9(_ settings: Settings) throws {
  let program = URL(fileURLWithPath: CommandLine.arguments[0])
    .deletingLastPathComponent().appendingPathComponent("descent").path
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
    "descent-bench-\(getpid())")
  defer { try? FileManager.default.removeItem(at: folder) }
  let arguments = [
    program, "train", "mnist", "--data", settings.folder!, "--layers", "512:relu,512:relu",
    "--loss", "cross-entropy", "--optimizer", "adam", "--learning-rate", "1e-3", "--batch-size",
    "128", "--epochs", "1", "--training-samples", "60000", "--validation", "test", "--seed", "1",
    "--threads", "\(Execution.threads)", "--output", folder.path, "--progress", "json",
  ]
  var (walls, peaks): ([Double], [Double]) = ([], [])
  for round in 0...max(settings.repeats, 3) {
    var usage = rusage()
    let wall = try seconds { usage = try run(arguments) }
    if round == 0 { continue }
    walls.append(wall)
    peaks.append(Double(usage.ru_maxrss) / 1024)
  }
  report("W9", "wall s", walls, variant: "process")
  report("W9", "peak RSS MiB", peaks, variant: "process")
}

private struct ProcessFailed: Error, CustomStringConvertible {
  let description: String
}

/// Runs a program to its end without its output, and says what it used.
private func run(_ arguments: [String]) throws -> rusage {
  var actions = posix_spawn_file_actions_t()
  posix_spawn_file_actions_init(&actions)
  defer { posix_spawn_file_actions_destroy(&actions) }
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
  var words = arguments.map { strdup($0) } + [nil]
  defer { for word in words { free(word) } }
  var process = pid_t()
  guard posix_spawn(&process, arguments[0], &actions, nil, &words, environ) == 0 else {
    throw ProcessFailed(description: "\(arguments[0]) does not start: swift build -c release")
  }
  var (status, usage) = (Int32(), rusage())
  wait4(process, &status, 0, &usage)
  guard status == 0 else {
    throw ProcessFailed(description: "\(arguments.joined(separator: " ")): status \(status)")
  }
  return usage
}
