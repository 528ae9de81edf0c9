import SyncCore

/// What of the pending is settled, and when to look again.
extension Settler {
  /// What a probe can say.
  package enum ProbeAnswer: Hashable, Sendable {
    case writer
    case noWriter
    /// It isn't there any more, or may not be opened or leased: time has to tell.
    case unknown
  }

  /// When to call `settle` again if no event comes before; `nil`: not at all. What was due at the
  /// latest call already waits for something else, which has its own time.
  func deadline() -> Int64? {
    var earliest = [pairing.deadline, rearmAt].compactMap(\.self).min()
    func consider(_ time: Int64) { earliest = min(earliest ?? time, time) }
    if burst != nil {
      consider(burstEnd)
    } else if recordCount > 0 {
      for entries in pending.values {
        for record in entries.values where record.timing.readyAt > settledAt {
          consider(record.timing.readyAt)
        }
      }
    }
    if rearmAt == nil, burst == nil {
      for timing in rescans.values where timing.readyAt > settledAt { consider(timing.readyAt) }
    }
    return earliest
  }

  private var burstEnd: Int64 {
    guard let burst else { return .min }
    return min(burst.lastAt + policy.burstQuiet, burst.firstAt + policy.ceiling)
  }

  /// The files that could be reported now if nobody writes to them. To be answered before `settle`.
  mutating func questions(now: Int64) -> [(slot: Slot, path: RelativePath)] {
    guard recordCount > 0, now >= burstEnd else { return [] }
    var asked: [(slot: Slot, record: Record)] = []
    for (directory, entries) in pending {
      for (name, record) in entries where isQuiet(record, now: now) && needsProbe(record, now: now)
      {
        asked.append((Slot(directory: directory, name: name), record))
      }
    }
    asked.sort(by: Self.isEarlier)
    var closedCount = 0
    var questions: [(slot: Slot, path: RelativePath)] = []
    for (slot, record) in asked {
      if record.openness == .closed {
        closedCount += 1
        if closedCount > policy.closedProbeCount {
          answer(slot, .noWriter, now: now)
          continue
        }
      }
      if let path = table.path(of: slot) { questions.append((slot, path)) }
    }
    return questions
  }

  mutating func answer(_ slot: Slot, _ answer: ProbeAnswer, now: Int64) {
    guard var record = record(slot) else { return }
    switch answer {
    case .noWriter:
      record.openness = .quiet
      record.hasWriter = false
    case .writer:
      wait(&record, now: now)
      record.hasWriter = true
      record.timing.readyAt = min(
        now + record.openQuiet, record.timing.firstAt + policy.writerCeiling)
    case .unknown:
      let patience = min(
        record.timing.lastAt + policy.openQuiet, record.timing.firstAt + policy.ceiling)
      if record.openness == .closed || now >= patience {
        record.openness = .quiet
      } else {
        record.timing.readyAt = patience
      }
    }
    store(record, in: slot)
  }

  private func wait(_ record: inout Record, now: Int64) {
    if record.hasWriter {
      record.openQuiet = min(2 * record.openQuiet, policy.openQuietCeiling)
    }
    record.hotSince = now
  }

  private func isQuiet(_ record: Record, now: Int64) -> Bool {
    !record.isInTransit && record.timing.readyAt <= now
  }

  private func needsProbe(_ record: Record, now: Int64) -> Bool {
    guard record.openness != .quiet, let thing = record.thing, !thing.isDirectory else {
      return false
    }
    return !record.hasWriter || now < record.timing.firstAt + policy.writerCeiling
  }

  /// Takes what has settled; `nil` if nothing has.
  mutating func settle(now: Int64) -> ChangeSet? {
    guard now >= burstEnd, rearmAt == nil else { return nil }
    settledAt = now
    var ready: [Slot: Record] = [:]
    var movers: [Slot: Slot] = [:]
    var newcomers: [Slot] = []
    for (directory, entries) in pending {
      let isPlaced = table.path(of: directory) != nil
      for (name, record) in entries {
        let slot = Slot(directory: directory, name: name)
        if case .slot(let origin) = record.thing?.origin, origin != slot { movers[origin] = slot }
        if isPlaced, isQuiet(record, now: now), !needsProbe(record, now: now) {
          ready[slot] = record
        } else if let thing = record.thing, thing.isDirectory, thing.origin != .slot(slot) {
          newcomers.append(slot)
        }
      }
    }
    burst = nil
    let rescanned = rescans.filter { $0.value.readyAt <= now && table.path(of: $0.key) != nil }
    if ready.isEmpty && rescanned.isEmpty { return nil }
    holdBack(&ready, movers: movers, newcomers: newcomers)
    for (slot, _) in ready { remove(slot) }
    for key in rescanned.keys { rescans[key] = nil }
    let early = departEarly(movers, ready: ready)
    var records = ready.map { (slot: $0.key, record: $0.value) } + early
    records.sort(by: Self.isEarlier)
    let rescanKeys = rescanned.sorted { $0.value.sequence < $1.value.sequence }.map(\.key)
    var effect = NetEffect(table: table, records: records, rescans: rescanKeys)
    let changes = effect.told()
    passed.formUnion(effect.untold)
    rebase(covered: effect)
    purge()
    return changes.isEmpty ? nil : ChangeSet(changes: changes)
  }

