// What the disk refused to show or to read: it is tried again until it can be, ever more rarely.

/// Paths that could not be looked at.
struct Troubles {
  var paths: Set<RelativePath> = []
  /// Those of directories, of which nothing below is known, either.
  var directories: Set<RelativePath> = []
  var attempts = 0
  var retriedAt: Int64 = 0
  var retryAt: Int64?
}

extension Engine {
  /// A directory could not be looked at: nothing that the index has in it counts as gone.
  mutating func noteTrouble(
    _ errno: Int32, _ directory: RelativePath, in number: Int
  ) throws(IndexError) {
    log(
      .warning,
      "Cannot be looked at (errno \(errno)): what is in it is not synced. Check its permissions "
        + "and the disk.", path: directory)
    noteTrouble(errno, at: directory, isDirectory: true)
    if directory.isRoot { jobs[number].isBlind = true }
    guard let id = try self.directory(at: directory, in: nil) else { return }
    jobs[number].absent.removeAll { $0.entry.place.parent == id }
  }

  /// Something could not be looked at or read.
  mutating func noteTrouble(_ errno: Int32, at path: RelativePath, isDirectory: Bool) {
    // Without the root nothing is known at all: that is not left to an event.
    guard path.isRoot || !Self.endsWithAnEvent(errno) else { return }
    if isDirectory { troubles.directories.insert(path) } else { troubles.paths.insert(path) }
    if troubles.paths.count + troubles.directories.count > Limits.troubledPathCount {
      (troubles.paths, troubles.directories) = ([], [.root])
    }
    guard troubles.retryAt == nil else { return }
    if now.monotonic - troubles.retriedAt > Limits.longestTroubleNanoseconds {
      troubles.attempts = 0
    }
    let delay = min(
      Limits.troubleNanoseconds << Int64(min(troubles.attempts, 16)),
      Limits.longestTroubleNanoseconds)
    troubles.retryAt = now.monotonic + delay
    wake(after: delay)
  }

  /// Whether somebody must change what the watcher will tell of: permissions, a path too long, a
  /// mount (EPERM, EACCES, EXDEV, ENAMETOOLONG).
  private static func endsWithAnEvent(_ errno: Int32) -> Bool { [1, 13, 18, 36].contains(errno) }

  /// What could not be looked at below a path is looked for where that has gone, too.
  mutating func redirectTroubles(below old: RelativePath, to new: RelativePath) {
    guard troubles.retryAt != nil else { return }
    troubles.directories.formUnion(
      troubles.directories.compactMap { $0.replacingPrefix(old, with: new) })
    troubles.paths.formUnion(troubles.paths.compactMap { $0.replacingPrefix(old, with: new) })
  }

  /// Looks again at what could not be looked at, when it is time.
  mutating func retryTroubles() {
    guard let time = troubles.retryAt else { return }
    guard time <= now.monotonic else { return wake(after: time - now.monotonic) }
    let tried = troubles
    troubles = Troubles(attempts: tried.attempts + 1, retriedAt: now.monotonic)
    look(
      at: ChangeSet(
        changes: tried.directories.sorted().map { .rescan($0) }
          + tried.paths.sorted().map { .modified($0, isDirectory: false) }))
  }
}
