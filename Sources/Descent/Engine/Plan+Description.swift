extension Plan {
  /// The plan as a table: the forward pass with what each layer stores for the way back, the
  /// backward pass with what the one buffer holds as it travels back, and the update.
  ///
  /// Columns: layer, what is computed (the operations that one pass over memory does together),
  /// the shape of the result, its bytes, floating-point operations, and the result's role. Where the
  /// plan's runs are timed, the microseconds of a run and the billions of operations a second follow.
  public var description: String {
    var lines: [String] = []
    var phase: Label.Phase?
    let widths = (layer: 22, work: 34, shape: 18, bytes: 10, flops: 9)
    func line(
      _ a: String, _ b: String, _ c: String, _ d: String, _ e: String, _ f: String,
      _ time: String? = nil
    ) {
      let text =
        "  " + a.padded(widths.layer) + b.padded(widths.work) + c.padded(widths.shape)
        + d.padded(widths.bytes, right: true) + e.padded(widths.flops, right: true) + "  "
      lines.append(text + (time.map { f.padded(20) + $0 } ?? f))
    }
    for (position, row) in rows.enumerated() {
      let current = row.label?.phase ?? .forward
      if current != phase {
        phase = current
        lines.append(Self.title(of: current))
        line(
          "layer", "computes", "result", "bytes", "flops", "role",
          secondsOfRows == nil ? nil : "      us  GFLOP/s")
      }
      line(
        row.layerText, row.workText, "\(row.shape)", grouped(row.byteCount), short(row.flops),
        row.roleText,
        secondsOfRows.map { timed(seconds: $0[position] / Double(max(timedRuns, 1)), row.flops) })
    }
    let flops = rows.reduce(0) { $0 + $1.flops }
    let stored = rows.filter(\.isStoredForBackward).reduce(0) { $0 + $1.byteCount }
    lines.append(
      "\(instructionCount) instructions, \(short(flops)) flops, arena \(grouped(arenaByteCount)) bytes"
        + (stored > 0 ? ", of it stored for the way back \(grouped(stored)) bytes" : ""))
    if let secondsOfRows {
      let total = secondsOfRows.reduce(0, +) / Double(max(timedRuns, 1))
      lines.append("\(timedRuns) runs, each \(tenths(total * 1e6)) us")
    }
    return lines.joined(separator: "\n")
  }

  private func timed(seconds: Double, _ flops: Int) -> String {
    tenths(seconds * 1e6).padded(9, right: true)
      + (flops > 0 ? tenths(Double(flops) / seconds / 1e9).padded(9, right: true) : "")
  }

  /// A number with one decimal.
  private func tenths(_ number: Double) -> String { "\((number * 10).rounded() / 10)" }

  private static func title(of phase: Label.Phase) -> String {
    switch phase {
    case .forward: "forward: each layer's input is kept for the way back"
    case .loss: "loss C"
    case .backward:
      "backward: one buffer, the derivative of C, travels from the last layer to the first"
    case .update: "update: every parameter takes a step"
    }
  }
}

extension Plan.Row {
  fileprivate var layerText: String {
    guard let label, !label.path.isEmpty else { return "" }
    return label.layer.isEmpty ? label.path : "\(label.path) \(label.layer)"
  }

  fileprivate var workText: String {
    var parts: [String] = []
    for operation in operations where parts.last != operation { parts.append(operation) }
    let text = parts.joined(separator: " · ")
    return text.count <= 32 ? text : text.prefix(31) + "…"
  }

  fileprivate var roleText: String {
    if let name { return name }
    switch label?.phase {
    case .backward: return "buffer"
    case .forward, nil: return isStoredForBackward ? "stored" : ""
    case .loss: return isStoredForBackward ? "stored" : "result"
    case .update: return ""
    }
  }
}

extension String {
  func padded(_ width: Int, right: Bool = false) -> String {
    let text = count < width ? self : (right ? self : String(prefix(width - 1)))
    let space = String(repeating: " ", count: Swift.max(0, width - text.count))
    return right ? space + text : text + space
  }
}

/// A whole number with its thousands apart: 670,208.
func grouped(_ number: Int) -> String {
  let digits = String(abs(number))
  var result = ""
  for (index, digit) in digits.enumerated() {
    if index > 0 && (digits.count - index) % 3 == 0 { result.append(",") }
    result.append(digit)
  }
  return number < 0 ? "-" + result : result
}

/// A large number in thousands, millions or billions.
func short(_ number: Int) -> String {
  for (size, letter) in [(1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k")] where number >= size
  {
    let tenths = (Double(number) / Double(size) * 10).rounded() / 10
    return "\(tenths)\(letter)"
  }
  return String(number)
}
