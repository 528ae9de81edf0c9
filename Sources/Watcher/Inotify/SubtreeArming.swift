import CLinux
import Glibc
import SyncCore

/// Watches whole subtrees: each directory is watched first and listed after, so that what is made
/// in between is either in the listing or an event.
@safe
struct SubtreeArming: ~Copyable {
  /// Why a directory that is there isn't watched.
  enum Obstacle: Hashable, Sendable {
    /// The user has no watches left (ENOSPC), or the kernel no memory for them.
    case limit
    /// The directory may not be opened, or cannot be just now: errno.
    case refused(Int32)
  }

  private let buffer: UnsafeMutableRawBufferPointer

  init() {
    unsafe buffer = .allocate(byteCount: 64 * 1024, alignment: 16)
  }

  deinit { unsafe buffer.deallocate() }

  /// Watches `key` and everything below it. Directories that cannot be watched are given to
  /// `obstacle` and not entered.
  func arm(
    _ key: DirectoryKey, in table: inout WatchTable, root: borrowing ShareRoot,
    inotify: borrowing InotifyDescriptor, obstacle: (DirectoryKey, Obstacle) -> Void
  ) {
    var stack = [key]
    while let next = stack.popLast() {
      guard table.isAlive(next), let path = table.path(of: next) else { continue }
      let number = root.open(path)
      guard let directory = Descriptor(number) else {
        if let reason = Self.obstacle(-number) { obstacle(next, reason) }
        continue
      }
      let watch = inotify.add(directory, isRoot: next == .root)
      if watch < 0 {
        if let reason = Self.obstacle(-watch) { obstacle(next, reason) }
        continue
      }
      table.bind(next, watch: watch)
      // A listing that ends early (the directory is being deleted) loses nothing: events follow.
      _ = unsafe DirectoryListing.forEachDirectory(in: directory, buffer: buffer) { name in
        if next == .root && name == .reserved { return }
        stack.append(table.insert(Slot(directory: next, name: name)))
      }
    }
  }

  /// `nil` where the directory is gone or has become something else: an event tells that.
  private static func obstacle(_ errno: Int32) -> Obstacle? {
    switch errno {
    case ENOENT, ENOTDIR, ELOOP: nil
    case ENOSPC, ENOMEM: .limit
    default: .refused(errno)
    }
  }
}
