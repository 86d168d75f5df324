import DescentKernels

/// The C structures of a plan, which live as long as it does, and the list of their operands that
/// wait to be placed.
final class PlanMemory {
  private var blocks: [UnsafeMutableRawPointer] = []
  private var waiting: [UnsafeMutablePointer<descent_operand>] = []

  /// Zeroed memory for `count` structures.
  func allocate<Structure>(_ type: Structure.Type, count: Int = 1) -> UnsafeMutablePointer<
    Structure
  > {
    let size = max(count, 1) * MemoryLayout<Structure>.stride
    let block = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 64)
    block.initializeMemory(as: UInt8.self, repeating: 0, count: size)
    blocks.append(block)
    return block.bindMemory(to: type, capacity: max(count, 1))
  }

  func placeLater(_ operand: UnsafeMutablePointer<descent_operand>) { waiting.append(operand) }

  func placeLater(_ operands: UnsafeMutablePointer<descent_operand>, count: Int) {
    for index in 0..<count { waiting.append(operands + index) }
  }

  func placeLater(_ stores: UnsafeMutablePointer<descent_store>, count: Int) {
    let offset = MemoryLayout<descent_store>.offset(of: \.place)!
    for index in 0..<count {
      let raw = UnsafeMutableRawPointer(stores + index) + offset
      waiting.append(raw.assumingMemoryBound(to: descent_operand.self))
    }
  }

  /// The operand field of a structure, marked as waiting for its place.
  func operand<Structure>(
    _ field: WritableKeyPath<Structure, descent_operand>,
    of structure: UnsafeMutablePointer<Structure>, _ value: descent_operand
  ) {
    structure.pointee[keyPath: field] = value
    let raw = UnsafeMutableRawPointer(structure) + MemoryLayout<Structure>.offset(of: field)!
    waiting.append(raw.assumingMemoryBound(to: descent_operand.self))
  }

  /// Replaces buffer numbers by slots and offsets, once the buffers are laid out.
  func placeOperands(_ location: (Int) -> (slot: Int, byteOffset: Int)) {
    for operand in waiting where operand.pointee.slot >= 0 {
      let (slot, byteOffset) = location(Int(operand.pointee.slot))
      let size = DType(rawValue: operand.pointee.dtype)!.size
      operand.pointee.slot = Int32(slot)
      operand.pointee.offset += Int64(byteOffset / size)
    }
    waiting = []
  }

  deinit { for block in blocks { block.deallocate() } }
}
