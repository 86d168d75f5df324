import Descent
import DescentCharts

/// What a model does on a data set, for people and for programs.
struct Report {
  let evaluation: Evaluator.Evaluation
  let data: Dataset

  /// Runs the model on every sample.
  init(_ model: Model, on data: Dataset, loss: Loss) throws {
    self.data = data
    evaluation = try model.evaluate(data, loss: loss, metrics: Self.metrics(for: data))
  }

  /// The metrics that suit a data set.
  static func metrics(for data: Dataset) -> [Metric] {
    if data.classNames.isEmpty { return [.meanAbsoluteError, .meanSquaredError] }
    return data.classNames.count > 5 ? [.accuracy, .topK(3)] : [.accuracy]
  }

  private var isClassification: Bool { !data.classNames.isEmpty }

  /// The totals as JSON: `{"test_accuracy":…,"test_loss":…}`.
  func json(prefix: String) -> JSONLine {
    var line = JSONLine()
    for metric in evaluation.metrics { line.add(prefix + metric.name, metric.value) }
    line.add(prefix + "loss", evaluation.loss)
    if !isClassification { line.add(prefix + "r2", rSquared(evaluation.outputs, data.targets)) }
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
      parts.append("R² \(fixed(rSquared(evaluation.outputs, data.targets), 4))")
      return parts.joined(separator: ", ")
    }
    let counts = counts()
    let matrix = ConfusionMatrix(classes: data.classNames, counts: counts)
    return """
      \(parts.joined(separator: ", "))

      \(classTable(counts))

      rows: what it is; columns: what it was taken for
      \(matrix.table())
      """
  }

  private func counts() -> [[Int]] {
    let size = data.classNames.count
    let flat = confusionMatrix(evaluation.outputs, data.targets).scalars(as: Int32.self)
    return (0..<size).map { row in (0..<size).map { Int(flat[row * size + $0]) } }
  }

  private func classTable(_ counts: [[Int]]) -> TextTable {
    var table = TextTable([
      .leading("class"), .trailing("precision"), .trailing("recall"), .trailing("F1"),
      .trailing("samples"),
    ])
    for (index, name) in data.classNames.enumerated() {
      let hits = Double(counts[index][index])
      let taken = Double(counts.reduce(0) { $0 + $1[index] })
      let samples = counts[index].reduce(0, +)
      let precision = taken > 0 ? hits / taken : 0
      let recall = samples > 0 ? hits / Double(samples) : 0
      let f1 = precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0
      table.append([
        name, fixed(precision, 3), fixed(recall, 3), fixed(f1, 3), "\(samples)",
      ])
    }
    return table
  }
}
