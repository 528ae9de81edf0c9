import SyncCore
import Synchronization

/// The connections that have not yet said who they are: at most so many at once. When there is one
/// more the oldest has to go, so that strangers who just sit there keep nobody out.
final class Strangers: Sendable {
  private struct State {
    var waiting: [Stranger] = []
    var nextNumber: UInt64 = 0
    var isClosed = false
  }

  private struct Stranger {
    let number: UInt64
    let end: @Sendable () -> Void
  }

  private let state = Mutex(State())
  /// Readable when one has left.
  private let departure = Wakeup()
  private let limit: Int

  init(limit: Int) { self.limit = limit }

  /// Takes in a connection that `end` can end from any thread; its number, or `nil` after `close`.
  /// Waits while there are too many, ending the oldest.
  func enter(end: @escaping @Sendable () -> Void) -> UInt64? {
    while true {
      let (number, isClosed): (UInt64?, Bool) = state.withLock { state in
        guard !state.isClosed else { return (nil, true) }
        guard state.waiting.count < limit else {
          state.waiting.first?.end()
          return (nil, false)
        }
        state.nextNumber += 1
        state.waiting.append(Stranger(number: state.nextNumber, end: end))
        return (state.nextNumber, false)
      }
      if isClosed { return nil }
      if let number { return number }
      departure.wait(until: nil)
    }
  }

  /// The connection with this number is no stranger any more, or gone.
  func leave(_ number: UInt64) {
    state.withLock { $0.waiting.removeAll { $0.number == number } }
    departure.signal()
  }

  /// Ends all, takes in no more, and wakes who waits to enter.
  func close() {
    state.withLock { state in
      state.isClosed = true
      for stranger in state.waiting { stranger.end() }
    }
    departure.signal()
  }

  /// Waits until all have left. Only when nobody waits to enter: one signal wakes one thread.
  func waitUntilEmpty() {
    while !state.withLock({ $0.waiting.isEmpty }) { departure.wait(until: nil) }
  }
}
