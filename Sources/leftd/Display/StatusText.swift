import SyncCore
import SyncEngine

extension StatusReport {
  /// How many of our changes the peer has not acknowledged.
  func behind(_ peer: Peer) -> UInt64 {
    sequence > peer.acknowledged ? sequence - peer.acknowledged : 0
  }

  /// Bytes that went to and came from all peers.
  var wireBytes: (sent: Int64, received: Int64) {
    var sent: UInt64 = 0
    var received: UInt64 = 0
    for peer in peers {
      sent += peer.sentBytes
      received += peer.receivedBytes
    }
    return (Int64(clamping: sent), Int64(clamping: received))
  }
}

/// The state for people.
enum StatusText {
  /// Speeds that only two looks can tell, by share.
  struct Speeds {
    var incoming = RateMeter()
    var outgoing = RateMeter()

    mutating func take(_ report: StatusReport, milliseconds: Int) {
      incoming.take(report.incomingDoneBytes, milliseconds: milliseconds)
      outgoing.take(report.wireBytes.sent, milliseconds: milliseconds)
    }
  }

  /// Everything that `leftd status` shows.
  static func text(
    _ status: DaemonStatus, speeds: [String: Speeds], journal: [String]
  ) -> String {
    var text = "leftd \(status.version) on \(printable(status.name)) (\(status.node.short)…)"
    text += ", running for \(Amount.duration(seconds: status.seconds)), pid \(status.process)\n"
    for share in status.shares {
      text += "\n" + self.text(share, speeds[share.share] ?? Speeds())
    }
    if !journal.isEmpty {
      text += "\njournal\n" + journal.map { "  \($0)\n" }.joined()
    }
    return text
  }

  private static func text(_ share: StatusReport, _ speeds: Speeds) -> String {
    var text = row("share", "\(printable(share.share)) in \(printable(share.root))")
    text += row("state", activity(share))
    if !share.trouble.isEmpty {
      text += row("trouble", LogLine.withoutControls(share.trouble))
    }
    let watching = self.watching(share.watching)
    if !watching.isEmpty { text += row("watching", watching) }
    text += row("holds", holdings(share))
    if share.notHeld > 0 {
      text += row("", Amount.count(share.notHeld, "more is", "more are") + " known, not held here")
    }
    text += row("audit", audit(share.audit))
    if share.incomingEntries > 0 {
      text += row("coming", Amount.count(share.incomingEntries, "change", "changes"))
      text += row("", incomingBar(share, speeds).text())
    }
    for (index, peer) in share.peers.enumerated() {
      text += row(index == 0 ? "peers" : "", self.text(peer, share))
    }
    if share.peers.isEmpty {
      text += row("peers", "none; pair with 'leftd invite' here and 'leftd join' there")
    }
    let isSending = share.peers.contains { $0.isConnected && share.behind($0) > 0 }
    if isSending && speeds.outgoing.rate > 0 {
      text += row("sending", "\(Amount.bytes(speeds.outgoing.rate))/s")
    }
    return text
  }

  private static func row(_ title: String, _ text: String) -> String {
    column(title, 9) + text + "\n"
  }

  private static func activity(_ share: StatusReport) -> String {
    switch share.activity {
    case .scanning: "scanning: comparing the folder with the index"
    case .syncing:
      share.pendingChanges > 0
        ? "syncing: reading \(Amount.count(share.pendingChanges, "change", "changes"))" : "syncing"
    case .idle:
      if share.peers.isEmpty {
        "idle: watching"
      } else if share.peers.allSatisfy({ share.behind($0) == 0 }) {
        "idle: everything is on every peer" + exception(share)
      } else {
        "idle: everything is on every connected peer" + exception(share)
      }
    case .held: "held: it waits until you decide"
    }
  }

  private static func exception(_ share: StatusReport) -> String {
    share.peers.contains { $0.notHeld > 0 } ? ", but for what is not held there" : ""
  }

