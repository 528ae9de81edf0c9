import CLinux
import Glibc

/// Wakes one sleeping thread from any other. Signals that nobody waited for are remembered as one.
/// Needs no file descriptor, so that nothing fails when those are used up.
struct Wakeup: ~Copyable, Sendable {
  private let bell = clinux_bell_create()

  deinit { clinux_bell_destroy(bell) }

  /// Lets one wait pass, now or later.
  func signal() { clinux_bell_ring(bell, 1, 1) }

  /// Sleeps until a signal comes, which is then forgotten, or the time is over (`nil`: never). May
  /// return early.
  func wait(until deadline: Deadline?) {
    clinux_bell_wait(bell, deadline?.remainingMilliseconds ?? -1)
  }
}

/// The same for a thread that waits for a socket as well: an eventfd(2).
struct PollableWakeup: ~Copyable, Sendable {
  /// Readable while a signal is pending; for poll(2).
  let descriptor: Int32

  private init(owning descriptor: Int32) { self.descriptor = descriptor }

  /// Makes one; `nil` if the process has no file descriptor left.
  static func make() -> PollableWakeup? {
    let descriptor = clinux_wakeup_create()
    return descriptor < 0 ? nil : PollableWakeup(owning: descriptor)
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
