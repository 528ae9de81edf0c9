// Bundles: what happens in one is recorded together, and only as it was at one moment at which
// nobody was at work in it. Changes in it are kept out of other jobs; when they are over all of it
// is looked at, read, and looked at once more.

extension Engine {
  /// Keeps what happened in bundles out of a change set.
  mutating func leaveToBundles(_ set: ChangeSet) -> ChangeSet {
    let bundles = rules.bundles
    guard !bundles.names.isEmpty else { return set }
    var free: [Change] = []
    for change in set.changes {
      switch change {
      case .created(let path, _), .modified(let path, _), .removed(let path, _), .rescan(let path):
        guard let root = bundles.root(of: path) else {
          free.append(change)
          continue
        }
        noteBusy(root, isNews: true)
      case .moved(let from, let to, let isDirectory):
        let (old, new) = (bundles.root(of: from), bundles.root(of: to))
        if let old { noteBusy(old, isNews: true) }
        if let new { noteBusy(new, isNews: true, from: old == nil ? from : nil) }
        if old == nil, new == nil { free.append(change) }
        if old != nil, new == nil { free.append(.created(to, isDirectory: isDirectory)) }
      }
    }
    return ChangeSet(changes: free)
  }

  /// Something happened, or was found to differ, in a bundle.
  mutating func noteBusy(_ root: RelativePath, isNews: Bool, from source: RelativePath? = nil) {
    if busyBundles[root] == nil {
      lastBundle += 1
      busyBundles[root] = BusyBundle(
        number: lastBundle, since: now.monotonic, dueAt: 0, isNews: isNews)
      for number in barriers.indices where cause.map(barriers[number].waits) ?? false {
        barriers[number].bundles.insert(root)
      }
    }
    guard var bundle = busyBundles[root] else { return }
    bundle.isTouchedAgain = true
    bundle.isNews = bundle.isNews && isNews
    bundle.doubt = bundle.doubt ?? doubt
    if let source { bundle.sources.insert(source) }
    if bundle.attempts == 0 {
      // A bundle in which something happens all the time is tried all the same.
      let latest = bundle.since + Limits.longestBundleNanoseconds
      bundle.dueAt = min(now.monotonic + Limits.bundleQuietNanoseconds, max(latest, now.monotonic))
    }
    busyBundles[root] = bundle
  }

  /// What was to be looked at in bundles below a path is looked for where that has gone, too.
  mutating func redirectBundles(below old: RelativePath, to new: RelativePath) {
    for root in busyBundles.keys.sorted() where root != old {
      guard let bundle = busyBundles[root], let now = root.replacingPrefix(old, with: new)
      else { continue }
      noteBusy(rules.bundles.root(of: now) ?? now, isNews: bundle.isNews)
    }
  }

  /// Looks at bundles in which it has been quiet, or for which somebody waits.
  mutating func startDueBundles() {
    guard !busyBundles.isEmpty, heldBecause.isEmpty else { return }
    var jobCount = busyBundles.values.count { $0.job != nil }
    for root in busyBundles.keys.sorted() {
      guard jobCount < Limits.bundleJobCount, let bundle = busyBundles[root], bundle.job == nil
      else { continue }
      let isAwaited =
        bundle.attempts == 0 && barriers.contains { $0.bundles.contains(root) }
      guard isAwaited || bundle.dueAt <= now.monotonic else {
        wake(after: bundle.dueAt - now.monotonic)
        continue
      }
      start(root, bundle)
      jobCount += 1
    }
  }

  private mutating func start(_ root: RelativePath, _ bundle: BusyBundle) {
    guard let parent = root.parent, let name = root.name else { return }
    var names: [RelativePath: Set<Name>] = [parent: [name]]
    for source in bundle.sources {
      if let parent = source.parent, let name = source.name {
        names[parent, default: []].insert(name)
      }
    }
    let requests = names.keys.sorted().map { directory in
      LookRequest.names(names[directory, default: []].sorted(), in: directory)
    }
    let job = addJob(requests + [.subtree(root)], isScan: true, moves: [])
    guard let number = jobIndex(job) else { return }
    jobs[number].bundle = LocalJob.BundleLook(root: root, isNews: bundle.isNews)
    jobs[number].isWhole = true
    busyBundles[root]?.job = job
    busyBundles[root]?.isTouchedAgain = false
  }

  // MARK: Looking

  /// Takes a listing that is a bundle's: another job leaves it to that, a second look compares it
  /// and no more.
  mutating func takeBundleListing(
    _ listing: Listing, in number: Int
  ) throws(IndexError) -> Bool {
    guard let root = rules.bundles.root(of: listing.directory) else {
      return jobs[number].phase == .verifying
    }
    guard jobs[number].bundle?.root == root else {
      if try isChanged(listing, in: root) { noteBusy(root, isNews: false) }
      return true
    }
    switch jobs[number].phase {
    case .looking: jobs[number].bundle?.first.add(listing)
    case .verifying: jobs[number].bundle?.second.add(listing)
    case .waiting, .awaitingWatcher, .confirming, .reading: return false
    }
    for (name, found) in listing.entries where BundleRules.isLock(name) && found.isNoDirectory {
      jobs[number].bundle?.lock = listing.directory.appending(name)
    }
    return jobs[number].phase == .verifying
  }

