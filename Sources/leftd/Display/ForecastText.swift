import SyncCore
import SyncEngine

/// What would happen between a share and one of its peers, for people and for programs.
struct ForecastText {
  let share: StatusReport
  let peer: String
  let forecast: Forecast

  /// The totals, then a line for each thing.
  var text: String {
    var text = "\(printable(share.share)) and \(printable(peer)): "
    guard forecast.isConnected else {
      return text + "the peer is not connected, so nothing is known of what it has\n"
    }
    text += "it has told of \(Amount.count(forecast.announcedCount, "change", "changes"))"
    text += forecast.isIncomplete ? ", and is not at its end\n" : "\n"
    if forecast.totals.isEmpty { return text + "  nothing would happen\n" }
    for side in Forecast.Side.allCases {
      for total in forecast.totals where total.side == side {
        text += "  \(column(name(side), 12)) \(column(word(total.kind), 20)) \(amount(total))\n"
      }
    }
    text += "\n" + forecast.items.map(line).joined()
    let count = forecast.totals.reduce(0) { $0 + $1.files + $1.directories }
    if count > forecast.items.count {
      text += "  … and \(Amount.grouped(count - forecast.items.count)) more; name a folder\n"
    }
    return text
  }

  /// The same as one object.
  var json: JSON {
    .object([
      ("share", .string(share.share)),
      ("peer", .string(peer)),
      ("connected", .bool(forecast.isConnected)),
      ("announced", .number(forecast.announcedCount)),
      ("complete", .bool(forecast.isConnected && !forecast.isIncomplete)),
      (
        "totals",
        .array(
          forecast.totals.map { total in
            .object([
              ("side", .string(total.side.rawValue)), ("kind", .string(total.kind.rawValue)),
              ("files", .number(total.files)), ("directories", .number(total.directories)),
              ("bytes", .number(total.bytes)),
            ])
          })
      ),
      (
        "items",
        .array(
          forecast.items.map { item in
            .object([
              ("side", .string(item.side.rawValue)), ("kind", .string(item.kind.rawValue)),
              ("path", .string(item.path.description)),
              ("from", .string(item.from.isRoot ? "" : item.from.description)),
              ("directory", .bool(item.isDirectory)), ("size", .number(item.size)),
            ])
          })
      ),
    ])
  }

  private func line(_ item: Forecast.Item) -> String {
    var text = "  \(column(name(item.side), 12)) \(column(word(item.kind), 20)) \(item.path)"
    if item.isDirectory { text += "/" }
    if !item.from.isRoot { text += ", now \(item.from)" }
    if item.size > 0 { text += " (\(Amount.bytes(item.size)))" }
    return text + "\n"
  }

  private func amount(_ total: Forecast.Total) -> String {
    var parts: [String] = []
    if total.files > 0 { parts.append(Amount.count(total.files, "file", "files")) }
    if total.directories > 0 {
      parts.append(Amount.count(total.directories, "directory", "directories"))
    }
    if total.bytes > 0 { parts.append(Amount.bytes(total.bytes)) }
    return parts.joined(separator: ", ")
  }

  private func name(_ side: Forecast.Side) -> String {
    switch side {
    case .here: "here"
    case .there: "on \(printable(peer))"
    }
  }

  private func word(_ kind: Forecast.Kind) -> String {
    switch kind {
    case .created: "created"
    case .replaced: "replaced"
    case .sent: "created or replaced"
    case .deleted: "deleted"
    case .moved: "moved"
    case .conflict: "kept as a conflict"
    case .attributes: "other attributes"
    }
  }
}
