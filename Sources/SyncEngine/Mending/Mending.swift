public import SyncCore

/// What a person asks of a share when something went otherwise than wanted.
public enum Mending: Hashable, Sendable {
  /// Which side of a conflict stays under the name.
  public enum Side: String, Sendable, CaseIterable {
    /// What stands there.
    case ours
    /// The copy's content.
    case theirs
    /// What stands there, with the copy under an ordinary name beside it.
    case both
  }

  /// Lists the conflict copies.
  case conflicts
  /// Ends a conflict about a file, or one of its copies.
  case resolve(RelativePath, Side)
  /// The last sets that concern a path, at most `count`.
  case history(RelativePath, count: Int)
  /// One set.
  case set(UInt64)
  /// What the trash has of a path, the newest first.
  case versions(RelativePath)
  /// Puts back what a folder of the trash has of a path.
  case restore(RelativePath, from: Name)
  /// Takes back what a set from a peer did.
  case undo(UInt64)
  /// Lets go on what is held.
  case release
  /// What would happen below a path when pauses end.
  case forecast(RelativePath)
  /// Lists what a replica has otherwise than its peers, below a path.
  case deviations(RelativePath)
  /// Takes what only this replica has below a path to the trash.
  case discardAdded(RelativePath)
  /// Has everything else below a path be as the peers have it. What stands there goes to the trash.
  case takeBack(RelativePath)
}

/// What came of it.
public enum MendingAnswer: Hashable, Sendable {
  /// Conflict copies, by path.
  case conflicts([ConflictReport])
  /// What was done, and what was left as it is.
  case steps([MendingStep])
  /// Sets, the newest first.
  case history([HistorySet])
  /// What the trash has of a path, the newest first.
  case versions([TrashVersion])
  /// What was released, a sentence for each.
  case released([String])
  /// One for each peer that is heard while it is paused.
  case forecasts([Forecast])
  /// What a replica has otherwise than its peers.
  case deviations([Deviation])
}

/// A conflict copy that is in the share.
public struct ConflictReport: Hashable, Sendable {
  /// Where the copy lies.
  public var path: RelativePath
  /// Of which file it is, as far as its name tells.
  public var original: RelativePath
  /// Whether something stands under that name.
  public var hasOriginal: Bool
  /// The first seven digits of the id of the node that lost.
  public var node: String
  /// When what lost was written, nanoseconds since 1970 UTC.
  public var time: Int64
  /// Bytes of content; 0 for a directory.
  public var size: Int64

  /// A report from its parts.
  public init(
    path: RelativePath, original: RelativePath, hasOriginal: Bool, node: String, time: Int64,
    size: Int64
  ) {
    self.path = path
    self.original = original
    self.hasOriginal = hasOriginal
    self.node = node
    self.time = time
    self.size = size
  }
}

/// What the trash has of a path.
public struct TrashVersion: Hashable, Sendable {
  /// The folder in the trash.
  public var folder: Name
  /// When it went there, nanoseconds since 1970 UTC.
  public var time: Int64
  /// Whether it is a directory.
  public var isDirectory: Bool
  /// Bytes of content; 0 for a directory.
  public var size: Int64

  /// A version from its parts.
  public init(folder: Name, time: Int64, isDirectory: Bool, size: Int64) {
    self.folder = folder
    self.time = time
    self.isDirectory = isDirectory
    self.size = size
  }
}

/// One thing that was done to a path, or was not.
public struct MendingStep: Hashable, Sendable {
  /// What.
  public enum Kind: String, Sendable {
    /// It stays as it is, as was asked.
    case kept
    /// What lay at `other` is what stands here now.
    case put
    /// It went to the trash.
    case trashed
    /// It has the name `other` now.
    case renamed
    /// It came out of the trash; as `other`, unless that is the root.
    case restored
    /// An empty directory that is gone now.
    case removed
    /// The peers are asked for what they have.
    case asked
    /// It could not be done, for the reason in `note`; it is as it was.
    case left
  }

  /// What was done.
  public var kind: Kind
  /// To what.
  public var path: RelativePath
  /// The other path that belongs to it; the root if there is none.
  public var other: RelativePath
  /// Why, for people; empty if there is nothing to say.
  public var note: String

  /// A step from its parts.
  public init(
    _ kind: Kind, _ path: RelativePath, other: RelativePath = .root, note: String = ""
  ) {
    self.kind = kind
    self.path = path
    self.other = other
    self.note = note
  }
}
