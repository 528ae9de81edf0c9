// From a settled change set to what differs between disk and index. Events are hints: only what a
// look at the disk shows is believed.

extension Engine {
  /// Takes a change set of the watcher: now, or with others when fewer jobs are open. Each job is
  /// compared with those before it, at every step.
  mutating func take(_ set: ChangeSet) {
    guard backlog.isEmpty, jobs.count < Limits.openJobCount else {
      backlog += set.changes
      if backlog.count > Limits.unitEntryCount { backlog = [.rescan(.root)] }
      return
    }
    begin(set)
  }

  /// Begins a job for everything that had to wait.
  mutating func lookAtBacklog() {
    guard !backlog.isEmpty else { return }
    let set = ChangeSet(changes: backlog)
    backlog = []
    begin(set)
  }

  private mutating func begin(_ set: ChangeSet) {
    if let job = look(at: set), set.concernsDirectories, let number = jobIndex(job) {
      jobs[number].endsWandering = true
    }
  }

  /// Begins a job for a change set; `nil` if nothing is to be looked at now.
  @discardableResult
  mutating func look(at set: ChangeSet) -> JobID? {
    guard heldBecause.isEmpty else { return nil }
    let known = Set(vacated.keys)
    let followed = followed(set)
    let set = leaveToBundles(holdBack(followed))
    if set.changes.isEmpty, !followed.changes.isEmpty { return nil }
    var names: [RelativePath: Set<Name>] = [:]
    var subtrees: Set<RelativePath> = []
    var moves: [(from: RelativePath, to: RelativePath)] = []
    var isScan = false
    func note(_ path: RelativePath) {
      guard let parent = path.parent, let name = path.name else { return }
      names[parent, default: []].insert(name)
    }
    for change in set.changes {
      switch change {
      case .created(let path, let isDirectory):
        note(path)
        if isDirectory { subtrees.insert(path) }
      case .modified(let path, _), .removed(let path, _): note(path)
      case .moved(let from, let to, _):
        note(from)
        note(to)
        moves.append((from, to))
      case .rescan(let path):
        isScan = true
        note(path)
        subtrees.insert(path)
      }
    }
    var requests = names.keys.sorted().map { directory in
      LookRequest.names(names[directory, default: []].sorted(), in: directory)
    }
    requests += topmost(subtrees).map { .subtree($0) }
    let job = addJob(requests, isScan: isScan, moves: moves)
    jobs[jobs.count - 1].knownMoves = known.intersection(moves.map(\.from))
    return job
  }

  /// Looks at single paths again, because a step at them was refused or out of date, and at all
  /// that is below others and isn't being looked at; at everything if the root is one of them.
  mutating func lookAgain(at paths: [RelativePath], below tops: [RelativePath] = []) {
    let tops = topmost(Set(tops)).filter { path in !jobs.contains { $0.looksBelow(path) } }
    let all = paths + tops
    guard !all.isEmpty else { return }
    guard all.count <= Limits.lookedAgainCount, !all.contains(where: \.isRoot) else {
      return lookAtEverything()
    }
    look(
      at: ChangeSet(
        changes: paths.sorted().map { .modified($0, isDirectory: false) }
          + tops.map { .rescan($0) }))
  }

  /// Compares the whole tree with the index, because too much would have to be remembered.
  mutating func lookAtEverything() { look(at: ChangeSet(changes: [.rescan(.root)])) }

  mutating func addJob(
    _ requests: [LookRequest], isScan: Bool, moves: [(from: RelativePath, to: RelativePath)]
  ) -> JobID {
    lastJob += 1
    let id = JobID(number: lastJob)
    jobs.append(LocalJob(id: id, requests: requests, isScan: isScan, moves: moves))
    noteDescendant(id, of: cause)
    return id
  }

  /// Lets every job look that needn't wait for one before it.
  mutating func startWaitingJobs() {
    for number in jobs.indices {
      guard case .waiting = jobs[number].phase else { continue }
      let job = jobs[number]
      guard !jobs[..<number].contains(where: { $0.mustPrecede(job) }) else { continue }
      jobs[number].phase = .looking
      effects.append(.look(job.id, job.requests))
    }
  }

  private func topmost(_ paths: Set<RelativePath>) -> [RelativePath] {
    var result: [RelativePath] = []
    for path in paths.sorted() where !(result.last.map { path.isWithin($0) } ?? false) {
      result.append(path)
    }
    return result
  }

  func jobIndex(_ id: JobID) -> Int? { jobs.firstIndex { $0.id == id } }

