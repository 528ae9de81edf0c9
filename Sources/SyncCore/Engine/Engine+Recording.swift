// From what differs on disk to rows of the index, in one transaction for each settled set.

extension Engine {
  /// A look is over: what is absent is confirmed or concluded, and files are read.
  mutating func endLook(of id: JobID) throws(IndexError) {
    guard let number = jobIndex(id), !endBundleLook(number) else { return }
    switch jobs[number].phase {
    case .looking where jobs[number].isScan && !jobs[number].absent.isEmpty:
      jobs[number].phase = .awaitingWatcher
      effects.append(.awaitWatcher(id))
    case .looking, .confirming:
      try conclude(number)
    case .waiting, .awaitingWatcher, .reading, .verifying: break
    }
  }

  /// A scan of a large tree is recorded in slices: it promises no unit, and is never whole in
  /// memory.
  mutating func splitOff(_ number: Int) throws(IndexError) {
    let id = addJob([], isScan: true, moves: [])
    guard let slice = jobIndex(id) else { preconditionFailure("the job was just added") }
    jobs[slice].sliceOf = jobs[number].id
    jobs[slice].items = jobs[number].items
    jobs[slice].parents = jobs[number].parents
    jobs[slice].stamps = jobs[number].stamps
    jobs[number].items = []
    jobs[number].parents = []
    if jobs[number].absent.isEmpty { jobs[number].stamps = [:] }
    try startReading(slice)
  }

  /// A file that was only renamed has its content already: same inode, and nothing but ctime
  /// differs. The watcher must have seen the rename; otherwise the file is read.
  mutating func recogniseMoves(_ number: Int, removed: Set<EntryKey>) throws(IndexError) {
    guard !jobs[number].moves.isEmpty else { return }
    let targets = Set(jobs[number].moves.map(\.to))
    for item in jobs[number].items.indices {
      let candidate = jobs[number].items[item]
      guard case .file(let stamp, nil) = candidate.finding, targets.contains(candidate.path),
        candidate.attributes != nil
      else { continue }
      for row in try index.file(inode: stamp.inode) {
        guard let content = row.entry.content, let observed = row.observed else { continue }
        guard removed.contains(row.entry.key), stamp.isSameApartFromCtime(observed) else {
          continue
        }
        jobs[number].items[item].finding = .file(stamp, (content.id, nil))
      }
    }
  }

  mutating func startReading(_ number: Int) throws(IndexError) {
    jobs[number].phase = .reading
    awaitSiblings(number)
    // What a change set brings is new to every peer and goes along at once; what a scan finds, they
    // may have.
    let isNews = jobs[number].bundle?.isNews ?? !jobs[number].isScan
    let links = isNews ? sessions.filter(isTold).map(\.link) : []
    let id = jobs[number].id
    var pushed = ReadBatch()
    // What is most likely as it was is read only to make sure: of that nobody hears.
    var checked = ReadBatch()
    var large: [FileStamp: Int] = [:]
    for item in jobs[number].items.indices {
      let found = jobs[number].items[item]
      guard case .file(let stamp, nil) = found.finding else { continue }
      jobs[number].unread += 1
      let read = ReadItem(
        item: item, place: found.place, path: found.path, stamp: stamp,
        isWithAttributes: found.attributes == nil)
      let differs = !(found.previous?.observed.map(stamp.isLikely) ?? false)
      if stamp.size > Int64(Limits.smallContentByteCount) {
        if let other = large[stamp],
          (jobs[number].items[other].attributes == nil) == read.isWithAttributes
        {
          jobs[number].otherNames[other, default: []].append(item)
          continue
        }
        large[stamp] = item
        lastStream += 1
        // What is likely to be another name of a file, or to have left one, peers have already.
        let isNew = differs ? try !hasSeen(stamp) : false
        openFiles[lastStream] = OpenFile(
          job: id, item: item, place: found.place,
          file: LocalFile(path: found.path, stamp: stamp), telling: isNew ? .always : .never)
        if isNew { seekOrigin(of: stamp, readAs: lastStream) }
        effects.append(.readLarge(id, read, stream: lastStream))
      } else if differs {
        if let full = pushed.add(read) { effects.append(.read(id, full, push: links)) }
      } else {
        if let full = checked.add(read) { effects.append(.read(id, full, push: [])) }
      }
    }
    if !pushed.items.isEmpty { effects.append(.read(id, pushed.items, push: links)) }
    if !checked.items.isEmpty { effects.append(.read(id, checked.items, push: [])) }
  }

