import DescentKernels
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The threads that run plans: one pool for the process, one plan at a time.
public enum Execution {
  private final class Pool: @unchecked Sendable {
    let handle: OpaquePointer
    init(threads: Int) { handle = descent_pool_create(Int32(threads)) }
    deinit { descent_pool_destroy(handle) }
  }

  private static let pool = Mutex<Pool?>(nil)

  /// How many threads run plans, the caller's included.
  ///
  /// At first the value of the environment variable `DESCENT_THREADS`, or else the number of
  /// cores that the process may use. Results do not depend on it.
  public static var threads: Int {
    get {
      pool.withLock { pool in
        pool.map { Int(descent_pool_threads($0.handle)) } ?? defaultThreads
      }
    }
    set {
      precondition(newValue > 0, "Execution.threads: at least one thread, not \(newValue)")
      pool.withLock { $0 = Pool(threads: newValue) }
    }
  }

  /// The instruction set that the kernels use, such as `avx512`.
  public static var instructionSet: String {
    String(cString: descent_isa_name(descent_isa_current()))
  }

  private static var defaultThreads: Int {
    if let text = getenv("DESCENT_THREADS"), let number = Int(String(cString: text)), number > 0 {
      return number
    }
    return Int(descent_available_cores())
  }

  /// Calls a function with each of 0 ..< `tasks` on all threads, and waits for them.
  static func perform(
    tasks: Int, context: UnsafeMutableRawPointer,
    _ function: @convention(c) (UnsafeMutableRawPointer?, Int64) -> Void
  ) {
    pool.withLock { pool in
      if pool == nil { pool = Pool(threads: defaultThreads) }
      descent_pool_perform(pool!.handle, Int32(tasks), function, context)
    }
  }

  static func run(
    _ instructions: UnsafePointer<descent_instruction>, count: Int,
    _ buffers: UnsafePointer<UnsafeMutableRawPointer?>
  ) -> descent_status {
    pool.withLock { pool in
      if pool == nil { pool = Pool(threads: defaultThreads) }
      return descent_run(pool!.handle, instructions, Int32(count), buffers)
    }
  }
}
