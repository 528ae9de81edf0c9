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

extension Change {
  /// The same change under the paths that `path` gives for its own; `nil` if it gives none. An end
  /// of a move for which it gives none stays.
  public func relocated(_ path: (RelativePath) -> RelativePath?) -> Change? {
    switch self {
    case .created(let old, let isDirectory):
      path(old).map { .created($0, isDirectory: isDirectory) }
    case .modified(let old, let isDirectory):
      path(old).map { .modified($0, isDirectory: isDirectory) }
    case .removed(let old, let isDirectory):
      path(old).map { .removed($0, isDirectory: isDirectory) }
    case .moved(let from, let to, let isDirectory):
      switch (path(from), path(to)) {
      case (nil, nil): nil
      case (let newFrom, let newTo):
        .moved(from: newFrom ?? from, to: newTo ?? to, isDirectory: isDirectory)
      }
    case .rescan(let old): path(old).map { .rescan($0) }
    }
  }
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

  /// Places to be looked at although nothing seems to have changed there.
  package init(passed paths: [RelativePath]) {
    changes = paths.map { .modified($0, isDirectory: false) }
  }
}
