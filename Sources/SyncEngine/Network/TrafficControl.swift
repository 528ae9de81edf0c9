import CLinux
import Glibc
public import SyncCore
import Synchronization

/// The limits that all connections of a node share; for any thread.
public final class TrafficControl: Sendable {
  private let shaper = Mutex(TrafficShaper())

  /// No limits.
  public init() {}

  /// Takes other limits: they hold from the next grant on.
  public func set(node: TrafficLimits, peers: [NodeID: TrafficLimits]) {
    shaper.withLock { ($0.node, $0.peers) = (node, peers) }
  }

  fileprivate func grant(
    _ direction: TrafficShaper.Direction, _ peer: NodeID, _ wanted: Int
  ) -> TrafficShaper.Grant {
    let minute = Int(clinux_local_minute())
    return shaper.withLock {
      $0.step(direction, peer, wanted: wanted, now: clinux_boot_nanoseconds(), minute: minute)
    }
  }

  /// The lowest limit in force for a peer, in bytes a second; `nil` if there is none.
  func rate(_ direction: TrafficShaper.Direction, _ peer: NodeID) -> Int64? {
    let minute = Int(clinux_local_minute())
    return shaper.withLock { $0.rate(direction, peer, minute: minute) }
  }
}

/// What one direction of a connection has been granted and not used.
struct Toll: ~Copyable {
  private let traffic: TrafficControl?
  private let direction: TrafficShaper.Direction
  private let peer: NodeID
  private var left = 0

  /// Without `traffic` nothing is limited.
  init(_ traffic: TrafficControl?, _ direction: TrafficShaper.Direction, _ peer: NodeID) {
    self.traffic = traffic
    self.direction = direction
    self.peer = peer
  }

  /// Bytes a second just now; `nil` if nothing is limited.
  var rate: Int64? { traffic?.rate(direction, peer) }

  /// How many of `wanted` bytes may pass now; waits until there is one.
  mutating func allow(
    _ wanted: Int, wait: (_ until: Int64) throws(ConnectionError) -> Void
  ) throws(ConnectionError) -> Int {
    guard let traffic else { return wanted }
    if left == 0 {
      let grant = traffic.grant(direction, peer, wanted)
      guard let moment = grant.moment else { return wanted }
      try wait(moment)
      left = grant.byteCount
    }
    return min(left, wanted)
  }

  /// So many bytes have passed.
  mutating func use(_ byteCount: Int) { left = max(0, left - byteCount) }
}
