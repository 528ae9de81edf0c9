/// The identity of a directory, for life: given when it is created, kept when it is moved, the same
/// on every node.
public struct DirectoryID: Hashable, Sendable {
  /// The upper half of 128 random bits.
  public let high: UInt64
  /// The lower half.
  public let low: UInt64

  /// An id from its two halves.
  public init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// Another id, as random as this one, for what the change `dot` makes of this directory.
  func renewed(by dot: Dot) -> DirectoryID {
    var halves: [UInt64] = []
    for half in [high, low] {
      var mixer = SplitMix64(seed: half ^ dot.actor.node)
      mixer = SplitMix64(seed: mixer.next() ^ dot.actor.incarnation)
      mixer = SplitMix64(seed: mixer.next() ^ dot.counter)
      halves.append(mixer.next())
    }
    return DirectoryID(high: halves[0], low: halves[1])
  }

  /// The share's root, on every node.
  public static let root = DirectoryID(high: 0, low: 0)
}

extension DirectoryID: Comparable {
  /// As a 128-bit number.
  public static func < (left: DirectoryID, right: DirectoryID) -> Bool {
    (left.high, left.low) < (right.high, right.low)
  }
}

extension DirectoryID: CustomStringConvertible {
  /// 32 hexadecimal digits.
  public var description: String {
    let bytes = [high, low].flatMap { half in
      (0..<8).map { UInt8(truncatingIfNeeded: half >> UInt64(56 - 8 * $0)) }
    }
    return Hexadecimal.encode(bytes)
  }
}

/// Where something stands in the tree: a name in a directory.
public struct Place: Hashable, Sendable {
  /// The directory.
  public var parent: DirectoryID
  /// The name in it.
  public var name: Name

  /// The place of `name` in `parent`.
  public init(parent: DirectoryID, name: Name) {
    self.parent = parent
    self.name = name
  }
}

extension Place: Comparable {
  /// By directory, then name.
  public static func < (left: Place, right: Place) -> Bool {
    (left.parent, left.name) < (right.parent, right.name)
  }
}

/// What an entry is identified by: a directory by its id wherever it stands, anything else by its
/// place. A file that is moved is gone in one place and new in another; a directory that is moved
/// is one changed entry, whatever is inside.
public enum EntryKey: Hashable, Sendable, Comparable {
  /// A directory.
  case directory(DirectoryID)
  /// A file, a symlink, or where one was.
  case place(Place)
}

/// What an entry is or was.
public enum Body: Hashable, Sendable {
  /// A regular file with this content.
  case file(ContentID, size: Int64)
  /// A symbolic link with this target, byte for byte.
  case symlink(target: [UInt8])
  /// A directory.
  case directory(DirectoryID)
  /// A file or symlink that was deleted, and the content it had if it was a file.
  case deleted(was: ContentID?)
  /// A directory that was deleted.
  case deletedDirectory(DirectoryID)
  /// A directory that turned out to be the same as another, made under the same name elsewhere:
  /// everything in it belongs to `into`, the one with the smaller id. It never comes back.
  case merged(DirectoryID, into: DirectoryID)
}

/// One entry as it is told to peers: where, what, in which version.
public struct Entry: Hashable, Sendable {
  /// Where it stands; where it last stood if it was deleted.
  public var place: Place
  /// What it is.
  public var body: Body
  /// Permission bits (`07777`); 0 for symlinks and what was deleted.
  public var mode: UInt16
  /// Last modification, nanoseconds since 1970 UTC; 0 for directories and what was deleted.
  public var mtime: Int64
  /// Extended attributes; none for symlinks and what was deleted.
  public var attributes: ExtendedAttributes
  /// Which change made it so.
  public var version: Version
  /// Of a bundle's directory, the version of all that is in it; `nil` for anything else.
  public var bundle: BundleVersion?

  /// An entry from its parts.
  public init(
    place: Place, body: Body, mode: UInt16, mtime: Int64, attributes: ExtendedAttributes = .empty,
    version: Version, bundle: BundleVersion? = nil
  ) {
    self.place = place
    self.body = body
    self.mode = mode
    self.mtime = mtime
    self.attributes = attributes
    self.version = version
    self.bundle = bundle
  }

  /// What identifies the entry.
  public var key: EntryKey {
    switch body {
    case .directory(let id), .deletedDirectory(let id), .merged(let id, _): .directory(id)
    case .file, .symlink, .deleted: .place(place)
    }
  }

  /// The directory's id, for a directory alive or not.
  public var directory: DirectoryID? {
    switch body {
    case .directory(let id), .deletedDirectory(let id), .merged(let id, _): id
    case .file, .symlink, .deleted: nil
    }
  }

  /// Whether there is something on disk for it.
  public var isAlive: Bool {
    switch body {
    case .file, .symlink, .directory: true
    case .deleted, .deletedDirectory, .merged: false
    }
  }

  /// Whether it says that a directory is another one.
  var isAlias: Bool {
    if case .merged = body { true } else { false }
  }

  /// The content id and size of a file.
  public var content: (id: ContentID, size: Int64)? {
    if case .file(let id, let size) = body { (id, size) } else { nil }
  }
}
