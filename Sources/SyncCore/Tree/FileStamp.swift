/// What kind of thing a directory entry is, as far as leftd distinguishes them.
public enum FileKind: UInt8, Sendable, Hashable {
  /// A regular file.
  case file = 1
  /// A symbolic link; its target is data and is never followed.
  case symlink = 2
  /// A directory.
  case directory = 3
  /// A FIFO, socket or device: left alone.
  case special = 4
}

/// Which directory of this disk it is, wherever it stands: inode numbers are given again, with the
/// time of creation they are not.
public struct DirectoryIdentity: Hashable, Sendable {
  /// The inode's number.
  public var inode: UInt64
  /// Creation of the inode, nanoseconds since 1970 UTC, or 0 where the file system has none.
  public var btime: Int64

  /// An identity from its parts.
  public init(inode: UInt64, btime: Int64) {
    self.inode = inode
    self.btime = btime
  }
}

/// The state in which an entry was observed on this disk (`statx`): how leftd recognises that
/// nothing happened since, and what it wrote itself.
public struct FileStamp: Hashable, Sendable {
  /// File, symlink, directory or special.
  public var kind: FileKind
  /// The inode's number.
  public var inode: UInt64
  /// Bytes of content; of a symlink's target for a symlink; 0 for directories, whose size is noise.
  public var size: Int64
  /// Last modification, nanoseconds since 1970 UTC.
  public var mtime: Int64
  /// Last change of the inode, nanoseconds since 1970 UTC.
  public var ctime: Int64
  /// Creation of the inode, nanoseconds since 1970 UTC, or 0 where the file system has none.
  /// With the inode's number it identifies a directory even though numbers are given again.
  public var btime: Int64
  /// The permission bits (`07777`).
  public var mode: UInt16

  /// An observed state.
  public init(
    kind: FileKind, inode: UInt64, size: Int64, mtime: Int64, ctime: Int64, btime: Int64,
    mode: UInt16
  ) {
    self.kind = kind
    self.inode = inode
    self.size = kind == .directory ? 0 : size
    self.mtime = mtime
    self.ctime = ctime
    self.btime = btime
    self.mode = mode
  }

  /// What a directory is known by; its times and what is in it change.
  public var identity: DirectoryIdentity { DirectoryIdentity(inode: inode, btime: btime) }

  /// Whether the content is certainly the one seen before: the same inode, never touched since.
  public func isUnchanged(since earlier: FileStamp) -> Bool { self == earlier }

  /// Whether the content is most likely the one seen before: permissions, attributes or names of
  /// the file can have changed since. Nobody may rely on it.
  package func isLikely(_ earlier: FileStamp) -> Bool {
    (kind, inode, size, mtime) == (earlier.kind, earlier.inode, earlier.size, earlier.mtime)
  }

  /// Whether this can be `earlier` after a rename, which changes nothing but ctime.
  public func isSameApartFromCtime(_ earlier: FileStamp) -> Bool {
    var renamed = earlier
    renamed.ctime = ctime
    return self == renamed
  }
}