  /// Whether a bundle's directory is other than the index has it.
  private func isChanged(_ listing: Listing, in root: RelativePath) throws(IndexError) -> Bool {
    guard let stamp = listing.stamp else { return false }
    guard let id = try directory(at: listing.directory, in: nil),
      let row = try index.row(.directory(id)), isSameDirectory(row, stamp)
    else { return true }
    return try !auditDifferences(listing, in: id).isEmpty
  }

  /// Whether a directory that was found is a bundle that isn't known yet, or another than is known:
  /// it is left to a job of its own.
  mutating func leavesToBundle(
    _ name: Name, at path: RelativePath, _ stamp: FileStamp, known: [Row], in number: Int
  ) throws(IndexError) -> Bool {
    guard jobs[number].bundle == nil, rules.bundles.names.contains(name),
      !known.contains(where: { isSameDirectory($0, stamp) }),
      try index.directory(inode: stamp.inode, btime: stamp.btime) == nil
    else { return false }
    for row in known { row.entry.directory.map { _ = jobs[number].found.insert($0) } }
    noteBusy(path, isNews: !jobs[number].isScan)
    return true
  }

  /// A look at a bundle is over. Whether nothing more is to be done because of it.
  mutating func endBundleLook(_ number: Int) -> Bool {
    guard let bundle = jobs[number].bundle else { return false }
    switch jobs[number].phase {
    case .looking where bundle.lock == nil: return false
    case .looking:
      giveUpBundle(number)
      return true
    case .verifying:
      guard bundle.lock == nil, bundle.first == bundle.second, flipping == nil else {
        giveUpBundle(number)
        return true
      }
      jobs[number].bundle?.isVerified = true
      jobs[number].phase = .reading
      return true
    case .waiting, .awaitingWatcher, .confirming, .reading: return false
    }
  }

  /// All that differs in a bundle has been read: it is looked at once more.
  mutating func verifyBundles() {
    guard flipping == nil else { return }
    for id in jobs.filter({ $0.awaitsVerifying }).map(\.id) {
      guard let number = jobIndex(id) else { continue }
      if jobs[number].items.isEmpty {
        jobs[number].bundle?.isVerified = true
      } else if jobs[number].isTorn {
        giveUpBundle(number)
      } else {
        jobs[number].phase = .verifying
        effects.append(.look(id, jobs[number].requests))
      }
    }
  }

  // MARK: Ending

  /// The bundle is looked at again, ever later.
  mutating func giveUpBundle(_ number: Int) {
    let job = jobs.remove(at: number)
    guard let look = job.bundle, var bundle = busyBundles[look.root] else { return }
    bundle.job = nil
    bundle.lock = look.lock
    bundle.attempts += 1
    let delay = min(
      Limits.bundleQuietNanoseconds << Int64(min(bundle.attempts, 16)),
      Limits.longestBundleNanoseconds)
    bundle.dueAt = now.monotonic + delay
    if let lock = bundle.lock, !bundle.isTold,
      now.monotonic - bundle.since > Limits.toldLockNanoseconds
    {
      bundle.isTold = true
      log(
        .warning,
        "What happens beside this lock waits until it is gone. If no program is at work there, "
          + "remove it.", path: lock)
    }
    busyBundles[look.root] = bundle
    wake(after: delay)
  }

  /// Whether rows that a bundle was compared with have changed since: part of it alone must not be
  /// recorded.
  func isOutdated(_ job: LocalJob) throws(IndexError) -> Bool {
    guard job.bundle != nil else { return false }
    for item in job.items {
      guard let previous = item.previous else { continue }
      if try index.row(previous.entry.key) != previous { return true }
    }
    return false
  }

  /// Gives a bundle in which something was recorded a version of its own. Within a transaction. A
  /// replica's changes make none: nobody is told of them. What a power cut took back makes one
  /// like any other: nobody tells a node again what it had acknowledged, so it must know that.
  func recordStates(of job: LocalJob, _ items: [LocalItem]) throws(IndexError) {
    if rules.role == .replica { return }
    var bundles: Set<DirectoryID> = []
    if let root = job.bundle?.root, let id = try directory(at: root, in: nil) {
      bundles.insert(id)
    }
    // One that has lost its name is a bundle for as long as it has a state.
    for item in items {
      for place in [item.place, item.previous?.entry.place] {
        if let parent = place?.parent, let id = try statedDirectory(above: parent) {
          bundles.insert(id)
        }
      }
    }
    for id in bundles.sorted() { try recordState(of: id, in: job) }
    try RowRecorder(index: index, wall: now.wall, bundles: rules.bundles).tell(bundles)
  }

