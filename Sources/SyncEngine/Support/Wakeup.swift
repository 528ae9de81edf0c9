import CLinux
import Glibc

/// Wakes one sleeping thread from any other: an eventfd(2). Signals that nobody waited for are
/// remembered as one.
struct Wakeup: ~Copyable, Sendable {
  /// Readable while a signal is pending; for poll(2).
  let descriptor: Int32

  private init(owning descriptor: Int32) { self.descriptor = descriptor }

  /// Makes one; `nil` if the process has no descriptor left.
  static func make() -> Wakeup? {
    let descriptor = clinux_wakeup_create()
    return descriptor < 0 ? nil : Wakeup(owning: descriptor)
  }

  /// Makes one of the few that the process cannot do without.
  init() {
    guard let made = Self.make() else {
      preconditionFailure("no file descriptor left for an eventfd; raise LimitNOFILE")
    }
    self = made
  }

  deinit { Glibc.close(descriptor) }

  /// Makes `descriptor` readable.
  func signal() { clinux_wakeup_signal(descriptor) }

  /// Forgets pending signals.
  func clear() { clinux_wakeup_clear(descriptor) }

  /// Sleeps until a signal comes, which is then forgotten, or the time is over (`nil`: never). May
  /// return early.
  func wait(until deadline: Deadline?) {
    let left = deadline?.remainingMilliseconds ?? -1
    if clinux_wait(descriptor, Int16(POLLIN), -1, left) != 0 { clear() }
  }
}
