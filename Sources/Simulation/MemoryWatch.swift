import SyncCore

/// What a watcher of a simulated disk has to tell and has not told yet. What lies below a directory
/// that is moved meanwhile is told under its new path.
struct MemoryWatch {
  private(set) var pending: [Change] = []

  mutating func note(_ change: Change) {
    if pending.last != change { pending.append(change) }
  }

  /// Something has another place; either may be leftd's own, which is never told of.
  mutating func noteMove(from: RelativePath, to: RelativePath, isDirectory: Bool) {
    switch (from.isReserved, to.isReserved) {
    case (true, true): break
    case (true, false): note(.created(to, isDirectory: isDirectory))
    case (false, true): note(.removed(from, isDirectory: isDirectory))
    case (false, false):
      rewrite { $0.replacingPrefix(from, with: to) ?? $0 }
      note(.moved(from: from, to: to, isDirectory: isDirectory))
    }
  }

  /// Two things have changed places.
  mutating func noteExchange(
    _ left: RelativePath, isDirectory leftIsDirectory: Bool, _ right: RelativePath,
    isDirectory rightIsDirectory: Bool
  ) {
    guard !left.isReserved, !right.isReserved else {
      let (place, isDirectory) =
        left.isReserved ? (right, leftIsDirectory) : (left, rightIsDirectory)
      guard !place.isReserved else { return }
      return note(.created(place, isDirectory: isDirectory))
    }
    rewrite {
      $0.replacingPrefix(left, with: right) ?? $0.replacingPrefix(right, with: left) ?? $0
    }
    note(.moved(from: left, to: right, isDirectory: leftIsDirectory))
    note(.moved(from: right, to: left, isDirectory: rightIsDirectory))
  }

  /// Takes the first changes, oldest first.
  mutating func take(_ count: Int) -> [Change] {
    defer { pending.removeFirst(count) }
    return Array(pending.prefix(count))
  }

  mutating func forget() { pending = [] }

  private mutating func rewrite(_ path: (RelativePath) -> RelativePath) {
    pending = pending.map { change in
      switch change {
      case .created(let old, let isDirectory): .created(path(old), isDirectory: isDirectory)
      case .modified(let old, let isDirectory): .modified(path(old), isDirectory: isDirectory)
      case .removed(let old, let isDirectory): .removed(path(old), isDirectory: isDirectory)
      case .moved(let from, let to, let isDirectory):
        .moved(from: path(from), to: path(to), isDirectory: isDirectory)
      case .rescan(let old): .rescan(path(old))
      }
    }
  }
}
