import DescentKernels

/// What each unit does, in the words of `Plan.description`.
extension Planner {
  func row(for unit: Unit, _ index: Int, instructions: Range<Int>) -> Plan.Row {
    let stored = unit.members.filter { bufferOf[$0] >= 0 }
    let isProduct = unit.kind == .matmul || unit.kind == .convolution
    let main = isProduct ? unit.members[0] : (stored.last ?? unit.members.last!)
    let value = graph.values[main]
    // A product and what its epilogue makes of it may share a buffer.
    let sizes = Dictionary(stored.map { (bufferOf[$0], byteCount($0)) }, uniquingKeysWith: max)
    let isReadBackward = stored.contains { member in
      graph.values.indices.contains { reader in
        unitOf[reader] > index && graph.values[reader].label?.phase == .backward
          && graph.values[reader].inputs.contains { view(of: $0).base == member }
      }
    }
    var (flops, multiplyAdds) = (0, 0)
    for member in unit.members {
      let value = graph.values[member]
      switch value.lowering {
      case .matmul:
        multiplyAdds += value.shape.elementCount * graph.values[value.inputs[0]].shape.last
        flops += 2 * multiplyAdds
      case .convolution(_, let geometry):
        // Both transposes do the same multiplications as the convolution itself.
        let (x, y) = convolved(member, value)
        multiplyAdds +=
          y.elementCount * (x[1] / geometry.groups) * geometry.kernel[0] * geometry.kernel[1]
        flops += 2 * multiplyAdds
      case .reduce: flops += graph.values[value.inputs[0]].shape.elementCount
      case .elementwise(let operation) where operation != DESCENT_OP_COPY:
        flops += value.shape.elementCount
      case .rows: flops += 5 * graph.values[value.inputs[0]].shape.elementCount
      default: break
      }
    }
    return Plan.Row(
      label: value.label,
      operations: unit.members.map {
        graph.values[$0].name + (isRounded($0) ? " in bfloat16" : "")
      },
      shape: value.shape, dtype: value.dtype,
      byteCount: sizes.values.reduce(0, +), flops: flops,
      multiplyAdds: multiplyAdds,
      isStoredForBackward: isReadBackward,
      name: unit.members.lazy.compactMap { graph.names[$0] }.first, instructions: instructions)
  }

  /// The shapes of a convolution's x and y, in whichever direction it goes.
  private func convolved(_ index: Int, _ value: PlanGraph.Value) -> (x: Shape, y: Shape) {
    let (first, second) = (
      graph.values[value.inputs[0]].shape, graph.values[value.inputs[1]].shape
    )
    guard case .convolution(let direction, _) = value.lowering else { return (first, second) }
    switch direction {
    case DESCENT_CONVOLUTION_INPUT: return (value.shape, first)
    case DESCENT_CONVOLUTION_WEIGHT: return (first, second)
    default: return (first, value.shape)
    }
  }
}
