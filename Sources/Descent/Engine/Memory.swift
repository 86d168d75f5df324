/// The memory of a plan: which buffers there are, how long each lives, and where in the arena it
/// lies, known before the first run.
struct Memory {
  struct Buffer {
    var byteCount: Int
    /// Memory from outside the arena: an input or an output.
    var slot: Int?
    /// Part of another buffer: its number and the distance in bytes.
    var parent: (buffer: Int, distance: Int)?
    var firstUnit = Int.max
    var lastUnit = -1
    /// The place in the arena, in bytes.
    var offset = 0
  }

  private(set) var buffers: [Buffer] = []
  private(set) var arenaByteCount = 0
  static let alignment = 64

  mutating func add(byteCount: Int, slot: Int? = nil) -> Int {
    buffers.append(Buffer(byteCount: byteCount, slot: slot))
    return buffers.count - 1
  }

  /// The buffer that owns the memory of `buffer`, and the distance to it in bytes.
  func root(of buffer: Int) -> (buffer: Int, distance: Int) {
    var (current, distance) = (buffer, 0)
    while let parent = buffers[current].parent {
      distance += parent.distance
      current = parent.buffer
    }
    return (current, distance)
  }

  /// Says that a unit reads or writes a buffer, which must live until then.
  mutating func use(_ buffer: Int, in unit: Int) {
    let root = root(of: buffer).buffer
    buffers[root].firstUnit = min(buffers[root].firstUnit, unit)
    buffers[root].lastUnit = max(buffers[root].lastUnit, unit)
  }

  /// Makes a buffer a part of another, which takes over its life.
  mutating func place(_ buffer: Int, inside parent: Int, distance: Int = 0) {
    let (first, last) = (buffers[buffer].firstUnit, buffers[buffer].lastUnit)
    buffers[buffer].parent = (parent, distance)
    if last >= 0 {
      use(parent, in: first)
      use(parent, in: last)
    }
  }

  /// Moves a buffer out of the arena.
  mutating func setSlot(of buffer: Int, _ slot: Int) { buffers[buffer].slot = slot }

  /// The last unit that uses the memory of a buffer.
  func lastUnit(of buffer: Int) -> Int { buffers[root(of: buffer).buffer].lastUnit }

  /// Whether a buffer is memory of the arena that belongs to nothing else.
  func isFree(_ buffer: Int) -> Bool {
    buffers[buffer].slot == nil && buffers[buffer].parent == nil
  }

  /// Gives each buffer a place in the arena such that no two that live at the same time overlap:
  /// the largest first, each at the lowest place that is free for as long as it lives
  /// ("greedy by size", Pisarchyk and Lee, 2020).
  mutating func layOut() {
    let owners = buffers.indices.filter { isFree($0) && buffers[$0].lastUnit >= 0 }
    var placed: [Int] = []
    for index in owners.sorted(by: { (buffers[$0].byteCount, $1) > (buffers[$1].byteCount, $0) }) {
      let buffer = buffers[index]
      var offset = 0
      for other in placed.sorted(by: { buffers[$0].offset < buffers[$1].offset }) {
        let neighbour = buffers[other]
        let isAlive =
          neighbour.firstUnit <= buffer.lastUnit && buffer.firstUnit <= neighbour.lastUnit
        guard isAlive else { continue }
        if offset + buffer.byteCount <= neighbour.offset { break }
        offset = max(offset, Self.aligned(neighbour.offset + neighbour.byteCount))
      }
      buffers[index].offset = offset
      arenaByteCount = max(arenaByteCount, Self.aligned(offset + buffer.byteCount))
      placed.append(index)
    }
  }

  /// Where a buffer lies: slot 0 is the arena.
  func location(of buffer: Int) -> (slot: Int, byteOffset: Int) {
    let (root, distance) = root(of: buffer)
    if let slot = buffers[root].slot { return (slot, distance) }
    return (0, buffers[root].offset + distance)
  }

  static func aligned(_ byteCount: Int) -> Int {
    (byteCount + alignment - 1) / alignment * alignment
  }
}
