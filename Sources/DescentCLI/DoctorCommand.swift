import ArgumentParser
import Descent
import DescentCharts
import DescentData
import Foundation

/// `descent doctor`: why a network does not learn.
struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Examine data, network and options before training, and name what is wrong.",
    discussion: """
      Examples:
        descent doctor houses.csv --target price
        descent doctor digits --layers 30:sigmoid,30:sigmoid,30:sigmoid --learning-rate 3

      Takes those options of descent train that say what the data, the network and the optimiser \
      are; --schedule, --warm-up, --label-smoothing and --average-weights change nothing here.

      Ten checks in order, each with a number, a verdict and a remedy, in less than a minute for a \
      small network; nothing is stored. Exit code 4 if one fails.
      """)

  @OptionGroup var source: DataSource
  @OptionGroup(title: "Network") var networkOptions: NetworkOptions
  @OptionGroup(title: "Optimiser") var optimizerOptions: OptimizerOptions

  @Option(help: "How many samples each step averages over.")
  var batchSize: Int?

  @Option(help: "The seed of every random number.")
  var seed: UInt64 = 1

  @Option(help: "How many threads compute.")
  var threads: Int?

  @Flag(help: "Print one line of JSON for each check.")
  var json = false

  func run() throws {
    try reportingErrors {
      try setThreads(threads)
      var set = try source.load(seed: seed)
      if networkOptions.network != nil { set.suitNamedNetwork() }
      let batchSize = try positive(batchSize ?? set.batchSize, "--batch-size")
      let design = try networkOptions.design(for: set)
      let optimizer = try optimizerOptions.completed(for: set).make(stepsPerEpoch: 1, epochs: 1)
      var training = set.training
      var held = set.validation
      if held == nil {
        let parts = training.split(holdingOut: set.validationShare, seed: seed)
        if parts.heldOut.count > 0 { (training, held) = (parts.kept, parts.heldOut) }
      }
      var model = try design.model(for: set, seed: seed)
      if design.hasUnitVariance {
        try model.initializeWithUnitVariance(on: training, seed: seed)
      }
      if !json {
        print("\(set.name): \(set.summary)\n\(model)\n")
      }
      // Smoothed labels have a loss that never gets small.
      let loss = Loss.named(design.loss.name) ?? design.loss
      let doctor = Doctor(
        model, training: training, validation: held, test: set.test, loss: loss,
        optimizer: optimizer, batchSize: batchSize, seed: seed, storing: storedAndRead)
      let findings = try doctor.examine(show)
      let failed = findings.filter { !$0.isSound }
      if !json {
        print(
          failed.isEmpty
            ? "\nall ten checks passed" : "\n\(failed.count) of \(findings.count) checks failed")
      }
      if !failed.isEmpty { throw ExitCode(Exit.unmet) }
    }
  }

  private func show(_ finding: Doctor.Finding) {
    guard json else {
      print(finding)
      fflush(nil)
      return
    }
    var line = JSONLine()
    line.add("check", finding.number)
    line.add("name", finding.check)
    line.add("passed", finding.isSound)
    line.add("measured", finding.measured)
    if !finding.isSound { line.add("remedy", finding.remedy) }
    print(line)
  }

  private func storedAndRead(_ model: Model) throws -> Model {
    let path = FileManager.default.temporaryDirectory.path + "/descent-doctor-\(getpid())"
    defer { unlink(path) }
    try model.save(to: path)
    return try Model(contentsOf: path)
  }
}
