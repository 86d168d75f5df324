import Descent
import DescentCharts

/// What a model does on a data set, for people and for programs.
struct Report {
  let evaluation: Evaluator.Evaluation
  let data: Dataset
  /// The network's outputs as a user wants to see them: `[samples, outputs]`.
  let shown: Tensor
  /// The targets in the units of the outputs.
  let targets: Tensor

  /// Runs the model on every sample, several times with `views`.
  init(
    _ model: Model, on data: Dataset, loss: Loss, over views: TestTimeAugmentation? = nil
  ) throws {
    self.data = data
    let contract = model.card.table
    let metrics = Self.metrics(for: data, contract)
    evaluation =
      try views.map { try model.evaluate(data, loss: loss, metrics: metrics, over: $0) }
      ?? model.evaluate(data, loss: loss, metrics: metrics)
    shown = model.shown(evaluation.outputs)
    let scaling = contract?.targetScaling ?? .init()
    targets =
      data.classNames.isEmpty ? data.targets * scaling.deviation + scaling.mean : data.targets
  }

  /// The metrics that suit a data set, in the units of its target.
  static func metrics(for data: Dataset, _ contract: TableContract?) -> [Metric] {
    guard data.classNames.isEmpty else {
      return data.classNames.count > 5 ? [.accuracy, .topK(3)] : [.accuracy]
    }
    let unit = contract?.targetScaling.deviation ?? 1
    return [
      Metric("mae") { Metric.meanAbsoluteError($0, $1) * unit },
      Metric("mse") { Metric.meanSquaredError($0, $1) * (unit * unit) },
    ]
  }

  private var isClassification: Bool { !data.classNames.isEmpty }

  /// The totals as JSON: `{"test_accuracy":…,"test_loss":…}`.
  func json(prefix: String) -> JSONLine {
    var line = JSONLine()
    for metric in evaluation.metrics { line.add(prefix + metric.name, metric.value) }
    line.add(prefix + "loss", evaluation.loss)
    if !isClassification {
      line.add(prefix + "rmse", rootMeanSquaredError)
      line.add(prefix + "r2", rSquared(shown, targets))
    } else {
      line.add(prefix + "calibration_error", calibrationError)
    }
    return line
  }

  /// The totals, and for classes what the report has of each.
  func detailedJSON(prefix: String) -> JSONLine {
    var line = json(prefix: prefix)
    line.add("samples", data.count)
    guard isClassification else { return line }
    line.add(
      "classes",
      classRows.map { row in
        var line = JSONLine()
        line.add("name", row.name)
        line.add("precision", row.precision)
        line.add("recall", row.recall)
        line.add("f1", row.f1)
        line.add("samples", row.samples)
        return line
      })
    line.add("confusion", counts)
    return line
  }

  /// The totals in one line, and for classes a table and the confusion matrix.
  func text(style: TerminalStyle) -> String {
    var parts = evaluation.metrics.map { metric in
      isClassification
        ? "\(metric.name) \(percent(metric.value))" : "\(metric.name) \(compact(metric.value))"
    }
    parts.append("loss \(fixed(evaluation.loss, 4))")
    guard isClassification else {
      parts.insert("rmse \(compact(rootMeanSquaredError))", at: 0)
      parts.append("R² \(fixed(rSquared(shown, targets), 4))")
      return parts.joined(separator: ", ")
    }
    parts.append("calibration error \(percent(calibrationError))")
    let counts = counts
    let matrix = ConfusionMatrix(classes: data.classNames, counts: counts)
    return """
      \(parts.joined(separator: ", "))

      \(classTable)

      rows: what it is; columns: what it was taken for
      \(matrix.table())
      """
  }

  private var rootMeanSquaredError: Double { (evaluation["mse"] ?? .nan).squareRoot() }

