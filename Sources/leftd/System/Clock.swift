import Glibc

/// Time that runs on while the machine sleeps, and that nobody sets (CLOCK_BOOTTIME).
enum Clock {
  /// Whole seconds since the machine started.
  static func seconds() -> Int { milliseconds() / 1000 }

  /// Milliseconds since the machine started.
  static func milliseconds() -> Int {
    var time = timespec()
    unsafe clock_gettime(CLOCK_BOOTTIME, &time)
    return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
  }

  /// Lets the calling thread rest.
  static func sleep(milliseconds: Int) {
    var time = timespec(tv_sec: milliseconds / 1000, tv_nsec: milliseconds % 1000 * 1_000_000)
    var rest = timespec()
    while unsafe nanosleep(&time, &rest) != 0 && errno == EINTR { time = rest }
  }
}
