import Foundation
import Synchronization

/// Turns the first ctrl-C, or a request to terminate, into a flag that is looked at between architectures; the second
/// one ends the process at once.
enum Interrupt {
  private static let requested = Atomic<Bool>(false)
  private static let numbers = [SIGINT, SIGTERM]

  static var isRequested: Bool { requested.load(ordering: .relaxed) }

  static func watch() {
    // A parent may have blocked them: what Foundation's Process starts from a Dispatch thread begins that way.
    var unblocked = sigset_t()
    sigemptyset(&unblocked)
    for number in numbers { sigaddset(&unblocked, number) }
    pthread_sigmask(SIG_UNBLOCK, &unblocked, nil)
    for number in numbers {
      signal(number) { number in
        Interrupt.requested.store(true, ordering: .relaxed)
        signal(number, SIG_DFL)
        // Nothing but system calls is safe here.
        let text: StaticString = "\nfinishing what is at hand; once more stops at once\n"
        let reason = errno
        _ = write(STDERR_FILENO, text.utf8Start, text.utf8CodeUnitCount)
        errno = reason
      }
    }
  }

  /// Lets the signals end the process again.
  static func unwatch() {
    for number in numbers { signal(number, SIG_DFL) }
  }
}
