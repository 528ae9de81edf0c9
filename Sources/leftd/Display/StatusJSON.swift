import SyncCore
import SyncEngine

extension DaemonStatus {
  /// The state for programs. Keys are only ever added.
  var json: JSON {
    .object([
      ("version", .string(version)),
      ("pid", .number(process)),
      ("node", .string(node.description)),
      ("name", .string(name)),
      ("uptime_seconds", .number(seconds)),
      ("shares", .array(shares.map(\.json))),
    ])
  }
}

extension StatusReport {
  fileprivate var json: JSON {
    .object([
      ("share", .string(share)),
      ("root", .string(root)),
      ("state", .string(activity.rawValue)),
      ("replica", .bool(isReplica)),
      ("trouble", .string(trouble)),
      ("files", .number(files)),
      ("directories", .number(directories)),
      ("bytes", .number(bytes)),
      ("not_held", .number(notHeld)),
      ("sequence", .number(sequence)),
      ("pending_changes", .number(pendingChanges)),
      ("incoming_entries", .number(incomingEntries)),
      ("incoming_bytes", .number(incomingBytes)),
      ("incoming_done_bytes", .number(incomingDoneBytes)),
      ("watching", json(of: watching)),
      ("audit", json(of: audit)),
      ("peers", .array(peers.map { json(of: $0) })),
    ])
  }

  private func json(of watching: Watching) -> JSON {
    .object([
      ("watched", .bool(watching.isWatched)),
      ("unwatched_directories", .number(watching.unwatchedDirectories)),
      ("rescan_seconds", .number(watching.rescanSeconds)),
      ("overflows", .number(watching.overflowCount)),
      ("remedy", .string(watching.remedy)),
    ])
  }

  private func json(of audit: Audit.Summary) -> JSON {
    .object([
      ("proven_at", .number(Int(audit.provenAt / 1_000_000_000))),
      ("round_seconds", .number(audit.roundSeconds)),
      ("percent", .number(audit.percent)),
      ("mended", .number(audit.mendedCount)),
      ("remaining", .number(audit.remainingCount)),
    ])
  }

  /// The end of a pause; 0 if there is none, or no pause.
  private func pausedSeconds(_ peer: Peer) -> Int64 {
    peer.pausedUntil.map { PauseBook.seconds(ofEnd: $0) } ?? 0
  }

  private func json(of peer: Peer) -> JSON {
    let (sentLimit, receivedLimit) = (peer.sentLimit ?? 0, peer.receivedLimit ?? 0)
    return .object([
      ("id", .string(peer.id.description)),
      ("name", .string(peer.name)),
      ("connected", .bool(peer.isConnected)),
      ("acknowledged", .number(peer.acknowledged)),
      ("behind", .number(behind(peer))),
      ("not_held", .number(peer.notHeld)),
      ("sent_bytes", .number(peer.sentBytes)),
      ("received_bytes", .number(peer.receivedBytes)),
      ("sent_rate", .number(peer.sentRate)),
      ("received_rate", .number(peer.receivedRate)),
      ("sent_limit", .number(sentLimit)),
      ("received_limit", .number(receivedLimit)),
      ("trouble", .string(peer.trouble)),
      ("paused", .bool(peer.pausedUntil != nil)),
      ("paused_until", .number(pausedSeconds(peer))),
      ("heard", .bool(peer.isHeard)),
    ])
  }
}
