/// What is told to a peer, and what is made of it there before it is planned.
package enum Announcement {
  /// What of these rows a peer doesn't have from where it came, each directory before what is in
  /// it. `announced` is the sequence up to which it has been told; what `withheld`, a node, changed
  /// is told to nobody.
  package static func entries(
    telling rows: [Row], to peer: NodeID, beyond announced: UInt64, withholding withheld: NodeID?,
    index: any Index
  ) throws(IndexError) -> [Entry] {
    var telling = Telling(index: index, announced: announced, withheld: withheld)
    for row in rows
    where row.source != peer && !telling.isWithheld(row.entry)
      && (row.isHeld || !row.entry.isAlive)
    {
      guard try telling.tellParents(of: row) else { continue }
      // Nothing else tells of an heir that isn't held here.
      if let heir = try UnheldDirectories.heir(of: row, index: index),
        !telling.isWithheld(heir.entry), let id = heir.entry.directory,
        telling.told.insert(id).inserted, try telling.tellParents(of: heir)
      {
        telling.entries.append(heir.entry)
      }
      if let id = row.entry.directory, !telling.told.insert(id).inserted { continue }
      telling.entries.append(row.entry)
    }
    return telling.entries
  }

  /// What is told already, and of which directories.
  private struct Telling {
    let index: any Index
    let announced: UInt64
    let withheld: NodeID?
    var entries: [Entry] = []
    var told: Set<DirectoryID> = []
    private var passed: Set<DirectoryID> = []
    /// What lies in a bundle of which the state is told to nobody.
    private var untold: Set<DirectoryID> = []

    init(index: any Index, announced: UInt64, withheld: NodeID?) {
      (self.index, self.announced, self.withheld) = (index, announced, withheld)
    }

    func isWithheld(_ entry: Entry) -> Bool {
      entry.version.dot.actor.node == withheld?.prefix
    }

    /// Tells the directories that something is in, but for what was withheld of one: it concerns no
    /// peer, which knows that directory from others. `false` if it is told to nobody itself: what
    /// is in a bundle is told with the state that it is of, or not at all.
    mutating func tellParents(of row: Row) throws(IndexError) -> Bool {
      var parents: [Entry] = []
      var way: [DirectoryID] = []
      /// How many of them, from below, are in a bundle of which the state is told to nobody.
      var secretCount = 0
      var parent = row.entry.place.parent
      while parent != .root, !passed.contains(parent), !told.contains(parent) {
        guard let above = try index.row(.directory(parent)) else { break }
        // That something in it is gone is no reason to make it.
        if !row.entry.isAlive, above.entry.isAlive, !above.isHeld { break }
        passed.insert(parent)
        way.append(parent)
        let hasState = above.entry.isAlive && above.entry.bundle != nil
        if hasState, isWithheld(above.entry) {
          (secretCount, parents) = (way.count, [])
        } else if hasState || above.sequence > announced, !isWithheld(above.entry) {
          parents.append(above.entry)
        }
        parent = above.entry.place.parent
      }
      let isSecret = untold.contains(parent)
      if isSecret { (secretCount, parents) = (way.count, []) }
      untold.formUnion(way.prefix(secretCount))
      for entry in parents.reversed() {
        if let id = entry.directory { told.insert(id) }
        entries.append(entry)
      }
      return secretCount == 0 && !isSecret
    }
  }

  /// For each key what nothing else here had seen, and what had seen more than that; the newest
  /// last, sorted by keys. Who told the newest need not have the past of the others: the planner
  /// merges them, and then tells it.
  package static func merged(_ entries: [Entry]) -> [Entry] {
    var byKey: [EntryKey: [Entry]] = [:]
    byKey.reserveCapacity(entries.count)
    for entry in entries {
      guard let others = byKey[entry.key] else {
        byKey[entry.key] = [entry]
        continue
      }
      var newest = entry
      var kept: [Entry] = []
      for other in others {
        switch other.version.order(to: newest.version) {
        case .concurrent: kept.append(other)
        case .same where !other.isEqualButForItsPast(to: newest): kept.append(other)
        case .newer:
          if other.absorbing(newest) != other { kept.append(newest) }
          newest = other
        case .same, .obsolete:
          if newest.absorbing(other) != newest { kept.append(other) }
        }
      }
      byKey[entry.key] = kept + [newest]
    }
    return byKey.sorted { $0.key < $1.key }.flatMap(\.value)
  }

  /// The entries with files and symlinks of aliases at home, of one key again what nothing else had
  /// seen; and the keys that some of them have only there. `decided` are other aliases.
  static func atHome(
    _ entries: [Entry], index: any Index, decided: [DirectoryID: DirectoryID] = [:]
  ) throws(IndexError) -> (entries: [Entry], moved: Set<EntryKey>) {
    var all: [Entry] = []
    var moved: Set<EntryKey> = []
    var targets = decided
    all.reserveCapacity(entries.count)
    for entry in entries {
      guard case .merged(let alias, let into) = entry.body else { continue }
      targets[alias] = targets[alias].map { min($0, into) } ?? into
    }
    // Most are in a directory of which the one before them has told that it is no alias.
    var known: DirectoryID?
    for entry in entries {
      guard entry.place.parent != known else {
        all.append(entry)
        continue
      }
      let atHome = try entry.atHome(index, with: targets)
      if atHome.key != entry.key { moved.insert(atHome.key) }
      if entry.directory == nil { known = atHome.place.parent }
      all.append(atHome)
    }
    return (moved.isEmpty ? all : merged(all), moved)
  }

  /// Where the directories stand now that get another place or go.
  package static func placesVacated(
    by entries: [Entry], index: any Index
  ) throws(IndexError) -> Set<Place> {
    var places: Set<Place> = []
    for entry in entries {
      guard let id = entry.directory, let row = try index.row(.directory(id)), row.entry.isAlive,
        !entry.isAlive || row.entry.place != entry.place
      else { continue }
      places.insert(row.entry.place)
    }
    return places
  }
}

extension Entry {
  /// This entry in the directory to which its own belongs, if that is an alias and this no
  /// directory. `targets` are of aliases that the index may not know: the smallest counts.
  func atHome(
    _ index: any Index, with targets: [DirectoryID: DirectoryID] = [:]
  ) throws(IndexError) -> Entry {
    var entry = self
    guard directory == nil else { return entry }
    // Targets only get smaller, so this ends.
    while let target = try entry.place.parent.target(index, with: targets) {
      entry = entry.moved(from: entry.place.parent, into: target)
    }
    return entry
  }

  /// This entry of an alias in the directory that the alias was merged into.
  func moved(from alias: DirectoryID, into heir: DirectoryID) -> Entry {
    var entry = self
    entry.place.parent = heir
    entry.version = version.transplanted(from: alias)
    return entry
  }
}

extension DirectoryID {
  /// The directory that this one was merged into; `nil` if it is no alias.
  func target(
    _ index: any Index, with targets: [DirectoryID: DirectoryID]
  ) throws(IndexError) -> DirectoryID? {
    var target = targets[self] ?? self
    if case .merged(_, let into)? = try index.row(.directory(self))?.entry.body {
      target = min(target, into)
    }
    return target < self ? target : nil
  }
}
