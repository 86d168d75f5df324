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

  /// A few test images as the network took them: mistakes first, each with what it was.
  static func mistakes(_ report: Report, _ image: ImageContract) -> Figure {
    let data = report.data
    let pixels = data.inputs.scalars(as: UInt8.self)
    let truth = data.targets.scalars(as: Int32.self).map { Int($0) }
    let taken = report.evaluation.outputs.argmax().scalars(as: Int32.self).map { Int($0) }
    let size = image.shape.elementCount
    let wrong = truth.indices.filter { truth[$0] != taken[$0] }.prefix(12)
    let right = truth.indices.filter { truth[$0] == taken[$0] }.prefix(24 - wrong.count)
    let images = (wrong + right).map { index in
      let (own, given) = (data.classNames[truth[index]], data.classNames[taken[index]])
      return ImageGrid.Image(
        pixels: Array(pixels[(index * size)..<((index + 1) * size)]),
        caption: own == given ? given : "\(given), is \(own)", isWrong: own != given)
    }
    return Figure(
      title: "Seen by the network: its mistakes, and some that it got right",
      description: "Test images with the class that the network gave them.",
      content: .images(
        ImageGrid(
          height: image.height, width: image.width, channels: image.channels, images: images,
          columns: 8)))
  }
}
