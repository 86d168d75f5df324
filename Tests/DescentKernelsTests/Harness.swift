// What the tests of every instruction share: memory to work in, operands, and running one
// instruction on every instruction set and several numbers of threads against the reference twin.

import DescentKernels
import Testing

/// All tests that choose an instruction set are in this suite: the choice is the process's.
@Suite(.serialized) struct Kernels {}

// MARK: Dtypes

enum Dtype: Int32, CaseIterable {
  case float32, float64, int32, uint8, bool
  var size: Int { [4, 8, 4, 1, 1][Int(rawValue)] }
}

// MARK: Random numbers

/// SplitMix64: the same cases every time.
struct Random {
  var state: UInt64
  init(_ seed: Int) { state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 &+ 1 }
  mutating func bits() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
  mutating func below(_ n: Int) -> Int { Int(bits() % UInt64(n)) }
  mutating func uniform() -> Double { Double(bits() >> 11) * 0x1p-53 }
  mutating func pick<T>(_ options: [T]) -> T { options[below(options.count)] }
}

// MARK: Memory

/// The buffer table of a plan.
final class Memory {
  private(set) var buffers: [UnsafeMutableRawPointer?] = []
  private(set) var sizes: [Int] = []

  func add(bytes: Int) -> Int32 {
    let pointer = UnsafeMutableRawPointer.allocate(byteCount: max(bytes, 8), alignment: 64)
    pointer.initializeMemory(as: UInt8.self, repeating: 0xA5, count: max(bytes, 8))
    buffers.append(pointer)
    sizes.append(max(bytes, 8))
    return Int32(buffers.count - 1)
  }

  deinit { for case let pointer? in buffers { pointer.deallocate() } }

  func bytes(_ slot: Int32) -> [UInt8] {
    Array(UnsafeRawBufferPointer(start: buffers[Int(slot)], count: sizes[Int(slot)]))
  }

  /// Values of a dtype, of moderate size, in every element of a buffer.
  func fill(_ slot: Int32, _ dtype: Dtype, _ random: inout Random, range: Double = 4) {
    let pointer = buffers[Int(slot)]!
    let count = sizes[Int(slot)] / dtype.size
    for i in 0..<count {
      let x = (random.uniform() * 2 - 1) * range
      switch dtype {
      case .float32: pointer.storeBytes(of: Float(x), toByteOffset: i * 4, as: Float.self)
      case .float64: pointer.storeBytes(of: x, toByteOffset: i * 8, as: Double.self)
      case .int32: pointer.storeBytes(of: Int32(x * 3), toByteOffset: i * 4, as: Int32.self)
      case .uint8: pointer.storeBytes(of: UInt8(abs(x) * 7), toByteOffset: i, as: UInt8.self)
      case .bool: pointer.storeBytes(of: x > 0 ? 1 : 0, toByteOffset: i, as: UInt8.self)
      }
    }
  }

  func set<T>(_ slot: Int32, _ values: [T]) {
    let pointer = buffers[Int(slot)]!.bindMemory(to: T.self, capacity: values.count)
    for (i, value) in values.enumerated() { pointer[i] = value }
  }

  func get<T>(_ slot: Int32, _ type: T.Type, _ count: Int) -> [T] {
    let pointer = buffers[Int(slot)]!.bindMemory(to: T.self, capacity: count)
    return (0..<count).map { pointer[$0] }
  }
}

// MARK: Operands and programs

typealias Eight = (Int64, Int64, Int64, Int64, Int64, Int64, Int64, Int64)

func eight(_ values: [Int]) -> Eight {
  var tuple: Eight = (0, 0, 0, 0, 0, 0, 0, 0)
  withUnsafeMutableBytes(of: &tuple) {
    for (i, value) in values.enumerated() {
      $0.storeBytes(of: Int64(value), toByteOffset: i * 8, as: Int64.self)
    }
  }
  return tuple
}

func rowMajor(_ shape: [Int]) -> [Int] {
  var strides = shape, next = 1
  for d in shape.indices.reversed() {
    strides[d] = next
    next *= shape[d]
  }
  return strides
}

func operand(_ slot: Int32, _ dtype: Dtype, offset: Int = 0, strides: [Int] = [])
  -> descent_operand
{
  descent_operand(
    slot: slot, dtype: dtype.rawValue, offset: Int64(offset), immediate: 0,
    strides: eight(strides), walk: 0)
}

func immediate(_ value: Double) -> descent_operand {
  descent_operand(slot: -1, dtype: 0, offset: 0, immediate: value, strides: eight([]), walk: 0)
}

extension descent_store {
  init(place: descent_operand, source: Int32) {
    self.init(place: place, source: source, step: -1)
  }
}

func step(_ op: descent_op, _ destination: Int, _ a: Int, _ b: Int = 0, _ c: Int = 0)
  -> descent_step
{
  descent_step(
    op: UInt16(op.rawValue), destination: UInt16(destination), a: UInt16(a), b: UInt16(b),
    c: UInt16(c))
}

