import SyncCore
import SyncEngine

/// What `leftd explain` says of a path: the answer first, then what it follows from.
struct ExplanationText {
  /// One line; the answer has no label.
  struct Fact: Equatable {
    var label: String
    var text: String
  }

  private(set) var facts: [Fact] = []
  private let path: RelativePath
  private let explanation: Explanation
  private let report: StatusReport
  private let names: [UInt64: String]

  /// `names` are those of nodes by the first bytes of their ids, `peers` add theirs.
  init(
    _ path: RelativePath, _ explanation: Explanation, _ report: StatusReport,
    names: [UInt64: String], peers: [PeerSettings]
  ) {
    self.path = path
    self.explanation = explanation
    self.report = report
    let known = peers.map { ($0.id.prefix, $0.name) }
    self.names = names.merging(known) { own, _ in own }
    facts = [Fact(label: "", text: answer)]
    if path.isReserved { return }
    if let rule = explanation.rule { add("rule", Self.text(rule)) }
    add("disk", Self.text(explanation.found))
    if let row = explanation.row { add("version", text(row)) }
    if explanation.isConflictCopy {
      add("conflict", "the loser of a conflict, kept beside the winner; delete one of the two")
    }
    if let sequence = toldSequence {
      for peer in report.peers { add("peer", text(peer, sequence)) }
    }
  }

  private mutating func add(_ label: String, _ text: String) {
    facts.append(Fact(label: label, text: text))
  }

  // MARK: The answer

  private var answer: String {
    if path.isReserved { return "not synced: it is leftd's own" }
    if explanation.isIgnored { return "not synced: it is ignored" }
    switch explanation.found {
    case .special: return "not synced: it is neither file, directory nor symbolic link"
    case .unreadable(let errno):
      return "not synced: it can't be looked at (\(Errno(code: errno))); check its permissions"
    case .absent, .entry, .symlink, .ignored: break
    }
    if report.activity == .held { return "on hold: \(printable(report.trouble))" }
    if explanation.isBusy { return "on its way: it is being looked at or read just now" }
    if let sender = explanation.sender {
      return "on its way: another version comes from \(name(sender.prefix) ?? sender.short)"
    }
    return settledAnswer
  }

  private var settledAnswer: String {
    guard let row = explanation.row, row.entry.isAlive || !isThere else { return unknownAnswer }
    if row.entry.isAlive, row.observed == nil {
      return "not here: it was ignored until now, and comes from whoever has it"
    }
    if explanation.isChanged {
      return "on its way: it has changed, and somebody may still be writing to it"
    }
    let missing = report.peers.filter { $0.acknowledged < row.sequence }
    guard missing.isEmpty else {
      let names = missing.map { printable($0.name) }.joined(separator: ", ")
      return "on its way: not yet on \(names)"
    }
    guard row.entry.isAlive else { return "deleted: every peer knows" }
    return report.peers.contains { $0.notHeld > 0 }
      ? "synced: every peer has it or does not hold it" : "synced: every peer has it"
  }

  private var unknownAnswer: String {
    if path.isRoot { return "synced: it is the folder of share \(printable(report.share)) itself" }
    guard isThere else { return "nothing is there, and nothing is known of it" }
    if case .entry(let stamp) = explanation.found, stamp.kind == .directory {
      return "not yet synced: it is new and has not settled, or holds only what is ignored"
    }
    return "on its way: it is new, and somebody may still be writing to it"
  }

  private var isThere: Bool { explanation.found != .absent }

  /// What peers must acknowledge to have it.
  private var toldSequence: UInt64? {
    guard let row = explanation.row, !explanation.isIgnored else { return nil }
    return row.entry.isAlive && row.observed == nil ? nil : row.sequence
  }

  // MARK: What it follows from

  private static func text(_ rule: IgnoreReason) -> String {
    let source =
      switch rule.source {
      case .configuration: "'ignore' in this machine's configuration"
      case .file(let directory):
        "line \(rule.pattern.line) of \(directory.appending(IgnoreRules.fileName))"
      }
    let effect = rule.pattern.isNegated ? "keeps" : "ignores"
    return "\(source) \(effect) \(rule.path): \(DisplayText.escape(rule.pattern.text))"
  }

  private static func text(_ found: Found) -> String {
    switch found {
    case .absent: "nothing"
    case .entry(let stamp) where stamp.kind == .directory: "a directory"
    case .entry(let stamp): "a file of \(stamp.size) bytes"
    case .symlink(_, let target): "a symbolic link to \(DisplayText.escape(target))"
    case .special: "a FIFO, socket or device"
    case .unreadable(let errno): "cannot be looked at: \(Errno(code: errno))"
    case .ignored: "something ignored"
    }
  }

  private func text(_ row: Row) -> String {
    let version = row.entry.version
    let actor = version.dot.actor
    let writer = name(actor.node) ?? actor.shortNode
    let what =
      switch row.entry.body {
      case .file(_, let size): "\(size) bytes"
      case .symlink: "a symbolic link"
      case .directory: "a directory"
      case .deleted, .deletedDirectory, .merged: "deleted"
      }
    let place = row.entry.isAlive && row.observed == nil ? "; not held here" : ""
    return "\(what), by \(printable(writer)) at \(Self.time(version.time)) "
      + "(change \(version.dot.counter) there, \(row.sequence) here)\(place)"
  }

  private func name(_ prefix: UInt64) -> String? { names[prefix].map(printable) }

  private func text(_ peer: StatusReport.Peer, _ sequence: UInt64) -> String {
    var has = peer.acknowledged >= sequence ? "has it" : "does not have it yet"
    if peer.acknowledged >= sequence, peer.notHeld > 0, explanation.row?.entry.isAlive == true {
      let exceptions = Amount.count(peer.notHeld, "thing", "things")
      has += ", unless it is among the \(exceptions) not held there"
    }
    return "\(printable(peer.name)) \(has)\(peer.isConnected ? "" : " (not connected)")"
  }

  /// `2026-11-21 10:15:00 UTC`.
  private static func time(_ time: Int64) -> String {
    let digits = ConflictName.stamp(time).map(String.init)
    func part(_ range: Range<Int>) -> String { digits[range].joined() }
    return "\(part(0..<4))-\(part(4..<6))-\(part(6..<8)) "
      + "\(part(9..<11)):\(part(11..<13)):\(part(13..<15)) UTC"
  }
}
