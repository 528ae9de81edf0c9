public import SyncCore
import Synchronization

/// Keeps trying to reach one peer for one share, on a thread of its own, until told to stop.
///
/// Tries come after 50 ms, doubling to 5 s, each 20 % earlier or later at random, so that the nodes
/// of a share that were started together do not stay in step. While a connection is up, whoever
/// dialled it, the thread sleeps.
public final class DialLoop: Sendable {
  private struct State {
    /// Whether a connection is up and not reported lost.
    var isConnected = false
    var isStopped = false
    /// The last trouble that was told.
    var trouble: EngineError?
  }

  private let state = Mutex(State())
  private let wakeup = Wakeup()
  private let address: String
  private let identity: Identity
  private let peer: NodeID
  private let share: String

  private static let firstDelay: Int64 = 50_000_000
  private static let longestDelay: Int64 = 5_000_000_000

  /// Starts at once, or after the connection that is up if it `isResting`. `connected` and
  /// `trouble` are called on the loop's thread: `connected` with a connection that is not yet
  /// started, `trouble` once for each new reason why there is none.
  public init(
    address: String, identity: Identity, expecting peer: NodeID, share: String,
    isResting: Bool = false,
    connected: @escaping @Sendable (Connection) -> Void,
    trouble: @escaping @Sendable (EngineError) -> Void
  ) {
    self.address = address
    self.identity = identity
    self.peer = peer
    self.share = share
    state.withLock { $0.isConnected = isResting }
    spawnThread(name: "dial \(peer.short)") { [self] in run(connected, trouble) }
  }

  /// The connection was lost: try again. Nothing while it is trying anyhow.
  public func retry() {
    state.withLock { $0.isConnected = false }
    wakeup.signal()
  }

  /// The peer has called: no further try until that connection is reported lost. A second one would
  /// replace the first, and what is under way on it would have to be sent again.
  public func rest() { state.withLock { $0.isConnected = true } }

  /// Ends the thread, at the latest when the try under way is over. No connection is handed over
  /// after this returns, except by a callback that runs just now.
  public func stop() {
    state.withLock { $0.isStopped = true }
    wakeup.signal()
  }

  private var isStopped: Bool { state.withLock { $0.isStopped } }

  private func run(
    _ connected: @Sendable (Connection) -> Void, _ trouble: @Sendable (EngineError) -> Void
  ) {
    var delay = Self.firstDelay
    while !isStopped {
      if sleepWhileConnected() { delay = Self.firstDelay }
      guard !isStopped else { return }
      do throws(EngineError) {
        let connection = try Dialer.dial(
          address: address, identity: identity, expecting: peer, share: share)
        if handOver(connection, connected) { delay = Self.firstDelay }
      } catch {
        let isNew = state.withLock { state in
          defer { state.trouble = error }
          return state.trouble != error && !state.isStopped
        }
        if isNew { trouble(error) }
      }
      pause(delay)
      delay = min(delay * 2, Self.longestDelay)
    }
  }

  /// Gives the connection away and sleeps until it is lost. Whether it lasted.
  private func handOver(
    _ connection: Connection, _ connected: @Sendable (Connection) -> Void
  ) -> Bool {
    let isWanted = state.withLock { state in
      state.isConnected = true
      state.trouble = nil
      return !state.isStopped
    }
    guard isWanted else { return false }
    connected(connection)
    return sleepWhileConnected()
  }

  /// Whether a connection lasted: a peer that accepts and closes again and again must not be called
  /// twenty times a second.
  private func sleepWhileConnected() -> Bool {
    let proven = Deadline(afterNanoseconds: Self.longestDelay)
    while state.withLock({ $0.isConnected && !$0.isStopped }) { wakeup.wait(until: nil) }
    return proven.isOver
  }

  private func pause(_ delay: Int64) {
    let deadline = Deadline(afterNanoseconds: delay * Int64.random(in: 80...120) / 100)
    while !isStopped && !deadline.isOver { wakeup.wait(until: deadline) }
  }
}
