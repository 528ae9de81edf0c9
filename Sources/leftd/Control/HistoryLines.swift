import SyncCore
import SyncEngine

/// Sets over the control socket: a line for each, followed by one for each thing it did.
extension HistorySet {
  /// Sets as lines; the things of the last ones are left out where an answer has too many.
  static func lines(_ sets: [HistorySet]) -> [ControlLine] {
    var room = Limits.shownHistoryItemCount
    return sets.flatMap { set -> [ControlLine] in
      let shown = set.items.prefix(room)
      room -= shown.count
      return [set.line] + shown.map(\.line)
    }
  }

  private var line: ControlLine {
    let (kind, peer) =
      switch origin {
      case .here: ("here", "")
      case .peer(let peer): ("peer", peer?.description ?? "")
      }
    let numbers = [counts.created, counts.changed, counts.moved, counts.deleted]
    return ControlLine(
      (["set", String(number), String(last), String(time), kind, peer] + numbers.map(String.init))
        .map { Array($0.utf8) })
  }

  /// Reads what `lines` writes; `nil` if it is something else.
  static func sets(_ lines: [ControlLine]) -> [HistorySet]? {
    var sets: [HistorySet] = []
    for line in lines {
      if let set = HistorySet(line) {
        sets.append(set)
      } else if let item = HistoryItem(line), !sets.isEmpty {
        sets[sets.count - 1].items.append(item)
      } else {
        return nil
      }
    }
    return sets
  }

  private init?(_ line: ControlLine) {
    guard line.text(0) == "set", line.words.count == 10, let number: UInt64 = line.number(1),
      let last: UInt64 = line.number(2), let time: Int64 = line.number(3),
      let created: Int = line.number(6), let changed: Int = line.number(7),
      let moved: Int = line.number(8), let deleted: Int = line.number(9)
    else { return nil }
    let isHere = line.text(4) == "here"
    self.init(
      number: number, last: last, time: time,
      origin: isHere ? .here : .peer(NodeID(text: line.text(5))))
    (counts.created, counts.changed) = (created, changed)
    (counts.moved, counts.deleted) = (moved, deleted)
  }
}

extension HistoryItem {
  fileprivate var line: ControlLine {
    ControlLine([
      Array("item".utf8), Array(action.name.utf8), Array((isDirectory ? "directory" : "file").utf8),
      path.bytes, from.bytes,
    ])
  }

  fileprivate init?(_ line: ControlLine) {
    let action = [Action.created, .changed, .moved, .deleted].first { $0.name == line.text(1) }
    guard line.text(0) == "item", line.words.count == 5, let action, let path = line.path(3),
      let from = line.path(4)
    else { return nil }
    self.init(action, path, isDirectory: line.text(2) == "directory", from: from)
  }
}

extension HistoryItem.Action {
  /// The word for it.
  var name: String {
    switch self {
    case .created: "created"
    case .changed: "changed"
    case .moved: "moved"
    case .deleted: "deleted"
    }
  }
}
