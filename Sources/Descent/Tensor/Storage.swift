import DescentKernels

/// Memory that holds a tensor's elements: contiguous, 64-byte aligned, freed with its last owner.
///
/// Written only before it is shared (by the plan that fills it, or in place by a training step
/// that has made sure to be its only owner), which is what makes it `Sendable`.
final class Storage: @unchecked Sendable {
  let pointer: UnsafeMutableRawPointer
  let byteCount: Int

  init(byteCount: Int) {
    self.byteCount = byteCount
    guard let memory = descent_allocate(byteCount) else {
      fatalError("there is no memory for a tensor of \(byteCount) bytes")
    }
    pointer = memory
  }

  convenience init<Scalar: TensorScalar>(_ scalars: [Scalar]) {
    self.init(byteCount: scalars.count * MemoryLayout<Scalar>.size)
    scalars.withUnsafeBytes {
      if $0.count > 0 { pointer.copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
    }
  }

  deinit { descent_free(pointer) }

  func copy() -> Storage {
    let result = Storage(byteCount: byteCount)
    result.pointer.copyMemory(from: pointer, byteCount: byteCount)
    return result
  }

  func buffer<Scalar>(of type: Scalar.Type) -> UnsafeBufferPointer<Scalar> {
    let count = byteCount / MemoryLayout<Scalar>.size
    return UnsafeBufferPointer(start: pointer.bindMemory(to: type, capacity: count), count: count)
  }
}
