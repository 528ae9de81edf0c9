import SyncCore
import Synchronization

/// Counts what a peer asked for and was not answered yet, and makes the connection's reader wait
/// when that is too much: the peer then slows down.
final class OpenRequests: Sendable {
  private let count = Mutex(0)
  private let wakeup = Wakeup()

  /// Waits until there is room for one more, and takes it.
  func enter() {
    while !tryEnter() { wakeup.wait(until: nil) }
  }

  /// Takes room for one more if there is some.
  func tryEnter() -> Bool {
    count.withLock { count in
      guard count < Limits.openRequestCount else { return false }
      count += 1
      return true
    }
  }

  /// Counts a part of one that has entered.
  func add() { count.withLock { $0 += 1 } }

  /// Gives the room back.
  func leave() {
    count.withLock { $0 -= 1 }
    wakeup.signal()
  }
}

extension Message {
  /// Whether it asks for bytes.
  var isRequest: Bool {
    switch self {
    case .request, .fetch: true
    case .hello, .announce, .directoryTimes, .linked, .unheld, .acknowledge, .notHeld,
      .openContent, .segment, .difference, .seal, .gone, .unavailable:
      false
    }
  }
}

extension FrameType {
  /// Whether its message asks for bytes.
  var isRequest: Bool { self == .request || self == .requestPatch || self == .fetch }
}
