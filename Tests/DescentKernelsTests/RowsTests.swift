import DescentKernels
import Testing

func rowsCase(
  _ operation: descent_row_operation, _ dtype: Dtype, rows: Int, n: Int, range: Double = 5,
  scale: Int = 1, inPlace: Bool = false
) -> Case {
  var random = Random(rows * 1000 + n)
  let memory = Memory(), parameters = Parameters()
  let x = memory.add(bytes: rows * n * dtype.size)
  memory.fill(x, dtype, &random, range: range)
  let label = memory.add(bytes: rows * 4), scaleSlot = memory.add(bytes: rows * dtype.size)
  memory.set(label, indices(rows, below: n, &random))
  memory.fill(scaleSlot, dtype, &random)
  let reduces =
    operation == DESCENT_ROWS_LOG_SUM_EXP || operation == DESCENT_ROWS_CROSS_ENTROPY
  let y = inPlace && !reduces ? x : memory.add(bytes: rows * (reduces ? 1 : n) * dtype.size)
  let parameter = descent_rows(
    operation: Int32(operation.rawValue), rows: Int64(rows), n: Int64(n), x: operand(x, dtype),
    y: operand(y, dtype), label: operand(label, .int32),
    scale: operand(scaleSlot, dtype, strides: [scale]))
  return Case(
    memory: memory, parameters: parameters,
    instruction: parameters.instruction(DESCENT_ROWS, parameter), output: y, dtype: dtype)
}

let rowOperations = [
  DESCENT_ROWS_SOFTMAX, DESCENT_ROWS_LOG_SOFTMAX, DESCENT_ROWS_LOG_SUM_EXP,
  DESCENT_ROWS_CROSS_ENTROPY, DESCENT_ROWS_CROSS_ENTROPY_DERIVATIVE,
]

extension Kernels {
  @Test func rowOperationsAgreeWithTheTwin() {
    for (rows, n) in [(1, 1), (3, 2), (700, 10), (5, 16), (7, 17), (40, 100), (3, 1000), (0, 4)] {
      for operation in rowOperations {
        for dtype in [Dtype.float32, .float64] {
          for range in [5.0, 1000] {
            let unit = dtype == .float32 ? 1e-6 : 1e-14
            check(
              "\(operation.rawValue) \(dtype) \(rows)x\(n)",
              Tolerance(absolute: 2 * unit, relative: unit)
            ) {
              rowsCase(
                operation, dtype, rows: rows, n: n, range: range, scale: rows % 2,
                inPlace: n % 2 == 0)
            }
          }
        }
      }
    }
  }

  @Test func aLabelOutOfRangeStopsThePlan() {
    for isa in isas + [referenceIsa] {
      withIsa(isa) {
        for operation in rowOperations.suffix(2) {
          for pool in pools {
            var it = rowsCase(operation, .float32, rows: 5000, n: 10)
            it.memory.buffers[1]!.storeBytes(of: 10, toByteOffset: 4321 * 4, as: Int32.self)
            it.memory.buffers[1]!.storeBytes(of: -3, toByteOffset: 4700 * 4, as: Int32.self)
            descent_prepare(&it.instruction)
            let status = descent_run(pool, &it.instruction, 1, it.memory.buffers)
            #expect(status.code == Int32(DESCENT_INDEX_OUT_OF_RANGE.rawValue))
            #expect(status.position == 4321)
            #expect(status.value == 10)
          }
        }
      }
    }
  }
}