  /// What is not watched; empty if there is nothing to say.
  private static func watching(_ watching: StatusReport.Watching) -> String {
    let directories = Amount.count(watching.unwatchedDirectories, "directory", "directories")
    let verb = watching.unwatchedDirectories == 1 ? "is" : "are"
    var text = ""
    if !watching.isWatched {
      text = "nothing is watched; everything is scanned every \(watching.rescanSeconds) s"
    } else if watching.unwatchedDirectories > 0 {
      text = "\(directories) \(verb) not watched, but scanned every \(watching.rescanSeconds) s"
    } else if watching.overflowCount > 0 {
      let times = watching.overflowCount == 1 ? "once" : "\(watching.overflowCount) times"
      text = "the kernel dropped events \(times); everything was scanned then"
    }
    return text.isEmpty ? "" : "\(text). \(watching.remedy)"
  }

  private static func audit(_ audit: Audit.Summary) -> String {
    guard audit.provenAt > 0 else { return "folder and index have not been compared yet" }
    let seconds = Int(audit.provenAt / 1_000_000_000)
    var text = "last proved consistent at \(LogLine.text(ofTime: seconds))"
    text += "; a round takes \(Amount.duration(seconds: Int(audit.roundSeconds)))"
    text += ", \(audit.percent) % done"
    if audit.mendedCount > 0 {
      text += "; \(Amount.count(audit.mendedCount, "difference", "differences")) found"
    }
    if audit.remainingCount > 0 {
      text += ", \(audit.remainingCount) of them not mended: see the journal"
    }
    return text
  }

  private static func holdings(_ share: StatusReport) -> String {
    let files = Amount.count(share.files, "file", "files")
    let directories = Amount.count(share.directories, "directory", "directories")
    return "\(files), \(directories), \(Amount.bytes(share.bytes))"
  }

  private static func incomingBar(_ share: StatusReport, _ speeds: Speeds) -> ProgressBar {
    ProgressBar(
      done: share.incomingDoneBytes, total: share.incomingBytes, rate: speeds.incoming.rate)
  }

  private static func text(_ peer: StatusReport.Peer, _ share: StatusReport) -> String {
    let behind = share.behind(peer)
    let state =
      if let end = peer.pausedUntil {
        "paused \(PauseText.end(end))" + (peer.isHeard ? ", heard for 'leftd plan'" : "")
      } else { peer.isConnected ? "connected" : "offline" }
    let lag = behind == 0 ? "has everything" : Amount.count(behind, "change", "changes") + " behind"
    var text = "\(printable(peer.name)): \(state), \(lag)"
    if peer.notHeld > 0 {
      text += behind == 0 ? " but " : ", "
      text += Amount.count(peer.notHeld, "thing", "things") + " not held there"
    }
    text += "; sent \(Amount.bytes(Int64(clamping: peer.sentBytes)))"
    text += rate(peer.sentRate, limit: peer.sentLimit)
    text += ", received \(Amount.bytes(Int64(clamping: peer.receivedBytes)))"
    text += rate(peer.receivedRate, limit: peer.receivedLimit)
    if !peer.trouble.isEmpty { text += "; \(LogLine.withoutControls(peer.trouble))" }
    return text
  }

  /// What passes just now and what may, as ` (1.2 MB/s, at most 2.00 MB/s)`; empty if neither is to
  /// be said.
  private static func rate(_ rate: Int64, limit: Int64?) -> String {
    var parts: [String] = []
    if rate > 0 { parts.append("\(Amount.bytes(rate))/s") }
    if let limit { parts.append("at most \(Amount.bytes(limit))/s") }
    return parts.isEmpty ? "" : " (\(parts.joined(separator: ", ")))"
  }

  /// One line for `systemctl status`.
  static func summary(_ shares: [StatusReport]) -> String {
    shares.map { share in
      let connected = share.peers.filter(\.isConnected).count
      var text = "\(share.share): \(share.activity.rawValue), \(holdings(share))"
      text += ", \(connected) of \(Amount.count(share.peers.count, "peer", "peers")) connected"
      if share.incomingEntries > 0 {
        let done = Amount.bytes(share.incomingDoneBytes)
        text += ", received \(done) of \(Amount.bytes(share.incomingBytes))"
      }
      return share.trouble.isEmpty ? text : text + ", \(share.trouble)"
    }.joined(separator: "; ")
  }
}
