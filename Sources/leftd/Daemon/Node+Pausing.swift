import CLinux
import SyncCore
import SyncEngine

extension Node {
  /// Exchanges nothing with what `target` names, for so many seconds or (0) until `resume`; with
  /// `isHeard` the peers are still listened to.
  func pause(
    _ target: String, seconds: Int64, isHeard: Bool
  ) throws(EngineError) -> [ControlLine] {
    let entries = try entries(of: target)
    let end =
      seconds == 0
      ? Pauses.endless
      : PauseBook.end(ofSeconds: clinux_wall_nanoseconds() / 1_000_000_000 + seconds)
    try pauses.pause(entries, until: end, isHeard: isHeard)
    applyPauses()
    for entry in entries {
      log.write(
        LogEntry(
          .notice, "Share \(entry.share) is paused \(PauseText.end(end)).", peer: entry.peer))
    }
    return lines(entries, end: String(PauseBook.seconds(ofEnd: end)))
  }

  /// Goes on with what `target` names.
  func resume(_ target: String) throws(EngineError) -> [ControlLine] {
    let ended = try pauses.resume(entries(of: target))
    applyPauses()
    for entry in ended {
      log.write(
        LogEntry(.notice, "Share \(entry.share) goes on, by 'leftd resume'.", peer: entry.peer))
    }
    return lines(ended, end: "")
  }

  private func lines(_ entries: [PauseBook.Entry], end: String) -> [ControlLine] {
    let peers = configuration.peers
    return entries.map { entry in
      let name = peers.first { $0.id == entry.peer }?.name ?? entry.peer.short
      return ControlLine("paused", entry.share, name, end)
    }
  }

  /// `share:NAME`, `peer:NAME`, a name that only one of the two has, or nothing for all.
  private func entries(of target: String) throws(EngineError) -> [PauseBook.Entry] {
    let configuration = configuration
    let parts = target.split(separator: ":", maxSplits: 1).map(String.init)
    let (kind, name) = parts.count == 2 ? (parts[0], parts[1]) : ("", target)
    let isShare = kind != "peer" && configuration.shares.contains { $0.name == name }
    let isPeer = kind != "share" && configuration.peers.contains { $0.name == name }
    if isShare && isPeer {
      throw EngineError(
        "\(quoted(name)) is both a share and a peer",
        remedy: "Say 'share:\(name)' or 'peer:\(name)'.")
    }
    guard isShare || isPeer || target.isEmpty else {
      let known = configuration.shares.map(\.name) + configuration.peers.map(\.name)
      throw EngineError(
        "there is no share or peer \(quoted(target)) here",
        remedy: "There are: \(known.map(printable).joined(separator: ", ")).")
    }
    let entries = configuration.shares.filter { !isShare || $0.name == name }.flatMap { share in
      configuration.peers(of: share).filter { !isPeer || $0.name == name }
        .map { PauseBook.Entry(share: share.name, peer: $0.id) }
    }
    guard !entries.isEmpty else {
      throw EngineError(
        target.isEmpty ? "there is no peer yet" : "nobody shares \(quoted(target)) with this node",
        remedy: "'leftd peers' and 'leftd status' list them.")
    }
    return entries
  }
}

/// The end of a pause, for people.
enum PauseText {
  /// `until 2026-11-21 14:00:00`, or until when a person ends it.
  static func end(_ end: Int64) -> String {
    end == Pauses.endless
      ? "until 'leftd resume'" : "until \(LogLine.text(ofTime: Int(end / 1_000_000_000)))"
  }
}