  /// Compares one directory as it was found with the index.
  mutating func compare(_ listing: Listing, in id: JobID) throws(IndexError) {
    guard let number = jobIndex(id), heldBecause.isEmpty else { return }
    if let errno = listing.trouble { try noteTrouble(errno, listing.directory, in: number) }
    if try takeBundleListing(listing, in: number) { return }
    if jobs[number].phase == .confirming {
      if listing.stamp != nil { confirm(listing, in: number) }
      return
    }
    if listing.trouble != nil { return }
    let parent = try directory(at: listing.directory, in: jobs[number])
    try followSought(listing.directory, standing: parent, in: number)
    if listing.stamp == nil || parent == nil,
      let missed = try directory(at: listing.directory, in: nil)
    {
      noteUnsettled(listing.directory, missed, in: number)
    }
    guard let stamp = listing.stamp else { return }
    guard let parent else {
      // Its own creation has not been recorded: an earlier job will, or an event is on its way.
      jobs[number].isTorn = true
      look(at: ChangeSet(changes: [.created(topUnknown(listing), isDirectory: true)]))
      return
    }
    guard try isStanding(parent, at: listing.directory, stamp, in: number) else {
      noteUnsettled(listing.directory, parent, in: number)
      look(at: ChangeSet(changes: [.created(listing.directory, isDirectory: true)]))
      return
    }
    try takeRules(listing, of: parent, in: number)
    freePlaces(missingIn: listing, parent: parent)
    let findingCount = jobs[number].findingCount
    if listing.directory.isRoot, listing.isComplete, try isSuspiciouslyEmpty(listing) { return }
    try compareDirectories(listing, parent: parent, in: number)
    if listing.isComplete {
      let differences = try index.differences(of: listing, in: parent)
      try compareFiles(listing, differences.entries, parent: parent, in: number)
      try noteGone(differences.absent, in: number)
      try dropFindings(missingIn: listing, parent: parent, in: number)
    } else {
      try compareFiles(listing, listing.entries.indices, parent: parent, in: number)
    }
    // Only of what differs: a scan sees every directory.
    if jobs[number].findingCount > findingCount {
      jobs[number].stamps[parent] = stamp
    }
    let sliceCount =
      jobs[number].isWhole ? Limits.unitEntryCount : Limits.scanSliceItemCount
    if jobs[number].isScan, jobs[number].items.count >= sliceCount {
      noteSplit(of: jobs[number])
      try splitOff(number)
    }
  }

  /// Whether what was found at a path is the directory that the index or this job has there, and
  /// not another that took its place meanwhile.
  private func isStanding(
    _ directory: DirectoryID, at path: RelativePath, _ stamp: FileStamp, in number: Int
  ) throws(IndexError) -> Bool {
    if path.isRoot || jobs[number].directories[path] == directory { return true }
    guard let row = try index.row(.directory(directory)) else { return true }
    return isSameDirectory(row, stamp)
  }

  /// A root that was full and is found empty was probably not emptied but unmounted.
  private mutating func isSuspiciouslyEmpty(_ listing: Listing) throws(IndexError) -> Bool {
    let isEmpty = listing.entries.allSatisfy { $0.name == .reserved }
    guard isEmpty, !believesEmptyRoot else { return false }
    let totals = try index.totals()
    guard totals.files + totals.directories > 0 else { return false }
    hold(
      "its folder was found empty although \(totals.files) files were in it, and nobody was seen "
        + "deleting them. If it is not mounted, mount it and restart leftd; if it is to be empty, "
        + "say 'leftd release'.", isReleasable: true)
    return true
  }

  /// The topmost directory on the way to a listing that the index doesn't know.
  private func topUnknown(_ listing: Listing) -> RelativePath {
    var known = DirectoryID.root
    let names = listing.directory.components
    for (depth, name) in names.enumerated() {
      let row = try? index.directory(at: Place(parent: known, name: name))
      guard let id = row?.entry.directory else {
        return RelativePath(components: Array(names.prefix(depth + 1)))
      }
      known = id
    }
    return listing.directory
  }

  /// The directory at a path, as `job` found it or the index has it. Costs a row for each directory
  /// on the way that the job didn't find.
  func directory(at path: RelativePath, in job: LocalJob?) throws(IndexError) -> DirectoryID? {
    var (depth, known) = job.map { $0.nearestDirectory(above: path) } ?? (0, .root)
    for name in path.components[depth...] {
      var rows = try index.directories(at: Place(parent: known, name: name))
      // Found elsewhere in this job: what stands here now is not it.
      if let job { rows.removeAll { $0.entry.directory.map(job.isElsewhere) ?? true } }
      guard let id = (rows.first(where: \.isHeld) ?? rows.first)?.entry.directory else {
        return nil
      }
      known = id
    }
    return known
  }