  /// By first event; both ends of a rename can share theirs.
  private static func isEarlier(
    _ left: (slot: Slot, record: Record), _ right: (slot: Slot, record: Record)
  ) -> Bool {
    let (first, second) = (left.record.timing.sequence, right.record.timing.sequence)
    if first != second { return first < second }
    let (above, below) = (left.slot.directory.number, right.slot.directory.number)
    return above != below ? above < below : left.slot.name < right.slot.name
  }

  /// Both ends of a rename are reported together, so what is ready waits for its other end; and
  /// what is below a directory that is new in its place is not reported before that.
  private func holdBack(
    _ ready: inout [Slot: Record], movers: [Slot: Slot], newcomers: [Slot]
  ) {
    let departing = pairing.origins
    if movers.isEmpty && departing.isEmpty && newcomers.isEmpty { return }
    var isStable = false
    while !isStable {
      isStable = true
      for origin in departing where ready.removeValue(forKey: origin) != nil { isStable = false }
      for (origin, target) in movers {
        if ready[origin] == nil, ready[target] != nil, record(origin) != nil {
          ready[target] = nil
          isStable = false
        }
        if ready[target] == nil, ready[origin] != nil, !canDepartEarly(to: target) {
          ready[origin] = nil
          isStable = false
        }
      }
      let unready = movers.values.filter { ready[$0] == nil } + newcomers
      let waiting = Set(unready.compactMap { table.child($0) })
      if waiting.isEmpty { continue }
      for slot in ready.keys where isBelow(waiting, slot) {
        ready[slot] = nil
        isStable = false
      }
    }
  }

  private func isBelow(_ directories: Set<DirectoryKey>, _ slot: Slot) -> Bool {
    var slot = slot
    while !directories.contains(slot.directory) {
      guard let above = table.slot(of: slot.directory) else { return false }
      slot = above
    }
    return true
  }

  /// Whether a rename to this slot can be told although the file there is still being written.
  private func canDepartEarly(to target: Slot) -> Bool {
    guard let record = record(target), table.path(of: target) != nil else { return false }
    return !record.isInTransit && (record.before == .nothing || record.before == .unknown)
  }

  /// Tells renames of files that are still being written, which stay pending as modified.
  private mutating func departEarly(
    _ movers: [Slot: Slot], ready: [Slot: Record]
  ) -> [(slot: Slot, record: Record)] {
    var early: [(slot: Slot, record: Record)] = []
    for (origin, target) in movers where ready[origin] != nil && ready[target] == nil {
      guard var record = record(target) else { continue }
      var told = record
      told.thing?.isTouched = false
      early.append((target, told))
      rebase(&record, in: target)
      store(record, in: target)
    }
    return early
  }

  /// Makes a pending record one of changes since its path was reported.
  private func rebase(_ record: inout Record, in slot: Slot) {
    guard let thing = record.thing else { return record.before = .unknown }
    record.before = thing.isDirectory ? .directory : .file
    record.thing = Thing(isDirectory: thing.isDirectory, origin: .slot(slot), isTouched: true)
  }

  /// What stays pending in subtrees that have just been reported whole may have been seen there.
  private mutating func rebase(covered effect: NetEffect) {
    for (directory, entries) in pending where effect.covers(directory) {
      for (name, var record) in entries {
        let slot = Slot(directory: directory, name: name)
        rebase(&record, in: slot)
        store(record, in: slot)
      }
    }
  }

  /// The places, in order, where all that happened until the latest `settle` cancelled out. Those
  /// in directories that are on their way are given later.
  mutating func takePassed() -> [RelativePath] {
    if passed.isEmpty || burst != nil { return [] }
    var paths: [RelativePath] = []
    for slot in passed {
      let isAlive = table.isAlive(slot.directory)
      let path = isAlive ? table.path(of: slot) : nil
      if let path { paths.append(path) }
      if path != nil || !isAlive { passed.remove(slot) }
    }
    return paths.sorted()
  }

  private mutating func remove(_ slot: Slot) {
    guard pending[slot.directory]?.removeValue(forKey: slot.name) != nil else { return }
    recordCount -= 1
    if pending[slot.directory]?.isEmpty == true { pending[slot.directory] = nil }
  }

  private mutating func purge() {
    var needed = pairing.origins.map(\.directory)
    for entries in pending.values {
      for record in entries.values {
        if case .slot(let slot) = record.thing?.origin { needed.append(slot.directory) }
      }
    }
    table.purge(keeping: needed)
  }

  // MARK: Flush

  /// Everything taken so far is to be reported before this token is given back.
  mutating func mark(_ token: UInt64) { barriers.append((token, nextSequence)) }

  /// The tokens before which nothing is pending any more, in order. To be asked for after
  /// `takePassed`.
  mutating func takeFlushed() -> [UInt64] {
    if barriers.isEmpty || !passed.isEmpty { return [] }
    var first = UInt64.max
    for entries in pending.values {
      for record in entries.values { first = min(first, record.timing.sequence) }
    }
    for timing in rescans.values { first = min(first, timing.sequence) }
    first = min(first, pairing.firstSequence ?? .max)
    let flushed = barriers.prefix { $0.sequence <= first }.map(\.token)
    barriers.removeFirst(flushed.count)
    return flushed
  }
}
