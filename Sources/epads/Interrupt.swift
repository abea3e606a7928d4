import Foundation
import Synchronization

/// Turns the first ctrl-C, or a request to terminate, into a flag that is looked at between architectures; the second
/// one ends the process at once. A signal that the process was started to ignore, as `nohup` and shells do for what runs in
/// the background, stays ignored.
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
      let before = signal(number) { number in
        Interrupt.requested.store(true, ordering: .relaxed)
        signal(number, SIG_DFL)
        // Nothing but system calls is safe here.
        let text: StaticString = "\nfinishing what is at hand; once more stops at once\n"
        let reason = errno
        _ = write(STDERR_FILENO, text.utf8Start, text.utf8CodeUnitCount)
        errno = reason
      }
      if isIgnored(before) { signal(number, SIG_IGN) }
    }
  }

  /// Lets the signals end the process again.
  static func unwatch() {
    for number in numbers {
      if isIgnored(signal(number, SIG_DFL)) { signal(number, SIG_IGN) }
    }
  }

  /// Functions cannot be compared in Swift; their addresses can.
  private static func isIgnored(_ handler: (@convention(c) (Int32) -> Void)?) -> Bool {
    unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
  }
}
