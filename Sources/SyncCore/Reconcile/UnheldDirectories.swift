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
    for row in rows where row.source != peer {
      guard let row = try unheld(row, index: index) else { continue }
      let way = try way(to: row, without: told, withholding: withheld, index: index)
      for row in way.reversed() where !row.isHeld || row.sequence > announced {
        if let id = row.entry.directory, told.insert(id).inserted { entries.append(row.entry) }
      }
    }
    return entries
  }

  /// The living directory that a row tells of, if it isn't held: its own, or what that was merged
  /// into.
  private static func unheld(_ row: Row, index: any Index) throws(IndexError) -> Row? {
    if row.entry.isAlias { return try heir(of: row, index: index) }
    return row.entry.isAlive && row.entry.directory != nil && !row.isHeld ? row : nil
  }

  /// What a directory was merged into, if that lives and isn't held: with the alias it is told,
  /// since what is in that has no place without it.
  static func heir(of row: Row, index: any Index) throws(IndexError) -> Row? {
    guard case .merged(_, let into) = row.entry.body, let heir = try index.row(.directory(into)),
      heir.entry.isAlive, !heir.isHeld
    else { return nil }
    return heir
  }

  /// A directory and those above it, the topmost last, up to one that was told. Empty if it is in a
  /// bundle, or in no tree: a step that was refused can leave it in itself.
  private static func way(
    to row: Row, without told: Set<DirectoryID>, withholding withheld: NodeID?, index: any Index
  ) throws(IndexError) -> [Row] {
    var way: [Row] = []
    var next = row
    for _ in 0..<Limits.directoryDepth {
      guard next.entry.isAlive, next.entry.bundle == nil,
        next.entry.version.dot.actor.node != withheld?.prefix
      else { return [] }
      way.append(next)
      let parent = next.entry.place.parent
      if parent == .root || told.contains(parent) { return way }
      guard let above = try index.row(.directory(parent)) else { return [] }
      next = above
    }
    return []
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