  /// How often each class (row) was taken for each class (column).
  var counts: [[Int]] {
    let size = data.classNames.count
    let flat = confusionMatrix(evaluation.outputs, data.targets).scalars(as: Int32.self)
    return (0..<size).map { row in (0..<size).map { Int(flat[row * size + $0]) } }
  }

  /// How well one class is told from the others.
  struct ClassRow {
    let name: String
    let precision: Double
    let recall: Double
    let f1: Double
    let samples: Int
  }

  /// The classes in order.
  var classRows: [ClassRow] {
    let counts = counts
    return data.classNames.enumerated().map { index, name in
      let hits = Double(counts[index][index])
      let taken = Double(counts.reduce(0) { $0 + $1[index] })
      let samples = counts[index].reduce(0, +)
      let precision = taken > 0 ? hits / taken : 0
      let recall = samples > 0 ? hits / Double(samples) : 0
      let f1 = precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0
      return ClassRow(name: name, precision: precision, recall: recall, f1: f1, samples: samples)
    }
  }

  private var classTable: TextTable {
    var table = TextTable([
      .leading("class"), .trailing("precision"), .trailing("recall"), .trailing("F1"),
      .trailing("samples"),
    ])
    for row in classRows {
      table.append([
        row.name, fixed(row.precision, 3), fixed(row.recall, 3), fixed(row.f1, 3),
        "\(row.samples)",
      ])
    }
    return table
  }

  /// The totals for people, the most telling first.
  var headline: [(name: String, value: String)] {
    guard isClassification else {
      return [
        ("R²", fixed(rSquared(shown, targets), 3)),
        ("root mean squared error", compact(rootMeanSquaredError)),
        ("mean absolute error", compact(evaluation["mae"] ?? .nan)),
      ]
    }
    return evaluation.metrics.map { ($0.name, percent($0.value)) }
      + [("loss", fixed(evaluation.loss, 4))]
  }

  // MARK: Calibration

  /// Test samples of which the network is about equally sure.
  struct CalibrationBin {
    let confidence: Double
    let accuracy: Double
    let samples: Int
  }

  /// How sure the network is of its answers and how often they are right, in ten steps.
  var calibration: [CalibrationBin] {
    let width = data.classNames.count
    let probabilities = shown.doubles()
    let truth = data.targets.scalars(as: Int32.self)
    var bins = [(confidence: Double, hits: Int, count: Int)](repeating: (0, 0, 0), count: 10)
    for (row, own) in truth.enumerated() {
      let values = probabilities[(row * width)..<((row + 1) * width)]
      guard let best = values.indices.max(by: { values[$0] < values[$1] }), !values[best].isNaN
      else { continue }
      let bin = Int(min(9, max(0, values[best] * 10)))
      bins[bin].confidence += values[best]
      bins[bin].hits += best - values.startIndex == Int(own) ? 1 : 0
      bins[bin].count += 1
    }
    return bins.filter { $0.count > 0 }.map {
      CalibrationBin(
        confidence: $0.confidence / Double($0.count), accuracy: Double($0.hits) / Double($0.count),
        samples: $0.count)
    }
  }

  /// The mean distance between confidence and accuracy (Guo et al., 2017).
  var calibrationError: Double {
    let bins = calibration
    let total = Double(max(bins.reduce(0) { $0 + $1.samples }, 1))
    return bins.reduce(0) { $0 + abs($1.confidence - $1.accuracy) * Double($1.samples) } / total
  }
}

extension Model {
  /// The network's outputs as a user wants to see them: probabilities of classes, or numbers in the
  /// units of the target.
  func shown(_ outputs: Tensor) -> Tensor {
    let shown = card.outputActivation(outputs)
    if card.classNames.count == 2 && output.elementCount == 1 {
      // One output says how likely the second of two classes is.
      let second = shown.reshaped([outputs.shape[0], 1])
      return Tensor.concatenate([1 - second, second], along: 1)
    }
    guard card.classNames.isEmpty, let scaling = card.table?.targetScaling else { return shown }
    return shown * scaling.deviation + scaling.mean
  }
}
