import SyncCore

/// How pending records are kept, timed and bounded.
extension Settler {
  func record(_ slot: Slot) -> Record? { pending[slot.directory]?[slot.name] }

  /// Changes the record of a slot. `before` is what stood there if nothing is pending yet; unless
  /// that is nothing, `change` finds no thing in a new record and puts it there, or doesn't.
  mutating func update(
    _ slot: Slot, before: Before, now: Int64, _ change: (inout Record) -> Void
  ) {
    if absorb(slot.directory, now: now) { return }
    let known = record(slot)
    var record = known ?? newRecord(before: before, now: now)
    if known == nil {
      record.isFresh = !passed.contains(slot)
      burst = burst ?? Burst(firstAt: now, lastAt: now)
      if record.isFresh { burst?.lastAt = now }
    }
    change(&record)
    retime(&record, now: now)
    store(record, in: slot)
  }

  private mutating func newRecord(before: Before, now: Int64) -> Record {
    Record(
      before: before, openQuiet: policy.openQuiet, hotSince: now, timing: newTiming(now: now))
  }

  private mutating func newTiming(now: Int64) -> Timing {
    defer { nextSequence += 1 }
    return Timing(
      sequence: nextSequence, firstAt: now, lastAt: now, readyAt: now + policy.burstQuiet)
  }

  /// Says when a record that has just been touched may be reported.
  func retime(_ record: inout Record, now: Int64) {
    let waits = record.openness == .written || (record.awaitsReplacement && record.thing == nil)
    if waits && now - record.hotSince >= record.openQuiet {
      record.openQuiet = min(2 * record.openQuiet, policy.openQuietCeiling)
      record.hotSince = now
    }
    let quiet = waits ? record.openQuiet : policy.burstQuiet
    let ceiling = record.hasWriter ? policy.writerCeiling : policy.ceiling
    record.timing.lastAt = now
    record.timing.readyAt = max(now, min(now + quiet, record.timing.firstAt + ceiling))
  }

  mutating func store(_ record: Record, in slot: Slot) {
    if record.isNothing {
      guard pending[slot.directory]?.removeValue(forKey: slot.name) != nil else { return }
      recordCount -= 1
      if pending[slot.directory]?.isEmpty == true { pending[slot.directory] = nil }
      return pass(slot, now: record.timing.lastAt)
    }
    let old = pending[slot.directory, default: [:]].updateValue(record, forKey: slot.name)
    guard old == nil else { return }
    recordCount += 1
    if pending[slot.directory, default: [:]].count > policy.directoryEntryCount {
      collapse([slot.directory], into: slot.directory)
    } else if recordCount > policy.totalEntryCount {
      collapse(Array(pending.keys) + rescans.keys, into: .root)
    }
  }

  private mutating func pass(_ slot: Slot, now: Int64) {
    passed.insert(slot)
    if passed.count > policy.totalEntryCount {
      passed = []
      requestRescan(.root, now: now)
    }
  }

  /// Gives up single changes for a rescan.
  private mutating func collapse(_ directories: [DirectoryKey], into directory: DirectoryKey) {
    guard var timing = swallow(directories) else { return }
    timing.lastAt = burst?.lastAt ?? timing.lastAt
    timing.readyAt = max(timing.readyAt, timing.lastAt + policy.burstQuiet)
    rescans[directory] = timing
  }

  /// Whether a change in this directory is covered by a rescan that is pending anyway.
  private mutating func absorb(_ directory: DirectoryKey, now: Int64) -> Bool {
    if rescans.isEmpty { return false }
    let target = rescans[.root] == nil ? directory : .root
    guard var timing = rescans[target] else { return false }
    let ready = min(now + policy.burstQuiet, timing.firstAt + policy.ceiling)
    timing.readyAt = max(timing.readyAt, ready)
    timing.lastAt = now
    rescans[target] = timing
    return true
  }

  /// Asks for a comparison of a whole subtree with the index.
  mutating func requestRescan(_ directory: DirectoryKey, now: Int64) {
    guard rescans[directory] == nil, rescans[.root] == nil else { return }
    rescans[directory] = newTiming(now: now)
  }

  /// Events are lost: nothing that is known may be relied on.
  mutating func overflow(now: Int64) {
    let isRepeated = overflowedAt.map { now - $0 < policy.unwatchedRescan } ?? false
    overflowBackoff =
      isRepeated
      ? min(max(2 * overflowBackoff, policy.overflowBackoff), policy.unwatchedRescan) : 0
    overflowedAt = now
    beginAnew(at: now + overflowBackoff, now: now)
    ask(.overflowed)
  }

  /// Everything is armed and compared again, since what is known has turned out not to be so.
  mutating func beginAnew(at time: Int64, now: Int64) {
    var timing = newTiming(now: now)
    timing.readyAt = time
    // Flushes that wait for anything now wait for the rescan.
    timing.sequence = 0
    pending = [:]
    passed = []
    recordCount = 0
    pairing = RenamePairing()
    latestMove = nil
    latestArrival = nil
    burst = nil
    rescans = [.root: timing]
    rearmAt = rearmAt ?? timing.readyAt
  }

  /// Whether the tree is to be armed anew now, after an overflow. If so the table is empty when
  /// this returns, and the rescan is reported by the next `settle`.
  mutating func takeRearm(now: Int64) -> Bool {
    guard let rearmAt, rearmAt <= now else { return false }
    self.rearmAt = nil
    table = table.restarted()
    pending = [:]
    recordCount = 0
    pairing = RenamePairing()
    rescans[.root]?.readyAt = now
    return true
  }
}
