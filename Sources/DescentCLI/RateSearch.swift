import ArgumentParser
import Descent
import DescentCharts
import DescentData
import Foundation

/// `descent train … --find-rate`: the loss while the learning rate rises, and the rate to take.
struct RateSearch {
  let search: LearningRateSearch
  /// The set's name.
  let name: String

  /// Shows the search, and stores its picture in a folder if one is given.
  ///
  /// Throws exit code 4 where there is nothing to suggest.
  func show(isJSON: Bool, storingIn folder: String?) throws {
    var stored: String?
    if let folder {
      try makeFolder(folder)
      let path = folder + "/learning-rate.svg"
      try AtomicFile.write(figure.svg(), to: path)
      stored = path
    }
    if isJSON {
      print(line)
    } else {
      print(figure.text(style: .detect()))
      print("\n\(search)")
      if let stored { print("stored: \(stored)") }
      if let rate = search.suggestion {
        print("next: the same with --learning-rate \(twoDigits(rate)) instead of --find-rate")
      }
    }
    if search.suggestion == nil { throw ExitCode(Exit.unmet) }
  }

  /// More digits than two say nothing about a rate.
  private func twoDigits(_ rate: Double) -> String { String(format: "%.2g", rate) }

  private var line: JSONLine {
    var line = JSONLine(event: "learning-rate")
    line.add("suggestion", search.suggestion ?? .nan)
    line.add("lowest", search.lowest?.rate ?? .nan)
    line.add("exploded", search.hasExploded)
    line.add("rates", search.points.map(\.rate))
    line.add("losses", search.points.map(\.loss))
    line.add("smoothed", search.points.map(\.smoothed))
    return line
  }

  private var figure: Figure {
    // Of the explosion no more than shows that it is one.
    let highest = (search.points.prefix(25).map(\.smoothed).max() ?? 0) * 2
    let shown = search.points.filter { $0.smoothed <= highest }
    func series(_ name: String, _ value: (LearningRateSearch.Point) -> Double) -> Series {
      Series(name, points: shown.map { .init(x: $0.rate, y: value($0)) })
    }
    var all = [series("loss, mean of nine steps", \.smoothed)]
    if let rate = search.suggestion {
      let values = shown.map(\.smoothed)
      all.append(
        Series(
          "suggested: \(twoDigits(rate))",
          points: [values.min() ?? 0, values.max() ?? 0].map { .init(x: rate, y: $0) }))
    }
    return Figure(
      title: "The loss while the learning rate rises, \(name)",
      description: "\(search)",
      content: .lines(
        LineChart(all, x: Axis("learning rate", scale: .logarithmic), y: Axis("loss"))))
  }
}
