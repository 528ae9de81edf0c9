import Synchronization

/// Bounds what one side has handed over and the other has not dealt with yet: who hands over waits
/// while it is too much.
final class Allowance: Sendable {
  private struct State {
    var used = 0
    var isLifted = false
  }

  private let limit: Int
  private let state = Mutex(State())
  private let wakeup = Wakeup()

  /// An allowance of `limit` units, whatever they are.
  init(limit: Int) { self.limit = limit }

  /// Waits until less than the limit is in use, and takes `count`: so anything fits, one at a time.
  func take(_ count: Int) {
    while !state.withLock({ $0.isLifted || $0.used < limit }) { wakeup.wait(until: nil) }
    state.withLock { $0.used += count }
  }

  /// Gives `count` back.
  func giveBack(_ count: Int) {
    let wasFull = state.withLock { state in
      defer { state.used -= count }
      return state.used >= limit
    }
    if wasFull { wakeup.signal() }
  }

  /// Nobody waits any more: nothing is dealt with any more, either.
  func lift() {
    state.withLock { $0.isLifted = true }
    wakeup.signal()
  }
}