  /// The outermost directory with the state of a bundle that is `directory` or above it.
  private func statedDirectory(
    above directory: DirectoryID
  ) throws(IndexError) -> DirectoryID? {
    var stated: DirectoryID?
    var above = directory
    for _ in 0..<Limits.directoryDepth where above != .root {
      guard let row = try index.row(.directory(above)) else { break }
      if row.entry.isAlive, row.entry.bundle != nil { stated = above }
      above = row.entry.place.parent
    }
    return stated
  }

  private func recordState(of id: DirectoryID, in job: LocalJob) throws(IndexError) {
    guard var row = try index.row(.directory(id)) else { return }
    row.sequence = try index.nextSequence()
    row.source = nil
    row.entry.bundle = BundleVersion(
      after: row.entry.bundle, in: index, counter: row.sequence, time: lastChange(in: job))
    try index.put(row)
  }

  /// When what a job found was changed: what a scan finds after an index was lost may be old.
  private func lastChange(in job: LocalJob) -> Int64 {
    var times = job.stamps.values.map(\.mtime)
    for item in job.items {
      switch item.finding {
      case .file(let stamp, _), .symlink(let stamp, _): times.append(stamp.mtime)
      case .directory, .removed, .forgotten, .dropped: break
      }
    }
    return min(times.max() ?? now.wall, now.wall)
  }

  /// A bundle is recorded as it was.
  mutating func endBundle(_ root: RelativePath) {
    guard var bundle = busyBundles[root] else { return }
    for number in units.indices where units[number].waitsForProgram || units[number].awaitsWord {
      units[number].retryAt = now.monotonic
    }
    guard bundle.isTouchedAgain else {
      busyBundles[root] = nil
      for number in barriers.indices { barriers[number].bundles.remove(root) }
      return
    }
    (bundle.job, bundle.attempts, bundle.lock, bundle.doubt) = (nil, 0, nil, doubt)
    bundle.dueAt = now.monotonic + Limits.bundleQuietNanoseconds
    busyBundles[root] = bundle
  }

  // MARK: Waiting

  /// Of two states of a bundle the one here gives way: whoever holds the other will tell all that
  /// is to change. That is joined to this unit, and then planned with it. Where nobody can, it goes
  /// on without that after a while.
  mutating func awaitWord(about bundle: DirectoryID, _ number: Int) throws(IndexError) {
    units[number].missing = []
    let isNews = units[number].awaitsWordSince == nil
    let since = units[number].awaitsWordSince ?? now.monotonic
    units[number].awaitsWordSince = since
    units[number].retryAt = since + Limits.awaitedWordNanoseconds
    wake(after: since + Limits.awaitedWordNanoseconds - now.monotonic)
    guard isNews else { return }
    log(
      .info,
      "What changed here and elsewhere at once waits until a node that has what stands tells it.",
      peer: units[number].parts.first?.peer, path: try path(of: bundle))
  }

  /// Tells what of a unit can be said before anything of it is done.
  mutating func say(_ word: [PlannedRow]) throws(IndexError) {
    guard !word.isEmpty else { return }
    try index.transaction { () throws(IndexError) in
      let recorder = RowRecorder(index: index, wall: now.wall, bundles: rules.bundles)
      try recorder.record(word, [], source: nil)
    }
    try announceToAll()
  }

  /// Whether a unit waits for what is told of bundles, and not for too long already.
  func awaitsWord(_ unit: Unit) -> Bool {
    unit.awaitsWordSince.map { now.monotonic - $0 < Limits.awaitedWordNanoseconds } ?? true
  }

  // MARK: For others

  /// Locks because of which changes wait, for people.
  public var standingLocks: [RelativePath] {
    busyBundles.values.compactMap { $0.isTold ? $0.lock : nil }.sorted()
  }

  /// Whether a plan changes something in a bundle in which somebody is at work.
  func meetsBusyBundle(_ plan: UnitPlan) -> Bool {
    guard !busyBundles.isEmpty else { return false }
    return plan.directories.values.contains { path in
      rules.bundles.root(of: path).map { busyBundles[$0] != nil } ?? false
    }
  }
}

extension LocalJob {
  /// Whether it has read all of a bundle, and nobody has looked at that again.
  fileprivate var awaitsVerifying: Bool {
    guard let bundle, !bundle.isVerified else { return false }
    return phase == .reading && unread == 0
  }
}

extension Unit {
  /// Whether it waits for what is told of a bundle. A later state made here may be the one that
  /// stands.
  fileprivate var awaitsWord: Bool { awaitsWordSince != nil }

  /// Whether it waits since a program is at work in a bundle.
  fileprivate var waitsForProgram: Bool {
    failed.values.contains(.refused(errno: FlipFailure.busy))
  }
}
