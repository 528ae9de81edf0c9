/// The peers with which nothing is exchanged for the time being, and until when.
public struct Pauses: Hashable, Sendable {
  private var ends: [NodeID: Int64]
  /// Those of them that are heard meanwhile.
  private var heard: Set<NodeID> = []

  /// The end of a pause that lasts until a person ends it.
  public static let endless = Int64.max

  /// Pauses with their ends, in nanoseconds since 1970 UTC.
  public init(_ ends: [NodeID: Int64] = [:]) { self.ends = ends }

  /// All that are paused.
  public var peers: [NodeID] { ends.keys.sorted() }

  /// The end of a peer's pause; `nil` if it is not paused.
  public func end(of peer: NodeID) -> Int64? { ends[peer] }

  /// The peers that are paused and heard all the same: connected, so that it can be told what the
  /// end of the pause would bring.
  public var heardOnly: Set<NodeID> { heard }

  /// Whether there is no connection with a peer.
  public func cuts(_ peer: NodeID) -> Bool { ends[peer] != nil && !heard.contains(peer) }

  /// The next end of a pause; `nil` if none ends by itself.
  public var nextEnd: Int64? { ends.values.filter { $0 != Self.endless }.min() }

  /// Pauses a peer, whether or not it is paused; it may still be heard.
  public mutating func pause(_ peer: NodeID, until end: Int64, isHeard: Bool = false) {
    ends[peer] = end
    if isHeard { heard.insert(peer) } else { heard.remove(peer) }
  }

  /// Ends the pause of a peer; whether there was one.
  public mutating func resume(_ peer: NodeID) -> Bool {
    heard.remove(peer)
    return ends.removeValue(forKey: peer) != nil
  }

  /// Ends what is over; the peers whose pause that was.
  public mutating func step(now: Int64) -> [NodeID] {
    let over = ends.filter { $0.value <= now }.keys.sorted()
    for peer in over { _ = resume(peer) }
    return over
  }
}
