extension Tensor: CustomStringConvertible {
  /// The elements in nested brackets, aligned; long axes are shortened in the middle.
  public var description: String {
    var printer = TensorPrinter(shape: shape, dtype: dtype, values: doubles())
    return printer.print()
  }
}

/// Lays out a tensor's elements for reading.
private struct TensorPrinter {
  let shape: Shape
  let dtype: DType
  let values: [Double]
  /// More elements than this, and long axes show their first and last three.
  static let summaryThreshold = 200
  static let edge = 3
  var width = 0

  mutating func print() -> String {
    if shape.rank == 0 { return text(values[0]) }
    if values.isEmpty { return "[] (\(dtype), shape \(shape))" }
    let shown = visibleIndices(axis: 0, offset: 0)
    width = shown.map { text(values[$0]).count }.max() ?? 0
    let body = layout(axis: 0, offset: 0)
    return dtype == .float32 ? body : body + " (\(dtype))"
  }

  private func positions(_ axis: Int) -> [Int?] {
    let size = shape[axis]
    guard values.count > Self.summaryThreshold, size > 2 * Self.edge + 1 else {
      return Array(0..<size)
    }
    return Array(0..<Self.edge) + [nil] + Array((size - Self.edge)..<size)
  }

  private func visibleIndices(axis: Int, offset: Int) -> [Int] {
    let step = shape.contiguousStrides[axis]
    return positions(axis).compactMap { $0 }.flatMap { position in
      axis == shape.rank - 1
        ? [offset + position] : visibleIndices(axis: axis + 1, offset: offset + position * step)
    }
  }

  private func layout(axis: Int, offset: Int) -> String {
    let step = shape.contiguousStrides[axis]
    let isLast = axis == shape.rank - 1
    let parts = positions(axis).map { position -> String in
      guard let position else { return "…" }
      if !isLast { return layout(axis: axis + 1, offset: offset + position * step) }
      let text = text(values[offset + position])
      return shape.rank == 1
        ? text : String(repeating: " ", count: max(0, width - text.count)) + text
    }
    if isLast { return "[" + parts.joined(separator: ", ") + "]" }
    let gap = String(repeating: "\n", count: shape.rank - axis - 1)
    let indent = String(repeating: " ", count: axis + 1)
    return "[" + parts.joined(separator: "," + gap + indent) + "]"
  }

  private func text(_ value: Double) -> String {
    switch dtype {
    case .bool: return value == 0 ? "false" : "true"
    case .int32, .uint8: return String(Int(value))
    case .float32, .float64: return significant(value, digits: dtype == .float32 ? 6 : 9)
    }
  }
}

/// A number in as few characters as its first `digits` significant digits need.
func significant(_ value: Double, digits: Int) -> String {
  guard value.isFinite, value != 0 else { return "\(value)" }
  let exponent = Int(magnitude(value))
  if exponent < -4 || exponent >= digits {
    var mantissa = value / power10(exponent)
    mantissa = (mantissa * power10(digits - 1)).rounded() / power10(digits - 1)
    // 9.9999999 has become 10.
    return abs(mantissa) >= 10 ? "\(mantissa / 10)e\(exponent + 1)" : "\(mantissa)e\(exponent)"
  }
  let scale = power10(digits - 1 - exponent)
  let rounded = (value * scale).rounded() / scale
  return "\(rounded)"
}

private func magnitude(_ value: Double) -> Double {
  var exponent = 0.0
  var rest = abs(value)
  while rest >= 10 { (rest, exponent) = (rest / 10, exponent + 1) }
  while rest < 1 { (rest, exponent) = (rest * 10, exponent - 1) }
  return exponent
}

private func power10(_ exponent: Int) -> Double {
  var result = 1.0
  for _ in 0..<abs(exponent) { result *= 10 }
  return exponent < 0 ? 1 / result : result
}
