#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Android)
  import Android
#else
  import Darwin
#endif

/// Other programs, started by the system's own calls.
enum Subprocess {
  /// A program that cannot be started, and the system's reason.
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  /// Runs the program `arguments[0]` to its end, calling `poll` about ten times a second.
  ///
  /// Gives the exit status, or 128 and the number of the signal that ended it.
  /// - Throws: `Failure` where it cannot be started.
  static func run(_ arguments: [String], poll: () -> Void) throws -> Int32 {
    #if os(macOS) || os(Linux)
      var argv = arguments.map { strdup($0) } + [nil]
      var environment =
        ProcessInfo.processInfo.environment.sorted { $0.key < $1.key }
        .map { strdup("\($0.key)=\($0.value)") } + [nil]
      defer { for pointer in argv + environment { free(pointer) } }
      var process: pid_t = 0
      let failure = posix_spawnp(&process, arguments[0], nil, nil, &argv, &environment)
      guard failure == 0 else { throw Failure(description: FileSystem.systemReason(failure)) }
      var status: Int32 = 0
      var waits = 0
      while true {
        let ended = waitpid(process, &status, WNOHANG)
        if ended == process { break }
        guard ended == 0 || errno == EINTR else {
          throw Failure(description: FileSystem.systemReason())
        }
        usleep(10_000)
        waits += 1
        if waits % 10 == 0 { poll() }
      }
      return status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F
    #else
      throw Failure(description: "this system starts no programs")
    #endif
  }
}
