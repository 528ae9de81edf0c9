import Glibc
import SyncCore

/// What a set from a peer did is taken back, where it is still as the set left it.
extension Hand {
  private static let changed = "it has changed since"
  private static let taken = "something else is there now"
  private static let gone = "the trash does not have it any more"

  /// Takes each step that finds what it expects; what does not stays, and is said.
  mutating func undo(_ plan: UndoPlan) {
    for left in plan.left { note(.left, left.path, left.reason) }
    let trash = Trash(plan: plan.number, of: fileSystem)
    var waiting = plan.steps[...]
    while let step = waiting.popFirst() {
      guard case .moveBack = step else {
        attempt(step) { hand throws(FileError) in try hand.take(step, trash) }
        continue
      }
      // One move may have to wait for another: they are taken until none succeeds any more.
      let moves = [step] + waiting.prefix(while: \.isMove)
      waiting = waiting.dropFirst(moves.count - 1)
      undoMoves(moves, trash)
    }
  }

  private mutating func undoMoves(_ moves: [UndoPlan.Step], _ trash: Trash) {
    var rest = moves
    while !rest.isEmpty {
      var later: [UndoPlan.Step] = []
      for step in rest {
        do throws(FileError) {
          try take(step, trash)
        } catch {
          later.append(step)
        }
      }
      guard later.count < rest.count else { break }
      rest = later
    }
    for step in rest {
      attempt(step) { hand throws(FileError) in try hand.take(step, trash) }
    }
  }

  private mutating func attempt(
    _ step: UndoPlan.Step, _ body: (inout Hand) throws(FileError) -> Void
  ) {
    do throws(FileError) {
      try body(&self)
    } catch {
      let reason =
        switch error.errno {
        case EEXIST: Self.taken
        case ENOTEMPTY: "it is not empty"
        case ENOENT, ENOTDIR: "its directory is gone"
        default: error.description
        }
      note(.left, step.path, reason)
    }
  }

  private mutating func take(_ step: UndoPlan.Step, _ trash: Trash) throws(FileError) {
    switch step {
    case .exchange(let item, let expected): try exchange(item, expected, trash)
    case .discard(let path, let expected): try discard(path, expected: expected)
    case .removeDirectory(let path, let expected):
      let (parent, name) = try parent(of: path)
      guard try parent.stamp(of: name)?.isAsMoved(expected) == true else {
        return note(.left, path, Self.changed)
      }
      try removeDirectory(name, in: parent)
      note(.removed, path)
    case .moveBack(let item, let expected): try moveBack(item, expected, trash)
    case .putBack(let item): try putBack(item, to: item.path, from: item.from, trash)
    }
  }

  private mutating func exchange(
    _ item: HistoryItem, _ expected: FileStamp, _ trash: Trash
  ) throws(FileError) {
    let (target, name) = try parent(of: item.path)
    guard try target.stamp(of: name) == expected else {
      return note(.left, item.path, Self.changed)
    }
    guard let slot = trash.find(from: item.from, where: { $0.inode == item.trashed }) else {
      return note(.left, item.path, Self.gone)
    }
    try exchange(slot.name, in: slot.directory, with: name, in: target)
    guard try slot.directory.stamp(of: slot.name)?.isAsMoved(expected) == true else {
      // Somebody wrote between the look and the exchange.
      try exchange(slot.name, in: slot.directory, with: name, in: target)
      return note(.left, item.path, Self.changed)
    }
    try discard(slot.name, in: slot.directory, as: item.path)
    note(.restored, item.path)
  }

  private mutating func discard(
    _ path: RelativePath, expected: FileStamp
  ) throws(FileError) {
    let (parent, name) = try parent(of: path)
    guard try parent.stamp(of: name) == expected else { return note(.left, path, Self.changed) }
    let slot = try discard(name, in: parent, as: path)
    guard try slot.directory.stamp(of: slot.name)?.isAsMoved(expected) == true else {
      try move(slot.name, in: slot.directory, to: name, in: parent)
      return note(.left, path, Self.changed)
    }
    note(.trashed, path)
  }

  private mutating func moveBack(
    _ item: HistoryItem, _ expected: FileStamp, _ trash: Trash
  ) throws(FileError) {
    let (source, name) = try parent(of: item.path)
    guard try source.stamp(of: name)?.isAsExpected(expected) == true else {
      return note(.left, item.path, Self.changed)
    }
    let (target, oldName) = try parent(of: item.from)
    try move(name, in: source, to: oldName, in: target)
    note(.renamed, item.path, other: item.from)
    if item.trashed != 0 { try putBack(item, to: item.path, from: item.path, trash) }
  }

  /// Brings back what went to the trash, if it has not come back with its directory.
  private mutating func putBack(
    _ item: HistoryItem, to path: RelativePath, from original: RelativePath, _ trash: Trash
  ) throws(FileError) {
    guard let above = path.parent, let name = path.name else { return }
    if let standing = try stamp(at: path) {
      if standing.inode != item.trashed { note(.left, path, Self.taken) }
      return
    }
    if let slot = trash.find(from: original, where: { $0.inode == item.trashed }) {
      try move(slot.name, in: slot.directory, to: name, in: try making(above))
    } else if item.isDirectory, item.action == .deleted {
      // It went when all that was in it had gone.
      try makeDirectory(name, in: try making(above), mode: item.mode)
    } else {
      return note(.left, path, Self.gone)
    }
    note(.restored, path)
  }
}

extension UndoPlan.Step {
  fileprivate var isMove: Bool {
    if case .moveBack = self { true } else { false }
  }

  fileprivate var path: RelativePath {
    switch self {
    case .exchange(let item, _), .moveBack(let item, _), .putBack(let item): item.path
    case .discard(let path, _), .removeDirectory(let path, _): path
    }
  }
}
