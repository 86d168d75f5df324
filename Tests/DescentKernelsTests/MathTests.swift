import DescentKernels
import Foundation
import Testing

struct Function: Sendable {
  var name: String
  var op: descent_op
  var exact: @Sendable (Double) -> Double
  var ulps: Double  // allowed in float32
  var range: ClosedRange<Float>
}

let functions: [Function] = [
  Function(name: "exp", op: DESCENT_OP_EXP, exact: { exp($0) }, ulps: 1.5, range: -110...95),
  Function(name: "expm1", op: DESCENT_OP_EXPM1, exact: { expm1($0) }, ulps: 2, range: -110...95),
  Function(name: "log", op: DESCENT_OP_LOG, exact: { log($0) }, ulps: 1.5, range: -1...3.4e38),
  Function(
    name: "log1p", op: DESCENT_OP_LOG1P, exact: { log1p($0) }, ulps: 2, range: -2...3.4e38),
  Function(name: "sin", op: DESCENT_OP_SIN, exact: { sin($0) }, ulps: 2, range: -1e30...1e30),
  Function(name: "cos", op: DESCENT_OP_COS, exact: { cos($0) }, ulps: 2, range: -1e30...1e30),
  Function(name: "tanh", op: DESCENT_OP_TANH, exact: { tanh($0) }, ulps: 2, range: -20...20),
  Function(
    name: "sigmoid", op: DESCENT_OP_SIGMOID,
    exact: { $0 < 0 ? exp($0) / (1 + exp($0)) : 1 / (1 + exp(-$0)) }, ulps: 2, range: -110...110),
  Function(
    name: "softplus", op: DESCENT_OP_SOFTPLUS,
    exact: { $0 > 0 ? $0 + log1p(exp(-$0)) : log1p(exp($0)) }, ulps: 2, range: -110...110),
  Function(name: "erf", op: DESCENT_OP_ERF, exact: { erf($0) }, ulps: 2, range: -5...5),
  Function(
    name: "sqrt", op: DESCENT_OP_SQUARE_ROOT, exact: { sqrt($0) }, ulps: 0.5, range: 0...3e38),
]

/// Distance from the true value, in units of the last place of the float nearest to it.
func ulps(_ got: Float, _ exact: Double) -> Double {
  let nearest = Float(exact)
  if got.isNaN || exact.isNaN { return got.isNaN && exact.isNaN ? 0 : .infinity }
  if nearest.isInfinite || got.isInfinite { return got == nearest ? 0 : .infinity }
  return abs(Double(got) - exact) / Double(nearest.ulp)
}

/// y = f(x) by one step of a program.
func evaluate<T>(_ op: descent_op, _ dtype: Dtype, _ x: [T]) -> [T] {
  let memory = Memory(), parameters = Parameters()
  let input = memory.add(bytes: x.count * dtype.size),
    output = memory.add(bytes: x.count * dtype.size)
  memory.set(input, x)
  let program = parameters.program(
    dtype, [x.count], operands: [operand(input, dtype, strides: [1])], steps: [step(op, 1, 0)],
    stores: [descent_store(place: operand(output, dtype, strides: [1]), source: 1)])
  var instruction = parameters.instruction(DESCENT_ELEMENTWISE, program)
  descent_prepare(&instruction)
  _ = descent_run(pools[1], &instruction, 1, memory.buffers)
  return memory.get(output, T.self, x.count)
}

let specialValues: [Float] = [
  .nan, .infinity, -.infinity, 0, -0.0, .leastNonzeroMagnitude, -.leastNonzeroMagnitude,
  .leastNormalMagnitude, -.leastNormalMagnitude, 0x1p-133, -0x1p-133, .greatestFiniteMagnitude,
  -.greatestFiniteMagnitude, 1, -1, 2, 0.5, -0.5, 88.7228, 88.72284, 88.7229, -87.33654, -87.3366,
  -103.97, -103.98, -104, 104, 0.999_999_94, 1.000_000_1, -0.999_999_94, 9.01, 9.02, 0.625, 0.95,
  4, 3.92, 1e6, 1_048_576, 1_048_577, 1e10, 1e38, 16.5, -16.5, -17.4, 1e-8, -1e-8, 3.141_592_7,
]

