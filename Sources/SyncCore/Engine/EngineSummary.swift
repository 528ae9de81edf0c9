/// What the engine is doing just now, for people.
public struct EngineSummary: Hashable, Sendable {
  /// Whether the tree has not yet been compared with the index since the start.
  public var isScanning: Bool
  /// Local changes that are seen and not yet recorded.
  public var pendingChanges: Int
  /// Entries announced by peers and not yet applied, but for those of peers that are only heard.
  public var incomingEntries: Int
  /// Bytes of contents that these need.
  public var incomingBytes: Int64
  /// How many of those bytes are here.
  public var incomingDoneBytes: Int64
  /// Whether a flip is under way.
  public var isFlipping: Bool
}

/// How the exchange with one peer stands, for people.
public struct PeerStanding: Hashable, Sendable {
  /// Whether it is connected and has said hello.
  public let isReady: Bool
  /// Up to where it has everything of ours.
  public let acknowledged: UInt64
  /// How many things it knows and doesn't hold, as it said last; 0 of who is only reached through
  /// others.
  public let notHeld: UInt64
}

extension Engine {
  /// A look at what is in flight. O(units and their missing places).
  public var summary: EngineSummary {
    var summary = EngineSummary(
      isScanning: !hasScanned,
      pendingChanges: jobs.reduce(backlog.count + busyBundles.count) {
        $0 + max($1.items.count, 1)
      },
      incomingEntries: 0, incomingBytes: 0, incomingDoneBytes: 0, isFlipping: flipping != nil)
    for unit in units where !isOnlyHeard(unit) {
      let missing = unit.missing.reduce(Int64(0)) {
        $0.addingClamped(fetching.needs[$1]?.size ?? 0)
      }
      let stored = fetching.stages.reduce(0) {
        $0 + (unit.missing.contains($1.place) ? $1.storedByteCount : 0)
      }
      summary.incomingEntries += unit.parts.reduce(0) { $0 + $1.entries.count }
      summary.incomingBytes = summary.incomingBytes.addingClamped(unit.neededByteCount)
      let done = max(0, unit.neededByteCount - missing).addingClamped(stored)
      summary.incomingDoneBytes = summary.incomingDoneBytes.addingClamped(done)
    }
    return summary
  }

  /// Whether more of a scan than is good waits to be recorded, and nothing but reading keeps it
  /// from that. (A flip does, too, and may itself wait for the disk's look to end.) O(jobs).
  public var hasMuchToRecord: Bool {
    guard flipping == nil else { return false }
    let waiting = jobs.reduce(0) { $0 + ($1.sliceOf == nil ? 0 : $1.items.count) }
    return waiting > Limits.unrecordedScanItemCount
  }

  /// How the exchange with a peer stands.
  public func standing(of peer: NodeID) throws(IndexError) -> PeerStanding {
    if let session = sessionIndex(of: peer) {
      return PeerStanding(
        isReady: true, acknowledged: sessions[session].acknowledged,
        notHeld: sessions[session].notHeld)
    }
    // What was announced after the last unit that told anything concerns nobody.
    let relayed =
      sessions.compactMap { session in
        session.relayed[peer].map { $0 >= session.lastTold ? session.announced : $0 }
      }.max() ?? 0
    let progress = try index.progress(of: peer)
    return PeerStanding(
      isReady: false, acknowledged: max(relayed, progress?.acknowledged ?? 0),
      notHeld: progress?.notHeld ?? 0)
  }

  /// Members of the share that only other nodes are connected to, sorted.
  public var distantMembers: [NodeID] {
    let near = Set(sessions.map(\.peer))
    return Set(sessions.flatMap { $0.relayed.keys }).subtracting(near).sorted()
  }
}
