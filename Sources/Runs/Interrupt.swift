import Foundation
import Synchronization

/// Turns the first ctrl-C, or request to terminate, into a flag, which commands look at between architectures. The
/// second one ends the process at once.
package enum Interrupt {
  private static let requested = Atomic<Bool>(false)
  private static let numbers = [SIGINT, SIGTERM]

  package static var isRequested: Bool { requested.load(ordering: .relaxed) }

  package static func watch() {
    // The parent may have blocked these signals: Foundation's Process does, when it starts one from a Dispatch thread.
    var unblocked = sigset_t()
    sigemptyset(&unblocked)
    for number in numbers { sigaddset(&unblocked, number) }
    pthread_sigmask(SIG_UNBLOCK, &unblocked, nil)
    for number in numbers {
      let before = signal(number) { number in
        Interrupt.requested.store(true, ordering: .relaxed)
        signal(number, SIG_DFL)
        // A signal handler may do nothing but simple system calls.
        let text: StaticString = "\nfinishing what is at hand; once more stops at once\n"
        let reason = errno
        _ = write(STDERR_FILENO, text.utf8Start, text.utf8CodeUnitCount)
        errno = reason
      }
      if isIgnored(before) { signal(number, SIG_IGN) }
    }
  }

  /// Lets the signals end the process again.
  package static func unwatch() {
    for number in numbers {
      if isIgnored(signal(number, SIG_DFL)) { signal(number, SIG_IGN) }
    }
  }

  /// Functions cannot be compared in Swift; their addresses can.
  private static func isIgnored(_ handler: (@convention(c) (Int32) -> Void)?) -> Bool {
    unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
  }
}
