// What users can look up afterwards: which set changed what here, and whose it was.

extension Engine {
  /// What a flip did, as it is put into the index. After its rows are recorded, in the same
  /// transaction; `nil` if it did nothing.
  func history(
    of done: Flipping, _ result: FlipResult, from peers: [NodeID]
  ) throws(IndexError) -> HistorySet? {
    var set = HistorySet(
      number: done.plan.id, last: index.sequence, time: now.wall, origin: .peer(peers.first))
    var places = PlaceNames(before: done.plan.directories)
    for (operation, outcome) in zip(done.plan.operations, result.results) where outcome.isDone {
      guard let item = try places.item(for: operation, in: self) else { continue }
      set.add(item, limit: Limits.historyItemCount)
    }
    return set.counts.total > 0 ? set : nil
  }

  /// What users here did, as it is put into the index. After its rows are recorded, in the same
  /// transaction.
  func history(
    of recorded: [(item: LocalItem, from: RelativePath?)], in job: LocalJob, since number: UInt64
  ) -> HistorySet? {
    var set = HistorySet(number: number, last: index.sequence, time: now.wall, origin: .here)
    var sources: [RelativePath: RelativePath] = [:]
    for move in job.moves { sources[move.to] = move.from }
    let gone = Set(recorded.filter(\.item.isRemoval).map(\.item.path))
    var moved: Set<RelativePath> = []
    for (item, _) in recorded where !item.isRemoval {
      if let source = sources[item.path], gone.contains(source) { moved.insert(source) }
    }
    for (item, from) in recorded where !item.isRemoval || !moved.contains(item.path) {
      let source = sources[item.path].flatMap { moved.contains($0) ? $0 : nil }
      if let change = item.change(from: from ?? source) {
        set.add(change, limit: Limits.localHistoryItemCount)
      }
    }
    return set.counts.total > 0 ? set : nil
  }
}

/// The paths of places before and after a flip.
private struct PlaceNames {
  private let before: [DirectoryID: RelativePath]
  private var after: [DirectoryID: RelativePath?] = [:]

  init(before: [DirectoryID: RelativePath]) { self.before = before }

  /// Where the trash keeps what stood at a place.
  private func old(_ place: Place) -> RelativePath? {
    (place.parent == .root ? .root : before[place.parent])?.appending(place.name)
  }

  private mutating func new(_ place: Place, in engine: Engine) throws(IndexError) -> RelativePath? {
    try now(place.parent, in: engine)?.appending(place.name)
  }

  private mutating func now(
    _ directory: DirectoryID, in engine: Engine
  ) throws(IndexError) -> RelativePath? {
    if let known = after[directory] { return known }
    // Of a tree that is new its top is asked for first, and each directory before those in it.
    let row = try engine.index.row(.directory(directory))
    let path: RelativePath?
    if let row, row.entry.isAlive, let above = after[row.entry.place.parent] {
      path = above?.appending(row.entry.place.name)
    } else {
      path = try engine.path(of: directory)
    }
    after[directory] = .some(path)
    return path
  }

  mutating func item(
    for operation: Operation, in engine: Engine
  ) throws(IndexError) -> HistoryItem? {
    switch operation {
    case .makeDirectory(_, let place, _):
      return try new(place, in: engine).map { HistoryItem(.created, $0, isDirectory: true) }
    case .moveDirectory(_, let from, let to, _, _):
      return try new(to, in: engine).map {
        HistoryItem(.moved, $0, isDirectory: true, from: old(from))
      }
    case .putFile(_, let place, let replaced), .putSymlink(_, let place, _, let replaced):
      return try new(place, in: engine).map {
        HistoryItem(
          replaced == nil ? .created : .changed, $0, isDirectory: false, from: old(place),
          trashed: replaced?.inode ?? 0)
      }
    case .moveFile(let from, let to, _, let replaced, _, _):
      return try new(to, in: engine).map {
        HistoryItem(.moved, $0, isDirectory: false, from: old(from), trashed: replaced?.inode ?? 0)
      }
    case .setAttributes(let place, let expected, _, _):
      return try new(place, in: engine).map {
        HistoryItem(.changed, $0, isDirectory: expected.kind == .directory)
      }
    case .removeFile(let place, let expected):
      return old(place).map {
        HistoryItem(.deleted, $0, isDirectory: false, trashed: expected.inode)
      }
    case .removeDirectory(_, let place, let expected):
      return old(place).map {
        HistoryItem(
          .deleted, $0, isDirectory: true, trashed: expected.inode, mode: expected.mode)
      }
    }
  }
}

extension LocalItem {
  fileprivate var isRemoval: Bool {
    switch finding {
    case .removed: true
    case .directory, .file, .symlink, .forgotten, .dropped: false
    }
  }

  /// What a user did with it. `from` is where it was, if that was elsewhere.
  fileprivate func change(from: RelativePath?) -> HistoryItem? {
    let isKnown = previous?.entry.isAlive == true
    switch finding {
    case .directory:
      let action: HistoryItem.Action = from != nil ? .moved : isKnown ? .changed : .created
      return HistoryItem(action, path, isDirectory: true, from: from)
    case .file, .symlink:
      let action: HistoryItem.Action = from != nil ? .moved : isKnown ? .changed : .created
      return HistoryItem(action, path, isDirectory: false, from: from)
    case .removed:
      return HistoryItem(.deleted, path, isDirectory: goneDirectory != nil)
    case .forgotten, .dropped: return nil
    }
  }
}
