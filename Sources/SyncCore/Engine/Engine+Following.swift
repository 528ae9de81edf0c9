// Changes in a directory that is no longer where it was when they happened: they are looked for
// where it is now.

extension Engine {
  /// What a job wanted of a directory that is no longer at its path is wanted where it went.
  mutating func noteUnsettled(
    _ path: RelativePath, _ directory: DirectoryID, in number: Int
  ) {
    for request in jobs[number].requests {
      switch request {
      case .names(let names, in: path):
        noteUnsettled(names, in: directory)
      case .directory(path): noteUnsettled([], in: directory)
      case .subtree(let top) where path.isWithin(top): noteUnsettled([], in: directory)
      case .names, .directory, .subtree: break
      }
    }
  }

  /// Names in a directory, or all of it if there are none, are looked for once it is found
  /// elsewhere.
  mutating func noteUnsettled(_ names: [Name], in directory: DirectoryID) {
    noteMissedNames()
    guard unsettled[directory]?.isEmpty != true else { return }
    unsettled[directory, default: []].formUnion(names)
    let count = unsettled[directory]?.count ?? 0
    if names.isEmpty || count > Limits.unsettledNameCount { unsettled[directory] = [] }
    guard unsettled.count > Limits.unsettledDirectoryCount else { return }
    unsettled = [:]
    lookAtEverything()
  }

  /// Directories have other places than before: what was not found in its directory is looked for.
  mutating func lookForUnsettled() throws(IndexError) {
    var changes: [Change] = []
    var sought: [RelativePath: DirectoryID] = [:]
    for directory in unsettled.keys.sorted() {
      guard let path = try path(of: try index.canonical(directory)),
        let names = unsettled[directory]
      else { continue }
      sought[path] = directory
      if names.isEmpty { changes.append(.created(path, isDirectory: true)) }
      changes += names.sorted().map { .modified(path.appending($0), isDirectory: false) }
    }
    unsettled = [:]
    guard !changes.isEmpty else { return }
    if let job = look(at: ChangeSet(changes: changes)), let number = jobIndex(job) {
      jobs[number].sought = sought
      noteSeeker(job)
    }
  }

  /// Another directory stands by now where names of one were looked for: they are looked for where
  /// that one is.
  mutating func followSought(
    _ path: RelativePath, standing: DirectoryID?, in number: Int
  ) throws(IndexError) {
    guard let sought = jobs[number].sought[path] else { return }
    let home = try index.canonical(sought)
    guard home != standing else { return }
    noteUnsettled(path, sought, in: number)
    if let now = try self.path(of: home), now != path { try lookForUnsettled() }
  }

  /// A flip has moved a directory, or a look found it moved before the watcher told so: what
  /// happened in it before that is still told under its old path.
  mutating func noteVacated(_ path: RelativePath, by directory: DirectoryID) throws(IndexError) {
    vacated[path] = directory
    noteMoved(from: path)
    if vacated.count > Limits.vacatedPathCount {
      vacated = [:]
      lookAtEverything()
    }
    try redirect(path, to: directory)
  }

  /// Directories that were moved and had left again when a job looked: what was told of them where
  /// they had come to is looked for where the index has them.
  mutating func noteReturned(_ job: LocalJob) throws(IndexError) {
    for (from, to) in job.moves where try directory(at: to, in: nil) == nil {
      guard let directory = try directory(at: from, in: nil) else { continue }
      try noteVacated(to, by: directory)
      try redirect(to, to: directory, for: [job])
    }
  }

  /// Directories that were seen to come to where the index has them all the time: what was told of
  /// them while they were away was looked for where they were no longer.
  mutating func lookIntoReturned(_ job: LocalJob) throws(IndexError) {
    for (from, to) in job.moves where !job.knownMoves.contains(from) && !job.looksBelow(to) {
      guard let directory = try directory(at: to, in: nil), job.found.contains(directory),
        !job.directories.values.contains(directory)
      else { continue }
      look(at: ChangeSet(changes: [.created(to, isDirectory: true)]))
    }
  }

  /// A directory has another place than before: what jobs look for below its old path is looked for
  /// below its new one, too.
  mutating func redirect(_ old: RelativePath, to directory: DirectoryID) throws(IndexError) {
    if let new = try path(of: directory) {
      redirectBundles(below: old, to: new)
      redirectTroubles(below: old, to: new)
    }
    try redirect(old, to: directory, for: jobs.filter { $0.phase != .reading })
  }

  private mutating func redirect(
    _ old: RelativePath, to directory: DirectoryID, for jobs: [LocalJob]
  ) throws(IndexError) {
    guard let new = try path(of: directory) else { return }
    var changes: [Change] = []
    var redirected: Set<JobID> = []
    for job in jobs {
      let count = changes.count
      for request in job.requests {
        switch request {
        case .names(let names, in: let parent):
          guard let now = parent.replacingPrefix(old, with: new) else { continue }
          changes += names.map { .modified(now.appending($0), isDirectory: false) }
        case .directory(let top), .subtree(let top):
          guard let now = top.replacingPrefix(old, with: new) else { continue }
          changes.append(.created(now, isDirectory: true))
        }
      }
      if changes.count > count { redirected.insert(job.id) }
    }
    guard !changes.isEmpty else { return }
    guard let new = look(at: ChangeSet(changes: changes)) else { return }
    for job in redirected { noteDescendant(new, of: job) }
  }

  /// A change set with all that is told under a path which was vacated told under the new one,
  /// too. That the watcher saw the move itself ends it.
  mutating func followed(_ set: ChangeSet) -> ChangeSet {
    guard !vacated.isEmpty else { return set }
    var all = set
    all.changes += set.changes.compactMap { $0.relocated(follow) }
    for change in set.changes {
      switch change {
      case .moved(let path, _, _), .removed(let path, _): vacated[path] = nil
      case .rescan(let path): vacated = vacated.filter { !$0.key.isWithin(path) }
      case .created, .modified: break
      }
    }
    return all
  }

  /// Where something is now that is told under a vacated path.
  private func follow(_ path: RelativePath) -> RelativePath? {
    var above = path.parent
    while let old = above, !old.isRoot {
      if let directory = vacated[old], let now = try? self.path(of: index.canonical(directory)) {
        return path.replacingPrefix(old, with: now)
      }
      above = old.parent
    }
    return nil
  }
}
