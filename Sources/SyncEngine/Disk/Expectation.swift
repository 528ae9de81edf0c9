import SyncCore

extension FileStamp {
  /// Whether what was found is what a plan expects at a place. A file or symlink must be untouched
  /// in every respect; a directory must be the same one with the same permissions, since its times
  /// change with everything that happens in it.
  func isAsExpected(_ expected: FileStamp) -> Bool {
    expected.kind == .directory ? isAsMoved(expected) : isUnchanged(since: expected)
  }

  /// Whether this is what was expected, after a rename.
  func isAsMoved(_ expected: FileStamp) -> Bool {
    guard expected.kind == .directory else { return isSameApartFromCtime(expected) }
    return kind == .directory && inode == expected.inode && btime == expected.btime
      && mode == expected.mode
  }

  /// Whether this is the same file or link, whatever was written into it since.
  func isSameEntry(as other: FileStamp) -> Bool {
    kind == other.kind && inode == other.inode && btime == other.btime
  }

  /// What to tell of something that was put in place as `put` and is found like this: if somebody
  /// has changed it since, how it was put, so that the change is found by the next look.
  func settled(as put: FileStamp) -> FileStamp { isAsMoved(put) ? self : put }

  /// Whether this is the same inode with the same content as far as anyone can tell, whatever
  /// became of its permissions and times: how a thing is recognised after an interrupted flip.
  func isSameInode(as other: FileStamp) -> Bool {
    kind == other.kind && inode == other.inode && btime == other.btime && size == other.size
  }
}
