// Directories that are deleted here and, as is heard only then, were merged into each other.

extension UnitPlanner {
  /// What others made of directories that are one goes if each of them was deleted, by whoever had
  /// seen all that was done to it. While anything of it lives, that an alias was deleted says
  /// nothing about its heir.
  mutating func settleDeletions(_ entries: [Entry]) throws(IndexError) {
    var deletions: [DirectoryID: Entry] = [:]
    for entry in entries {
      guard let (heir, deletion) = try deletion(ofAlias: entry),
        let row = try index.row(.directory(heir)), case .deletedDirectory = row.entry.body
      else { continue }
      deletions[heir] = (deletions[heir] ?? row.entry).absorbing(deletion)
    }
    for (heir, joined) in deletions.sorted(by: { $0.key < $1.key }) {
      let told = entries.filter { $0.isAlive && $0.directory == heir }
      let isAllSeen = told.allSatisfy {
        joined.version.vector.includes($0.version.vector.changes)
      }
      guard !told.isEmpty, isAllSeen else { continue }
      var deletion = joined
      // What only others' deletions make newer is not.
      for entry in told { deletion.version = deletion.version.absorbing(entry.version) }
      try settle(deletion, isAsAnnounced: false)
    }
  }

  /// That an alias was deleted, by somebody who tells it or here, as what its heir has seen.
  private func deletion(
    ofAlias entry: Entry
  ) throws(IndexError) -> (heir: DirectoryID, deletion: Entry)? {
    guard !entry.isAlive, var id = entry.directory, let row = try index.row(.directory(id)),
      entry.isAlias || row.entry.isAlias
    else { return nil }
    var (deletion, alias) = entry.isAlias ? (row.entry, entry) : (entry, row.entry)
    if deletion.isAlias {
      guard let part = try self.deletion(ofPart: deletion) else { return nil }
      deletion = part
    }
    guard case .deletedDirectory = deletion.body else { return nil }
    // Targets only get smaller, so this ends.
    while case .merged(_, let into) = alias.body, into < id {
      deletion.version = deletion.version.transplanted(from: id)
      id = into
      guard let heir = try index.row(.directory(id)) else { break }
      alias = heir.entry
    }
    return (id, deletion)
  }

  /// An alias whose heir was deleted here was deleted with it, as far as that had seen it: who
  /// tells that it is one with another directory may have heard of neither.
  private func deletion(ofPart alias: Entry) throws(IndexError) -> Entry? {
    guard let id = alias.directory,
      var gone = try index.row(.directory(index.canonical(id)))?.entry,
      case .deletedDirectory = gone.body
    else { return nil }
    let part = gone.version.vector.restricted(to: alias.version.vector.transplanted(from: id))
    guard let last = part.components.last else { return nil }
    let dot = Dot(actor: last.actor, counter: last.counter)
    gone.version = Version(dot: dot, vector: part, time: gone.version.time)
    gone.bundle = nil
    return gone
  }
}
