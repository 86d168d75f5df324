import DescentKernels
import Testing

func randomCase(_ distribution: descent_distribution, _ dtype: Dtype, _ count: Int, key: [Int32])
  -> Case
{
  let memory = Memory(), parameters = Parameters()
  let slot = memory.add(bytes: 16), output = memory.add(bytes: count * dtype.size)
  memory.set(slot, key)
  let random = descent_random(
    distribution: Int32(distribution.rawValue), count: Int64(count), key: operand(slot, .int32),
    output: operand(output, dtype))
  return Case(
    memory: memory, parameters: parameters,
    instruction: parameters.instruction(DESCENT_RANDOM, random), output: output, dtype: dtype)
}

extension Kernels {
  @Test func randomNumbersAgreeWithTheTwin() {
    for count in [0, 1, 2, 3, 5, 63, 64, 65, 1000, 50_001] {
      for key: [Int32] in [[0, 0, 0, 0], [1, -2, 3, -4]] {
        check("bits \(count)") { randomCase(DESCENT_RANDOM_BITS, .int32, count, key: key) }
        for dtype in [Dtype.float32, .float64] {
          check("uniform \(count)") { randomCase(DESCENT_RANDOM_UNIFORM, dtype, count, key: key) }
          check("normal \(count)", Tolerance(absolute: dtype == .float32 ? 3e-6 : 1e-14)) {
            randomCase(DESCENT_RANDOM_NORMAL, dtype, count, key: key)
          }
        }
      }
    }
  }

  /// Test vectors of the authors of Philox (Random123, kat_vectors): counter and key all zeros, and
  /// digits of pi.
  @Test func philoxTestVectors() {
    for isa in isas + [referenceIsa] {
      withIsa(isa) {
        var it = randomCase(DESCENT_RANDOM_BITS, .int32, 4, key: [0, 0, 0, 0])
        descent_prepare(&it.instruction)
        _ = descent_run(pools[0], &it.instruction, 1, it.memory.buffers)
        #expect(
          it.memory.get(it.output, UInt32.self, 4) == [
            0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8,
          ])
      }
    }
  }

  @Test func normalsHaveTheirMoments() {
    var it = randomCase(DESCENT_RANDOM_NORMAL, .float32, 200_000, key: [5, 6, 7, 8])
    descent_prepare(&it.instruction)
    _ = descent_run(pools[1], &it.instruction, 1, it.memory.buffers)
    let x = it.memory.get(it.output, Float.self, 200_000).map(Double.init)
    let mean = x.reduce(0, +) / 2e5
    let variance = x.reduce(0) { $0 + $1 * $1 } / 2e5
    #expect(abs(mean) < 0.01)
    #expect(abs(variance - 1) < 0.02)
  }
}
