import SyncCore

/// Renames: a thing leaves one slot and stands in another, with all that is known of it.
extension Settler {
  /// The first half of a rename.
  mutating func depart(_ slot: Slot, isDirectory: Bool, cookie: UInt32, now: Int64) {
    let directory = isDirectory ? table.child(slot) : nil
    if let directory { table.detach(directory) }
    let before = presumedBefore(slot, isDirectory: isDirectory)
    let origin: Origin = before == .nothing ? .new : .slot(slot)
    let stranger = Thing(isDirectory: isDirectory, origin: origin)
    var left: Record?
    let isKnown = record(slot) != nil
    update(slot, before: before, now: now) { record in
      left = record
      record.thing = nil
      record.openness = .quiet
      record.hasWriter = false
      record.isInTransit = true
    }
    let thing = isKnown ? left?.thing ?? Thing(isDirectory: isDirectory, origin: .new) : stranger
    let arrival = latestArrival.flatMap { $0.slot == slot ? $0 : nil }
    latestArrival = nil
    let timing =
      left?.timing ?? Timing(sequence: nextSequence, firstAt: now, lastAt: now, readyAt: now)
    let transit = RenamePairing.Transit(
      source: slot, thing: thing, directory: directory, arrival: arrival,
      openness: left?.openness ?? .quiet,
      hasWriter: left?.hasWriter ?? false, timing: timing, deadline: now + policy.renamePairing)
    if let displaced = pairing.depart(transit, cookie: cookie) { lose(displaced, now: now) }
  }

  /// The second half, or something that comes from outside.
  mutating func arrive(_ slot: Slot, isDirectory: Bool, cookie: UInt32, now: Int64) {
    latestArrival = Arrival(slot: slot, isDirectory: isDirectory)
    pairing.noteOccupied(slot)
    guard let transit = pairing.arrive(cookie: cookie) else {
      let replaced = clear(slot)
      if isDirectory { ask(.arm(table.insert(slot))) }
      latestMove = nil
      return put(
        Thing(isDirectory: isDirectory, origin: .outside), openness: isDirectory ? .quiet : .made,
        in: slot, replaced: replaced, now: now)
    }
    leave(transit, for: slot, now: now)
    if let last = latestMove, last.source == slot, last.target == transit.source,
      !(isDirectory && last.isDirectory) || last.replacedDirectory
    {
      return exchange(transit, with: slot, isDirectory: isDirectory, last: last, now: now)
    }
    let replaced = clear(slot)
    if let directory = transit.directory, table.isAlive(directory) {
      // Armed in a moment when another stood in its place, one of the two is not what it seems.
      if table.lies(slot.directory, within: directory) { return beginAnew(at: now, now: now) }
      table.attach(directory, at: slot)
      // Directories that could not be opened because this rename came in between.
      for unwatched in table.unwatched(below: directory) {
        ask(.arm(unwatched))
        if case .slot = transit.thing.origin { requestRescan(unwatched, now: now) }
      }
    } else if isDirectory {
      ask(.arm(table.insert(slot)))
    }
    put(
      transit.thing, openness: transit.openness, hasWriter: transit.hasWriter, in: slot,
      replaced: replaced, since: transit.timing, now: now)
    latestMove = Move(
      source: transit.source, target: slot, isDirectory: isDirectory, replacedDirectory: replaced)
  }

  /// Gives up waiting for second halves: these things have left the tree.
  mutating func expireRenames(now: Int64) {
    for transit in pairing.expire(now: now) { lose(transit, now: now) }
  }

  private mutating func lose(_ transit: RenamePairing.Transit, now: Int64) {
    leave(transit, for: nil, now: now)
    defer { if let arrival = transit.arrival { stand(arrival, since: transit.timing, now: now) } }
    guard let directory = transit.directory else { return }
    let buried = table.bury(directory)
    if !buried.watches.isEmpty { ask(.unwatch(buried.watches)) }
    guard let swallowed = swallow(buried.keys) else { return }
    pending[transit.source.directory]?[transit.source.name]?.timing.absorb(swallowed)
  }

  /// Something had arrived where another left at once. The events of exchanging it with something
  /// outside (`RENAME_EXCHANGE`) are those of what arrived leaving again; within the tree, too, if
  /// those of the other came late. So it may still stand there.
  private mutating func stand(_ arrival: Arrival, since: Timing, now: Int64) {
    let slot = arrival.slot
    guard table.isAlive(slot.directory) else { return }
    if arrival.isDirectory { ask(.arm(table.insert(slot))) }
    put(
      Thing(isDirectory: arrival.isDirectory, origin: .outside),
      openness: arrival.isDirectory ? .quiet : .made, in: slot, replaced: false, since: since,
      now: now)
  }

  /// Closes the source's side of a rename.
  private mutating func leave(_ transit: RenamePairing.Transit, for target: Slot?, now: Int64) {
    guard var record = record(transit.source), record.isInTransit else { return }
    record.isInTransit = false
    if let target, !transit.thing.isDirectory, record.before != .nothing {
      record.awaitsReplacement = Self.isBackup(target, of: transit.source)
    }
    retime(&record, now: now)
    store(record, in: transit.source)
  }

  /// Whether a file renamed so is probably written anew at its old name: `a` to `a~`, `a.bak`.
  private static func isBackup(_ target: Slot, of source: Slot) -> Bool {
    target.directory == source.directory && target.name.bytes.count > source.name.bytes.count
      && target.name.bytes.starts(with: source.name.bytes)
  }

  /// Takes away the directory that a rename has replaced. Returns whether there was one.
  private mutating func clear(_ slot: Slot) -> Bool {
    guard let directory = table.child(slot) else { return false }
    _ = swallow(table.bury(directory).keys)
    return true
  }

  private mutating func put(
    _ thing: Thing, openness: Openness, hasWriter: Bool = false, in slot: Slot, replaced: Bool,
    since: Timing? = nil, now: Int64
  ) {
    var before: Before = replaced ? .directory : thing.isDirectory ? .nothing : .unknown
    if presumedBefore(slot, isDirectory: thing.isDirectory) == .nothing { before = .nothing }
    update(slot, before: before, now: now) { record in
      record.thing = thing
      record.openness = openness
      record.hasWriter = hasWriter
      if let since { record.timing.absorb(since) }
    }
  }

  /// A rename straight back. The events of a→b, b→a are those of exchanging the two
  /// (`RENAME_EXCHANGE`): both are looked at again.
  private mutating func exchange(
    _ transit: RenamePairing.Transit, with slot: Slot, isDirectory: Bool, last: Move, now: Int64
  ) {
    latestMove = nil
    if let directory = transit.directory { _ = swallow(table.bury(directory).keys) }
    // What the first half was taken for is what the exchange had just put there.
    let places = [(slot, isDirectory), (transit.source, last.isDirectory)]
    for (place, isDirectory) in places {
      _ = clear(place)
      if isDirectory { ask(.arm(table.insert(place))) }
      update(place, before: isDirectory ? .directory : .file, now: now) { record in
        record.thing = Thing(isDirectory: isDirectory, origin: .new, isTouched: true)
        record.openness = isDirectory ? .quiet : .made
        record.timing.absorb(transit.timing)
      }
    }
  }
}
