import SyncCore

/// What a watcher of a simulated disk has to tell and has not told yet. What lies below a directory
/// that is moved meanwhile is told under its new path, after the move.
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
      let below = rewrite { $0.replacingPrefix(from, with: to) }
      note(.moved(from: from, to: to, isDirectory: isDirectory))
      pending += below
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
    let below = rewrite {
      $0.replacingPrefix(left, with: right) ?? $0.replacingPrefix(right, with: left)
    }
    note(.moved(from: left, to: right, isDirectory: leftIsDirectory))
    note(.moved(from: right, to: left, isDirectory: rightIsDirectory))
    pending += below
  }

  /// Takes the first changes, oldest first.
  mutating func take(_ count: Int) -> [Change] {
    defer { pending.removeFirst(count) }
    return Array(pending.prefix(count))
  }

  mutating func forget() { pending = [] }

  /// Takes out what is about paths that have changed, with the new ones.
  private mutating func rewrite(_ path: (RelativePath) -> RelativePath?) -> [Change] {
    var rewritten: [Change] = []
    pending.removeAll { change in
      guard let relocated = change.relocated(path) else { return false }
      rewritten.append(relocated)
      return true
    }
    return rewritten
  }
}
