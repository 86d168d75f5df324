import DescentKernels

/// A graph made into a flat list of kernel calls over one preallocated arena.
///
/// A plan belongs to one thread at a time. Running it allocates nothing: results are written into
/// memory that the caller provides. `print(plan)` shows the forward and the backward pass.
public final class Plan: CustomStringConvertible {
  struct Leaf {
    let shape: Shape
    let dtype: DType
  }

  /// A number that meets a tensor: written into the arena before each run.
  struct NumberInput {
    let leaf: Int
    let dtype: DType
    let buffer: Int
    var byteOffset: Int
  }

  /// What one unit does, for `description`.
  struct Row {
    let label: Label?
    let operations: [String]
    let shape: Shape
    let dtype: DType
    let byteCount: Int
    let flops: Int
    /// Multiplications with an addition, in matrix products.
    let multiplyAdds: Int
    let isStoredForBackward: Bool
    let name: String?
    let instructions: Range<Int>
  }

  let leaves: [Leaf]
  let outputs: [(shape: Shape, dtype: DType)]
  let rows: [Row]
  let donations: [Int: Int]
  /// The size of the working memory, in bytes, known before the first run.
  public let arenaByteCount: Int
  /// The number of kernel calls.
  public let instructionCount: Int

  private let owner: PlanMemory
  private let instructions: UnsafeMutablePointer<descent_instruction>
  private let numbers: [NumberInput]
  private let arena: Storage
  private let buffers: UnsafeMutablePointer<UnsafeMutableRawPointer?>

  init(
    owner: PlanMemory, instructions: UnsafeMutablePointer<descent_instruction>,
    instructionCount: Int, leaves: [Leaf], numbers: [NumberInput],
    outputs: [(shape: Shape, dtype: DType)], donations: [Int: Int], arenaByteCount: Int,
    rows: [Row]
  ) {
    self.owner = owner
    self.instructions = instructions
    self.instructionCount = instructionCount
    self.leaves = leaves
    self.numbers = numbers
    self.outputs = outputs
    self.donations = donations
    self.arenaByteCount = arenaByteCount
    self.rows = rows
    arena = Storage(byteCount: arenaByteCount)
    buffers = owner.allocate(
      UnsafeMutableRawPointer?.self, count: 1 + leaves.count + outputs.count)
    buffers[0] = arena.pointer
  }

  /// Says where input `leaf` lies during the next runs.
  func setInput(_ leaf: Int, _ pointer: UnsafeMutableRawPointer) { buffers[1 + leaf] = pointer }

  /// Says where output `position` is written during the next runs.
  func setOutput(_ position: Int, _ pointer: UnsafeMutableRawPointer) {
    buffers[1 + leaves.count + position] = pointer
  }

  /// Sets the number at input `leaf` for the next runs.
  func setNumber(_ leaf: Int, _ value: Double) {
    for number in numbers where number.leaf == leaf {
      let place = arena.pointer + number.byteOffset
      switch number.dtype {
      case .float32: place.storeBytes(of: Float(value), as: Float.self)
      case .float64: place.storeBytes(of: value, as: Double.self)
      default: place.storeBytes(of: Int32(value), as: Int32.self)
      }
    }
  }

  /// The seconds that the instructions of each row took, summed over the runs since timing began.
  ///
  /// Nil where nobody asks. Rows that are run strip by strip are on the account of the first.
  private(set) var secondsOfRows: [Double]?
  private(set) var timedRuns = 0

  /// From now on, `description` shows what share of a run's time each row has.
  ///
  /// Every instruction is then waited for and timed by itself, which costs some 50 ns each.
  public func startTiming() { (secondsOfRows, timedRuns) = (rows.map { _ in 0 }, 0) }

  /// Runs every instruction in order.
  func run() {
    guard secondsOfRows != nil else {
      return check(Execution.run(instructions, count: instructionCount, buffers))
    }
    let clock = ContinuousClock()
    timedRuns += 1
    var next = 0
    while next < instructionCount {
      let count = 1 + Int(instructions[next].followers)
      let time = clock.measure { check(Execution.run(instructions + next, count: count, buffers)) }
      if let row = rows.firstIndex(where: { $0.instructions.contains(next) }) {
        secondsOfRows![row] += time.seconds
      }
      next += count
    }
  }

  /// Traps with a message if an index was out of range.
  private func check(_ status: descent_status) {
    if status.code == Int32(DESCENT_INDEX_OUT_OF_RANGE.rawValue) {
      let row = rows.first { $0.instructions.contains(Int(status.instruction)) }
      fatalError(
        """
        \(row?.operations.joined(separator: ", ") ?? "gather"): index \(status.value) at position \
        \(status.position) names a row or class that does not exist
        """)
    }
  }
}
