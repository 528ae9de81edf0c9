/// Decides how many bytes may be sent and received, and when, so that a node and each of its peers
/// stay within their limits, over all connections.
///
/// A grant is at most what a limit lets through in `Limits.rateGrantNanoseconds`. So connections
/// share a limit evenly, and nobody waits long for a rate that has changed.
public struct TrafficShaper: Sendable {
  /// Which way.
  public enum Direction: Hashable, Sendable {
    /// To a peer.
    case up
    /// From a peer.
    case down
  }

  /// What may pass, and when.
  public struct Grant: Hashable, Sendable {
    /// Bytes, at most as many as were wanted.
    public let byteCount: Int
    /// From when on, on the clock of `now`; `nil` if nothing is limited.
    public let moment: Int64?
  }

  /// Limits of the node as a whole.
  public var node = TrafficLimits()
  /// Further limits of single peers.
  public var peers: [NodeID: TrafficLimits] = [:]

  private struct Key: Hashable {
    let direction: Direction
    let peer: NodeID?
  }

  private var buckets: [Key: TokenBucket] = [:]

  /// No limits.
  public init() {}

  /// Somebody wants to send to a peer, or to receive from it. `now` is in nanoseconds, `minute`
  /// that of the day.
  public mutating func step(
    _ direction: Direction, _ peer: NodeID, wanted: Int, now: Int64, minute: Int
  ) -> Grant {
    let ofNode = Self.rate(node, direction, minute)
    let ofPeer = peers[peer].flatMap { Self.rate($0, direction, minute) }
    guard let lowest = [ofNode, ofPeer].compactMap(\.self).min() else {
      return Grant(byteCount: wanted, moment: nil)
    }
    let byteCount = min(wanted, Self.grantByteCount(lowest))
    var moment = Int64.min
    for (rate, key) in [
      (ofNode, Key(direction: direction, peer: nil)),
      (ofPeer, Key(direction: direction, peer: peer)),
    ] {
      guard let rate else { continue }
      moment = max(
        moment, buckets[key, default: TokenBucket()].step(byteCount, rate: rate, now: now))
    }
    return Grant(byteCount: byteCount, moment: moment)
  }

  /// The lowest rate in force; `nil` if there is no limit.
  public func rate(_ direction: Direction, _ peer: NodeID, minute: Int) -> Int64? {
    [Self.rate(node, direction, minute), peers[peer].flatMap { Self.rate($0, direction, minute) }]
      .compactMap(\.self).min()
  }

  private static func rate(
    _ limits: TrafficLimits, _ direction: Direction, _ minute: Int
  ) -> Int64? {
    switch direction {
    case .up: limits.up.rate(atMinute: minute)
    case .down: limits.down.rate(atMinute: minute)
    }
  }

  private static func grantByteCount(_ rate: Int64) -> Int {
    let wanted = rate / (1_000_000_000 / Limits.rateGrantNanoseconds)
    return min(
      max(Int(clamping: wanted), Limits.shortestGrantByteCount), Limits.longestGrantByteCount)
  }
}