  private mutating func compareDirectories(
    _ listing: Listing, parent: DirectoryID, in number: Int
  ) throws(IndexError) {
    var strangers: [(Name, FileStamp)] = []
    for (name, found) in listing.entries {
      guard case .entry(let stamp) = found, stamp.kind == .directory else { continue }
      if parent == .root, name == .reserved { continue }
      let place = Place(parent: parent, name: name)
      let path = listing.directory.appending(name)
      let known = try index.directories(at: place)
      if try leavesToBundle(name, at: path, stamp, known: known, in: number) { continue }
      if let errno = listing.attributeTroubles[name] {
        noteTrouble(errno, at: path, isDirectory: false)
      }
      // What is known here and not found elsewhere in this job is gone.
      try noteGone(known.filter { $0.isHeld && !isSameDirectory($0, stamp) }, in: number)
      if let row = known.first(where: { isSameDirectory($0, stamp) }),
        let id = row.entry.directory
      {
        jobs[number].found.insert(id)
        let attributes = listing.attributes[name] ?? row.observedAttributes
        if row.observed?.mode != stamp.mode || attributes != row.observedAttributes {
          add(
            place, path, .directory(id, stamp), listing.attributes[name], previous: row, to: number)
        } else {
          if attributes.isCut { sayCut(path) }
          dropFindings(of: id, at: place, except: number)
        }
      } else if let row = try index.directory(inode: stamp.inode, btime: stamp.btime),
        let id = row.entry.directory, jobs[number].found.insert(id).inserted
      {
        jobs[number].directories[path] = id
        add(place, path, .directory(id, stamp), listing.attributes[name], previous: row, to: number)
        // Other rules may be in force here.
        if !ignoring.isEmpty, !jobs[number].looksBelow(path) {
          look(at: ChangeSet(changes: [.created(path, isDirectory: true)]))
        }
      } else {
        strangers.append((name, stamp))
      }
    }
    for (name, stamp) in strangers {
      let place = Place(parent: parent, name: name)
      let path = listing.directory.appending(name)
      if jobs[number].directories[path] != nil { continue }
      // Whether it holds anything but what is ignored, only a look into it tells.
      if !ignoring.isEmpty, !jobs[number].looksBelow(path) {
        look(at: ChangeSet(changes: [.created(path, isDirectory: true)]))
        continue
      }
      if let row = try index.directory(at: place), let id = row.entry.directory,
        jobs[number].found.insert(id).inserted
      {
        // Deleted and made again, or copied to another disk: for the user it is the same directory.
        jobs[number].directories[path] = id
        add(place, path, .directory(id, stamp), listing.attributes[name], previous: row, to: number)
      } else {
        let (id, row) = try newDirectory(place, at: path, in: number)
        jobs[number].directories[path] = id
        jobs[number].found.insert(id)
        add(place, path, .directory(id, stamp), listing.attributes[name], previous: row, to: number)
      }
      // It may have been moved here before anybody looked into it.
      if !jobs[number].looksBelow(path) {
        look(at: ChangeSet(changes: [.created(path, isDirectory: true)]))
      }
    }
  }

  /// The id of a directory that nobody knows here, and its row if it was deleted before. It is the
  /// one that a peer has made in its place, if that could not be made here.
  private mutating func newDirectory(
    _ place: Place, at path: RelativePath, in number: Int
  ) throws(IndexError) -> (DirectoryID, Row?) {
    if let id = directoryWanted(at: path), !jobs[number].found.contains(id) {
      let row = try index.row(.directory(id))
      switch row?.entry.body {
      case nil, .deletedDirectory: return (id, row)
      // It was ignored where it stood until now.
      case .directory where row?.isHeld == false: return (id, row)
      case .directory, .merged, .file, .symlink, .deleted: break
      }
    }
    let id = DirectoryID(high: random.next(), low: random.next())
    // One that is moved here is to be merged into this one and not the reverse: what holds
    // something that is ignored can't give way.
    if case .movedDirectory(let coming)? = refusedPlaces[place]?.thing, coming.high > 0 {
      return (DirectoryID(high: id.high % coming.high, low: id.low), nil)
    }
    return (id, nil)
  }

  /// The directory of a peer that waits for what stands at a path.
  func directoryWanted(at path: RelativePath) -> DirectoryID? {
    guard let (directory, unit) = unmade[path], unitIndex(unit) != nil else { return nil }
    return directory
  }

  /// Whether a file can have been written again without getting another stamp: it was recorded
  /// within the clock step in which it had been written. Then it is read when the watcher tells of
  /// it again. (What a flip brought is not: its own events would have all of it read.)
  private func isRacy(_ row: Row) -> Bool {
    guard row.source == nil, let observed = row.observed else { return false }
    return abs(row.entry.version.time - observed.ctime) < Limits.racyNanoseconds
  }

  /// A directory's times change with everything in it; its identity is inode and time of creation.
  func isSameDirectory(_ row: Row, _ stamp: FileStamp) -> Bool {
    row.observed?.identity == stamp.identity
  }

