import SyncCore

/// Turns raw events into settled change sets: a pure machine without clock and I/O.
///
/// It holds what has happened in each slot since that slot was last reported, net of what cancelled
/// out. Slots, not paths, so that renaming a directory changes nothing below it. Whoever drives it
/// calls `take` for each event, does the `work` asked for, answers `questions`, takes what
/// `settle` gives, and comes back at `deadline` at the latest. All times are nanoseconds of one
/// clock that never goes back.
package struct Settler: Sendable {
  /// What only the outside can do.
  enum Work: Hashable, Sendable {
    /// Watch this directory, then list it and do the same with every directory in it.
    case arm(DirectoryKey)
    /// End these watches: what they are on has left the tree.
    case unwatch([Int32])
    /// The kernel has dropped events. The tree is to be armed again when `takeRearm` says so.
    case overflowed
    /// The root itself is gone: how.
    case rootLost(String)
  }

  struct Move: Hashable, Sendable {
    var source: Slot
    var target: Slot
    /// What the source is, and whether a watched directory stood at the target.
    var isDirectory: Bool
    var replacedDirectory: Bool
  }

  struct Arrival: Hashable, Sendable {
    var slot: Slot
    var isDirectory: Bool
  }

  struct Burst: Hashable, Sendable {
    var firstAt: Int64
    var lastAt: Int64
  }

  let policy: SettlePolicy
  var table = WatchTable()
  var pending: [DirectoryKey: [Name: Record]] = [:]
  var recordCount = 0
  /// Directories in which single changes aren't kept any more.
  var rescans: [DirectoryKey: Timing] = [:]
  /// Where things came and went, or left and came back, so that nothing is to be told; whoever
  /// looked in between has seen otherwise.
  var passed: Set<Slot> = []
  var pairing = RenamePairing()
  /// The latest rename, as long as nothing else has happened since.
  var latestMove: Move?
  /// The latest event, if it was the second half of a rename: what arrived where.
  var latestArrival: Arrival?
  /// The changes that are still followed by others; `nil` once they have been reported.
  var burst: Burst?
  var barriers: [(token: UInt64, sequence: UInt64)] = []
  var nextSequence: UInt64 = 1
  /// When it was last looked through what is pending.
  var settledAt = Int64.min
  var rearmAt: Int64?
  var overflowBackoff: Int64 = 0
  var overflowedAt: Int64?
  private var work: [Work] = []

  init(policy: SettlePolicy) { self.policy = policy }

  /// What is to be done now, in this order.
  mutating func takeWork() -> [Work] {
    defer { work = [] }
    return work
  }

  mutating func ask(_ item: Work) { work.append(item) }

  /// Takes one event.
  mutating func take(_ event: RawEvent, now: Int64) {
    if event.mask.contains(.queueOverflow) { return overflow(now: now) }
    guard let directory = table.key(watch: event.watch) else {
      // A watch that outlived its place in the tree, unless the kernel has just ended it.
      if !event.mask.contains(.ignored) { ask(.unwatch([event.watch])) }
      return
    }
    guard let name = event.name else { return takeOwn(event, of: directory, now: now) }
    if directory == .root && name == .reserved { return }
    let slot = Slot(directory: directory, name: name)
    let isDirectory = event.isDirectory
    if event.mask.contains(.movedFrom) {
      return depart(slot, isDirectory: isDirectory, cookie: event.cookie, now: now)
    }
    if event.mask.contains(.movedTo) {
      return arrive(slot, isDirectory: isDirectory, cookie: event.cookie, now: now)
    }
    latestMove = nil
    latestArrival = nil
    if event.mask.contains(.created) {
      appear(slot, isDirectory: isDirectory, now: now)
    } else if event.mask.contains(.deleted) {
      vanish(slot, isDirectory: isDirectory, now: now)
    } else {
      touch(slot, event.mask, now: now)
    }
  }

  /// An event of a watched directory itself. Its attributes are told by its parent's watch, too;
  /// those of the root aren't synced.
  private mutating func takeOwn(_ event: RawEvent, of directory: DirectoryKey, now: Int64) {
    let mask = event.mask
    if mask.contains(.ignored) { table.unbind(watch: event.watch) }
    if directory == .root {
      if mask.contains(.selfMoved) { ask(.rootLost("was renamed")) }
      if mask.contains(.selfDeleted) { ask(.rootLost("was deleted")) }
      if mask.contains(.unmounted) { ask(.rootLost("was unmounted")) }
      if mask.contains(.ignored) { ask(.rootLost("is no longer watched")) }
    } else if mask.contains(.ignored) {
      // The kernel ended the watch of a directory that nobody said was deleted: a mount is gone.
      ask(.arm(directory))
      requestRescan(directory, now: now)
    }
  }

  private mutating func appear(_ slot: Slot, isDirectory: Bool, now: Int64) {
    if isDirectory {
      // Known already if its parent was listed before this event was read.
      let key = table.insert(slot)
      if !table.isWatched(key) { ask(.arm(key)) }
    }
    pairing.noteOccupied(slot)
    let thing = Thing(isDirectory: isDirectory, origin: .new)
    update(slot, before: .nothing, now: now) { record in
      record.thing = thing
      record.openness = isDirectory ? .quiet : .made
    }
  }

  private mutating func vanish(_ slot: Slot, isDirectory: Bool, now: Int64) {
    // The kernel ends the watches of what is deleted by itself.
    let swallowed = isDirectory ? swallow(table.child(slot).map { table.bury($0).keys } ?? []) : nil
    let before = presumedBefore(slot, isDirectory: isDirectory)
    update(slot, before: before, now: now) { record in
      record.thing = nil
      record.openness = .quiet
      record.hasWriter = false
      if let swallowed { record.timing.absorb(swallowed) }
    }
  }

  private mutating func touch(_ slot: Slot, _ mask: RawEvent.Mask, now: Int64) {
    let isDirectory = mask.contains(.isDirectory)
    let before = presumedBefore(slot, isDirectory: isDirectory)
    // What is touched where nothing should stand was made unseen.
    let isStranger = record(slot) != nil || before == .nothing
    let origin: Origin = isStranger ? .new : .slot(slot)
    var closes = false
    update(slot, before: before, now: now) { record in
      if record.thing == nil {
        record.thing = Thing(isDirectory: isDirectory, origin: origin)
      }
      record.thing?.isTouched = true
      if mask.contains(.modified) { record.openness = .written }
      if mask.contains(.closedAfterWriting) {
        closes = record.isFresh
        record.isFresh = false
        record.openness = .closed
      }
    }
    if closes { burst?.lastAt = now }
    if isDirectory, mask.contains(.attributes) { watchIfPermitted(slot, now: now) }
  }

  /// A directory that could not be watched may have become readable.
  private mutating func watchIfPermitted(_ slot: Slot, now: Int64) {
    let directory = table.insert(slot)
    if table.isWatched(directory) { return }
    ask(.arm(directory))
    // What is to be told as new is looked at whole anyway.
    if record(slot)?.thing?.origin == .slot(slot) { requestRescan(directory, now: now) }
  }

  /// What stood in a slot about which nothing is pending and in which something stands now: nothing
  /// that has been told, if a directory above it hasn't been told itself.
  func presumedBefore(_ slot: Slot, isDirectory: Bool) -> Before {
    if record(slot) == nil && isBelowNew(slot.directory) { return .nothing }
    return isDirectory ? .directory : .file
  }

  private func isBelowNew(_ directory: DirectoryKey) -> Bool {
    var found = false
    table.forEachAncestor(of: directory) { key in
      guard let place = table.slot(of: key), let thing = record(place)?.thing else { return true }
      found = thing.isDirectory && (thing.origin == .new || thing.origin == .outside)
      return !found
    }
    return found
  }

  /// Drops what is pending in directories that are gone; returns since when there was something.
  mutating func swallow(_ keys: [DirectoryKey]) -> Timing? {
    var earliest: Timing?
    func note(_ timing: Timing) {
      earliest?.absorb(timing)
      earliest = earliest ?? timing
    }
    for key in keys {
      if let entries = pending.removeValue(forKey: key) {
        recordCount -= entries.count
        for record in entries.values { note(record.timing) }
      }
      if let timing = rescans.removeValue(forKey: key) { note(timing) }
    }
    return earliest
  }
}
