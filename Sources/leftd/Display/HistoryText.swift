import SyncCore
import SyncEngine

/// A set for people and programs.
enum HistoryText {
  /// Paths that are shown of a set unless all are asked for.
  private static let briefCount = 5

  static func text(
    _ set: HistorySet, _ share: StatusReport, _ status: DaemonStatus, isVerbose: Bool
  ) -> String {
    let seconds = Int(set.time / 1_000_000_000)
    var text = "\(set.number)  \(LogLine.text(ofTime: seconds))  "
    if status.shares.count > 1 { text += "\(printable(share.share))  " }
    text += "\(maker(set, share)): \(counts(set.counts))\n"
    let shown = isVerbose ? set.items[...] : set.items.prefix(briefCount)
    for item in shown { text += "    \(line(item))\n" }
    let rest = set.counts.total - shown.count
    if rest > 0 { text += "    and \(Amount.grouped(rest)) more\n" }
    return text
  }

  private static func maker(_ set: HistorySet, _ share: StatusReport) -> String {
    switch set.origin {
    case .here: "here"
    case .peer(nil): "a peer"
    case .peer(let id?):
      share.peers.first { $0.id == id }.map { printable($0.name) } ?? "node \(id.short)"
    }
  }

  private static func counts(_ counts: HistoryCounts) -> String {
    let parts = [
      (counts.created, "created"), (counts.changed, "changed"), (counts.moved, "moved"),
      (counts.deleted, "deleted"),
    ]
    return parts.filter { $0.0 > 0 }.map { "\(Amount.grouped($0.0)) \($0.1)" }
      .joined(separator: ", ")
  }

  private static func line(_ item: HistoryItem) -> String {
    let path = "\(item.path)\(item.isDirectory ? "/" : "")"
    return item.action == .moved
      ? "moved    \(item.from) to \(path)"
      : column(item.action.name, 9) + path
  }

  static func json(_ set: HistorySet, _ share: StatusReport, isVerbose: Bool) -> JSON {
    let peer: String? =
      switch set.origin {
      case .here: nil
      case .peer(let id): id?.description ?? ""
      }
    let shown = isVerbose ? set.items[...] : set.items.prefix(briefCount)
    return .object([
      ("share", .string(share.share)),
      ("set", .number(set.number)),
      ("time", .number(Int(set.time / 1_000_000_000))),
      ("local", .bool(peer == nil)),
      ("peer", .string(peer ?? "")),
      ("created", .number(set.counts.created)),
      ("changed", .number(set.counts.changed)),
      ("moved", .number(set.counts.moved)),
      ("deleted", .number(set.counts.deleted)),
      ("items", .array(shown.map(json))),
    ])
  }

  private static func json(_ item: HistoryItem) -> JSON {
    var members: [(String, JSON)] = [
      ("action", .string(item.action.name)), ("directory", .bool(item.isDirectory)),
      ("path", .string(item.path.description)),
    ]
    if item.action == .moved { members.append(("from", .string(item.from.description))) }
    return .object(members)
  }
}
