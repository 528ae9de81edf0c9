// No number is given twice, even if somebody puts back an old copy of the index: and whoever knows
// of what was lost with the newer one makes it known.

extension Engine {
  /// Begins to count further on. What follows here in the copy of an index is not what followed in
  /// the index that it was made of: these numbers must not meet.
  func skipSequences() throws(IndexError) {
    let last = index.sequence
    guard last > 0 else { return }
    // Not taken from the engine's own numbers, which name directories.
    var generator = random
    let count = Limits.skippedSequenceCount + generator.next() % Limits.skippedSequenceCount
    // Those that were left out in a run that gave none are left out for good.
    let known = try index.mark(of: node, coveredBy: last).flatMap {
      $0.ours == last ? $0.theirs : nil
    }
    let floor = max(last + count, known ?? 0)
    try index.transaction(.later) { () throws(IndexError) in
      try index.put(SequenceMark(theirs: floor, ours: last), of: node)
    }
    index.skip(to: floor)
  }

  /// Whether this index has never given a number of its own incarnation that a peer knows of: it is
  /// higher than all, or one of those that were left out.
  func isStrange(_ number: UInt64) throws(IndexError) -> Bool {
    if number > index.sequence { return true }
    guard number > 0, let skipped = try index.mark(of: node, coveredBy: number - 1) else {
      return false
    }
    return number <= skipped.theirs
  }
}
