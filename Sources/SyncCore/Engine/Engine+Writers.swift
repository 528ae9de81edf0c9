// Programs that have a file open for writing which a unit would replace or delete.

extension Engine {
  /// Whether the flip of a unit is to wait for such programs: for a while, or a log that is never
  /// closed would stay as it is for ever.
  func waitsForWriters(_ unit: Unit) -> Bool {
    guard let since = unit.writerSince else { return true }
    return now.monotonic - since < Limits.writerPatienceNanoseconds
  }

  /// Nothing was done: the unit is tried again soon, and others go on meanwhile.
  mutating func waitForWriter(of done: Flipping) throws(IndexError) {
    flipping = nil
    if try index.journal() != nil {
      try index.transaction { () throws(IndexError) in try index.putJournal(nil) }
    }
    if let number = unitIndex(done.unit) {
      let since = units[number].writerSince ?? now.monotonic
      if units[number].writerSince == nil {
        log(
          .info, "A change waits for a program that has its file open for writing.",
          peer: units[number].parts.first?.peer, set: done.plan.id)
      }
      units[number].writerSince = since
      putBack(number, after: writerDelay(since: since))
    }
    try recordFinishedJobs()
    try announceToAll()
    try advanceReadyUnits()
  }

  /// A tenth of what was waited for already: who closes a file soon is noticed soon.
  private func writerDelay(since: Int64) -> Int64 {
    min(
      max((now.monotonic - since) / 10, Limits.retryNanoseconds),
      Limits.longestWriterRetryNanoseconds)
  }
}
