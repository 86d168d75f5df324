import func Foundation.cos
import func Foundation.pow

/// The learning rate as training goes on.
///
/// A number is a constant schedule.
///
/// Steps are counted from 0; durations are in steps.
public struct Schedule: Sendable, Hashable, ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral {
  private enum Kind: Hashable {
    case constant
    case step(every: Int, factor: Double)
    case exponential(factor: Double, over: Int)
    case cosine(over: Int, to: Double)
    case oneCycle(over: Int, warmUp: Double, start: Double, end: Double)
  }
  /// The learning rate that the schedule is about.
  public let peak: Double
  private let kind: Kind
  private var warmUpSteps = 0

  private init(_ peak: Double, _ kind: Kind) {
    self.peak = peak
    self.kind = kind
  }

  public init(floatLiteral value: Double) { self.init(value, .constant) }
  public init(integerLiteral value: Int) { self.init(Double(value), .constant) }

  /// The same rate at every step.
  public static func constant(_ rate: Double) -> Schedule { Schedule(rate, .constant) }

  /// Multiplied by `factor` after every so many steps.
  public static func step(_ rate: Double, every steps: Int, factor: Double = 0.1) -> Schedule {
    precondition(steps > 0, "Schedule.step: every \(steps) steps")
    return Schedule(rate, .step(every: steps, factor: factor))
  }

  /// Falls evenly on a logarithmic scale, by `factor` over so many steps.
  public static func exponential(_ rate: Double, factor: Double, over steps: Int) -> Schedule {
    precondition(steps > 0, "Schedule.exponential: over \(steps) steps")
    return Schedule(rate, .exponential(factor: factor, over: steps))
  }

  /// Half a cosine wave from `rate` down to `end` (Loshchilov and Hutter, 2017).
  public static func cosine(_ rate: Double, over steps: Int, to end: Double = 0) -> Schedule {
    precondition(steps > 0, "Schedule.cosine: over \(steps) steps")
    return Schedule(rate, .cosine(over: steps, to: end))
  }

  /// Up from a 25th of the rate, then down to almost nothing, in one cycle (Smith, 2018).
  public static func oneCycle(_ rate: Double, over steps: Int, warmUp: Double = 0.3) -> Schedule {
    precondition(steps > 0, "Schedule.oneCycle: over \(steps) steps")
    return Schedule(
      rate, .oneCycle(over: steps, warmUp: warmUp, start: rate / 25, end: rate / 250_000))
  }

  /// This schedule behind a linear rise from 0 over the first steps (Goyal et al., 2017).
  public func warmingUp(over steps: Int) -> Schedule {
    var result = self
    result.warmUpSteps = max(0, steps)
    return result
  }

  /// The learning rate of a step.
  public func rate(at step: Int) -> Double {
    if step < warmUpSteps { return peak * Double(step + 1) / Double(warmUpSteps) }
    let step = step - warmUpSteps
    switch kind {
    case .constant: return peak
    case .step(let every, let factor): return peak * pow(factor, Double(step / every))
    case .exponential(let factor, let steps):
      return peak * pow(factor, Double(step) / Double(steps))
    case .cosine(let steps, let end): return wave(from: peak, to: end, step, of: steps)
    case .oneCycle(let steps, let warmUp, let start, let end):
      let rise = max(1, Int(Double(steps) * warmUp))
      return step < rise
        ? wave(from: start, to: peak, step, of: rise)
        : wave(from: peak, to: end, step - rise, of: max(1, steps - rise))
    }
  }

  private func wave(from start: Double, to end: Double, _ step: Int, of steps: Int) -> Double {
    let progress = min(1, Double(step) / Double(steps))
    return end + (start - end) * (1 + cos(.pi * progress)) / 2
  }
}
