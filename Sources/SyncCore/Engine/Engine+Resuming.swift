// Flips that were interrupted, by the end of the process or by a disk that failed in their midst.

extension Engine {
  /// A crash left a flip half done: it is finished before anything else.
  mutating func finishInterruptedFlip() throws(IndexError) {
    guard let bytes = try index.journal() else { return }
    guard let record = try? JournalRecord(bytes) else {
      throw IndexError(
        "the journal of an interrupted flip can't be read. Move the share's index in the state "
          + "directory aside: leftd rebuilds it from the folder")
    }
    var rows = record.rows
    for number in rows.indices { rows[number].previous = try index.row(rows[number].entry.key) }
    flipping = Flipping(unit: 0, plan: record.plan, rows: rows)
    log(.notice, "Finishing what an interruption left half done.", set: record.plan.id)
    effects.append(.flip(record.plan, isResumed: true))
  }

  /// Something of a user's is between two places, and the disk lets it neither on nor back: nothing
  /// else is applied or recorded before that is over.
  mutating func resumeLater() {
    guard var stranded = flipping else { return }
    let delay = min(
      Limits.retryNanoseconds << Int64(min(stranded.resumptions, 16)),
      Limits.longestRetryNanoseconds)
    if stranded.resumptions == 0 {
      log(
        .error,
        "The disk fails in the midst of a change: something waits in .leftd/flip for its place. It "
          + "is tried again. Free some space, or check the disk.", set: stranded.plan.id)
    }
    stranded.resumptions += 1
    stranded.resumeAt = now.monotonic + delay
    flipping = stranded
    wake(after: delay)
  }

  mutating func resumeFlip() {
    guard let stranded = flipping, let time = stranded.resumeAt else { return }
    guard time <= now.monotonic else { return wake(after: time - now.monotonic) }
    flipping?.resumeAt = nil
    effects.append(.flip(stranded.plan, isResumed: true))
  }

  /// A directory that stands where an interrupted flip was to make one may be another, which a user
  /// has moved there since: it is not the plan's, and neither is what was put into it.
  func disowning(_ result: FlipResult, of flip: Flipping) throws(IndexError) -> FlipResult {
    guard flip.isResumed else { return result }
    var result = result
    var foreign: Set<DirectoryID> = []
    for (number, operation) in flip.plan.operations.enumerated() {
      guard case .makeDirectory(let id, _, _) = operation,
        case .done(let stamp?) = result.results[number],
        let known = try index.directory(inode: stamp.inode, btime: stamp.btime),
        known.entry.directory != id
      else { continue }
      foreign.insert(id)
      result.results[number] = .refused
    }
    var count = 0
    while foreign.count > count {
      count = foreign.count
      for (number, operation) in flip.plan.operations.enumerated() {
        guard let parent = operation.filledPlace?.parent, foreign.contains(parent) else { continue }
        if case .makeDirectory(let id, _, _) = operation { foreign.insert(id) }
        result.results[number] = .refused
      }
    }
    return result
  }
}
