// Absence is a conclusion in a scan: something may have been moved past it. The watcher tells first
// what it knows, then there is one more look.

extension Engine {
  /// The watcher has told all that happened before a scan's end: what it found absent is looked for
  /// once more, and so is what was told meanwhile.
  mutating func lookTwice(_ id: JobID) throws(IndexError) {
    guard let number = jobIndex(id), jobs[number].phase == .awaitingWatcher else { return }
    jobs[number].phase = .confirming
    let waiting = jobs.filter { $0.phase == .waiting }
    // Who compares everything there anew finds out by itself.
    let scans = waiting.filter(\.isScan)
    var names: [RelativePath: Set<Name>] = [:]
    var absent: [Row] = []
    for row in jobs[number].absent {
      let parent = try path(of: row.entry.place.parent)
      if let parent {
        let path = parent.appending(row.entry.place.name)
        if scans.contains(where: { $0.looksBelow(path) }) { continue }
        names[parent, default: []].insert(row.entry.place.name)
      }
      absent.append(row)
    }
    jobs[number].absent = absent
    let told = waiting.flatMap { job in
      job.requests.filter { request in
        if case .names = request { true } else { !job.isScan }
      }
    }
    effects.append(
      .look(id, names.keys.sorted().map { .names(names[$0, default: []].sorted(), in: $0) } + told))
  }

  /// The second look. Directories that are elsewhere are not absent: the job that is told of them
  /// records where.
  mutating func confirm(_ listing: Listing, in number: Int) {
    let present = listing.entries.filter { $0.found != .absent }
    guard !present.isEmpty, !jobs[number].absent.isEmpty else { return }
    let directories = present.compactMap { entry -> DirectoryIdentity? in
      guard case .entry(let stamp) = entry.found, stamp.kind == .directory else { return nil }
      return stamp.identity
    }
    if let parent = try? directory(at: listing.directory, in: nil) {
      takeBack(present, at: listing.directory, parent, in: number)
    }
    guard !directories.isEmpty else { return }
    jobs[number].absent.removeAll { row in
      guard row.entry.directory != nil, let observed = row.observed else { return false }
      return directories.contains(observed.identity)
    }
  }

  /// What was absent and is there after all is looked at anew.
  private mutating func takeBack(
    _ present: [(name: Name, found: Found)], at path: RelativePath, _ parent: DirectoryID,
    in number: Int
  ) {
    let places = Set(jobs[number].absent.map(\.entry.place))
    let isBundle = jobs[number].bundle != nil
    var again: [RelativePath] = []
    for (name, found) in present {
      let place = Place(parent: parent, name: name)
      guard places.contains(place) else { continue }
      // A directory stands where a file was, or the reverse: that is no absence to take back.
      jobs[number].absent.removeAll { row in
        guard row.entry.place == place else { return false }
        switch found {
        case .entry(let stamp) where isBundle && row.entry.directory != nil:
          // Another look at a bundle would find no more than this one: which directory is there.
          return row.observed?.identity == stamp.identity
        case .entry(let stamp): return (stamp.kind == .directory) == (row.entry.directory != nil)
        case .ignored: return true
        case .symlink, .special, .unreadable, .absent: return row.entry.directory == nil
        }
      }
      again.append(path.appending(name))
    }
    lookAgain(at: again)
  }

  /// Everything has been looked at: directories that were only moved are not absent, and what was
  /// in those that are is absent with them.
  mutating func conclude(_ number: Int) throws(IndexError) {
    var removed: Set<EntryKey> = []
    let elsewhere = directoriesElsewhere(besides: number)
    var pending = jobs[number].absent
    while let row = pending.popLast() {
      if let directory = row.entry.directory {
        guard !jobs[number].found.contains(directory), !elsewhere.contains(directory) else {
          continue
        }
        pending += try index.children(of: directory).filter { $0.entry.isAlive && $0.isHeld }
      }
      guard removed.insert(row.entry.key).inserted else { continue }
      let path = try path(of: row.entry.place) ?? .root
      jobs[number].items.append(
        LocalItem(place: row.entry.place, path: path, finding: .removed, previous: row))
    }
    jobs[number].absent = []
    try forgetIgnored(number)
    dropRemainders(number)
    try recogniseMoves(number, removed: removed)
    try startReading(number)
  }

  /// Directories that other jobs have found in other places than the index has them.
  private func directoriesElsewhere(besides number: Int) -> Set<DirectoryID> {
    guard jobs[number].isScan, !jobs[number].absent.isEmpty else { return [] }
    var directories: Set<DirectoryID> = []
    for job in jobs where job.id != jobs[number].id {
      for item in job.items where item.leaves {
        if case .directory(let id, _) = item.finding { directories.insert(id) }
      }
    }
    return directories
  }
}
