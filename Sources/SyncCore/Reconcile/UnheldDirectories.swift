/// Where directories are that a node knows and doesn't hold, since they are ignored there or
/// something else is in the place: it may be the only one who knows that they were moved.
enum UnheldDirectories {
  /// Those among rows that a peer may not have, with those above them that it may not know. What is
  /// in a bundle is told with its state, by who has all of it.
  static func entries(
    among rows: [Row], to peer: NodeID, beyond announced: UInt64, withholding withheld: NodeID?,
    index: any Index
  ) throws(IndexError) -> [Entry] {
    var entries: [Entry] = []
    var told: Set<DirectoryID> = []
    for row in rows
    where row.source != peer && row.entry.isAlive && row.entry.directory != nil && !row.isHeld {
      var path: [Entry] = []
      var next: Row? = row
      while let row = next, let id = row.entry.directory, !told.contains(id) {
        guard row.entry.isAlive, row.entry.bundle == nil,
          row.entry.version.dot.actor.node != withheld?.prefix
        else {
          path = []
          break
        }
        if !row.isHeld || row.sequence > announced { path.append(row.entry) }
        next = try index.row(.directory(row.entry.place.parent))
      }
      told.formUnion(path.compactMap(\.directory))
      entries += path.reversed()
    }
    return entries
  }

  /// Of those that were told, what is held here, and what is above that: where it goes. What is not
  /// held here, either, is no business of this node's; it may be long gone.
  static func held(
    of told: [Entry], index: any Index
  ) throws(IndexError) -> [Entry] {
    var above: [DirectoryID: DirectoryID] = [:]
    for entry in told {
      if let id = entry.directory { above[id] = entry.place.parent }
    }
    var kept: Set<DirectoryID> = []
    for entry in told {
      guard let row = try index.row(entry.key), row.entry.isAlive, row.isHeld else { continue }
      var next = entry.directory
      while let id = next, let parent = above[id], kept.insert(id).inserted { next = parent }
    }
    return told.filter { $0.directory.map(kept.contains) ?? false }
  }
}
