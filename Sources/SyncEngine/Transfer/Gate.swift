import SyncCore
import Synchronization

/// Counts what a connection's reader has handed to workers, and makes it wait when that is too
/// much: the peer then slows down.
final class Gate: Sendable {
  private struct State {
    var byteCount = 0
    var contentsCount = 0
  }

  private let state = Mutex(State())
  private let wakeup = Wakeup()

  /// Waits until there is room, and takes it.
  func enter(byteCount: Int, isContents: Bool) {
    wait { $0.byteCount < Limits.unprocessedByteCount }
    state.withLock { state in
      state.byteCount += byteCount
      state.contentsCount += isContents ? 1 : 0
    }
  }

  /// Gives the room back.
  func leave(byteCount: Int, isContents: Bool) {
    state.withLock { state in
      state.byteCount -= byteCount
      state.contentsCount -= isContents ? 1 : 0
    }
    wakeup.signal()
  }

  /// Waits until all small contents that came before are staged: only then is it known what an
  /// announcement lacks.
  func waitForContents() { wait { $0.contentsCount == 0 } }

  private func wait(until isSatisfied: (State) -> Bool) {
    while !state.withLock({ isSatisfied($0) }) { wakeup.wait(until: nil) }
  }
}
