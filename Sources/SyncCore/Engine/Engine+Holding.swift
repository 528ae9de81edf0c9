// Changes that are to be recorded together although they settle one after the other: a command that
// takes long, and wants to be seen as one change. What settles below its directory meanwhile is
// kept in mind, and looked at when the command is over.

/// A hold: nothing below its directory is looked at until it ends.
struct Hold {
  let id: UInt64
  let directory: RelativePath
  /// What has settled there so far, each change once.
  private(set) var changes: [Change] = []
  private var known: Set<Change> = []
  /// Directories of which everything is to be looked at: new ones, wherever they were moved since,
  /// and those about which too little is known.
  private var tops: Set<RelativePath> = []
  /// Whether single changes are not enough: too many, lost, or directories have moved under them.
  var needsScan = false

  init(id: UInt64, directory: RelativePath) {
    self.id = id
    self.directory = directory
  }

  func covers(_ change: Change) -> Bool {
    switch change {
    case .created(let path, _), .modified(let path, _), .removed(let path, _):
      path.isWithin(directory)
    case .moved(let from, let to, _): from.isWithin(directory) || to.isWithin(directory)
    case .rescan(let path): path.isWithin(directory) || directory.isWithin(path)
    }
  }

  mutating func add(_ change: Change) {
    guard known.insert(change).inserted else { return }
    changes.append(change)
    switch change {
    case .created(let path, isDirectory: true), .rescan(let path): tops.insert(path)
    case .moved(let from, let to, isDirectory: true) where tops.contains(from) || isCovered(from):
      add(.created(to, isDirectory: true))
    case .created, .modified, .removed, .moved: break
    }
    guard changes.count > Limits.heldChangeCount else { return }
    (changes, known, tops) = ([], [], [])
    needsScan = true
  }

  /// Whether a directory above a path is looked at as a whole.
  private func isCovered(_ path: RelativePath) -> Bool {
    var above = path.parent
    while let directory = above {
      if tops.contains(directory) { return true }
      above = directory.parent
    }
    return false
  }

  /// What is to be looked at in the end, nothing twice; and renames for which nothing is, but which
  /// tell files that need not be read.
  func condensed() -> (changes: [Change], moves: [(from: RelativePath, to: RelativePath)]) {
    var hold = self
    if needsScan { hold.tops.insert(directory) }
    var left = needsScan ? [Change.rescan(directory)] : []
    var moves: [(from: RelativePath, to: RelativePath)] = []
    for change in changes {
      switch change {
      case .created(let path, _), .modified(let path, _), .removed(let path, _), .rescan(let path):
        if !hold.isCovered(path) { left.append(change) }
      case .moved(let from, let to, _):
        if hold.isCovered(from), hold.isCovered(to) {
          moves.append((from, to))
        } else {
          left.append(change)
        }
      }
    }
    return (left, moves)
  }
}

extension Engine {
  /// How many holds there are.
  public var holdCount: Int { holds.count }

  mutating func beginHold(_ id: UInt64, below directory: RelativePath) {
    holds.append(Hold(id: id, directory: directory))
    log(.info, "Changes are held together until a command is over.", path: directory)
  }

  /// The command is over, and all that it did has been reported: it is looked at as one.
  mutating func endHold(_ id: UInt64) {
    guard let number = holds.firstIndex(where: { $0.id == id }) else { return }
    let hold = holds.remove(at: number)
    let (changes, moves) = hold.condensed()
    guard !changes.isEmpty, let job = look(at: ChangeSet(changes: changes)) else { return }
    guard let number = jobIndex(job) else { return }
    jobs[number].isWhole = true
    jobs[number].moves += moves
  }

  /// Keeps what is held out of a change set. Not before the first scan: without it nothing goes on.
  mutating func holdBack(_ set: ChangeSet) -> ChangeSet {
    guard !holds.isEmpty, hasScanned else { return set }
    var free: [Change] = []
    for change in set.changes {
      if let number = holds.firstIndex(where: { $0.covers(change) }) {
        holds[number].add(change)
      } else {
        free.append(change)
      }
    }
    return ChangeSet(changes: free)
  }

  /// A directory has left a path under which changes are told: they are found by a scan.
  mutating func noteMoved(from path: RelativePath) {
    for number in holds.indices
    where path.isWithin(holds[number].directory) || holds[number].directory.isWithin(path) {
      holds[number].needsScan = true
    }
  }

  /// Says when a hold's changes are too many for one unit.
  mutating func noteSplit(of job: LocalJob) {
    guard job.isWhole, job.items.count > Limits.unitEntryCount else { return }
    log(
      .warning,
      "\(job.items.count) changes were held together; a unit has at most "
        + "\(Limits.unitEntryCount), so they arrive in several.")
  }
}