extension Kernels {
  /// A dense sample: all exponents, many mantissas, and the range where the function is not flat.
  static func sample(_ function: Function) -> [Float] {
    var x = specialValues
    var random = Random(11)
    for bits in stride(from: UInt32(0), to: 0x7f80_0000, by: 1 << 14) {
      let value = Float(bitPattern: bits + UInt32(random.below(1 << 14)))
      for signed in [value, -value] where function.range.contains(signed) { x.append(signed) }
    }
    for _ in 0..<250_000 {
      let low = max(function.range.lowerBound, -120), high = min(function.range.upperBound, 120)
      x.append(low + (high - low) * Float(random.uniform()))
      x.append(Float((random.uniform() * 2 - 1) * 3))
    }
    return x
  }

  @Test func float32FunctionsAreWithinTwoUlps() {
    for function in functions {
      let x = Kernels.sample(function)
      let exact = x.map { function.exact(Double($0)) }
      for isa in isas {
        withIsa(isa) {
          let y = evaluate(function.op, .float32, x)
          var worst = 0.0, at = 0
          for i in x.indices {
            let distance = ulps(y[i], exact[i])
            if distance > worst { (worst, at) = (distance, i) }
          }
          print("\(name(ofIsa: isa)) \(function.name): \(worst) ulp at \(x[at])")
          #expect(
            worst <= function.ulps,
            "\(function.name) on \(name(ofIsa: isa)) at \(x[at]): \(y[at]), not \(exact[at])")
        }
      }
    }
  }

  @Test func signsOfZeroAreKept() {
    for isa in isas {
      withIsa(isa) {
        for op in [
          DESCENT_OP_EXPM1, DESCENT_OP_LOG1P, DESCENT_OP_SIN, DESCENT_OP_TANH, DESCENT_OP_ERF,
        ] {
          let y = evaluate(op, .float32, [Float(-0.0), 0])
          #expect(y[0] == 0 && y[0].sign == .minus, "\(op.rawValue) on \(name(ofIsa: isa))")
          #expect(y[1] == 0 && y[1].sign == .plus, "\(op.rawValue) on \(name(ofIsa: isa))")
        }
      }
    }
  }

  @Test func float64FunctionsAreThoseOfLibm() {
    for function in functions {
      let x = Kernels.sample(function).prefix(3000).map { Double($0) * 1.000_000_1 }
      for isa in isas {
        withIsa(isa) {
          let y = evaluate(function.op, .float64, Array(x))
          for i in x.indices {
            let exact = function.exact(x[i])
            #expect(
              y[i] == exact || (y[i].isNaN && exact.isNaN) || abs(y[i] - exact) <= exact.ulp,
              "\(function.name) at \(x[i]): \(y[i]), not \(exact)")
          }
        }
      }
    }
  }

  @Test func powersAndFusedMultiplyAdd() {
    var random = Random(2)
    let n = 1000
    for dtype in [Dtype.float32, .float64] {
      for op in [DESCENT_OP_POWER, DESCENT_OP_MULTIPLY_ADD] {
        var seed = random
        check("\(op.rawValue) \(dtype)", Tolerance(absolute: 1e-5, relative: 2e-7)) {
          seed = Random(5)
          let memory = Memory(), parameters = Parameters()
          let inputs = (0..<3).map { _ in
            operand(memory.add(bytes: n * dtype.size), dtype, strides: [1])
          }
          for input in inputs { memory.fill(input.slot, dtype, &seed) }
          let output = memory.add(bytes: n * dtype.size)
          let program = parameters.program(
            dtype, [n], operands: inputs, steps: [step(op, 3, 0, 1, 2)],
            stores: [descent_store(place: operand(output, dtype, strides: [1]), source: 3)])
          return Case(
            memory: memory, parameters: parameters,
            instruction: parameters.instruction(DESCENT_ELEMENTWISE, program), output: output,
            dtype: dtype)
        }
      }
    }
    _ = random.bits()
  }
}
