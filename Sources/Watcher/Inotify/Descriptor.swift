import CLinux

/// An open file descriptor, closed at the end of its life.
struct Descriptor: ~Copyable, Sendable {
  let number: Int32

  /// Takes over what a CLinux call returned; `nil` for an error.
  init?(_ number: Int32) {
    guard number >= 0 else { return nil }
    self.number = number
  }

  deinit { clinux_watch_close(number) }
}
