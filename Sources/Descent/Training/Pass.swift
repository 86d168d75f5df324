import Synchronization

/// One pass through a network while it is recorded: what stands for the model's numbers, what becomes
/// of its state, and where its random numbers come from.
final class Pass: Sendable {
  let isTraining: Bool
  /// Parameters and state by name.
  private let numbers: [String: Tensor]
  private let seed: UInt64
  /// In a compiled plan: the placeholder of the first random key.
  private let firstKey: Int?

  private struct Recorded: ~Copyable {
    var step: UInt64
    var updates: [String: Tensor] = [:]
    var streams: [UInt64] = []
  }
  private let recorded: Mutex<Recorded>

  init(
    _ numbers: [String: Tensor], isTraining: Bool, randomState: RandomState, firstKey: Int? = nil
  ) {
    self.numbers = numbers
    self.isTraining = isTraining
    self.firstKey = firstKey
    seed = randomState.seed
    recorded = Mutex(Recorded(step: randomState.step))
  }

  /// The value of a parameter, or of state as it is by now.
  subscript(name: String) -> Tensor? { update(of: name) ?? numbers[name] }

  /// What became of a state, if anything did.
  func update(of name: String) -> Tensor? { recorded.withLock { $0.updates[name] } }

  func update(_ name: String, to value: Tensor) {
    recorded.withLock { $0.updates[name] = unary(Named(text: name), value) }
  }

  func key(_ path: String) -> RandomKey {
    let key = RandomKey(seed: seed, name: path)
    return recorded.withLock { recorded in
      guard let firstKey else { return key.at(step: recorded.step) }
      recorded.streams.append(key.stream)
      let place = firstKey + recorded.streams.count - 1
      return key.read(from: .placeholder(place, shape: [4], dtype: .int32))
    }
  }

  /// The streams of the keys that were asked for.
  var streams: [UInt64] { recorded.withLock { $0.streams } }

  /// Where the random numbers of the next pass come from.
  var randomState: RandomState { RandomState(seed: seed, step: recorded.withLock { $0.step }) }

  /// A second call of the network in the same recording has masks of its own.
  func endCall() { if isTraining { recorded.withLock { $0.step &+= 1 } } }
}

/// Where a model's random numbers come from: its seed, and how many passes it has made in training.
public struct RandomState: Codable, Sendable, Hashable {
  /// The number that the user chose.
  public var seed: UInt64
  /// The passes in training so far; evaluation makes none.
  public var step: UInt64

  /// Creates a state from its parts.
  public init(seed: UInt64, step: UInt64 = 0) { (self.seed, self.step) = (seed, step) }

  /// The key of a stream in the pass that comes next.
  func key(stream: UInt64) -> RandomKey { RandomKey(seed: seed, stream: stream).at(step: step) }
}