  /// Files were read.
  mutating func takeOutcomes(_ outcomes: [(item: Int, outcome: ReadOutcome)], of id: JobID) {
    guard let number = jobIndex(id) else { return }
    for (item, outcome) in outcomes {
      // It may have been found to be gone in the meantime.
      let isWanted = take(outcome, of: item, in: number)
      closeStream(of: id, item: item, isWanted ? outcome : .changed)
      for other in jobs[number].otherNames[item] ?? [] { _ = take(outcome, of: other, in: number) }
    }
  }

  /// What became of reading a file; `false` if it isn't wanted any more.
  private mutating func take(_ outcome: ReadOutcome, of item: Int, in number: Int) -> Bool {
    jobs[number].unread -= 1
    guard case .file(let stamp, nil) = jobs[number].items[item].finding else { return false }
    switch outcome {
    case .content(let content, let recipe, let attributes):
      if let attributes { note(attributes, of: item, in: number) }
      jobs[number].items[item].finding = .file(stamp, (content, recipe))
    case .snapshot(let stamp, let content, let recipe, let attributes):
      note(attributes, of: item, in: number)
      jobs[number].items[item].finding = .file(stamp, (content, recipe))
    case .changed:
      jobs[number].items[item].finding = .dropped
      jobs[number].isTorn = true
    case .failed(let errno):
      jobs[number].items[item].finding = .dropped
      log(
        .warning,
        "Cannot be read (errno \(errno)); it is not synced. Check its permissions and the disk.",
        path: jobs[number].items[item].path)
      noteTrouble(errno, at: jobs[number].items[item].path, isDirectory: false)
    }
    return true
  }

  private mutating func note(
    _ attributes: ExtendedAttributes, of item: Int, in number: Int
  ) {
    jobs[number].items[item].attributes = attributes
    if attributes.isCut { sayCut(jobs[number].items[item].path) }
  }

  /// Records every job whose files are read. Not during a flip: its rows are about to change.
  mutating func recordFinishedJobs() throws(IndexError) {
    guard flipping == nil else { return }
    var hasRecorded = false
    while let number = jobs.firstIndex(where: isReadyToRecord) {
      if try isOutdated(jobs[number]) {
        giveUpBundle(number)
        continue
      }
      let job = jobs.remove(at: number)
      try because(of: job.id) { engine throws(IndexError) in try engine.record(job) }
      hasRecorded = true
    }
    guard hasRecorded else { return }
    try announceToAll()
    try advanceReadyUnits()
  }

  /// Jobs don't wait for one another, but the slices of a scan are recorded in their order and
  /// before its rest: a directory before what is in it, and removals last.
  func isReadyToRecord(_ job: LocalJob) -> Bool {
    guard job.phase == .reading, job.unread == 0, job.bundle?.isVerified ?? true,
      job.awaitsSiblingsUntil == nil
    else { return false }
    return !jobs.contains { other in
      other.sliceOf == job.id
        || (job.sliceOf != nil && other.sliceOf == job.sliceOf && other.id < job.id)
    }
  }

  private mutating func record(_ job: LocalJob) throws(IndexError) {
    // What peers announce is compared with the index only once it tells what is here.
    if job.isScan, job.sliceOf == nil, job.bundle == nil, !job.isBlind {
      hasScanned = true
      if job.looksBelow(.root) {
        audit.provenAt = now.wall
        // What a person said was about this look; an empty root is asked about anew.
        believesEmptyRoot = false
      }
    }
    if !job.isScan { noteSplit(of: job) }
    let root = job.bundle?.root
    let (outdated, moved) = try recordItems(
      of: job, doubting: root.map { busyBundles[$0]?.doubt } ?? doubt)
    if let root { endBundle(root) }
    doubtNoMore(
      job, isWhole: job.isScan && job.sliceOf == nil && !job.isBlind && job.looksBelow(.root))
    lookAgain(at: outdated)
    // A scan sees every name itself.
    if job.isScan { hasLinks = nil } else { lookAgain(at: try otherNames(of: job)) }
    for item in job.items {
      switch item.finding {
      // It may have changed, or its directory may have been moved while it was to be read.
      case .dropped: noteUnsettled([item.place.name], in: item.place.parent)
      case .directory, .file, .symlink, .removed, .forgotten: break
      }
    }
    noteDeparted(from: job)
    tellAnew(without: job.items.compactMap(\.forgotten))
    try record(job.wishes, mustAsk: free(job.items.filter(\.isPresent).map(\.place)))
    for (old, directory, new) in moved {
      let isTold = (jobs + [job]).contains { $0.moves.contains { $0.from == old } }
      if isTold || job.looksBelow(new) {
        try redirect(old, to: directory)
      } else {
        try noteVacated(old, by: directory)
      }
    }
    try noteReturned(job)
    try lookIntoReturned(job)
    if !moved.isEmpty || job.endsWandering { try lookForUnsettled() }
  }

