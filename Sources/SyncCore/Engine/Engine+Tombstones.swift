// What was deleted is forgotten some time after everyone knows.
//
// A node asks for no more than that those whom it is connected with know: who hears of a deletion
// passes it on, and keeps it until those whom it is connected with have it. So wherever a node is
// that hasn't heard of it, one that it meets knows it yet.

extension Engine {
  /// Forgets deletions that were made before `time` and that all members have acknowledged: looks
  /// at a piece of the rows, the oldest first. A member that is away keeps them all, however long.
  mutating func forgetTombstones(
    before time: Int64, members: [NodeID]
  ) throws(IndexError) {
    guard isAtRest else { return }
    let rows = try index.rows(after: tombstonePosition, limit: Limits.tombstonePieceCount)
    let known = try sequenceKnown(to: members)
    let old = rows.filter { $0.sequence <= known }
    tombstonePosition = old.last?.sequence ?? 0
    try index.transaction(.later) { () throws(IndexError) in
      var forgotten = index.forgotten
      for row in old {
        guard try isForgettable(row, before: time) else { continue }
        try index.remove(row.entry.key)
        forgotten = max(forgotten, row.sequence)
      }
      if forgotten > index.forgotten { try note(forgotten, knownTo: members) }
    }
  }

  /// Nothing is under way by which something deleted could be told or found anew.
  private var isAtRest: Bool {
    hasScanned && heldBecause.isEmpty && doubt == nil && flipping == nil
      && units.isEmpty && jobs.isEmpty && backlog.isEmpty
      && sessions.allSatisfy { $0.isReady && $0.incoming.isEmpty }
  }

  /// Up to where everyone has everything, and it is on the disk here. What others pass on of a
  /// member does not count: when that comes back with an older index, it isn't noticed.
  private func sequenceKnown(to members: [NodeID]) throws(IndexError) -> UInt64 {
    var known = index.secured.sequence
    for member in members {
      let session = sessionIndex(of: member)
      let acknowledged = session.map { sessions[$0].acknowledged }
      let earlier = try index.progress(of: member)?.acknowledged
      known = min(known, acknowledged ?? earlier ?? 0)
    }
    return known
  }

  /// Whether a row is a tombstone that nothing leans on. What a replica deleted is a deviation, of
  /// which nobody was told.
  private func isForgettable(_ row: Row, before time: Int64) throws(IndexError) -> Bool {
    let version = row.entry.version
    guard row.observed == nil, version.time < time,
      rules.role != .replica || version.dot.actor.node != node.prefix
    else { return false }
    switch row.entry.body {
    case .deleted: return true
    case .deletedDirectory(let id):
      return try index.children(of: id).isEmpty ? !index.hasAliases(id) : false
    case .file, .symlink, .directory, .merged: return false
    }
  }

  /// Keeps in mind what is to be known of peers from now on. Within a transaction.
  private func note(_ forgotten: UInt64, knownTo members: [NodeID]) throws(IndexError) {
    try index.note(forgotten: forgotten)
    for session in sessions {
      guard let progress = try progress(of: session) else { continue }
      try index.put(progress, of: session.peer)
    }
    // Nobody waited for those who are no members any more: if one returns, both meet for the
    // first time.
    for peer in try index.knownPeers() where !members.contains(peer) {
      try index.forgetSource(peer)
      try index.removeProgress(of: peer)
    }
  }

  // MARK: Peers whose index was put back

  /// Whether a peer has forgotten deletions that it knew of and that nobody here can tell it again:
  /// an older copy of its index was put back.
  func lacksTombstones(_ peer: NodeID, by hello: Hello) throws(IndexError) -> Bool {
    guard hello.heldSequence < index.forgotten, !hello.features.contains(Hello.tellAll),
      let progress = try index.progress(of: peer), progress.incarnation == hello.incarnation
    else { return false }
    return hello.heldSequence < progress.confirmed
  }

  /// It tells everything again: what it has of that, and is nowhere else, counts as new.
  mutating func askAnew(
    _ peer: NodeID, on link: Link, holding sequence: UInt64
  ) throws(IndexError) {
    guard var progress = try index.progress(of: peer) else { return }
    (progress.acknowledged, progress.confirmed) = (sequence, sequence)
    progress.mustTellAll = true
    try index.transaction { () throws(IndexError) in try index.put(progress, of: peer) }
    log(
      .warning,
      "The peer's index is older than it was: what was deleted since and it still has comes back.",
      peer: peer)
    silence(link)
    effects.append(.close(link, "has an older index than it had; dial again"))
  }
}
