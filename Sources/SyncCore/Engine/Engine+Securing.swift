// What was found here is recorded durably at once; what users wrote is on the disk only after a
// flush, and most programs ask for none. So the share is flushed a while after the last change, and
// what was recorded since the last flush is doubted once the machine has been started anew.

/// What the disk may have lost or taken back when the machine stopped.
struct Doubt {
  /// The sequences of the rows that were recorded and perhaps not on the disk.
  let rows: ClosedRange<UInt64>
  /// What was moved since then by a flip that was resumed.
  var moved: Set<EntryKey> = []
  /// Whose dots say how these rows are found instead: someone's who has seen nothing, so that
  /// nothing which others have is taken for older or deleted.
  let actor: Actor
  /// Whether the whole tree has been compared: then only what is unread is doubted.
  var isCompared = false
  /// What a scan could not read, since somebody wrote it.
  var unread: Set<EntryKey> = []

  /// Whether a finding that follows a row may be nobody's doing. Before the first look at
  /// everything a user may have deleted or moved what is there; but what was written over it was
  /// written over what the disk had.
  func covers(_ item: LocalItem, isScan: Bool) -> Bool {
    guard let row = item.previous, covers(row) else { return false }
    if isCompared { return unread.contains(row.entry.key) }
    switch item.finding {
    case .file, .symlink: return true
    case .directory, .removed, .forgotten, .dropped: return isScan
    }
  }

  func covers(_ row: Row) -> Bool {
    rows.contains(row.sequence) || moved.contains(row.entry.key)
  }

  /// What this node had made of a living file or symlink up to the last flush: the disk can't have
  /// less than that.
  func flushedPast(of entry: Entry, in index: any Index) -> VersionVector {
    var past = VersionVector()
    guard entry.isAlive, entry.directory == nil, rows.lowerBound > 1 else { return past }
    for component in entry.version.vector.components where index.isOwn(component.actor) {
      let counter = min(component.counter, rows.lowerBound - 1)
      past.include(Dot(actor: component.actor, counter: counter))
    }
    return past
  }
}

extension FileStamp {
  /// Makes it one that no file has.
  fileprivate mutating func doubt() { ctime = 0 }

  /// Whether it was recorded, and what the disk has after a power cut wasn't seen yet.
  package var isDoubted: Bool { ctime == 0 }
}

extension Engine {
  /// Whether something came where this node had recorded before that nothing was. What a cut brings
  /// back had been there all the time. By the clock of this machine: if somebody set it in between,
  /// a deleted file comes back, or what came to its place is taken for it and goes to the trash.
  func isPutAfterDeletion(_ item: LocalItem) -> Bool {
    guard let gone = item.previous?.entry, !gone.isAlive, index.isOwn(gone.version.dot.actor)
    else { return false }
    switch item.finding {
    case .file(let stamp, _), .symlink(let stamp, _): return stamp.ctime > gone.version.time
    case .directory, .removed, .forgotten, .dropped: return false
    }
  }

  /// Whether users wrote what isn't known to be on the disk.
  public var isUnsecured: Bool { (secureAt != nil || isSecuring) && doubt == nil }

  /// At the start: whether the machine stopped before all that is recorded was flushed.
  mutating func beginDoubting() throws(IndexError) {
    let secured = index.secured
    guard secured.boot != boot else { return }
    guard secured.sequence < index.sequence else {
      // Nothing is doubted, and what comes now is of this run: or a crash before the first flush
      // would look like a power cut.
      let mark = SecuredMark(sequence: secured.sequence, boot: boot)
      return try index.transaction { () throws(IndexError) in try index.note(mark) }
    }
    doubt = Doubt(
      rows: secured.sequence + 1...index.sequence,
      actor: index.actor.doubting(random.next()))
    try index.transaction { () throws(IndexError) in
      try doubtContents(after: secured.sequence)
    }
  }

  /// What a resumed flip moved may be a file that the disk took back: it is doubted, too. What it
  /// put there was staged, and durable. Within a transaction.
  mutating func doubtMoved(by flip: Flipping) throws(IndexError) {
    guard doubt?.isCompared == false else { return }
    for planned in flip.rows where planned.entry.content != nil {
      switch planned.operation.map({ flip.plan.operations[$0] }) {
      case .putFile: continue
      case .moveFile, .setAttributes, nil: break
      case .makeDirectory, .moveDirectory, .putSymlink, .removeFile, .removeDirectory: continue
      }
      guard let row = try index.row(planned.entry.key), row.observed != nil else { continue }
      doubt?.moved.insert(planned.entry.key)
      try doubtContent(of: row)
    }
  }

  /// A file can have its new times and its old bytes: its state is made one that no file has, so
  /// that the first look reads it. Within a transaction.
  private func doubtContents(after sequence: UInt64) throws(IndexError) {
    var last = sequence
    while case let rows = try index.rows(after: last, limit: Limits.unitEntryCount),
      let end = rows.last
    {
      for row in rows where row.entry.content != nil && row.observed != nil {
        try doubtContent(of: row)
      }
      last = end.sequence
    }
  }

  private func doubtContent(of row: Row) throws(IndexError) {
    var doubted = row
    doubted.observed?.doubt()
    try index.put(doubted)
  }

  /// A job is recorded: with the last of what was doubted the doubt ends.
  mutating func doubtNoMore(_ job: LocalJob, isWhole: Bool) {
    guard var doubt else { return }
    for item in job.items {
      guard let row = item.previous, doubt.covers(row) else { continue }
      if case .dropped = item.finding {
        if job.isScan { doubt.unread.insert(row.entry.key) }
      } else {
        doubt.unread.remove(row.entry.key)
      }
    }
    if isWhole { doubt.isCompared = true }
    self.doubt = doubt
    guard doubt.isCompared, doubt.unread.isEmpty else { return }
    self.doubt = nil
    noteUnsecured()
  }

  /// Something was recorded that users wrote.
  mutating func noteUnsecured() {
    guard secureAt == nil else { return }
    secureAt = now.monotonic + Limits.secureDelayNanoseconds
    wake(after: Limits.secureDelayNanoseconds)
  }

  /// Asks for the flush when it is time.
  mutating func secureInTime() {
    guard let time = secureAt else { return }
    guard time <= now.monotonic else { return wake(after: time - now.monotonic) }
    secureAt = nil
    // Until then the doubt must outlive another crash.
    guard doubt == nil else { return }
    isSecuring = true
    effects.append(.secure(upTo: index.sequence))
  }

  /// What a flip brought was on the disk before it is recorded: the mark goes on over it, if all
  /// that came before was flushed. Within a transaction.
  func noteSecuredByFlip() throws(IndexError) {
    guard secureAt == nil, !isSecuring, doubt == nil else { return }
    try index.note(SecuredMark(sequence: index.sequence, boot: boot))
  }

  /// Everything that was recorded up to a sequence is on the disk.
  mutating func takeSecured(_ sequence: UInt64) throws(IndexError) {
    isSecuring = false
    let secured = SecuredMark(sequence: sequence, boot: boot)
    try index.transaction { () throws(IndexError) in try index.note(secured) }
  }
}