  /// The other names of files that were found changed, or without one of their names: of what
  /// happens through one hard link the kernel tells nothing at the others.
  private mutating func otherNames(of job: LocalJob) throws(IndexError) -> [RelativePath] {
    var paths: [RelativePath] = []
    for item in job.items {
      switch item.finding {
      case .file(let stamp, _):
        for row in try index.file(inode: stamp.inode) where row.entry.place != item.place {
          hasLinks = true
          if row.observed != stamp, let path = try path(of: row.entry.place) { paths.append(path) }
        }
      case .removed:
        if let stamp = item.previous?.observed { paths += try names(of: stamp) }
      case .directory, .symlink, .forgotten, .dropped: break
      }
    }
    return paths
  }

  /// Writes what was found into the index. Returns what is out of date and must be looked at again,
  /// and from where directories have moved.
  private mutating func recordItems(
    of job: LocalJob, doubting doubt: Doubt?
  ) throws(IndexError) -> (
    outdated: [RelativePath], moved: [(from: RelativePath, DirectoryID, to: RelativePath)]
  ) {
    guard !job.items.isEmpty else { return ([], []) }
    var outdated: [RelativePath] = []
    var moved: [(from: RelativePath, DirectoryID, to: RelativePath)] = []
    var gone: [DirectoryID] = []
    /// Directories that were thought to be gone and are elsewhere: what is in them isn't gone
    /// either.
    var elsewhere: Set<DirectoryID> = []
    /// Files with rules that say of what was found that it is ignored.
    var rulesFiles: Set<RelativePath> = []
    let wall = now.wall
    var lastScope: LastScope?
    let earlier = index.sequence
    try index.transaction { () throws(IndexError) in
      var recorded: [(item: LocalItem, from: RelativePath?)] = []
      var leavings = try leavings(of: job)
      for item in job.items.sorted(by: Self.precedes) {
        if case .dropped = item.finding { continue }
        let old = item.previous?.entry.place
        let oldPath =
          old == item.place
          ? nil
          : try old.flatMap { place throws(IndexError) in
            try path(of: place)
          }
        if try isBelowItself(item) {
          // Which of them is where it was found, only a look at everything can tell.
          outdated.append(.root)
          continue
        }
        guard try isUpToDate(item, in: job), !elsewhere.contains(item.place.parent),
          try !isTaken(item, in: job, leavings)
        else {
          // It is not known to have left its old place, either.
          outdated += [item.path] + (oldPath.map { [$0] } ?? [])
          if let old, item.leaves { leavings.staying.insert(old) }
          if let id = item.goneDirectory { elsewhere.insert(id) }
          continue
        }
        if try isIgnored(item, last: &lastScope) {
          // Either what is below changed rules is looked at already, or those on disk are others by
          // now: only a look at them tells.
          rulesFiles.formUnion(item.path.rulesFiles)
          if let oldPath { outdated.append(oldPath) }
          continue
        }
        if case .directory(let id, _) = item.finding, let oldPath {
          moved.append((oldPath, id, item.path))
          lastScope = nil
        }
        let sequence = index.sequence
        let isDoubted =
          doubt?.covers(item, isScan: job.isScan) == true && !isPutAfterDeletion(item)
        try record(item, wall: wall, doubting: isDoubted ? doubt : nil)
        if index.sequence > sequence { recorded.append((item, oldPath)) }
        if let id = item.goneDirectory { gone.append(id) }
      }
      try recordTimes(job.stamps.mapValues(\.mtime))
      let recorder = RowRecorder(index: index, wall: wall, bundles: rules.bundles)
      for directory in gone { try recorder.removeRest(of: directory) }
      try forgetRest(of: job.items.compactMap(\.forgotten?.entry.directory))
      if index.sequence > earlier { try recordStates(of: job, recorded.map(\.item)) }
      if let set = history(of: recorded, in: job, since: earlier) { try index.note(set) }
    }
    if index.sequence > earlier { noteUnsecured() }
    return (outdated + rulesFiles.sorted(), moved)
  }

  /// Parents before what is in them, what is new before what is gone.
  private static func precedes(_ left: LocalItem, _ right: LocalItem) -> Bool {
    (rank(left), left.path) < (rank(right), right.path)
  }

  private static func rank(_ item: LocalItem) -> Int {
    switch item.finding {
    case .directory: 0
    case .file, .symlink, .dropped: 1
    case .removed, .forgotten: 2
    }
  }

