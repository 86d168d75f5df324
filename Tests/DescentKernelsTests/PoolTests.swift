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

  /// Every task of a function is called once, whatever the number of threads.
  @Test func poolsPerformFunctions() {
    for threads: Int32 in [1, 2, 3, 8] {
      let pool = descent_pool_create(threads)!
      for tasks in [0, 1, 2, 7, 1_000] {
        var counts = [Int32](repeating: 0, count: tasks + 1)
        counts.withUnsafeMutableBytes { counts in
          descent_pool_perform(
            pool, Int32(tasks),
            { context, task in
              context!.assumingMemoryBound(to: Int32.self)[Int(task)] += 1
            }, counts.baseAddress)
        }
        #expect(counts == [Int32](repeating: 1, count: tasks) + [0])
      }
      descent_pool_destroy(pool)
    }
  }
}
