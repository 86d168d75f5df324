import Descent
import DescentCharts
import DescentData
import Foundation

/// What a run was and what came of it, as one page that needs nothing else: no request leaves it.
struct ReportPage {
  let model: Model
  let report: Report
  let history: History
  let set: DataSource.Loaded
  let training: Dataset
  let validation: Dataset?
  let loss: Loss
  let settings: [(name: String, value: String)]

  private var isClassification: Bool { !report.data.classNames.isEmpty }

  func html() throws -> String {
    let parts = [
      summary, section("How it learned", learning),
      isClassification ? section("Classes", classes) : section("Errors", residuals),
      isClassification ? section("How sure it is", try calibration) : "",
      section("What it looks at", try importance), section("Gradients", try gradients),
      section("The data", data), section("The network", pre(model.description)),
      section("How to repeat it", repetition),
    ]
    return """
      <!doctype html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>\(escaped(set.name)): a report by Descent</title>
      <style>\(Self.style)</style>
      </head>
      <body><main>
      <h1>\(escaped(title))</h1>
      \(parts.filter { !$0.isEmpty }.joined(separator: "\n"))
      <footer><p>Made by descent 0.1.0. Every number is from the run itself.</p></footer>
      </main></body>
      </html>

      """
  }

  private var title: String {
    guard let table = set.table else { return "A network for \(set.name)" }
    return "\(table.contract.target) of \(set.name)"
  }

  // MARK: Sections

  private var summary: String {
    var cards = report.headline.map { name, value in
      "<div><b>\(escaped(value))</b><span>\(escaped(name))</span></div>"
    }
    cards.append("<div><b>\(grouped(report.data.count))</b><span>test samples</span></div>")
    let ending =
      switch history.finish?.reason ?? .completed {
      case .completed, .diverged: "all epochs"
      case .stoppedEarly: "stopped early"
      case .interrupted: "interrupted"
      }
    return """
      <p>Trained on \(grouped(training.count)) samples\
      \(validation.map { ", checked on \(grouped($0.count)) others" } ?? ""), and tested once on \
      \(grouped(report.data.count)) that it had not seen. \(history.epochs.count) epochs \
      (\(ending)), the best is epoch \(history.finish?.bestEpoch ?? 0), \
      \(fixed(history.finish?.seconds ?? 0, 1)) s.</p>
      <div class="cards">\(cards.joined())</div>
      """
  }

  private var learning: String {
    var figures = [Figures.learning(history, set.name)]
    if history.epochs.first?.metrics.first?.name == "accuracy" {
      figures.append(Figures.losses(history, set.name))
    }
    return figures.map(svg).joined()
  }

  private var classes: String {
    let matrix = ConfusionMatrix(classes: report.data.classNames, counts: report.counts)
    let figure = Figure(
      title: "What each class was taken for",
      description: "Rows: what it is; columns: what it was taken for.",
      content: .confusion(matrix))
    let rows = report.classRows.map { row in
      "<tr><th>\(escaped(row.name))</th><td>\(fixed(row.precision, 3))</td>"
        + "<td>\(fixed(row.recall, 3))</td><td>\(fixed(row.f1, 3))</td><td>\(row.samples)</td></tr>"
    }
    return """
      <table><thead><tr><th>class</th><th>precision</th><th>recall</th><th>F1</th>\
      <th>samples</th></tr></thead><tbody>\(rows.joined())</tbody></table>
      \(svg(figure))
      \(mistakes)
      """
  }

  /// The samples behind each cell of the confusion matrix beside its diagonal.
  private var mistakes: String {
    let truth = report.data.targets.scalars(as: Int32.self).map { Int($0) }
    let taken = report.shown.argmax().scalars(as: Int32.self).map { Int($0) }
    var cells: [[Int]: [Int]] = [:]
    for row in truth.indices where truth[row] != taken[row] {
      cells[[truth[row], taken[row]], default: []].append(row)
    }
    guard !cells.isEmpty else { return "<p>It made no mistake on the test samples.</p>" }
    let names = report.data.classNames
    let sorted = cells.sorted {
      ($1.value.count, $0.key[0], $0.key[1]) < ($0.value.count, $1.key[0], $1.key[1])
    }
    // Pictures are in the page itself, which must stay small enough to be sent.
    let most = set.image.map { max(24, (4 << 20) / $0.shape.elementCount) } ?? .max
    var left = most
    let details = sorted.prefix(100).map { cell, rows in
      let shown = rows.prefix(min(12, left))
      left -= shown.count
      return """
        <details><summary>\(escaped(names[cell[0]])) taken for \(escaped(names[cell[1]])): \
        \(rows.count)</summary>\(shown.isEmpty ? "" : samples(Array(shown)))</details>
        """
    }
    return "<h3>Its mistakes</h3>\(details.joined())"
  }

