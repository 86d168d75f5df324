/// A titled figure: what to show, said once, drawn as SVG or as terminal text.
///
/// ```swift
/// let loss = Figure(
///   title: "Loss by epoch",
///   content: .lines(
///     LineChart(
///       [Series("training", values: [2.3, 0.9, 0.4]), Series("validation", values: [2.3, 1.1, 0.8])],
///       x: Axis("epoch"), y: Axis("loss", scale: .logarithmic))))
/// print(loss.text(style: .detect()))
/// let file = loss.svg()
/// ```
///
/// Data may be empty, NaN or infinite: what cannot be drawn is left out, and the figure says so.
/// The same figure gives the same bytes on every run, whatever the locale.
public struct Figure: Hashable, Sendable {
  /// The heading, and the name that a screen reader announces.
  public var title: String
  /// What the figure shows, in words; empty means a summary written from the content.
  public var description: String
  /// What is drawn.
  public var content: Content

  /// The kinds of figure.
  public enum Content: Hashable, Sendable {
    /// Series of points joined by lines.
    case lines(LineChart)
    /// Horizontal bars with labels.
    case bars(BarChart)
    /// Small grey images with captions.
    case images(ImageGrid)
    /// Counts of predicted against true classes.
    case confusion(ConfusionMatrix)
    /// Groups of points, and lines among them.
    case scatter(ScatterChart)
    /// How many values lie in each interval.
    case histogram(Histogram)
    /// Values over a plane as colours.
    case heatMap(HeatMap)
    /// Arrows over the colours of a plane.
    case field(FieldChart)
    /// Level sets and paths over them.
    case contours(ContourChart)
    /// A function of two variables, seen from above and aside.
    case surface(SurfaceChart)
    /// Units and their connections.
    case network(NetworkDiagram)
  }

  /// A figure of the given content.
  public init(title: String, description: String = "", content: Content) {
    self.title = title
    self.description = description
    self.content = content
  }

  /// The figure as a self-contained SVG document.
  ///
  /// It has no external references, follows the reader's light or dark preference, and can be saved
  /// as a file or pasted into HTML.
  ///
  /// - Parameter width: Width in pixels that charts fill; grids and matrices take what they need.
  public func svg(width: Double = 720) -> String {
    var canvas = SVGCanvas(width: width.isFinite ? min(max(width, 240), 4000) : 720)
    canvas.heading(title)
    chart.draw(on: &canvas)
    return canvas.document(
      title: title, description: description.isEmpty ? chart.summary : description)
  }

  /// The figure as lines of terminal text, without a final newline.
  ///
  /// - Parameter style: Width and colours. Without colours the text has no control character but
  ///   the newlines between its lines.
  public func text(style: TerminalStyle = .plain) -> String {
    let heading = title.isEmpty ? [] : [style.paint(printable(title), .bold)]
    return (heading + chart.lines(style: style)).joined(separator: "\n")
  }

  private var chart: any Chart {
    switch content {
    case .lines(let chart): chart
    case .bars(let chart): chart
    case .images(let chart): chart
    case .confusion(let chart): chart
    case .scatter(let chart): chart
    case .histogram(let chart): chart
    case .heatMap(let chart): chart
    case .field(let chart): chart
    case .contours(let chart): chart
    case .surface(let chart): chart
    case .network(let chart): chart
    }
  }
}

/// What a kind of figure has to know: how to draw itself, twice, and how to say what it is.
protocol Chart {
  /// One sentence for a reader who cannot see the figure.
  var summary: String { get }
  /// Draws below what the canvas already holds, and extends its height.
  func draw(on canvas: inout SVGCanvas)
  /// The rendering as terminal text, line by line.
  func lines(style: TerminalStyle) -> [String]
}
