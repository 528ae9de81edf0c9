// Between look and recording the index goes on: what was found then may be out of date.

extension Engine {
  /// Whether the index is as it was when the item was compared with it, and has its directory.
  func isUpToDate(_ item: LocalItem, in job: LocalJob) throws(IndexError) -> Bool {
    let key = item.previous?.entry.key ?? key(of: item)
    guard try index.row(key) == item.previous else { return false }
    if case .directory(let id, let stamp) = item.finding,
      let known = try index.directory(inode: stamp.inode, btime: stamp.btime),
      known.entry.directory != id
    {
      // Two jobs found the same new directory, and the other was the first to name it.
      return false
    }
    if case .directory(let id, _) = item.finding,
      let standing = try index.directory(at: item.place), standing.entry.directory != id,
      standing.isHeld,
      !job.items.contains(where: { $0.previous?.entry.key == standing.entry.key })
    {
      // A peer's directory was put there since.
      return false
    }
    guard item.place.parent != .root else { return true }
    let parent = try index.row(.directory(item.place.parent))
    if let parent, let stamp = job.stamps[item.place.parent], !isSameDirectory(parent, stamp) {
      // The directory that was looked into turned out to be another.
      return false
    }
    switch item.finding {
    case .removed, .forgotten: return true
    case .directory, .file, .symlink, .dropped: break
    }
    return parent?.entry.isAlive == true
  }

  /// Whether what was found is ignored by now.
  func isIgnored(
    _ item: LocalItem, last: inout LastScope?
  ) throws(IndexError) -> Bool {
    switch item.finding {
    case .directory: try isIgnored(item.place, isDirectory: true, last: &last)
    case .file, .symlink: try isIgnored(item.place, isDirectory: false, last: &last)
    case .removed, .forgotten, .dropped: false
    }
  }

  /// Whether a directory would lie below itself, since one above it was found elsewhere, and that
  /// is not recorded yet.
  func isBelowItself(_ item: LocalItem) throws(IndexError) -> Bool {
    guard case .directory(let id, _) = item.finding,
      let known = try index.row(.directory(id)), known.entry.place != item.place
    else { return false }
    var above = item.place.parent
    for _ in 0..<Limits.directoryDepth where above != id {
      guard above != .root, let row = try index.row(.directory(above)) else { return false }
      above = row.entry.place.parent
    }
    return above == id
  }

  private func key(of item: LocalItem) -> EntryKey {
    if case .directory(let id, _) = item.finding { .directory(id) } else { .place(item.place) }
  }

  /// What a job finds to leave its place, as far as that is still certain when it is recorded.
  func leavings(of job: LocalJob) throws(IndexError) -> Leavings {
    var leavings = Leavings()
    var moving: [(from: Place, to: Place)] = []
    for item in job.items where item.leaves {
      guard let previous = item.previous, let row = try index.row(previous.entry.key),
        row.entry.isAlive
      else { continue }
      if row != previous {
        leavings.staying.insert(row.entry.place)
      } else {
        leavings.keys.insert(row.entry.key)
        if item.isPresent { moving.append((row.entry.place, item.place)) }
      }
    }
    // Who can't come doesn't leave, either.
    while !leavings.staying.isEmpty,
      let blocked = moving.firstIndex(where: { leavings.staying.contains($0.to) })
    {
      leavings.staying.insert(moving.remove(at: blocked).from)
    }
    return leavings
  }

  /// Whether something of another kind has its place in the index yet, and nothing says that it
  /// leaves: the index would have two things at one place. The slices of a scan are recorded before
  /// what has left.
  func isTaken(
    _ item: LocalItem, in job: LocalJob, _ leavings: Leavings
  ) throws(IndexError) -> Bool {
    guard item.isPresent else { return false }
    if leavings.staying.contains(item.place) { return true }
    // What was there already needn't be asked about.
    if let previous = item.previous?.entry, previous.isAlive, previous.place == item.place {
      return false
    }
    if case .directory = item.finding {
      guard let row = try index.row(.place(item.place)), row.entry.isAlive, row.isHeld else {
        return false
      }
      return !leavings.keys.contains(row.entry.key)
    }
    guard job.sliceOf == nil, let row = try index.directory(at: item.place), row.isHeld,
      let id = row.entry.directory
    else { return false }
    return !leavings.keys.contains(row.entry.key) && !isElsewhere(id, besides: job)
  }

  /// Whether another job has found a directory in another place than the index has it, and is
  /// recorded soon: that of a bundle may have to wait for long.
  private func isElsewhere(_ directory: DirectoryID, besides job: LocalJob) -> Bool {
    jobs.contains { other in
      other.id != job.id && (other.bundle == nil || isReadyToRecord(other))
        && other.items.contains { $0.leaves && $0.previous?.entry.directory == directory }
    }
  }
}

/// What leaves its place when a job is recorded.
struct Leavings {
  /// What was found to be elsewhere or gone.
  var keys: Set<EntryKey> = []
  /// Places of which it isn't certain any more that they were left: whatever else was found there
  /// has to wait.
  var staying: Set<Place> = []
}

extension LocalItem {
  /// Whether something is at its place.
  var isPresent: Bool {
    switch finding {
    case .directory, .file, .symlink: true
    case .removed, .forgotten, .dropped: false
    }
  }

  /// Whether something isn't any more where the index had it.
  var leaves: Bool {
    switch finding {
    case .directory: previous.map { $0.entry.isAlive && $0.entry.place != place } ?? false
    case .removed: true
    case .file, .symlink, .forgotten, .dropped: false
    }
  }
}