  /// A few test samples as pictures or rows.
  private func samples(_ positions: [Int]) -> String {
    if let image = set.image {
      let images = positions.map { position in
        ImageGrid.Image(
          pixels: report.data[position..<(position + 1)].inputs.scalars(as: UInt8.self),
          caption: set.pictures.map { fileName($0.testPaths[position]) } ?? "\(position)")
      }
      return svg(
        Figure(
          title: "", description: "Test images by \(set.pictures == nil ? "number" : "file")",
          content: .images(
            ImageGrid(
              height: image.height, width: image.width, channels: image.channels, images: images,
              columns: 6))))
    }
    guard let rows = set.table?.testRows else {
      let shown = report.data[positions]
      return pre("\(shown.inputs)")
    }
    return table(rows, positions, extra: [])
  }

  /// Rows of the table with further columns before them.
  private func table(
    _ rows: Table, _ positions: [Int], extra: [(name: String, values: [String])]
  ) -> String {
    let columns = Array(rows.columns.indices.prefix(12))
    let head = ["line"] + extra.map(\.name) + columns.map { rows.columns[$0].name }
    let body = positions.enumerated().map { index, row in
      let cells =
        ["\(rows.lines[row])"] + extra.map { $0.values[index] }
        + columns.map { column in
          let text = rows.text(row: row, column: column)
          // Measurements have more digits than anybody reads.
          return text.count > 10 ? Double(text).map(compact) ?? text : text
        }
      return "<tr>\(cells.map { "<td>\(escaped(String($0.prefix(60))))</td>" }.joined())</tr>"
    }
    return """
      <div class="wide"><table><thead><tr>\
      \(head.map { "<th>\(escaped($0))</th>" }.joined())</tr></thead>\
      <tbody>\(body.joined())</tbody></table></div>
      """
  }

  private var calibration: String {
    get throws {
      let bins = report.calibration
      let points = bins.map { Series.Point(x: $0.confidence, y: $0.accuracy) }
      let figure = Figure(
        title: "Confidence and truth",
        description: "How often the network is right where it is so sure; on the line it knows.",
        content: .lines(
          LineChart(
            [
              Series("right", points: points),
              Series("ideal", points: [.init(x: 0, y: 0), .init(x: 1, y: 1)]),
            ], x: Axis("confidence"), y: Axis("share that is right"))))
      return """
        <p>Expected calibration error \(percent(report.calibrationError)): the mean distance between \
        how sure the network is and how often it is right.</p>
        \(svg(figure))
        """
    }
  }

  private var residuals: String {
    let (truth, shown) = (report.targets.doubles(), report.shown.doubles())
    let errors = zip(shown, truth).map { $0 - $1 }
    let sample = stride(from: 0, to: truth.count, by: max(1, truth.count / 1_000))
    let lower = truth.min() ?? 0
    let upper = truth.max() ?? 1
    let scatter = Figure(
      title: "Predicted and true",
      description: "Each test sample; on the line the prediction is right.",
      content: .scatter(
        ScatterChart(
          [Series("test samples", points: sample.map { .init(x: truth[$0], y: shown[$0]) })],
          lines: [
            Series("right", points: [.init(x: lower, y: lower), .init(x: upper, y: upper)])
          ], x: Axis("true"), y: Axis("predicted"))))
    let histogram = Figure(
      title: "Errors", description: "Predicted minus true, for all test samples.",
      content: .histogram(
        Histogram([.init("predicted − true", errors)], x: Axis("error"))))
    var worst = ""
    if let rows = set.table?.testRows {
      let positions = Array(
        errors.indices.sorted { abs(errors[$0]) > abs(errors[$1]) }.prefix(10))
      worst =
        "<h3>The largest errors</h3>"
        + table(
          rows, positions,
          extra: [
            ("predicted", positions.map { compact(shown[$0]) }),
            ("error", positions.map { compact(errors[$0]) }),
          ])
    }
    return svg(scatter) + svg(histogram) + worst
  }

  private var importance: String {
    get throws {
      guard let contract = set.table?.contract else { return "" }
      let importance = try PermutationImportance(
        model: model, data: report.data, contract: contract, loss: loss)
      let bars = importance.columns.prefix(20).map { BarChart.Bar($0.name, $0.increase) }
      let figure = Figure(
        title: "How much worse without a column",
        description: "The increase of the loss when the column's values are shuffled.",
        content: .bars(BarChart(Array(bars), label: "increase of the loss")))
      return """
        <p>Each column's values are shuffled among the test rows, and the network asked again: the \
        more the loss grows, the more the network relies on the column (Breiman, 2001). Columns that \
        say the same share their importance.</p>
        \(svg(figure))
        """
    }
  }

