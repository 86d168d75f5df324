import DescentKernels
import Testing

func indices(_ count: Int, below rows: Int, _ random: inout Random) -> [Int32] {
  (0..<count).map { _ in Int32(random.below(rows)) }
}

func gatherCase(_ dtype: Dtype, count: Int, rows: Int, inner: Int, _ index: [Int32]) -> Case {
  var random = Random(count)
  let memory = Memory(), parameters = Parameters()
  let table = memory.add(bytes: rows * inner * dtype.size)
  memory.fill(table, dtype, &random)
  let slot = memory.add(bytes: count * 4)
  memory.set(slot, index)
  let output = memory.add(bytes: count * inner * dtype.size)
  let gather = descent_gather(
    count: Int64(count), rows: Int64(rows), inner: Int64(inner), table: operand(table, dtype),
    index: operand(slot, .int32), output: operand(output, dtype))
  return Case(
    memory: memory, parameters: parameters,
    instruction: parameters.instruction(DESCENT_GATHER, gather), output: output, dtype: dtype)
}

func scatterCase(_ dtype: Dtype, count: Int, rows: Int, inner: Int, _ index: [Int32]) -> Case {
  var random = Random(count)
  let memory = Memory(), parameters = Parameters()
  let input = memory.add(bytes: count * inner * dtype.size)
  memory.fill(input, dtype, &random)
  let slot = memory.add(bytes: count * 4)
  memory.set(slot, index)
  let output = memory.add(bytes: rows * inner * dtype.size)
  let scatter = descent_scatter_add(
    count: Int64(count), rows: Int64(rows), inner: Int64(inner), input: operand(input, dtype),
    index: operand(slot, .int32), output: operand(output, dtype))
  return Case(
    memory: memory, parameters: parameters,
    instruction: parameters.instruction(DESCENT_SCATTER_ADD, scatter), output: output, dtype: dtype)
}

extension Kernels {
  @Test func gatherAndScatterAddAgreeWithTheTwin() {
    for (count, rows, inner) in [
      (1, 1, 1), (0, 3, 4), (50, 7, 13), (3000, 40, 65), (200, 5, 300), (9, 4, 0),
    ] {
      var random = Random(count + inner)
      let index = indices(count, below: rows, &random)
      for dtype in Dtype.allCases {
        check("gather \(count) \(rows) \(inner) \(dtype)") {
          gatherCase(dtype, count: count, rows: rows, inner: inner, index)
        }
      }
      for dtype in [Dtype.float32, .float64, .int32] {
        // The terms of an element are added in the same order, so the bits agree too.
        check("scatter \(count) \(rows) \(inner) \(dtype)") {
          scatterCase(dtype, count: count, rows: rows, inner: inner, index)
        }
      }
    }
  }

  @Test func anIndexOutOfRangeStopsThePlan() {
    for isa in isas + [referenceIsa] {
      withIsa(isa) {
        for pool in pools {
          for bad in [Int32(-1), 40, .max] {
            var random = Random(1)
            var index = indices(3000, below: 40, &random)
            index[2500] = bad
            index[2900] = -7
            for make in [gatherCase, scatterCase] {
              var it = make(.float32, 3000, 40, 65, index)
              descent_prepare(&it.instruction)
              // Twice: the second time as the second instruction.
              for before in 0..<2 {
                let fine = gatherCase(.float32, count: 1, rows: 1, inner: 1, [0])
                var plan = [descent_instruction](repeating: fine.instruction, count: before)
                plan.append(it.instruction)
                var buffers = it.memory.buffers
                if before == 1 {
                  // The harmless instruction works in the same buffers.
                  plan[0].parameters = fine.instruction.parameters
                  buffers[1]!.storeBytes(of: 0, as: Int32.self)
                }
                let status = descent_run(pool, plan, Int32(plan.count), &buffers)
                #expect(status.code == Int32(DESCENT_INDEX_OUT_OF_RANGE.rawValue))
                #expect(status.instruction == Int32(before))
                #expect(status.position == 2500)
                #expect(status.value == Int64(bad))
              }
            }
          }
        }
      }
    }
  }
}
