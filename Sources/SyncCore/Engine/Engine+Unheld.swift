// Directories that were moved to where a node ignores them, or that it ignores since it moved them.
// It doesn't hold them any more, and nobody else may know where they are now: with everybody else
// they would stay where they were.

extension Engine {
  /// Directories came that the peer doesn't hold.
  mutating func take(unheld entries: [Entry], in number: Int) {
    sessions[number].incomingUnheld += entries
    guard sessions[number].incomingUnheld.count <= 2 * Limits.unitEntryCount else {
      return refuse(sessions[number].link, "told of too many directories that it doesn't hold")
    }
  }

  /// A unit is complete: the directories that are held here belong to it. Returns all that the peer
  /// doesn't hold: it is to hear when they are held here.
  mutating func takeUnheld(in number: Int) throws(IndexError) -> Set<DirectoryID> {
    let told = sessions[number].incomingUnheld
    sessions[number].incomingUnheld = []
    sessions[number].incoming += try UnheldDirectories.held(of: told, index: index)
    return Set(told.compactMap(\.directory))
  }

  /// Who tells where a directory was before it came to where it is not held here has not heard of
  /// that: it is told.
  mutating func correct(_ entries: [Entry]) throws(IndexError) {
    if ignoring.isEmpty { return }
    var moved: [Row] = []
    for entry in entries {
      guard let id = entry.directory, let row = try index.row(.directory(id)), row.entry.isAlive,
        !row.isHeld, row.entry.place != entry.place,
        entry.version.order(to: row.entry.version) == .obsolete
      else { continue }
      moved.append(row)
    }
    if moved.isEmpty { return }
    try index.transaction { () throws(IndexError) in
      for var row in moved {
        (row.sequence, row.source) = (try index.nextSequence(), nil)
        try index.put(row)
      }
    }
    try announceToAll()
  }
}
