import SyncCore
import SyncEngine

/// The state of a running daemon, as it goes over the control socket.
struct DaemonStatus: Sendable {
  var version: String
  var process: Int32
  var node: NodeID
  var name: String
  /// Since the daemon started.
  var seconds: Int
  var shares: [StatusReport]

  /// One line for the daemon, one for each share, followed by one for each of its peers.
  var lines: [ControlLine] {
    var lines = [
      ControlLine(
        "daemon", version, String(process), node.description, name, String(seconds))
    ]
    for share in shares {
      lines.append(Self.line(share))
      lines.append(Self.line(share.watching))
      lines.append(Self.line(share.audit))
      lines += share.peers.map(Self.line)
    }
    return lines
  }

  private static func line(_ share: StatusReport) -> ControlLine {
    ControlLine(
      "share", share.share, share.root, share.activity.rawValue, share.trouble,
      String(share.files), String(share.directories), String(share.bytes), String(share.sequence),
      String(share.pendingChanges), String(share.incomingEntries), String(share.incomingBytes),
      String(share.incomingDoneBytes), share.isReplica ? "replica" : "",
      String(share.notHeld))
  }

  private static func line(_ watching: StatusReport.Watching) -> ControlLine {
    ControlLine(
      "watching", watching.isWatched ? "yes" : "no", String(watching.unwatchedDirectories),
      String(watching.rescanSeconds), String(watching.overflowCount), watching.remedy)
  }

  private static func line(_ audit: Audit.Summary) -> ControlLine {
    ControlLine(
      "audit", String(audit.provenAt), String(audit.roundSeconds), String(audit.percent),
      String(audit.mendedCount), String(audit.remainingCount))
  }

  private static func line(_ peer: StatusReport.Peer) -> ControlLine {
    ControlLine(
      "peer", peer.id.description, peer.name, peer.isConnected ? "connected" : "away",
      String(peer.acknowledged), String(peer.sentBytes), String(peer.receivedBytes), peer.trouble,
      peer.pausedUntil.map { String(PauseBook.seconds(ofEnd: $0)) } ?? "",
      peer.isHeard ? "heard" : "", String(peer.sentRate), String(peer.receivedRate),
      peer.sentLimit.map { String($0) } ?? "", peer.receivedLimit.map { String($0) } ?? "",
      String(peer.notHeld))
  }
}

extension DaemonStatus {
  /// Reads what `lines` writes.
  init(_ lines: [ControlLine]) throws(EngineError) {
    guard let first = lines.first, let status = DaemonStatus(header: first) else {
      throw ControlClient.foreign
    }
    self = status
    for line in lines.dropFirst() {
      if let share = StatusReport(line) {
        shares.append(share)
      } else if let watching = StatusReport.Watching(line), !shares.isEmpty {
        shares[shares.count - 1].watching = watching
      } else if let audit = Audit.Summary(line), !shares.isEmpty {
        shares[shares.count - 1].audit = audit
      } else if let peer = StatusReport.Peer(line), !shares.isEmpty {
        shares[shares.count - 1].peers.append(peer)
      } else {
        throw ControlClient.foreign
      }
    }
  }

  private init?(header line: ControlLine) {
    guard line.text(0) == "daemon", let process: Int32 = line.number(2),
      let node = NodeID(text: line.text(3)), let seconds: Int = line.number(5)
    else { return nil }
    self.init(
      version: line.text(1), process: process, node: node, name: line.text(4), seconds: seconds,
      shares: [])
  }
}

extension StatusReport {
  fileprivate init?(_ line: ControlLine) {
    guard line.text(0) == "share", line.words.count == 15,
      let activity = Activity(rawValue: line.text(3)), let files: Int = line.number(5),
      let directories: Int = line.number(6), let bytes: Int64 = line.number(7),
      let sequence: UInt64 = line.number(8), let pendingChanges: Int = line.number(9),
      let incomingEntries: Int = line.number(10), let incomingBytes: Int64 = line.number(11),
      let incomingDoneBytes: Int64 = line.number(12), let notHeld: Int = line.number(14)
    else { return nil }
    self.init(share: line.text(1), root: line.text(2))
    self.activity = activity
    trouble = line.text(4)
    self.files = files
    self.directories = directories
    self.bytes = bytes
    self.sequence = sequence
    self.pendingChanges = pendingChanges
    self.incomingEntries = incomingEntries
    self.incomingBytes = incomingBytes
    self.incomingDoneBytes = incomingDoneBytes
    isReplica = line.text(13) == "replica"
    self.notHeld = notHeld
  }
}

extension StatusReport.Watching {
  fileprivate init?(_ line: ControlLine) {
    guard line.text(0) == "watching", line.words.count == 6, let unwatched: Int = line.number(2),
      let seconds: Int64 = line.number(3), let overflows: Int = line.number(4)
    else { return nil }
    self.init()
    isWatched = line.text(1) == "yes"
    unwatchedDirectories = unwatched
    rescanSeconds = seconds
    overflowCount = overflows
    remedy = line.text(5)
  }
}

extension Audit.Summary {
  fileprivate init?(_ line: ControlLine) {
    guard line.text(0) == "audit", line.words.count == 6, let provenAt: Int64 = line.number(1),
      let roundSeconds: Int64 = line.number(2), let percent: Int = line.number(3),
      let mended: Int = line.number(4), let remaining: Int = line.number(5)
    else { return nil }
    self.init()
    self.provenAt = provenAt
    self.roundSeconds = roundSeconds
    self.percent = percent
    mendedCount = mended
    remainingCount = remaining
  }
}

extension StatusReport.Peer {
  fileprivate init?(_ line: ControlLine) {
    guard line.text(0) == "peer", line.words.count == 15, let id = NodeID(text: line.text(1)),
      let acknowledged: UInt64 = line.number(4), let sentBytes: UInt64 = line.number(5),
      let receivedBytes: UInt64 = line.number(6), let sentRate: Int64 = line.number(10),
      let receivedRate: Int64 = line.number(11), let notHeld: UInt64 = line.number(14)
    else { return nil }
    self.init(
      id: id, name: line.text(2), isConnected: line.text(3) == "connected",
      acknowledged: acknowledged, sentBytes: sentBytes, receivedBytes: receivedBytes,
      trouble: line.text(7), pausedUntil: line.number(8).map(PauseBook.end(ofSeconds:)),
      isHeard: line.text(9) == "heard")
    (self.sentRate, self.receivedRate) = (sentRate, receivedRate)
    (sentLimit, receivedLimit) = (line.number(12), line.number(13))
    self.notHeld = notHeld
  }
}
