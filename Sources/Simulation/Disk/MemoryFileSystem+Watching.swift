import Glibc
package import SyncCore
import SyncEngine
import Synchronization
package import Watcher

/// A simulated disk as a watcher sees it.
extension MemoryFileSystem: WatchedTree {
  /// See `WatchedTree`.
  package func watch(_ path: RelativePath, isRoot: Bool, _ body: (Name) -> Void) -> Int32 {
    state.withLock { disk in
      switch disk.find(path) {
      case .failure(let error): return -error.errno
      case .success(let inode):
        guard let node = disk.nodes[inode], node.kind == .directory else { return -ENOTDIR }
        let root: RawEvent.Mask = isRoot ? .ofRoot : []
        let watch = disk.inotify?.add(inode, RawEvent.Mask.ofDirectories.union(root)) ?? -EBADF
        if watch < 0 { return watch }
        for name in node.names.keys.sorted() {
          if let child = node.names[name], disk.nodes[child]?.kind == .directory { body(name) }
        }
        return watch
      }
    }
  }

  /// Watches an open directory for markers. Returns -errno if too much is watched.
  func watchMarkers(in directory: FileHandle) -> Int32 {
    state.withLock { disk in
      guard let inode = try? disk.directory(directory) else { return -EBADF }
      return disk.inotify?.add(inode, [.created, .selfDeleted, .selfMoved]) ?? -EBADF
    }
  }

  /// See `WatchedTree`.
  package func unwatch(_ watch: Int32) { state.withLock { $0.inotify?.remove(watch) } }

  /// See `WatchedTree`.
  package func probe(_ path: RelativePath) -> Settler.ProbeAnswer {
    state.withLock { disk in
      guard case .success(let inode) = disk.find(path) else { return .unknown }
      if disk.nodes[inode]?.kind != .file { return .noWriter }
      return disk.writers.values.contains(inode) ? .writer : .noWriter
    }
  }

  /// Begins to queue events, for a new process.
  func openInotify(queueLimit: Int, watchLimit: Int) {
    state.withLock {
      $0.inotify = MemoryInotify(queueLimit: queueLimit, watchLimit: watchLimit)
    }
  }

  /// Lets everything be watched from now on.
  func raiseWatchLimit() { state.withLock { $0.inotify?.watchLimit = .max } }

  /// Events that can be read.
  var eventCount: Int { state.withLock { $0.inotify?.eventCount ?? 0 } }

  /// Takes as many events as fit.
  func readEvents(byteCount: Int) -> [UInt8] {
    state.withLock { $0.inotify?.read(byteCount: byteCount) ?? [] }
  }

  /// A number that grows with every change.
  var age: Int64 { state.withLock(\.changeCount) }
}

extension MemoryDisk {
  /// What is at a path below the root, through no symbolic link.
  fileprivate func find(_ path: RelativePath) -> Result<UInt64, FileError> {
    var inode = Self.rootInode
    for (index, name) in path.components.enumerated() {
      guard let next = nodes[inode]?.names[name] else {
        return .failure(FileError(ENOENT, .open, name))
      }
      let kind = nodes[next]?.kind
      if index < path.components.count - 1, kind != .directory {
        return .failure(FileError(kind == .symlink ? ELOOP : ENOTDIR, .open, name))
      }
      inode = next
    }
    return .success(inode)
  }
}
