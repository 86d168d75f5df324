/// Units that follow each other and go over the same many rows: all of them are run on one strip of
/// rows, while it is in cache, before the next strip.
struct StrippedRun {
  let units: Range<Int>
  let rows: Int
  let strips: Int
}

/// Passes over memory that become one: a large batch of small samples is read once, and not once
/// for the forward pass, once for the loss and once for each gradient.
extension Planner {
  /// Fewer rows than this stay in cache by themselves.
  private static let fewestRows = 16_384
  /// The bytes that a strip of all values should take.
  private static let stripByteCount = 1 << 18
  /// The most weights of a product: they are read again for every strip.
  private static let mostWeights = 4_096

  /// What a unit does with the rows: writes rows of its own, or adds something up over all of them.
  private enum Role { case rowByRow, total }

  /// Finds runs of units that share their rows, and moves units between them that can wait.
  mutating func findStrips() {
    let counts = Set(
      units.indices.flatMap { unit in
        units[unit].members.compactMap { graph.values[$0].shape.first }
      })
    for rows in counts.sorted(by: >) where rows >= Self.fewestRows {
      var start = 0
      while start < units.count {
        let end = gatherRun(from: start, rows: rows)
        if end - start > 1 {
          let strips = strips(of: start..<end, rows: rows)
          stripped.append(StrippedRun(units: start..<end, rows: rows, strips: strips))
        }
        start = max(end, start + 1)
      }
      if !stripped.isEmpty { return }
    }
  }

  /// Gathers units that can go strip by strip behind the one at `start`, and returns their end.
  ///
  /// Those that cannot, and what needs them, come after.
  private mutating func gatherRun(from start: Int, rows: Int) -> Int {
    var run: [Unit] = []
    var later: [Unit] = []
    /// Values that are whole only after the run, or later.
    var unfinished: Set<Int> = []
    /// Values of the run that are there row by row.
    var rowwise: Set<Int> = []
    for unit in units[start...] {
      let needs = Set(unit.members.flatMap { graph.values[$0].inputs }.map { view(of: $0).base })
      if needs.isDisjoint(with: unfinished), let role = role(of: unit, rows, rowwise) {
        run.append(unit)
        if role == .total { unfinished.formUnion(unit.members) }
        if role == .rowByRow { rowwise.formUnion(unit.members) }
      } else if run.isEmpty {
        return start
      } else {
        later.append(unit)
        unfinished.formUnion(unit.members)
      }
    }
    units.replaceSubrange(start..., with: run + later)
    return start + run.count
  }

  private func strips(of run: Range<Int>, rows: Int) -> Int {
    var bases: Set<Int> = []
    for member in units[run].flatMap(\.members) {
      bases.insert(member)
      bases.formUnion(graph.values[member].inputs.map { view(of: $0).base })
    }
    let bytesPerRow = bases.filter { graph.values[$0].shape.first == rows }
      .reduce(0) { $0 + byteCount($1) / rows }
    return min(1_024, max(1, rows * bytesPerRow / Self.stripByteCount))
  }

  /// What a unit does with the rows, or nil if it cannot go strip by strip: what it reads of the
  /// run's own values must be the same rows.
  private func role(of unit: Unit, _ rows: Int, _ rowwise: Set<Int>) -> Role? {
    let first = graph.values[unit.members[0]]
    switch unit.kind {
    case .elementwise:
      return first.shape.first == rows && readsRows(unit, first.shape, rowwise) ? .rowByRow : nil
    case .reduce:
      let reduction = graph.values[unit.members.last!]
      guard case .reduce(_, let axes) = reduction.lowering else { return nil }
      let shape = graph.values[reduction.inputs[0]].shape
      guard shape.first == rows, readsRows(unit, shape, rowwise) else { return nil }
      // Sums over the first axes, or of each row by itself.
      let inner = shape.dropFirst(axes.count).reduce(1, *)
      if axes == Array(0..<axes.count) { return inner <= 256 ? .total : nil }
      return axes == Array(1..<shape.rank) ? .rowByRow : nil
    case .matmul:
      let (a, b) = (view(of: first.inputs[0]), view(of: first.inputs[1]))
      guard first.shape.rank == 2 else { return nil }
      let (m, n, k) = (first.shape[0], first.shape[1], graph.values[first.inputs[0]].shape[1])
      if m == rows, n * k <= Self.mostWeights, !rowwise.contains(b.base),
        readsRows(unit, first.shape, rowwise, except: first.inputs[0]),
        !rowwise.contains(a.base) || isRows(a, axis: 0)
      {
        return .rowByRow
      }
      let readsOwnRows = [(a, 1), (b, 0)].allSatisfy { view, axis in
        !rowwise.contains(view.base) || isRows(view, axis: axis)
      }
      return k == rows && m * n <= Self.mostWeights && unit.members.count == 1 && readsOwnRows
        ? .total : nil
    case .convolution: return nil
    case .single:
      guard case .rows = first.lowering, graph.values[first.inputs[0]].shape.rank == 2,
        graph.values[first.inputs[0]].shape[0] == rows,
        first.inputs.allSatisfy({ input in
          let view = view(of: input)
          return !rowwise.contains(view.base) || isRows(view, axis: 0)
        })
      else { return nil }
      return .rowByRow
    }
  }

  /// Whether all that a unit reads of the run's values is read row by row under this shape.
  private func readsRows(
    _ unit: Unit, _ shape: Shape, _ rowwise: Set<Int>, except: Int? = nil
  ) -> Bool {
    unit.members.flatMap { graph.values[$0].inputs }.allSatisfy { input in
      let view = view(of: input)
      if input == except || unit.members.contains(input) || !rowwise.contains(view.base) {
        return true
      }
      return view.shape.rank == shape.rank && isRows(view, axis: 0)
    }
  }

  /// Whether this axis of a view walks over the rows of its owner, one by one.
  private func isRows(_ view: View, axis: Int) -> Bool {
    let owner = graph.values[view.base].shape
    return view.offset == 0 && view.shape[axis] == owner[0]
      && view.strides[axis] == owner.dropFirst().reduce(1, *)
  }

  /// Says that a unit uses a buffer: until the end of its run, if it is part of one, since the strips
  /// of different units interleave.
  mutating func use(_ buffer: Int, in unit: Int) {
    guard let run = stripped.first(where: { $0.units.contains(unit) }) else {
      memory.use(buffer, in: unit)
      return
    }
    memory.use(buffer, in: run.units.lowerBound)
    memory.use(buffer, in: run.units.upperBound - 1)
  }
}
