// What was found here is recorded durably at once; what users wrote is on the disk only after a
// flush, and most programs ask for none. So the share is flushed a while after the last change, and
// what was recorded since the last flush is doubted once the machine has been started anew.

/// What the disk may have lost or taken back when the machine stopped.
struct Doubt {
  /// The sequences of the rows that were recorded and perhaps not on the disk.
  let rows: ClosedRange<UInt64>
  /// Whose dots say how these rows are found instead: someone's who has seen nothing, so that
  /// nothing which others have is taken for older or deleted.
  let actor: Actor

  func covers(_ row: Row?) -> Bool { row.map { rows.contains($0.sequence) } ?? false }
}

extension Engine {
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
      actor: Actor(node: index.actor.node, incarnation: random.next()))
    try doubtContents(after: secured.sequence)
  }

  /// A file can have its new times and its old bytes: its state is made one that no file has, so
  /// that the first look reads it.
  private func doubtContents(after secured: UInt64) throws(IndexError) {
    try index.transaction { () throws(IndexError) in
      var last = secured
      while case let rows = try index.rows(after: last, limit: Limits.unitEntryCount),
        let end = rows.last
      {
        for var row in rows
        where row.entry.content != nil && row.observed != nil {
          row.observed?.ctime = 0
          try index.put(row)
        }
        last = end.sequence
      }
    }
  }

  /// The whole tree has been compared with the index.
  mutating func endDoubting() {
    guard doubt != nil else { return }
    doubt = nil
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
