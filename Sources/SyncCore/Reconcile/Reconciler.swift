/// Decides between two entries with the same key. A pure function of the two, the same on every
/// node and in either order.
public enum Reconciler {
  /// What comes of two entries.
  public struct Merge: Hashable, Sendable {
    /// What stands at the key from now on.
    public var kept: Entry
    /// A content that lost and is kept beside, at its conflict place and in its own version.
    public var copy: Entry?
  }

  /// Merges two entries of one key.
  ///
  /// - Obsolete loses to what had seen it, whatever it is.
  /// - Concurrent with equal content is no conflict: the vectors merge, the metadata is the
  /// winner's.
  /// - A modification beats a deletion; between modifications that of the `preferred` node wins, or
  ///   else the later one, and the other is kept as a copy.
  public static func merge(
    _ left: Entry, _ right: Entry, preferring preferred: NodeID? = nil
  ) -> Merge {
    precondition(left.key == right.key)
    var merge = mergeButForBundles(left, right, preferred)
    merge.kept.bundle =
      merge.kept.isAlias
      ? nil : BundleVersion.merged(left.bundle, right.bundle, preferring: preferred)
    return merge
  }

  private static func mergeButForBundles(
    _ left: Entry, _ right: Entry, _ preferred: NodeID?
  ) -> Merge {
    switch order(left, right) {
    case .newer: return Merge(kept: left.absorbing(right))
    case .obsolete: return Merge(kept: right.absorbing(left))
    case .same where left.isEqualButForItsPast(to: right):
      return Merge(kept: left.absorbing(right))
    // Two contents under one dot: a node reused a number. Neither is lost.
    case .same, .concurrent: return mergeConcurrent(left, right, preferred)
    }
  }

  /// How one entry stands to another of its key.
  ///
  /// Deletions that were merged have one dot and all their pasts: what one of them had seen stays
  /// deleted, even if it had seen another of them and won.
  private static func order(_ left: Entry, _ right: Entry) -> Version.Order {
    let order = left.version.order(to: right.version)
    guard order == .concurrent, left.isAlive != right.isAlive else { return order }
    let (alive, gone) = left.isAlive ? (left, right) : (right, left)
    guard !gone.isAlias, gone.version.vector.includes(alive.version.dot) else { return order }
    return left.isAlive ? .obsolete : .newer
  }

  private static func mergeConcurrent(
    _ left: Entry, _ right: Entry, _ preferred: NodeID?
  ) -> Merge {
    let (winner, loser) =
      wins(left, over: right, preferring: preferred) ? (left, right) : (right, left)
    let kept = winner.absorbing(loser)
    switch (winner.body, loser.body) {
    case (_, .deleted), (_, .deletedDirectory), (_, .directory), (_, .merged):
      return Merge(kept: kept)
    case (_, .file) where isOnlyForgotten(loser, by: winner):
      return Merge(kept: kept)
    case (_, .file), (_, .symlink):
      if winner.body == loser.body { return Merge(kept: kept) }
      var copy = loser
      copy.place.name = ConflictName.other(for: loser)
      return Merge(kept: kept, copy: copy)
    }
  }

  /// The total order among concurrent versions of one key.
  static func wins(_ left: Entry, over right: Entry, preferring preferred: NodeID?) -> Bool {
    // A directory that was merged into another stays merged; into the smaller one.
    switch (left.body, right.body) {
    case (.merged(_, let leftTarget), .merged(_, let rightTarget)) where leftTarget != rightTarget:
      return leftTarget < rightTarget
    case (.merged, .merged): break
    case (.merged, _): return true
    case (_, .merged): return false
    case (.file, _), (.symlink, _), (.directory, _), (.deleted, _), (.deletedDirectory, _): break
    }
    if left.isAlive != right.isAlive {
      let (alive, deleted) = left.isAlive ? (left, right) : (right, left)
      return isOnlyForgotten(alive, by: deleted) ? !left.isAlive : left.isAlive
    }
    // What lost before has its place beside the winner: it has no other to go to.
    if ConflictName.isAtPlace(left) != ConflictName.isAtPlace(right) {
      return ConflictName.isAtPlace(left)
    }
    let isLeftPreferred = left.version.dot.actor.node == preferred?.prefix
    let isRightPreferred = right.version.dot.actor.node == preferred?.prefix
    if isLeftPreferred != isRightPreferred { return isLeftPreferred }
    let (leftTime, rightTime) = (effectiveTime(left), effectiveTime(right))
    if leftTime != rightTime { return leftTime > rightTime }
    switch (left.content?.id, right.content?.id) {
    case (let leftContent?, let rightContent?) where leftContent != rightContent:
      return rightContent < leftContent
    case (.some, nil): return true
    case (nil, .some): return false
    case (.some, .some), (nil, nil): break
    }
    // Of what is equal, that which is at home in its directory: who has moved it there from the
    // alias deleted it in that.
    let isLeftMoved = left.version.dot.actor.isTransplanted
    let isRightMoved = right.version.dot.actor.isTransplanted
    if left.directory == nil, left.isAlive, left.body == right.body, isLeftMoved != isRightMoved {
      return isRightMoved
    }
    if left.version.dot != right.version.dot { return right.version.dot < left.version.dot }
    // One dot for two entries. Any order will do that is the same everywhere: that of their bytes.
    return encoded(right).lexicographicallyPrecedes(encoded(left))
  }

  private static func encoded(_ entry: Entry) -> [UInt8] {
    var writer = WireWriter()
    var actors = ActorTable()
    writer.entry(entry, actors: &actors)
    return writer.bytes
  }

  /// Whether a file that nobody had seen before is just what `deletion` deleted: a node that lost
  /// its index found it on its disk. It goes with the deletion (to the trash), and doesn't come
  /// back. Nothing of such a node's new life can have been seen by the deletion.
  private static func isOnlyForgotten(_ alive: Entry, by deletion: Entry) -> Bool {
    guard case .deleted(let was) = deletion.body, let was, let content = alive.content?.id else {
      return false
    }
    let found = alive.version
    // In directories that were merged nobody had seen anything of the other.
    if found.dot.actor.isTransplanted || deletion.version.dot.actor.isTransplanted { return false }
    return content == was && found.vector.components.count == 1
      && deletion.version.vector.counter(of: found.dot.actor) == 0
  }

  /// When an entry was made. A modification time in the future counts as the moment at which its
  /// origin saw it: a wrong clock must not win for ever.
  private static func effectiveTime(_ entry: Entry) -> Int64 {
    switch entry.body {
    case .file, .symlink: min(entry.mtime, entry.version.time)
    case .directory, .deleted, .deletedDirectory, .merged: entry.version.time
    }
  }
}

extension Entry {
  /// This entry with the past of another, too.
  func absorbing(_ other: Entry) -> Entry {
    var kept = self
    kept.version = version.absorbing(other.version)
    kept.bundle = BundleVersion.merged(bundle, other.bundle)
    return kept
  }

  /// Whether two entries of one dot are what it made; a number that a node used again makes others.
  func isEqualButForItsPast(to other: Entry) -> Bool {
    body == other.body && place == other.place && mode == other.mode && mtime == other.mtime
      && attributes == other.attributes && version.time == other.version.time
  }
}
