// The word about a bundle: what whoever holds the state that stands tells those who wait for it.

extension UnitPlanner {
  /// What this node says at once of bundles whose state here stands, though the unit waits for the
  /// word about another. That is told, and changes nothing on disk; and whoever is to say that
  /// other word may wait for this one, with all of a unit of its own.
  mutating func sayWords(_ entries: [Entry]) throws(IndexError) {
    var words: [DirectoryID: [Entry]] = [:]
    var unsaid = awaited
    for entry in try inOrder(entries) {
      guard let id = try membership.bundle(of: entry), case .stands? = verdicts[id] else {
        continue
      }
      words[id, default: []].append(entry)
      if try !isPlain(entry, in: id) { unsaid.insert(id) }
    }
    for id in words.keys.sorted() where !unsaid.contains(id) {
      for entry in words[id] ?? [] { try sayWord(entry, in: id) }
    }
    for key in sortedKeys() {
      guard let outcome = outcomes[key], outcome.entry != outcome.row?.entry else { continue }
      plan.rows.append(
        PlannedRow(
          entry: outcome.entry, previous: outcome.row, operation: nil, isOurs: outcome.isOurs,
          isAsAnnounced: false))
    }
  }

  /// Whether an entry can be put back in a bundle before anything else of the unit is done: nothing
  /// is merged, nothing is judged by itself or has to come to the disk.
  private func isPlain(_ entry: Entry, in bundle: DirectoryID) throws(IndexError) -> Bool {
    if entry.isAlias { return false }
    for directory in [entry.place.parent, entry.directory].compactMap({ $0 }) {
      if try !membership.aliases(of: directory).isEmpty { return false }
      if try membership.home(of: directory) != directory { return false }
    }
    let row = try index.row(entry.key)
    if let id = entry.directory, id == bundle {
      guard let row, row.entry.isAlive, row.isHeld else { return false }
      return entry.isAlive || entry.place == row.entry.place
    }
    if let id = entry.directory, judged.contains(id) { return false }
    guard let row else { return true }
    return row.isHeld || !row.entry.isAlive
  }

  /// What is told in a bundle is put back; of its directory only the state is decided.
  private mutating func sayWord(_ entry: Entry, in bundle: DirectoryID) throws(IndexError) {
    guard entry.directory == bundle, entry.isAlive else {
      let isWhole = entry.directory == bundle
      if try isWhole ? true : givesWay(entry), try !isIgnored(entry) { _ = try putBack(entry) }
      return
    }
    guard let row = try standingRow(entry.key) else { return }
    var standing = outcomes[entry.key]?.entry ?? row.entry
    standing.bundle = state(of: standing, after: entry)
    set(Outcome(entry: standing, row: row))
  }
}
