import CLinux

/// A moment up to which one waits, on CLOCK_BOOTTIME.
struct Deadline: Sendable, Comparable {
  private let nanoseconds: Int64

  /// The moment after `delay` nanoseconds from now.
  init(afterNanoseconds delay: Int64) {
    nanoseconds = clinux_boot_nanoseconds() + delay
  }

  /// The moment after `seconds` from now.
  init(afterSeconds seconds: Double) {
    self.init(afterNanoseconds: Int64(seconds * 1e9))
  }

  /// Whether it is over.
  var isOver: Bool { clinux_boot_nanoseconds() >= nanoseconds }

  /// What is left for poll(2), rounded up so that nobody spins through the last millisecond.
  var remainingMilliseconds: Int32 {
    let left = nanoseconds - clinux_boot_nanoseconds()
    return left <= 0 ? 0 : Int32(clamping: (left + 999_999) / 1_000_000)
  }

  static func < (left: Deadline, right: Deadline) -> Bool { left.nanoseconds < right.nanoseconds }
}