  private var gradients: String {
    get throws {
      let norms = try GradientNorms(model, training.prefix(256), loss: loss)
      let bars = norms.layers.map { BarChart.Bar($0.name, $0.norm, text: compact($0.norm)) }
      let figure = Figure(
        title: "Length of the gradient, layer by layer",
        description: "Of the weights of each layer, at the end of training.",
        content: .bars(BarChart(bars, label: "length of the gradient")))
      return svg(figure)
    }
  }

  private var data: String {
    var lines = ["<p>\(escaped(set.summary).replacingOccurrences(of: "\n", with: "<br>"))</p>"]
    if let table = set.table {
      let rows = table.profiles.map { profile in
        let remarks = table.remarks.filter { $0.column == profile.name }.map(\.text)
        return """
          <tr><th>\(escaped(profile.name))</th><td>\(profile.kind)</td>\
          <td>\(profile.distinctCount >= 1_000 ? "1,000 or more" : "\(profile.distinctCount)")</td>\
          <td>\(profile.missingCount)</td><td>\(escaped(remarks.joined(separator: "; ")))</td></tr>
          """
      }
      lines.append(
        """
        <div class="wide"><table><thead><tr><th>column</th><th>kind</th><th>different values</th>\
        <th>missing</th><th></th></tr></thead><tbody>\(rows.joined())</tbody></table></div>
        """)
    }
    return lines.joined()
  }

  private var repetition: String {
    let options = settings.filter { $0.name != "set" && $0.name != "output" }.map {
      Configuration.flags.contains($0.name)
        ? "--\($0.name)" : "--\($0.name) \(shellWord($0.value))"
    }
    let source = settings.first { $0.name == "set" }?.value ?? set.name
    return """
      <p>The same numbers to the last bit, with any number of threads:</p>
      \(pre((["descent train \(shellWord(source))"] + options).joined(separator: " \\\n  ")))
      <p>\(escaped(environment))</p>
      """
  }

  private var environment: String {
    let machine = ProcessInfo.processInfo
    #if arch(x86_64)
      let processor = "x86-64"
    #else
      let processor = "arm64"
    #endif
    return "descent 0.1.0 on \(machine.operatingSystemVersionString), \(processor) with the "
      + "instruction set \(Execution.instructionSet), \(Execution.threads) of "
      + "\(machine.activeProcessorCount) cores, \(bytes(Int(machine.physicalMemory))) of memory"
  }

  // MARK: Parts

  private func section(_ title: String, _ body: String) -> String {
    body.isEmpty ? "" : "<section><h2>\(escaped(title))</h2>\(body)</section>"
  }

  private func svg(_ figure: Figure) -> String { "<figure>\(figure.svg())</figure>" }

  private func pre(_ text: String) -> String { "<pre>\(escaped(text))</pre>" }

  private static let style = """
    :root{color-scheme:light dark}
    body{font:16px/1.55 system-ui,sans-serif;margin:0;color:#1c2430;background:#fff}
    main{max-width:46rem;margin:0 auto;padding:1.5rem 1rem 4rem}
    h1{font-size:1.8rem;line-height:1.2}h2{margin-top:2.5rem;border-bottom:1px solid #8884}
    figure{margin:1rem 0}figure svg{max-width:100%;height:auto}
    table{border-collapse:collapse;font-size:.9rem}th,td{padding:.25rem .7rem;text-align:right;\
    border-bottom:1px solid #8883}th:first-child,td:first-child{text-align:left}
    .wide{overflow-x:auto}pre{overflow-x:auto;background:#8881;padding:.8rem;font-size:.82rem}
    .cards{display:flex;flex-wrap:wrap;gap:1rem}.cards div{border:1px solid #8884;\
    border-radius:.5rem;padding:.6rem 1.1rem}.cards b{display:block;font-size:1.5rem}
    .cards span{opacity:.75}details{margin:.4rem 0}summary{cursor:pointer}
    footer{margin-top:3rem;opacity:.7;font-size:.85rem}
    @media(prefers-color-scheme:dark){body{color:#e4e8ee;background:#14181f}}
    @media print{section{break-inside:avoid}body{color:#000;background:#fff}}
    """
}

private func escaped(_ text: String) -> String {
  text.replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "<", with: "&lt;")
    .replacingOccurrences(of: ">", with: "&gt;").replacingOccurrences(of: "\"", with: "&quot;")
}

/// The last part of a path.
private func fileName(_ path: String) -> String {
  path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
}

/// A text as one word of a shell's command.
private func shellWord(_ text: String) -> String {
  let plain = text.allSatisfy {
    $0.isASCII && ($0.isLetter || $0.isNumber || "-_./:,+=".contains($0))
  }
  return plain && !text.isEmpty
    ? text : "'" + text.replacingOccurrences(of: "'", with: "'\\''") + "'"
}