  private mutating func compareFiles(
    _ listing: Listing, _ positions: some Sequence<Int>, parent: DirectoryID, in number: Int
  ) throws(IndexError) {
    var vanished: Set<Place> = []
    for (name, found) in positions.lazy.map({ listing.entries[$0] }) {
      let place = Place(parent: parent, name: name)
      let path = listing.directory.appending(name)
      let row = try index.row(.place(place))
      switch found {
      case .absent:
        try noteAbsent(place, in: number)
        if row?.entry.isAlive != true { vanished.insert(place) }
      case .entry(let stamp) where stamp.kind == .directory:
        if let row { try noteGone([row], in: number) }
      case .entry(let stamp):
        if !listing.isComplete { try noteReplacedDirectory(at: place, in: number) }
        let attributes = listing.attributes[name]
        // Two changes of attributes within one step of the disk's clock have one ctime.
        if let row, row.observed == stamp,
          attributes ?? row.observedAttributes == row.observedAttributes,
          listing.isComplete || !isRacy(row)
        {
          continue
        }
        add(place, path, .file(stamp, nil), attributes, previous: row, to: number)
      case .symlink(let stamp, let target):
        if !listing.isComplete { try noteReplacedDirectory(at: place, in: number) }
        if row?.observed == stamp { continue }
        add(place, path, .symlink(stamp, target: target), .some(.empty), previous: row, to: number)
      case .ignored: try noteIgnored(place, in: number)
      case .special:
        try noteAbsent(place, in: number)
        log(.info, "Left alone, since it is neither file, directory nor symlink.", path: path)
      case .unreadable(let errno):
        log(
          .warning,
          "Cannot be looked at (errno \(errno)); it is left as it is. Check its permissions.",
          path: path)
        noteTrouble(errno, at: path, isDirectory: false)
      }
    }
    if !vanished.isEmpty { try dropFindings(at: vanished, except: number) }
  }

  /// What earlier jobs found and have not recorded yet is gone by now, and no row tells of it. A
  /// directory that had come there isn't where it was before, either.
  private mutating func dropFindings(
    at places: Set<Place>, except number: Int
  ) throws(IndexError) {
    var left: [RelativePath] = []
    for job in jobs.indices where job != number {
      for item in jobs[job].items.indices where places.contains(jobs[job].items[item].place) {
        switch jobs[job].items[item].finding {
        case .directory:
          jobs[job].items[item].finding = .dropped
          if let old = jobs[job].items[item].previous, let path = try path(of: old.entry.place) {
            left.append(path)
          }
        case .file, .symlink: jobs[job].items[item].finding = .dropped
        case .removed, .forgotten, .dropped: break
        }
      }
    }
    lookAgain(at: left)
  }

  /// A directory is as the index has it: what earlier jobs found otherwise is out of date. (A
  /// file's times tell that.)
  private mutating func dropFindings(
    of directory: DirectoryID, at place: Place, except number: Int
  ) {
    for job in jobs.indices
    where job != number && jobs[job].sliceOf != jobs[number].id
      && jobs[job].parents.contains(place.parent)
    {
      for item in jobs[job].items.indices where jobs[job].items[item].place == place {
        if case .directory(directory, _) = jobs[job].items[item].finding {
          jobs[job].items[item].finding = .dropped
        }
      }
    }
  }

  /// What earlier jobs found in a directory that hasn't got it now, as all of it was listed.
  private mutating func dropFindings(
    missingIn listing: Listing, parent: DirectoryID, in number: Int
  ) throws(IndexError) {
    let id = jobs[number].id
    let others = jobs.filter { $0.id != id && $0.sliceOf != id && $0.parents.contains(parent) }
    if others.isEmpty { return }
    let present = Set(listing.entries.map(\.name))
    var missing: Set<Place> = []
    for item in others.flatMap(\.items)
    where item.place.parent == parent && !present.contains(item.place.name) {
      missing.insert(item.place)
    }
    if !missing.isEmpty { try dropFindings(at: missing, except: number) }
  }

  private mutating func add(
    _ place: Place, _ path: RelativePath, _ finding: LocalItem.Finding,
    _ attributes: ExtendedAttributes?, previous: Row?, to number: Int
  ) {
    if attributes?.isCut == true { sayCut(path) }
    jobs[number].parents.insert(place.parent)
    jobs[number].items.append(
      LocalItem(
        place: place, path: path, finding: finding, attributes: attributes, previous: previous))
  }

  private mutating func noteReplacedDirectory(at place: Place, in number: Int)
    throws(IndexError)
  {
    try noteGone(try index.directories(at: place), in: number)
  }

  private mutating func noteAbsent(_ place: Place, in number: Int) throws(IndexError) {
    if let row = try index.row(.place(place)) { try noteGone([row], in: number) }
    try noteReplacedDirectory(at: place, in: number)
  }
}
