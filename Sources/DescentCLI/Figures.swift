import Descent
import DescentCharts

/// The pictures that a training leaves in its run folder.
enum Figures {
  /// The accuracy (or, for numbers, the loss) of each epoch.
  static func learning(_ history: History, _ set: String) -> Figure {
    let name = history.epochs.first?.metrics.first?.name ?? "loss"
    let isAccuracy = name == "accuracy"
    func value(_ loss: Double?, _ metrics: [(name: String, value: Double)]) -> Double? {
      isAccuracy ? metrics.first { $0.name == name }.map { $0.value * 100 } : loss
    }
    var series = [
      Series("training", values: history.epochs.compactMap { value($0.loss, $0.metrics) })
    ]
    let checked = history.epochs.compactMap { value($0.validationLoss, $0.validationMetrics) }
    if !checked.isEmpty { series.append(Series("validation", values: checked)) }
    let axis = isAccuracy ? Axis("accuracy in per cent") : Axis("loss", scale: .logarithmic)
    return Figure(
      title: "Learning \(set)",
      description:
        "What the network got right after each epoch, on the training and validation set.",
      content: .lines(LineChart(series, x: Axis("epoch"), y: axis)))
  }

  /// The loss of each epoch.
  static func losses(_ history: History, _ set: String) -> Figure {
    var series = [Series("training", values: history.losses)]
    if !history.validationLosses.isEmpty {
      series.append(Series("validation", values: history.validationLosses))
    }
    return Figure(
      title: "The loss", description: "After each epoch, on the training and validation set.",
      content: .lines(
        LineChart(series, x: Axis("epoch"), y: Axis("loss", scale: .logarithmic))))
  }

  /// A few test images as the network took them, each with what it was: mistakes first, or of
  /// numbers the largest errors.
  static func mistakes(_ report: Report, _ image: ImageContract) -> Figure {
    let pixels = report.data.inputs.scalars(as: UInt8.self)
    let size = image.shape.elementCount
    let isOfClasses = !report.data.classNames.isEmpty
    let images = (isOfClasses ? classes(report) : numbers(report)).map { shown in
      ImageGrid.Image(
        pixels: Array(pixels[(shown.index * size)..<((shown.index + 1) * size)]),
        caption: shown.own == shown.given ? shown.given : "\(shown.given), is \(shown.own)",
        isWrong: isOfClasses && shown.own != shown.given)
    }
    return Figure(
      title: "Seen by the network: "
        + (isOfClasses ? "its mistakes, and some that it got right" : "its largest errors"),
      description:
        "Test images with the \(isOfClasses ? "class" : "number") that the network gave them.",
      content: .images(
        ImageGrid(
          height: image.height, width: image.width, channels: image.channels, images: images,
          columns: 8)))
  }

  /// A test sample with what it is and what it was taken for.
  private typealias Shown = (index: Int, own: String, given: String)

  private static func classes(_ report: Report) -> [Shown] {
    let names = report.data.classNames
    let truth = report.data.targets.scalars(as: Int32.self).map { Int($0) }
    let taken = report.evaluation.outputs.argmax().scalars(as: Int32.self).map { Int($0) }
    let wrong = truth.indices.filter { truth[$0] != taken[$0] }.prefix(12)
    let right = truth.indices.filter { truth[$0] == taken[$0] }.prefix(24 - wrong.count)
    return (wrong + right).map { (index: $0, own: names[truth[$0]], given: names[taken[$0]]) }
  }

  private static func numbers(_ report: Report) -> [Shown] {
    let (truth, given) = (report.targets.doubles(), report.shown.doubles())
    let errors = zip(truth, given).map { abs($0 - $1) }
    let largest = errors.indices.sorted { errors[$0] > errors[$1] }.prefix(24)
    return largest.map { (index: $0, own: compact(truth[$0]), given: compact(given[$0])) }
  }
}
