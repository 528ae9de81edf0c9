import SyncCore
import Watcher

/// Which events the calls make. There is no inotify instance while no process runs.
extension MemoryDisk {
  /// What an event comes from.
  enum Cause {
    /// Writing to a file, or closing it. Nothing is told of what has no name any more
    /// (`IN_EXCL_UNLINK`).
    case file
    /// Setting an attribute, of which length is one. It is told in spite of that flag.
    case attribute
  }

  /// Content or attributes have changed.
  mutating func noteChange(_ inode: UInt64, _ mask: RawEvent.Mask, by cause: Cause) {
    guard inotify != nil, let node = nodes[inode] else { return }
    let isDirectory = node.kind == .directory
    if let home = node.home ?? (cause == .attribute ? node.lastHome : nil) {
      inotify?.note(mask, home.name, in: home.directory, isDirectory: isDirectory)
    }
    if isDirectory { inotify?.note(mask, of: inode) }
  }

  /// Something was made; it is in its place.
  mutating func noteCreation(_ name: Name, in directory: UInt64, isDirectory: Bool) {
    inotify?.note(.created, name, in: directory, isDirectory: isDirectory)
  }

  /// Something has moved. An exchange is two of these.
  mutating func noteMove(
    of inode: UInt64, from old: (directory: UInt64, name: Name),
    to new: (directory: UInt64, name: Name)
  ) {
    guard inotify != nil else { return }
    lastCookie += 1
    let isDirectory = nodes[inode]?.kind == .directory
    inotify?.note(
      .movedFrom, old.name, in: old.directory, isDirectory: isDirectory, cookie: lastCookie)
    inotify?.note(
      .movedTo, new.name, in: new.directory, isDirectory: isDirectory, cookie: lastCookie)
    if isDirectory { inotify?.note(.selfMoved, of: inode) }
  }

  /// Something has lost its name. A directory that nobody has open ends before that is told.
  mutating func noteRemoval(
    _ name: Name, in directory: UInt64, _ inode: UInt64, isDirectory: Bool
  ) {
    guard inotify != nil else { return }
    if isDirectory { endIfUnused(inode) }
    inotify?.note(.deleted, name, in: directory, isDirectory: isDirectory)
  }

  /// A handle is given back.
  mutating func close(_ handle: Int32) {
    guard let inode = handles.removeValue(forKey: handle) else { return }
    if writers.removeValue(forKey: handle) != nil {
      noteChange(inode, .closedAfterWriting, by: .file)
    }
    endIfUnused(inode)
  }

  private mutating func endIfUnused(_ inode: UInt64) {
    guard inotify?.isWatched(inode) == true, inode != Self.rootInode, nodes[inode]?.home == nil,
      !handles.values.contains(inode)
    else { return }
    inotify?.end(inode)
  }
}
