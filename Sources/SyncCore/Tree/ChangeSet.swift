/// What happened at one path, net of everything that cancelled out while it settled.
public enum Change: Hashable, Sendable {
  /// Something appeared. For a directory: it and everything found in it is to be looked at.
  case created(RelativePath, isDirectory: Bool)
  /// Content or metadata changed.
  case modified(RelativePath, isDirectory: Bool)
  /// Something disappeared; for a directory everything in it, too.
  case removed(RelativePath, isDirectory: Bool)
  /// One thing, unread and unchanged, has another place.
  case moved(from: RelativePath, to: RelativePath, isDirectory: Bool)
  /// Events were lost, or nobody could watch: compare this whole subtree with the index.
  case rescan(RelativePath)
}

/// Related changes that have settled together: nobody is still writing, and no path in it has been
/// touched for its quiet time.
public struct ChangeSet: Hashable, Sendable {
  /// In the order in which they must be understood: a move before changes below its new place.
  public var changes: [Change]

  /// Whether a directory came or went.
  var concernsDirectories: Bool {
    changes.contains { change in
      switch change {
      case .created(_, let isDirectory), .removed(_, let isDirectory),
        .moved(_, _, let isDirectory):
        isDirectory
      case .modified: false
      case .rescan: true
      }
    }
  }

  /// A set of these changes.
  public init(changes: [Change]) { self.changes = changes }
}