  /// With a `doubt` that it is not as it was recorded may be nobody's doing.
  private func record(
    _ item: LocalItem, wall: Int64, doubting doubt: Doubt?
  ) throws(IndexError) {
    let previous = item.previous?.entry
    switch item.finding {
    case .directory(let id, let stamp):
      let keepsMode = previous?.isAlive == true && item.previous?.observed?.mode == stamp.mode
      try put(
        item, body: .directory(id), mode: keepsMode ? previous?.mode ?? stamp.mode : stamp.mode,
        mtime: 0, attributes: toldAttributes(item), stamp: stamp, wall: wall, doubting: doubt)
    case .file(let stamp, let content):
      guard let content else { preconditionFailure("a file is recorded before it was read") }
      if let recipe = content.recipe { try index.put(recipe, for: content.id) }
      let (mode, mtime) = told(item, stamp)
      try put(
        item, body: .file(content.id, size: stamp.size), mode: mode, mtime: mtime,
        attributes: toldAttributes(item), stamp: stamp, wall: wall, doubting: doubt)
    case .symlink(let stamp, let target):
      let (_, mtime) = told(item, stamp)
      try put(
        item, body: .symlink(target: target), mode: 0, mtime: mtime, stamp: stamp, wall: wall,
        doubting: doubt)
    case .removed:
      guard let previous else { preconditionFailure("what was never here is removed") }
      // Nobody deleted it: a content that is named would go wherever it is found.
      let body: Body =
        doubt != nil && previous.directory == nil ? .deleted(was: nil) : previous.bodyWhenGone
      try put(item, body: body, mode: 0, mtime: 0, stamp: nil, wall: wall, doubting: doubt)
    case .forgotten:
      guard var row = item.previous else { preconditionFailure("what was never here is forgotten") }
      row.letGo()
      try index.put(row)
    case .dropped: break
    }
  }

  /// Mode and mtime to tell: only what changed here is told anew. A disk that gives back other
  /// times than it was given has not changed the file.
  private func told(_ item: LocalItem, _ stamp: FileStamp) -> (mode: UInt16, mtime: Int64) {
    guard let row = item.previous, row.entry.isAlive, let observed = row.observed else {
      return (stamp.mode, stamp.mtime)
    }
    return (
      observed.mode == stamp.mode ? row.entry.mode : stamp.mode,
      observed.mtime == stamp.mtime ? row.entry.mtime : stamp.mtime
    )
  }

  /// Writes a row: under a new dot if anything that is told has changed, else only what was
  /// observed. What is doubted is told in a version that has seen only what was flushed: whatever
  /// else peers have of it is kept.
  private func put(
    _ item: LocalItem, body: Body, mode: UInt16, mtime: Int64,
    attributes: ExtendedAttributes = .empty, stamp: FileStamp?, wall: Int64, doubting doubt: Doubt?
  ) throws(IndexError) {
    let shown =
      stamp == nil ? .empty : item.attributes ?? item.previous?.observedAttributes ?? .empty
    let isNew = item.previous.map { $0.entry.isAlive && !$0.isHeld } ?? true
    if var row = item.previous, row.entry.body == body, row.entry.mode == mode,
      row.entry.mtime == mtime, row.entry.attributes == attributes, row.entry.place == item.place,
      try !hasJoinedOrParted(item, stamp)
    {
      (row.observed, row.observedAttributes, row.isWanted) = (stamp, shown, false)
      // What wasn't held here was told to nobody.
      if isNew { row.sequence = try index.nextSequence() }
      return try index.put(row)
    }
    let sequence = try index.nextSequence()
    // Of what was ignored, and is found to be other than peers have it, nobody here has seen that.
    let seen = isNew || doubt != nil ? nil : item.previous?.entry.version
    let dot = Dot(actor: doubt?.actor ?? index.writer(over: seen), counter: sequence)
    var past = seen?.vector ?? VersionVector()
    // But what that had seen is told to be known here: who deleted it before waits for no more.
    if isNew, doubt == nil, let known = item.previous?.entry, known.directory == nil {
      past = known.version.vector.before(known.version.dot)
    }
    if item.previous == nil, index.forgotten > 0 {
      past.include(Dot(actor: index.actor.forgetting, counter: index.forgotten))
    }
    if let doubt, let previous = item.previous?.entry, stamp != nil {
      past = doubt.flushedPast(of: previous, in: index)
    }
    var entry = Entry(
      place: item.place, body: body, mode: mode, mtime: mtime, attributes: attributes,
      version: Version(dot: dot, vector: past, time: wall, making: body))
    if !isNew { entry.bundle = item.previous?.entry.bundle }
    if stamp == nil, let previous = item.previous?.entry {
      entry.bundle = try .gone(previous, rules.bundles, in: index, counter: sequence)
    }
    try index.put(
      Row(
        entry: entry, observed: stamp, observedAttributes: shown, sequence: sequence, source: nil))
  }
}
