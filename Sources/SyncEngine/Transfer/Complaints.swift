import Glibc
import SyncCore
import Synchronization

/// Why something that arrived is not kept.
package enum ReceiveError: Error, Equatable {
  /// It has not the hash that it should have.
  case wrongBytes
  /// It can't be stored: the kernel's errno.
  case unwritable(Int32)
}

/// Tells of what one peer sent and could not be kept: once a second at most, since a peer may send
/// as much of it as it likes.
final class Complaints: Sendable {
  private let log: any Log
  private let peer: NodeID
  private let nextTelling = Mutex<Deadline?>(nil)

  init(of peer: NodeID, log: any Log) {
    self.log = log
    self.peer = peer
  }

  /// Tells what went wrong, if anything did.
  func tell(_ trouble: ReceiveError?) {
    // What was given up meanwhile is no trouble.
    guard let trouble, trouble != .unwritable(ECANCELED) else { return }
    let isDue = nextTelling.withLock { next in
      if let deadline = next, !deadline.isOver { return false }
      next = Deadline(afterSeconds: 1)
      return true
    }
    if isDue { log.write(LogEntry(.warning, Self.sentence(trouble), peer: peer)) }
  }

  private static func sentence(_ trouble: ReceiveError) -> String {
    switch trouble {
    case .wrongBytes:
      "What arrived has other bytes than were announced: they are thrown away and asked for again. "
        + "If this goes on, check memory and disk of the peer."
    case .unwritable(let errno):
      "What arrived cannot be stored: \(FlipFailure.sentence(errno)) It is tried again."
    }
  }
}