/// Owns the C structs of one instruction.
final class Parameters {
  private var owned: [UnsafeMutableRawPointer] = []
  deinit { for pointer in owned { pointer.deallocate() } }

  func own<T>(_ values: [T]) -> UnsafeMutablePointer<T> {
    let pointer = UnsafeMutablePointer<T>.allocate(capacity: max(values.count, 1))
    pointer.initialize(from: values, count: values.count)
    owned.append(UnsafeMutableRawPointer(pointer))
    return pointer
  }

  func program(
    _ compute: Dtype, _ shape: [Int], operands: [descent_operand], steps: [descent_step],
    stores: [descent_store] = []
  ) -> descent_program {
    let written = steps.map { Int($0.destination) + 1 }.max() ?? 0
    return descent_program(
      compute: compute.rawValue, rank: Int32(shape.count), shape: eight(shape),
      operand_count: Int32(operands.count), step_count: Int32(steps.count),
      store_count: Int32(stores.count), register_count: Int32(max(written, operands.count)),
      operands: own(operands), steps: own(steps), stores: own(stores), direct_count: 0, tile: 0,
      strided: false)
  }

  func instruction<T>(_ kind: descent_kind, _ parameters: T) -> descent_instruction {
    descent_instruction(
      kind: Int32(kind.rawValue), tasks: 1, parameters: own([parameters]), rows: 0, strips: 0,
      followers: 0)
  }
}

// MARK: Running

let isas = [DESCENT_ISA_PORTABLE, DESCENT_ISA_AVX2, DESCENT_ISA_AVX512].map { Int32($0.rawValue) }
  .filter { descent_isa_available($0) }
let referenceIsa = Int32(DESCENT_ISA_REFERENCE.rawValue)

func name(ofIsa isa: Int32) -> String { String(cString: descent_isa_name(isa)) }

/// Runs `body` with an instruction set chosen, and puts the old one back.
func withIsa<T>(_ isa: Int32, _ body: () throws -> T) rethrows -> T {
  let before = descent_isa_current()
  #expect(descent_isa_select(isa))
  defer { _ = descent_isa_select(before) }
  return try body()
}

nonisolated(unsafe) let pools = [1, 2, 3].map { descent_pool_create(Int32($0))! }

/// One instruction in memory of its own, made the same way every time it is asked for.
struct Case {
  var memory: Memory
  var parameters: Parameters
  var instruction: descent_instruction
  var output: Int32  // the slot to compare
  var dtype: Dtype
}

/// Largest difference allowed: |x - y| <= absolute + relative * |y|; NaN equals NaN.
struct Tolerance {
  var absolute = 0.0, relative = 0.0
  static let exact = Tolerance()
}

func values(_ memory: Memory, _ slot: Int32, _ dtype: Dtype) -> [Double] {
  let n = memory.sizes[Int(slot)] / dtype.size
  switch dtype {
  case .float32: return memory.get(slot, Float.self, n).map(Double.init)
  case .float64: return memory.get(slot, Double.self, n)
  case .int32: return memory.get(slot, Int32.self, n).map(Double.init)
  default: return memory.get(slot, UInt8.self, n).map(Double.init)
  }
}

func firstDifference(_ x: [Double], _ y: [Double], _ tolerance: Tolerance) -> Int? {
  x.indices.first { i in
    let a = x[i], b = y[i]
    if a == b || (a.isNaN && b.isNaN) { return false }
    return !(abs(a - b) <= tolerance.absolute + tolerance.relative * abs(b))
  }
}

/// Runs the case by the reference twin, unprepared, and on every instruction set with one, two and
/// three threads; checks against the twin, and that the threads change no bit.
func check(
  _ label: @autoclosure () -> String, _ tolerance: Tolerance = .exact,
  sourceLocation: SourceLocation = #_sourceLocation, _ make: () -> Case
) {
  let expected = withIsa(referenceIsa) {
    let twin = make()
    let status = withUnsafePointer(to: twin.instruction) {
      descent_run(pools[0], $0, 1, twin.memory.buffers)
    }
    #expect(status.code == 0, "\(label())", sourceLocation: sourceLocation)
    return values(twin.memory, twin.output, twin.dtype)
  }
  for isa in isas {
    withIsa(isa) {
      var first: [UInt8]?
      for pool in pools {
        var it = make()
        descent_prepare(&it.instruction)
        let status = descent_run(pool, &it.instruction, 1, it.memory.buffers)
        #expect(status.code == 0, "\(label())", sourceLocation: sourceLocation)
        let bytes = it.memory.bytes(it.output)
        if let first {
          #expect(
            first == bytes,
            "\(label()): \(descent_pool_threads(pool)) threads change bits on \(name(ofIsa: isa))",
            sourceLocation: sourceLocation)
        } else {
          first = bytes
          let got = values(it.memory, it.output, it.dtype)
          if let i = firstDifference(got, expected, tolerance) {
            Issue.record(
              "\(label()) on \(name(ofIsa: isa)): element \(i) of \(got.count) is \(got[i]), not \(expected[i])",
              sourceLocation: sourceLocation)
          }
        }
      }
    }
  }
}
