import Foundation
import Synchronization

/// Ctrl-C and SIGTERM: the first asks training to finish its step, save and report; the second
/// ends the program at once.
enum Interruption {
  private static let signal = Atomic<Int32>(0)

  /// Begins to listen.
  static func listen() {
    // Read once here, so that the handler finds the variable made.
    _ = signal.load(ordering: .relaxed)
    // A program that starts us may have blocked them.
    var wanted = sigset_t()
    sigemptyset(&wanted)
    for number in [SIGINT, SIGTERM] {
      sigaddset(&wanted, number)
      Foundation.signal(number) { received in
        if Interruption.signal.exchange(received, ordering: .relaxed) != 0 {
          _exit(128 + received)
        }
      }
    }
    pthread_sigmask(SIG_UNBLOCK, &wanted, nil)
  }

  /// Whether someone asked for an end.
  static var isRequested: Bool { signal.load(ordering: .relaxed) != 0 }

  /// 130 after Ctrl-C, 143 after SIGTERM, nil if nobody asked.
  static var exitCode: Int32? {
    let received = signal.load(ordering: .relaxed)
    return received == 0 ? nil : 128 + received
  }
}
