import DescentKernels
import Foundation
import Testing

extension Kernels {
  @Test func instructionSetsHaveNames() {
    #expect(descent_isa_available(referenceIsa))
    #expect(descent_isa_available(Int32(DESCENT_ISA_PORTABLE.rawValue)))
    #expect(!descent_isa_select(99))
    #expect(name(ofIsa: referenceIsa) == "reference")
    #expect(descent_available_cores() >= 1)
  }

  /// Many short plans, with gaps that let the workers fall asleep now and then, on more threads than
  /// there are cores.
  @Test func poolsComeAndGo() {
    for threads: Int32 in [1, 2, 3, 8] {
      let pool = descent_pool_create(threads)!
      #expect(descent_pool_threads(pool) == threads)
      var sum = reduceCase(
        DESCENT_SUM, .float32, outer: 1, reduced: 200_000, inner: 1, square: false,
        transposed: false, special: false, seed: 9)
      var product = matmulCase(.float32, m: 128, n: 256, k: 100, a: .rows, b: .rows)
      descent_prepare(&sum.instruction)
      descent_prepare(&product.instruction)
      var first: [UInt8]?
      for round in 0..<200 {
        _ = descent_run(pool, &sum.instruction, 1, sum.memory.buffers)
        _ = descent_run(pool, &product.instruction, 1, product.memory.buffers)
        let bytes = sum.memory.bytes(sum.output) + product.memory.bytes(product.output)
        #expect(first == nil || first == bytes)
        first = bytes
        if round % 50 == 49 { usleep(1000) }
      }
      descent_pool_destroy(pool)
    }
  }
}
