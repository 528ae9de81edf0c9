import SyncCore

/// The state of a share, for people.
extension Control {
  /// What the share is doing just now.
  func status() throws(IndexError) -> StatusReport {
    var report = StatusReport(share: settings.name, root: settings.root)
    report.isReplica = engine.isReplica
    let totals = try index.totals()
    let summary = engine.summary
    report.files = totals.files
    report.directories = totals.directories
    report.bytes = totals.bytes
    report.notHeld = totals.notHeld
    report.sequence = index.sequence
    report.pendingChanges = summary.pendingChanges
    report.incomingEntries = summary.incomingEntries
    report.incomingBytes = summary.incomingBytes
    report.incomingDoneBytes = summary.incomingDoneBytes
    report.watching = watching.status
    report.audit = try engine.auditSummary()
    let held = engine.held
    report.trouble = ((held.isEmpty ? [trouble] : held.map(\.trouble)) + [leftOverText])
      .filter { !$0.isEmpty }.joined(separator: "; ")
    report.peers = try links.report(andDistant: engine.distantMembers) {
      peer throws(IndexError) in try engine.standing(of: peer)
    }
    for number in report.peers.indices {
      let peer = report.peers[number].id
      report.peers[number].sentLimit = traffic.rate(.up, peer)
      report.peers[number].receivedLimit = traffic.rate(.down, peer)
    }
    let isBehind = report.peers.contains {
      $0.isConnected && !$0.isHeard && $0.acknowledged < report.sequence
    }
    report.activity =
      if !held.isEmpty { .held } else if summary.isScanning {
        .scanning
      } else if isBehind
        || summary.isFlipping || summary.pendingChanges > 0 || summary.incomingEntries > 0
      { .syncing } else { .idle }
    return report
  }
}
