// The workloads that Descent measures itself by, one JSON line for each number, in the schema of
// the peers' programs beside it (Benchmarks/peers).
//
// usage: swift run -c release descent-bench [W1 W2 …] [--threads 2] [--data MNIST_FOLDER]
import ArgumentParser
import Descent
import Foundation

@main
struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "descent-bench",
    abstract: "Measures Descent's workloads; one JSON line for each number.",
    discussion: """
      examples:
        descent-bench                                all that need no files
        descent-bench W1 W2 W3 W9 --data mnist       those that train on MNIST
        descent-bench matmul --threads 1

      \(Workload.all.map { "  \($0.name.padding(toLength: 8, withPad: " ", startingAt: 0))\($0.summary)" }.joined(separator: "\n"))
      """)

  @Argument(help: "The workloads to measure; none: all.")
  var names: [String] = []

  @Option(help: "Threads, this one included.")
  var threads = 2

  @Option(help: "The folder of MNIST's four IDX files (or $MNIST_DIR).")
  var data: String?

  @Option(help: "Epochs of each training, repeats of everything else.")
  var repeats = 3

  @Flag(help: "JSON lines; the default, here for scripts that ask for it.")
  var json = false

  func validate() throws {
    for name in names where !Workload.all.contains(where: { $0.name == name }) {
      throw ValidationError(
        "no workload \"\(name)\"; there are \(Workload.all.map(\.name).joined(separator: ", "))")
    }
    if threads < 1 { throw ValidationError("--threads \(threads): at least one") }
    if repeats < 1 { throw ValidationError("--repeats \(repeats): at least one") }
  }

  func run() throws {
    Execution.threads = threads
    let folder = data ?? ProcessInfo.processInfo.environment["MNIST_DIR"]
    let settings = Settings(folder: folder, repeats: repeats)
    for workload in Workload.all
    where names.isEmpty ? !workload.isNamedOnly : names.contains(workload.name) {
      if workload.needsMNIST && folder == nil {
        FileHandle.standardError.write(
          Data("\(workload.name) is left out: it needs --data, MNIST's folder\n".utf8))
        continue
      }
      try workload.run(settings)
    }
  }
}

struct Settings {
  let folder: String?
  let repeats: Int
}

struct Workload: Sendable {
  let name: String
  let summary: String
  var needsMNIST = false
  var isNamedOnly = false
  let run: @Sendable (Settings) throws -> Void

  static let all = [
    // First: a child process begins with its parent's peak memory on its account.
    Workload(name: "W9", summary: "a whole process: read, train, test", needsMNIST: true, run: w9),
    Workload(name: "W1", summary: "784-30-10, sigmoid, batch 10, SGD", needsMNIST: true, run: w1),
    Workload(
      name: "W2", summary: "784-512-512-10, ReLU, batch 128, Adam", needsMNIST: true, run: w2),
    Workload(name: "W2sgd", summary: "the same with momentum", needsMNIST: true, run: w2sgd),
    Workload(name: "W3", summary: "eight layers of 256, batch 64, Adam", needsMNIST: true, run: w3),
    Workload(name: "W4", summary: "1024-4096-4096-1024, batch 512, SGD", run: w4),
    Workload(name: "W5", summary: "4-16-16-3, batch 32, SGD", run: w5),
    Workload(name: "W6", summary: "LeNet, batch 64, Adam", needsMNIST: true, run: w6),
    Workload(name: "W7", summary: "inference of W2's network, one sample and 1024", run: w7),
    Workload(name: "W8", summary: "linear regression on 1,000,000 x 10, 100 steps", run: w8),
    Workload(
      name: "W10", summary: "four convolutions of 3 x 3 with batch norm, batch 64", run: w10),
    Workload(name: "matmul", summary: "matrix products of many sizes", run: matmul),
    Workload(name: "csv", summary: "reading a table of 1,000,000 x 10 numbers", run: csv),
    Workload(
      name: "profile", summary: "where a step's time goes, as tables; only if named",
      isNamedOnly: true, run: profile),
    Workload(
      name: "precisions", summary: "W4 and W2 in bfloat16 beside float32; only if named",
      isNamedOnly: true, run: precisions),
    Workload(name: "loops", summary: "W2 by hand beside fit; memory over 10,000 steps", run: loops),
  ]
}
