import ArgumentParser
import Descent
import DescentCharts
import DescentData
import Foundation

/// How training shows that it goes on.
enum ProgressStyle: String, ExpressibleByArgument, CaseIterable {
  /// A bar on a terminal, lines elsewhere.
  case auto
  case bar, plain, json, none
}

/// Shows the events of a training: a bar or plain lines on standard error, or JSON lines on
/// standard output.
final class ProgressReporter {
  private let style: ProgressStyle
  private var start: TrainingEvent.Start?
  private var lastDrawn = ContinuousClock.now
  private var runningLoss = 0.0
  private var isBarShown = false
  /// Every event that has a line, for the run folder.
  private(set) var lines: [String] = []
  private var restored: [String] = []

  init(_ style: ProgressStyle) {
    let isTerminal = isatty(STDERR_FILENO) == 1
    self.style = style == .auto ? (isTerminal ? .bar : .plain) : style
  }

  /// Takes over the epochs of a run that is resumed, without showing them again.
  func restore(_ epochs: [TrainingEvent.Epoch]) {
    restored = epochs.map { Self.line($0).description }
  }

  /// Whether standard output is a stream of JSON lines.
  var isJSON: Bool { style == .json }

  /// Says something to a person, which a stream of JSON lines has no room for.
  func note(_ text: String) {
    if style == .bar || style == .plain { writeError(text + "\n") }
  }

  /// Tells programs of something odd; a person reads it among the notes.
  func warn(_ text: String) {
    var line = JSONLine(event: "warning")
    line.add("text", text)
    emit(line)
  }

  /// Tells programs of a stored state.
  func checkpoint(_ progress: TrainingState.Progress, path: String) {
    guard isJSON else { return }
    var line = JSONLine(event: "checkpoint")
    line.add("epoch", progress.epoch)
    line.add("step", progress.step)
    line.add("path", path)
    print(line)
    fflush(nil)
  }

  /// Says what a training begins with that others learned.
  func note(_ transfer: PretrainedWeights.Transfer, from path: String, _ model: Model) {
    let frozen = model.parameters.filter { model.frozenNames.contains($0.name) }
    note("weights from \(path)\n\(transfer)")
    let pixels = (model.network as? NamedNetwork)?.pixels
    if pixels == .imagenet {
      note("pixels   standardised by ImageNet's mean and deviation; --pixels plain leaves them")
    }
    if !frozen.isEmpty {
      let count = frozen.reduce(0) { $0 + $1.shape.elementCount }
      note(
        "frozen   \(frozen.count): \(grouped(count)) of \(grouped(model.parameterCount)) numbers")
    }
    var line = JSONLine(event: "transfer")
    line.add("from", path)
    line.add("loaded", transfer.loaded)
    line.add("renewed", transfer.renewed.map(\.name))
    line.add("unused", transfer.unused)
    line.add("frozen", frozen.map(\.name))
    if let pixels { line.add("pixels", pixels.rawValue) }
    emit(line)
  }

  func emit(_ line: JSONLine) {
    lines.append(line.description)
    if isJSON {
      print(line)
      fflush(nil)
    }
  }

  func handle(_ event: TrainingEvent) {
    switch event {
    case .started(let start):
      self.start = start
      var line = JSONLine(event: "start")
      line.add("epochs", start.epochs)
      line.add("steps_per_epoch", start.stepsPerEpoch)
      line.add("samples", start.samples)
      line.add("parameters", start.parameters)
      emit(line)
      lines += restored
    case .step(let step): show(step)
    case .epoch(let epoch): show(epoch)
    case .improved: break
    case .finished: eraseBar()
    }
  }

  /// At most 20 times a second; steps are not kept for the run folder.
  private func show(_ step: TrainingEvent.Step) {
    guard style == .bar || style == .json else { return }
    runningLoss = step.step == 1 ? step.loss : 0.98 * runningLoss + 0.02 * step.loss
    let now = ContinuousClock.now
    guard now - lastDrawn > .milliseconds(50) else { return }
    lastDrawn = now
    guard isJSON else { return drawBar(step) }
    var line = JSONLine(event: "step")
    line.add("epoch", step.epoch)
    line.add("step", step.step)
    line.add("loss", step.loss)
    line.add("seconds", step.seconds)
    print(line)
    fflush(nil)
  }

  private func show(_ epoch: TrainingEvent.Epoch) {
    emit(Self.line(epoch))
    guard style == .bar || style == .plain else { return }
    eraseBar()
    var fields = [
      "epoch \(epoch.epoch)/\(start?.epochs ?? 0)", "steps \(start?.stepsPerEpoch ?? 0)",
      "time \(fixed(epoch.seconds, 2))s", "loss \(fixed(epoch.loss, 4))",
    ]
    fields += epoch.metrics.map { "\($0.name) \(fixed($0.value, 4))" }
    if let loss = epoch.validationLoss { fields.append("val_loss \(fixed(loss, 4))") }
    fields += epoch.validationMetrics.map { "val_\($0.name) \(fixed($0.value, 4))" }
    fields += ["lr \(compact(epoch.learningRate))", "best \(epoch.bestEpoch)"]
    writeError(fields.joined(separator: " ") + "\n")
  }

  /// An epoch as JSON: `{"event":"epoch","epoch":3,"loss":…,"validation_loss":…,…}`.
  private static func line(_ epoch: TrainingEvent.Epoch) -> JSONLine {
    var line = JSONLine(event: "epoch")
    line.add("epoch", epoch.epoch)
    line.add("seconds", epoch.seconds)
    line.add("loss", epoch.loss)
    for metric in epoch.metrics { line.add(metric.name, metric.value) }
    if let loss = epoch.validationLoss { line.add("validation_loss", loss) }
    for metric in epoch.validationMetrics { line.add("validation_" + metric.name, metric.value) }
    line.add("learning_rate", epoch.learningRate)
    line.add("best_epoch", epoch.bestEpoch)
    return line
  }

  // MARK: The bar

  private func drawBar(_ step: TrainingEvent.Step) {
    guard let start else { return }
    let share = Double(step.step) / Double(max(start.stepsPerEpoch, 1))
    let perStep = step.seconds / Double(step.step)
    let left = perStep * Double(start.stepsPerEpoch - step.step)
    let head = "epoch \(step.epoch)/\(start.epochs) "
    let tail =
      " \(step.step)/\(start.stepsPerEpoch) \(fixed(left, 0))s left "
      + "\(fixed(perStep * 1e3, 2))ms/step loss \(fixed(runningLoss, 4))"
    let width = TerminalStyle.detect(fileDescriptor: STDERR_FILENO).width
    let room = max(4, min(30, width - head.count - tail.count - 3))
    let full = Int(share * Double(room))
    let bar = String(repeating: "█", count: full) + String(repeating: "░", count: room - full)
    writeError("\r" + String((head + bar + tail).prefix(width - 1)) + "\u{1B}[K")
    isBarShown = true
  }

  private func eraseBar() {
    guard isBarShown else { return }
    writeError("\r\u{1B}[K")
    isBarShown = false
  }
}

/// A number with so many digits behind the point.
func fixed(_ value: Double, _ digits: Int) -> String {
  value.isFinite ? String(format: "%.\(digits)f", value) : "\(value)"
}

/// A number in as few characters as it needs.
func compact(_ value: Double) -> String { String(format: "%.4g", value) }

/// A share as per cent: 95.20 %.
func percent(_ share: Double) -> String { fixed(share * 100, 2) + " %" }
